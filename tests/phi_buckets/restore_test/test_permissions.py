"""The IAM policy of the role for restore tests: it allows the calls of a test, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from hipaa_controls.evaluator import Outcome, Principal, Request, evaluate, parse
from phi_buckets.restore_test.permissions import ScratchBucket, restore_test_policy
from tests.phi_buckets.emulated_account import ACCOUNT, REGION
from tests.phi_buckets.restore_test.harness import (
    PHI,
    PRINCIPAL,
    RECOVERY_POINT,
    REPLICA,
    REPLICA_REGION,
    SCRATCH,
    fail_calls,
    moto_versions,
    outputs_with_key,
    without_locks,
)

MIB = 1024 * 1024
OUTPUTS = outputs_with_key(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/mrk-1")
SCRATCH_BUCKET = ScratchBucket(SCRATCH, f"arn:aws:kms:{REGION}:{ACCOUNT}:key/2")
SMALL_PARTS = {"max_copy_bytes": 5 * MIB, "part_bytes": 5 * MIB}

# The action, the resource, and the condition keys with their values.
RequiredPermission = tuple[str, str, tuple[tuple[str, str], ...]]


def required_permissions(stack: Any, scratch: ScratchBucket | None = None) -> set[RequiredPermission]:
    """Return the permissions that the recorded calls require."""
    kms_keys = {PHI: stack.outputs.phi_key_arn, REPLICA: stack.outputs.phi_key_arn.replace(REGION, REPLICA_REGION)}
    if scratch:
        kms_keys[SCRATCH] = scratch.key_arn
    permissions: set[RequiredPermission] = set()
    for service, name, params, status in stack.calls:
        permissions.update(_backup_permissions(name, params))
        if service == "s3":
            permissions.update(_s3_permissions(name, params, status, kms_keys))
    return permissions


def _backup_permissions(name: str, params: Any) -> Iterator[RequiredPermission]:
    if name == "StartRestoreJob":
        yield "backup:StartRestoreJob", params["RecoveryPointArn"], ()
        yield "iam:PassRole", params["IamRoleArn"], (("iam:PassedToService", "backup.amazonaws.com"),)
    elif name == "DescribeRestoreJob":
        yield "backup:DescribeRestoreJob", "*", ()


def _s3_permissions(name: str, params: Any, status: int, kms_keys: Any) -> Iterator[RequiredPermission]:
    bucket = f"arn:aws:s3:::{params['Bucket']}"
    if name in ("ListObjectVersions", "ListObjectsV2", "GetBucketEncryption"):
        action = {
            "ListObjectVersions": "ListBucketVersions",
            "ListObjectsV2": "ListBucket",
            "GetBucketEncryption": "GetEncryptionConfiguration",
        }[name]
        yield f"s3:{action}", bucket, (("s3:prefix", params["Prefix"]),) if params.get("Prefix") else ()
        return
    object_arn = f"{bucket}/{params['Key']}"
    version = "Version" if params.get("VersionId") else ""
    match name:
        case "HeadObject" | "GetObject":
            yield f"s3:GetObject{version}", object_arn, ()
            if status == 404:
                yield "s3:ListBucket", bucket, ()
            if "ChecksumMode" in params or name == "GetObject":
                yield from _kms_permissions("kms:Decrypt", params["Bucket"], object_arn, kms_keys)
            elif "/restore-test/" in object_arn or params["Bucket"] == SCRATCH:
                yield "s3:GetObjectRetention", object_arn, ()  # the response contains the lock
        case "DeleteObject":
            yield f"s3:DeleteObject{version}", object_arn, ()
        case "RestoreObject" | "AbortMultipartUpload":
            yield f"s3:{name}", object_arn, ()
        case "CopyObject" | "UploadPartCopy" | "CreateMultipartUpload" | "CompleteMultipartUpload":
            yield "s3:PutObject", object_arn, ()
            yield from _kms_permissions("kms:GenerateDataKey", params["Bucket"], object_arn, kms_keys)
            if "CopyObject" not in name:
                yield from _kms_permissions("kms:Decrypt", params["Bucket"], object_arn, kms_keys)
            if "ObjectLockMode" in params:
                yield "s3:PutObjectRetention", object_arn, ()
            if source := params.get("CopySource"):
                source_arn = f"arn:aws:s3:::{source['Bucket']}/{source['Key']}"
                yield "s3:GetObjectVersion", source_arn, ()
                yield from _kms_permissions("kms:Decrypt", source["Bucket"], source_arn, kms_keys)
        case _:
            raise AssertionError(f"unexpected call {name}: add the permissions that it requires")


def _kms_permissions(action: str, bucket: str, object_arn: str, kms_keys: Any) -> Iterator[RequiredPermission]:
    """Yield the permission with each encryption context: the bucket's ARN with a Bucket Key, else the object's ARN."""
    region = kms_keys[bucket].split(":")[3]
    for context in (f"arn:aws:s3:::{bucket}", object_arn):
        conditions = (("kms:ViaService", f"s3.{region}.amazonaws.com"), ("kms:EncryptionContext:aws:s3:arn", context))
        yield action, kms_keys[bucket], conditions


def evaluate_policy(document: Any, permission: RequiredPermission) -> Outcome:
    action, resource, conditions = permission
    context = {key: [value] for key, value in conditions}
    request = Request(action, resource, Principal("AWS", PRINCIPAL), context, context_is_complete=True)
    return evaluate([parse(document)], request).outcome


def assert_allows_exactly(document: Any, permissions: set[RequiredPermission]) -> None:
    """Assert that the policy allows every permission, and that every action of every statement is used."""
    denied = [permission for permission in permissions if evaluate_policy(document, permission) is not Outcome.ALLOWED]
    assert not denied
    for statement in document["Statement"]:
        for action in statement["Action"]:
            single_action = {**document, "Statement": [statement | {"Action": [action]}]}
            assert any(evaluate_policy(single_action, permission) is Outcome.ALLOWED for permission in permissions), (
                f"{action} of {statement} isn't used"
            )


def run_every_kind_of_test(stack: Any, kind: Any, scratch: ScratchBucket | None) -> None:
    """Run tests on a large, an archived and a missing object, with earlier leftovers, and an aborted copy."""
    for key, content, options in (
        ("large", b"x" * 6 * MIB, {}),
        ("small", b"content", {}),
        ("archived", b"content", {"StorageClass": "GLACIER"}),
        ("missing", b"content", {}),
        ("missing-from-replica", b"content", {}),
    ):
        version = stack.put(key, content, **options)
        if kind == "replica":
            stack.replicate(key, version, content)
            for moto_version in moto_versions(REPLICA, key):
                moto_version._storage_class = options.get("StorageClass", "STANDARD")
    scratch_name = scratch.bucket if scratch else PHI
    stack.calls.clear()
    stack.run_test(stack.restore_source(kind, scratch, **SMALL_PARTS))
    age_leftovers(stack, scratch_name, replicated=not scratch)
    source = stack.restore_source(kind, scratch, **SMALL_PARTS)
    source.deadline.sleep = lambda _: None
    restore = source.restore

    def delete_then_restore(versions: Any) -> Any:
        deleted = [(PHI, stack.s3, "missing")]
        if kind == "replica":
            deleted.append((REPLICA, stack.replica_s3, "missing-from-replica"))
        for bucket, s3, key in deleted:
            for moto_version in moto_versions(bucket, key):
                s3.delete_object(Bucket=bucket, Key=key, VersionId=moto_version.version_id)
        return restore(versions)

    source.restore = delete_then_restore
    with without_locks(scratch_name):
        stack.run_test(source, objects=10)
    aborted = stack.restore_source(kind, scratch, **SMALL_PARTS)
    fail_calls(aborted.scratch.s3, "UploadPartCopy")
    fail_calls(aborted.scratch.s3, "DeleteObject", when=lambda params: "VersionId" in params)
    stack.run_test(aborted)


def age_leftovers(stack: Any, bucket: str, replicated: bool) -> None:
    """Make the leftovers in a bucket two days old, and replicate them with a lock if required."""
    for version in stack.list_versions(bucket)[0]:
        for moto_version in moto_versions(bucket, version["Key"]):
            moto_version.last_modified -= timedelta(days=2)
        if replicated:
            stack.replicate(version["Key"], version["VersionId"], b"content")
            stack.replica_s3.put_object_retention(
                Bucket=REPLICA,
                Key=version["Key"],
                Retention={"Mode": "GOVERNANCE", "RetainUntilDate": "2100-01-01T00:00:00Z"},
            )
            for moto_version in moto_versions(REPLICA, version["Key"]):
                moto_version.last_modified -= timedelta(days=2)


@pytest.mark.parametrize("kind", ["version", "replica"])
@pytest.mark.parametrize("separate_scratch", [False, True])
def test_policy_for_copies_allows_exactly_the_calls_of_a_test(stack, scratch, kind, separate_scratch):
    scratch_bucket = scratch if separate_scratch else None
    run_every_kind_of_test(stack, kind, scratch_bucket)
    permissions = required_permissions(stack, scratch_bucket)
    if scratch_bucket:
        # Required before the test starts.
        permissions.add(("s3:GetEncryptionConfiguration", f"arn:aws:s3:::{SCRATCH}", ()))
    assert_allows_exactly(restore_test_policy(stack.outputs, kind, scratch_bucket), permissions)


def test_policy_for_the_vault_allows_exactly_the_calls_of_a_test(stack, scratch, vault):
    for key in ("record", "skipped", "undeletable"):
        stack.put(key, b"content")
    vault.expect_job(1, "COMPLETED", "COMPLETED")
    vault.restore_on_start("record", "undeletable")
    stack.calls.clear()
    fail_calls(
        vault.source.scratch.s3,
        "DeleteObject",
        when=lambda params: params["Key"] == "undeletable" and "VersionId" in params,
    )
    stack.run_test(vault.source)
    vault_arn = f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:phi-test-vault"
    permissions = required_permissions(stack, scratch) | {
        # The first two are required before the test starts, the last one for a missing object.
        ("backup:ListRecoveryPointsByBackupVault", vault_arn, ()),
        ("s3:GetEncryptionConfiguration", f"arn:aws:s3:::{SCRATCH}", ()),
        ("s3:ListBucket", f"arn:aws:s3:::{PHI}", ()),
    }
    assert_allows_exactly(restore_test_policy(stack.outputs, "vault", scratch), permissions)


@pytest.mark.parametrize("kind", ["version", "replica", "vault"])
@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:PutObject", f"arn:aws:s3:::{PHI}/record"),
        ("s3:DeleteObject", f"arn:aws:s3:::{PHI}/record"),
        ("s3:DeleteObjectVersion", f"arn:aws:s3:::{PHI}/record"),
        ("s3:DeleteObjectVersion", f"arn:aws:s3:::{REPLICA}/record"),
        ("s3:PutObjectRetention", f"arn:aws:s3:::{PHI}/record"),
        ("s3:BypassGovernanceRetention", f"arn:aws:s3:::{PHI}/restore-test/x"),
        ("s3:PutBucketPolicy", f"arn:aws:s3:::{PHI}"),
        ("s3:GetObjectVersion", "arn:aws:s3:::another/record"),
        ("backup:DeleteRecoveryPoint", RECOVERY_POINT),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/other"),
    ],
)
def test_policy_does_not_allow_other_actions(kind, action, resource):
    document = restore_test_policy(OUTPUTS, kind, SCRATCH_BUCKET if kind == "vault" else None)
    assert evaluate_policy(document, (action, resource, ())) is Outcome.IMPLICIT_DENY


@pytest.mark.parametrize("kind", ["version", "replica", "vault"])
def test_policy_allows_to_read_the_results_of_malware_scans_only_if_the_stack_scans(kind):
    scratch = SCRATCH_BUCKET if kind == "vault" else None
    without, scanned = (
        restore_test_policy(OUTPUTS.model_copy(update={"malware_protection": scans}), kind, scratch)
        for scans in (False, True)
    )
    version, copy = f"arn:aws:s3:::{PHI}/record", f"arn:aws:s3:::{PHI}/restore-test/x"
    read_results = [("s3:GetObjectVersionTagging", version, ())]
    if kind == "replica":
        read_results.append(("s3:GetObjectVersionTagging", f"arn:aws:s3:::{REPLICA}/record", ()))
    if not scratch:
        read_results.append(("s3:GetObjectTagging", copy, ()))
    for permission in read_results:
        assert evaluate_policy(scanned, permission) is Outcome.ALLOWED
        assert evaluate_policy(without, permission) is Outcome.IMPLICIT_DENY
    for action in ("s3:PutObjectTagging", "s3:PutObjectVersionTagging", "s3:DeleteObjectTagging"):
        assert evaluate_policy(scanned, (action, copy, ())) is Outcome.IMPLICIT_DENY
    assert evaluate_policy(scanned, ("s3:GetObjectTagging", version, ())) is Outcome.IMPLICIT_DENY


def test_policy_allows_the_key_only_via_s3_with_its_encryption_context():
    document = restore_test_policy(OUTPUTS, "version")
    context = ("kms:EncryptionContext:aws:s3:arn", f"arn:aws:s3:::{PHI}")
    key = OUTPUTS.phi_key_arn
    via_s3 = ("kms:ViaService", f"s3.{REGION}.amazonaws.com")
    assert evaluate_policy(document, ("kms:Decrypt", key, (context, via_s3))) is Outcome.ALLOWED
    assert evaluate_policy(document, ("kms:Decrypt", key, (context,))) is Outcome.IMPLICIT_DENY
    assert evaluate_policy(document, ("kms:Decrypt", key, (via_s3,))) is Outcome.IMPLICIT_DENY


def test_policy_in_another_partition_uses_its_dns_suffix():
    document = restore_test_policy(outputs_with_key(f"arn:aws-cn:kms:cn-north-1:{ACCOUNT}:key/mrk-1"), "version")
    assert "s3.cn-north-1.amazonaws.com.cn" in str(document)
    assert "arn:aws:" not in str(document)
