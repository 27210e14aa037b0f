"""The policy of who drills: what the calls of drills take, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.phi.restore_test.conftest import PHI, PRINCIPAL, REPLICA, SCRATCH, THERE, outputs_of, refuse, stored, unlocked
from tests.phi.restore_test.test_vault import POINT, backup, drilled  # noqa: F401

from hipaa.evaluator import Outcome, Principal, Request, evaluate, parse
from phi.restore_test.permissions import ScratchBucket, restore_test_policy
from tests.phi.conftest import ACCOUNT, REGION

MIB = 1024 * 1024
OUTPUTS = outputs_of(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/mrk-1")
ELSEWHERE = ScratchBucket(SCRATCH, f"arn:aws:kms:{REGION}:{ACCOUNT}:key/2")


def asks(stack: Any, scratch: ScratchBucket | None = None) -> set[tuple[str, str, tuple[tuple[str, str], ...]]]:
    """What each recorded call asks of IAM: action, resource, condition keys."""
    keys = {PHI: stack.outputs.phi_key_arn, REPLICA: stack.outputs.phi_key_arn.replace(REGION, THERE)}
    if scratch:
        keys[SCRATCH] = scratch.key_arn
    asked = {each for _, name, params, _ in stack.calls for each in _of_backup(name, params)}
    of_s3 = ((name, params, status) for service, name, params, status in stack.calls if service == "s3")
    return asked | {each for call in of_s3 for each in _of_s3(*call, keys)}


def _of_backup(name: str, params: Any) -> Iterator[tuple[str, str, Any]]:
    if name == "StartRestoreJob":
        yield "backup:StartRestoreJob", params["RecoveryPointArn"], ()
        yield "iam:PassRole", params["IamRoleArn"], (("iam:PassedToService", "backup.amazonaws.com"),)
    elif name == "DescribeRestoreJob":
        yield "backup:DescribeRestoreJob", "*", ()


def _of_s3(name: str, params: Any, status: int, keys: Any) -> Iterator[tuple[str, str, Any]]:
    bucket = f"arn:aws:s3:::{params['Bucket']}"
    if name in ("ListObjectVersions", "ListObjectsV2", "GetBucketEncryption"):
        action = {
            "ListObjectVersions": "ListBucketVersions",
            "ListObjectsV2": "ListBucket",
            "GetBucketEncryption": "GetEncryptionConfiguration",
        }[name]
        yield f"s3:{action}", bucket, (("s3:prefix", params["Prefix"]),) if params.get("Prefix") else ()
        return
    it = f"{bucket}/{params['Key']}"
    version = "Version" if params.get("VersionId") else ""
    match name:
        case "HeadObject" | "GetObject":
            yield f"s3:GetObject{version}", it, ()
            if status == 404:
                yield "s3:ListBucket", bucket, ()
            if "ChecksumMode" in params or name == "GetObject":
                yield from _with_key("kms:Decrypt", params["Bucket"], it, keys)
            elif "/restore-test/" in it or params["Bucket"] == SCRATCH:
                yield "s3:GetObjectRetention", it, ()  # its answer tells of the lock
        case "DeleteObject":
            yield f"s3:DeleteObject{version}", it, ()
        case "RestoreObject" | "AbortMultipartUpload":
            yield f"s3:{name}", it, ()
        case "CopyObject" | "UploadPartCopy" | "CreateMultipartUpload" | "CompleteMultipartUpload":
            yield "s3:PutObject", it, ()
            yield from _with_key("kms:GenerateDataKey", params["Bucket"], it, keys)
            if "CopyObject" not in name:
                yield from _with_key("kms:Decrypt", params["Bucket"], it, keys)
            if "ObjectLockMode" in params:
                yield "s3:PutObjectRetention", it, ()
            if source := params.get("CopySource"):
                origin = f"arn:aws:s3:::{source['Bucket']}/{source['Key']}"
                yield "s3:GetObjectVersion", origin, ()
                yield from _with_key("kms:Decrypt", source["Bucket"], origin, keys)
        case _:
            raise AssertionError(f"what does {name} take?")


def _with_key(action: str, bucket: str, it: str, keys: Any) -> Iterator[tuple[str, str, Any]]:
    """With a Bucket Key the context is the bucket's ARN, without one the object's."""
    region = keys[bucket].split(":")[3]
    for context in (f"arn:aws:s3:::{bucket}", it):
        said = (("kms:ViaService", f"s3.{region}.amazonaws.com"), ("kms:EncryptionContext:aws:s3:arn", context))
        yield action, keys[bucket], said


def request(asked: Any) -> Request:
    action, resource, context = asked
    return Request(action, resource, Principal("AWS", PRINCIPAL), {key: [value] for key, value in context}, context_is_complete=True)


def verdict(document: Any, asked: Any) -> Outcome:
    return evaluate([parse(document)], request(asked)).outcome


def held(document: Any, asked: set[Any]) -> None:
    """Each call is allowed, and each action of each statement is there for one of them."""
    refused = [each for each in asked if verdict(document, each) is not Outcome.ALLOWED]
    assert not refused
    for statement in document["Statement"]:
        for action in statement["Action"]:
            alone = {**document, "Statement": [statement | {"Action": [action]}]}
            assert any(verdict(alone, each) is Outcome.ALLOWED for each in asked), f"{action} of {statement} isn't used"


def drilled_in_every_way(stack: Any, source: Any, scratch: ScratchBucket | None) -> None:
    """A large one, an archived one, one that is gone, one that is aborted, and what an earlier drill had left."""
    for key, content, how in (
        ("large", b"x" * 6 * MIB, {}),
        ("small", b"content", {}),
        ("archived", b"content", {"StorageClass": "GLACIER"}),
        ("gone", b"content", {}),
        ("lost", b"content", {}),
    ):
        version = stack.put(key, content, **how)
        if source == "replica":
            stack.replicate(key, version, content)
            for each in stored(REPLICA, key):
                each._storage_class = how.get("StorageClass", "STANDARD")
    where = scratch.bucket if scratch else PHI
    stack.calls.clear()
    stack.drill(stack.restoring(source, scratch, largest_copy=5 * MIB, part=5 * MIB))
    for version in stack.left(where)[0]:
        for each in stored(where, version["Key"]):
            each.last_modified -= timedelta(days=2)
        if not scratch:
            stack.replicate(version["Key"], version["VersionId"], b"content")
            stack.there.put_object_retention(
                Bucket=REPLICA,
                Key=version["Key"],
                Retention={"Mode": "GOVERNANCE", "RetainUntilDate": "2100-01-01T00:00:00Z"},
            )
            for each in stored(REPLICA, version["Key"]):
                each.last_modified -= timedelta(days=2)
    way = stack.restoring(source, scratch, largest_copy=5 * MIB, part=5 * MIB)
    way.patience.pause = lambda _: None
    restore = way.restore

    def once_one_is_gone(drawn: Any) -> Any:
        lost = [(PHI, stack.s3, "gone"), *([(REPLICA, stack.there, "lost")] if source == "replica" else [])]
        for bucket, s3, key in lost:
            for each in stored(bucket, key):
                s3.delete_object(Bucket=bucket, Key=key, VersionId=each.version_id)
        return restore(drawn)

    way.restore = once_one_is_gone
    with unlocked(where):
        stack.drill(way, objects=10)
    aborted = stack.restoring(source, scratch, largest_copy=5 * MIB, part=5 * MIB)
    refuse(aborted.scratch.s3, "UploadPartCopy")
    refuse(aborted.scratch.s3, "DeleteObject", when=lambda params: "VersionId" in params)
    stack.drill(aborted)


@pytest.mark.parametrize("source", ["version", "replica"])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_drill_is_allowed_its_calls_and_nothing_else(stack, scratch, source, elsewhere):
    to = scratch if elsewhere else None
    drilled_in_every_way(stack, source, to)
    asked = asks(stack, to)
    if to:
        bucket = f"arn:aws:s3:::{SCRATCH}"
        asked.add(("s3:GetEncryptionConfiguration", bucket, ()))  # before it begins
    held(restore_test_policy(stack.outputs, source, to), asked)


def test_a_drill_of_the_vault_is_allowed_its_calls_and_nothing_else(stack, scratch, drilled):  # noqa: F811
    for key in ("record", "skipped", "stays"):
        stack.put(key, b"content")
    drilled.job(1, "COMPLETED", "COMPLETED")
    drilled.restores("record", "stays")
    stack.calls.clear()
    refuse(
        drilled.way.scratch.s3, "DeleteObject", when=lambda params: params["Key"] == "stays" and "VersionId" in params
    )
    stack.drill(drilled.way)
    phi, to = (f"arn:aws:s3:::{bucket}" for bucket in (PHI, SCRATCH))
    apart = {
        (
            "backup:ListRecoveryPointsByBackupVault",
            f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:phi-test-vault",
            (),
        ),
        ("s3:GetEncryptionConfiguration", to, ()),  # both before it begins
        ("s3:ListBucket", phi, ()),  # of what is gone
    }
    held(restore_test_policy(stack.outputs, "vault", scratch), asks(stack, scratch) | apart)


@pytest.mark.parametrize("source", ["version", "replica", "vault"])
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
        ("backup:DeleteRecoveryPoint", POINT),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/other"),
    ],
)
def test_what_no_drill_may(source, action, resource):
    document = restore_test_policy(OUTPUTS, source, ELSEWHERE if source == "vault" else None)
    assert verdict(document, (action, resource, ())) is Outcome.IMPLICIT_DENY


def test_the_key_is_used_through_s3_alone():
    document = restore_test_policy(OUTPUTS, "version")
    context = ("kms:EncryptionContext:aws:s3:arn", f"arn:aws:s3:::{PHI}")
    key = OUTPUTS.phi_key_arn
    through = ("kms:ViaService", f"s3.{REGION}.amazonaws.com")
    assert verdict(document, ("kms:Decrypt", key, (context, through))) is Outcome.ALLOWED
    assert verdict(document, ("kms:Decrypt", key, (context,))) is Outcome.IMPLICIT_DENY
    assert verdict(document, ("kms:Decrypt", key, (through,))) is Outcome.IMPLICIT_DENY


def test_another_partition_has_another_suffix():
    document = restore_test_policy(outputs_of(f"arn:aws-cn:kms:cn-north-1:{ACCOUNT}:key/mrk-1"), "version")
    assert "s3.cn-north-1.amazonaws.com.cn" in str(document)
    assert "arn:aws:" not in str(document)
