"""The least-privilege IAM policy of the role that runs restore tests.

The role must be separate from the stack's roles. The application role can't read noncurrent versions, the auditor role
can't read objects, and the break-glass role raises an alert and can't write. Only the bucket's administrators may
delete versions. If the setting `phi:bucketAdministrators` doesn't include the role, its copies are hidden by delete
markers and remain.

The resources that each action supports: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.session import get_session

from phi_buckets.policy_statements import PolicyDocument, Statement, allow, document, via_s3
from phi_buckets.restore_test.evidence import SourceKind
from phi_buckets.restore_test.sample import SCRATCH_PREFIX
from phi_buckets.stack.outputs import Outputs

CLEANUP_ACTIONS = ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObjectRetention", "s3:GetObjectVersion")


@dataclass(frozen=True)
class ScratchBucket:
    """A bucket other than the PHI bucket to restore to, and the KMS key of its default encryption."""

    bucket: str
    key_arn: str


def restore_test_policy(outputs: Outputs, source: SourceKind, scratch: ScratchBucket | None = None) -> PolicyDocument:
    """Return the policy document of the role for restore tests.

    Args:
        outputs: The stack's outputs.
        source: What to restore from.
        scratch: The bucket to restore to; None for the PHI bucket itself.
    """
    phi_bucket_arn = _bucket_arn(outputs, outputs.phi_bucket().phi_bucket_name)
    retrieve = ["s3:RestoreObject"] if source != "vault" else []
    read = allow([*_read_actions(outputs), *retrieve], f"{phi_bucket_arn}/*")
    decrypt = allow(
        ["kms:Decrypt"], outputs.phi_key_arn, _via_s3(outputs.phi_key_arn, phi_bucket_arn, f"{phi_bucket_arn}/*")
    )
    # With s3:ListBucket, S3 answers 404 for a missing object; without it, 403.
    return document(
        allow(["s3:ListBucket", "s3:ListBucketVersions"], phi_bucket_arn),
        read,
        decrypt,
        *(_vault_statements(outputs) if source == "vault" else []),
        *(_replica_statements(outputs) if source == "replica" else []),
        *(
            _phi_bucket_statements(outputs, phi_bucket_arn)
            if scratch is None
            else _scratch_bucket_statements(outputs, source, scratch)
        ),
    )


def _read_actions(outputs: Outputs) -> list[str]:
    """Return the actions that read a version, and the result of its malware scan, without which it can't be read."""
    return ["s3:GetObjectVersion", *(["s3:GetObjectVersionTagging"] if outputs.malware_protection else [])]


def _replica_statements(outputs: Outputs) -> list[Statement]:
    """Allow reads from the replica. Its key is a replica of the multi-Region PHI key and has the same key ID."""
    replica_bucket = outputs.phi_bucket().replica_bucket_name
    assert replica_bucket
    assert outputs.replica_region
    replica_bucket_arn = _bucket_arn(outputs, replica_bucket)
    key_arn = outputs.phi_key_arn.replace(f":{outputs.region}:", f":{outputs.replica_region}:")
    return [
        allow(["s3:ListBucket"], replica_bucket_arn),
        allow([*_read_actions(outputs), "s3:RestoreObject"], f"{replica_bucket_arn}/*"),
        allow(["kms:Decrypt"], key_arn, _via_s3(key_arn, replica_bucket_arn, f"{replica_bucket_arn}/*")),
    ]


def _vault_statements(outputs: Outputs) -> list[Statement]:
    """Allow restores from the vault. The IDs of recovery points can't be predicted, and restore jobs have no ARN."""
    backup = f"arn:{outputs.partition}:backup:{outputs.region}:{outputs.account}"
    assert outputs.backup_role_arn
    return [
        allow(["backup:ListRecoveryPointsByBackupVault"], f"{backup}:backup-vault:{outputs.backup_vault_name}"),
        allow(["backup:StartRestoreJob"], f"{backup}:recovery-point:*"),
        allow(["backup:DescribeRestoreJob"], "*"),
        allow(
            ["iam:PassRole"],
            outputs.backup_role_arn,
            {"StringEquals": {"iam:PassedToService": "backup.amazonaws.com"}},
        ),
    ]


def _phi_bucket_statements(outputs: Outputs, phi_bucket_arn: str) -> list[Statement]:
    """Allow restores to the scratch prefix of the PHI bucket, and the cleanup of their replicas."""
    statements = _copy_statements(phi_bucket_arn, outputs.phi_key_arn)
    if outputs.malware_protection:
        statements.append(allow(["s3:GetObjectTagging"], f"{phi_bucket_arn}/{SCRATCH_PREFIX}*"))
    if replica_bucket := outputs.phi_bucket().replica_bucket_name:
        replica_bucket_arn = _bucket_arn(outputs, replica_bucket)
        statements += [
            _list_scratch_statement(replica_bucket_arn),
            allow(CLEANUP_ACTIONS, f"{replica_bucket_arn}/{SCRATCH_PREFIX}*"),
        ]
    return statements


def _scratch_bucket_statements(outputs: Outputs, source: SourceKind, scratch: ScratchBucket) -> list[Statement]:
    bucket_arn = _bucket_arn(outputs, scratch.bucket)
    if source == "vault":
        return [
            allow(["s3:GetEncryptionConfiguration", "s3:ListBucket", "s3:ListBucketVersions"], bucket_arn),
            allow(["s3:GetObject", *CLEANUP_ACTIONS], f"{bucket_arn}/*"),
            allow(["kms:Decrypt"], scratch.key_arn, _via_s3(scratch.key_arn, bucket_arn, f"{bucket_arn}/*")),
        ]
    return [
        allow(["s3:GetEncryptionConfiguration"], bucket_arn),
        _list_scratch_statement(bucket_arn),
        *_copy_statements(bucket_arn, scratch.key_arn),
    ]


def _copy_statements(bucket_arn: str, key_arn: str) -> list[Statement]:
    """Allow copies to the scratch prefix of a bucket, and their cleanup.

    The encryption context is the bucket's ARN if it has a Bucket Key, and the object's ARN otherwise.
    A multipart copy needs kms:Decrypt too: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
    """
    return [
        allow(
            ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject", "s3:PutObjectRetention", *CLEANUP_ACTIONS],
            f"{bucket_arn}/{SCRATCH_PREFIX}*",
        ),
        allow(
            ["kms:Decrypt", "kms:GenerateDataKey"],
            key_arn,
            _via_s3(key_arn, bucket_arn, f"{bucket_arn}/{SCRATCH_PREFIX}*"),
        ),
    ]


def _list_scratch_statement(bucket_arn: str) -> Statement:
    return allow(["s3:ListBucketVersions"], bucket_arn, {"StringLike": {"s3:prefix": f"{SCRATCH_PREFIX}*"}})


def _via_s3(key_arn: str, *contexts: str) -> dict[str, Any]:
    """Return a condition: the key is used by S3, in the key's region, with one of these ARNs as encryption context."""
    _, partition, _, region, *_ = key_arn.split(":")
    suffix = next(
        data["outputs"]["dnsSuffix"]
        for data in get_session().get_data("partitions")["partitions"]
        if data["id"] == partition
    )
    return via_s3(region, suffix, *contexts)


def _bucket_arn(outputs: Outputs, name: str) -> str:
    return f"arn:{outputs.partition}:s3:::{name}"
