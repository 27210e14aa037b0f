"""The least-privilege IAM policy of the role that runs restore tests.

It must be a role of its own. The application role can't read noncurrent versions, the auditor role can't read objects,
and the break-glass role raises an alert and can't write. Only the bucket's administrators may delete versions. If the
role isn't one of them, by the setting `phi:bucketAdministrators`, its copies are hidden by delete markers and remain.

For the resources that each action supports: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.session import get_session

from phi.restore_test.evidence import SourceKind
from phi.restore_test.sample import SCRATCH_PREFIX
from phi.stack.outputs import Outputs

Statement = dict[str, Any]
CLEANUP_ACTIONS = ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObjectRetention", "s3:GetObjectVersion")


@dataclass(frozen=True)
class ScratchBucket:
    """A bucket other than the PHI bucket to restore to, and the KMS key of its default encryption."""

    bucket: str
    key_arn: str


def restore_test_policy(outputs: Outputs, source: SourceKind, scratch: ScratchBucket | None = None) -> dict[str, Any]:
    """Return the policy document.

    Args:
        outputs: The stack's outputs.
        source: What to restore from.
        scratch: The bucket to restore to; None for the PHI bucket itself.
    """
    phi = _bucket_arn(outputs, outputs.phi_bucket_name)
    read = _allow(["s3:GetObjectVersion", *(["s3:RestoreObject"] if source != "vault" else [])], f"{phi}/*")
    decrypt = _allow(["kms:Decrypt"], outputs.phi_key_arn, _via_s3(outputs.phi_key_arn, phi, f"{phi}/*"))
    # With s3:ListBucket, S3 answers 404 for a missing object; without it, 403.
    return {
        "Version": "2012-10-17",
        "Statement": [
            _allow(["s3:ListBucket", "s3:ListBucketVersions"], phi),
            read,
            decrypt,
            *(_vault_statements(outputs) if source == "vault" else []),
            *(_replica_statements(outputs) if source == "replica" else []),
            *(
                _phi_bucket_statements(outputs, phi)
                if scratch is None
                else _scratch_bucket_statements(outputs, source, scratch)
            ),
        ],
    }


def _replica_statements(outputs: Outputs) -> list[Statement]:
    """Allow reads from the replica. Its key is a replica of the multi-Region PHI key and has the same key ID."""
    assert outputs.replica_bucket_name
    assert outputs.replica_region
    replica = _bucket_arn(outputs, outputs.replica_bucket_name)
    key = outputs.phi_key_arn.replace(f":{outputs.region}:", f":{outputs.replica_region}:")
    return [
        _allow(["s3:ListBucket"], replica),
        _allow(["s3:GetObjectVersion", "s3:RestoreObject"], f"{replica}/*"),
        _allow(["kms:Decrypt"], key, _via_s3(key, replica, f"{replica}/*")),
    ]


def _vault_statements(outputs: Outputs) -> list[Statement]:
    """Allow restores from the vault. The IDs of recovery points can't be predicted, and restore jobs have no ARN."""
    backup = f"arn:{outputs.partition}:backup:{outputs.region}:{outputs.account}"
    assert outputs.backup_role_arn
    return [
        _allow(["backup:ListRecoveryPointsByBackupVault"], f"{backup}:backup-vault:{outputs.backup_vault_name}"),
        _allow(["backup:StartRestoreJob"], f"{backup}:recovery-point:*"),
        _allow(["backup:DescribeRestoreJob"], "*"),
        _allow(
            ["iam:PassRole"],
            outputs.backup_role_arn,
            {"StringEquals": {"iam:PassedToService": "backup.amazonaws.com"}},
        ),
    ]


def _phi_bucket_statements(outputs: Outputs, phi: str) -> list[Statement]:
    """Allow restores to the scratch prefix of the PHI bucket, and the cleanup of their replicas."""
    statements = _copy_statements(phi, outputs.phi_key_arn)
    if outputs.replica_bucket_name:
        replica = _bucket_arn(outputs, outputs.replica_bucket_name)
        statements += [_list_scratch_statement(replica), _allow(CLEANUP_ACTIONS, f"{replica}/{SCRATCH_PREFIX}*")]
    return statements


def _scratch_bucket_statements(outputs: Outputs, source: SourceKind, scratch: ScratchBucket) -> list[Statement]:
    bucket = _bucket_arn(outputs, scratch.bucket)
    if source == "vault":
        return [
            _allow(["s3:GetEncryptionConfiguration", "s3:ListBucket", "s3:ListBucketVersions"], bucket),
            _allow(["s3:GetObject", *CLEANUP_ACTIONS], f"{bucket}/*"),
            _allow(["kms:Decrypt"], scratch.key_arn, _via_s3(scratch.key_arn, bucket, f"{bucket}/*")),
        ]
    return [
        _allow(["s3:GetEncryptionConfiguration"], bucket),
        _list_scratch_statement(bucket),
        *_copy_statements(bucket, scratch.key_arn),
    ]


def _copy_statements(bucket: str, key_arn: str) -> list[Statement]:
    """Allow copies to the scratch prefix of a bucket, and their cleanup.

    The encryption context is the bucket's ARN if it has a Bucket Key, and the object's ARN otherwise.
    A multipart copy needs kms:Decrypt too: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
    """
    return [
        _allow(
            ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject", "s3:PutObjectRetention", *CLEANUP_ACTIONS],
            f"{bucket}/{SCRATCH_PREFIX}*",
        ),
        _allow(
            ["kms:Decrypt", "kms:GenerateDataKey"], key_arn, _via_s3(key_arn, bucket, f"{bucket}/{SCRATCH_PREFIX}*")
        ),
    ]


def _list_scratch_statement(bucket: str) -> Statement:
    return _allow(["s3:ListBucketVersions"], bucket, {"StringLike": {"s3:prefix": f"{SCRATCH_PREFIX}*"}})


def _via_s3(key_arn: str, *contexts: str) -> dict[str, Any]:
    """Return a condition: the key is used by S3, in the key's region, with one of these ARNs as encryption context."""
    _, partition, _, region, *_ = key_arn.split(":")
    suffix = next(
        data["outputs"]["dnsSuffix"]
        for data in get_session().get_data("partitions")["partitions"]
        if data["id"] == partition
    )
    return {
        "StringEquals": {"kms:ViaService": f"s3.{region}.{suffix}"},
        "ArnLike": {"kms:EncryptionContext:aws:s3:arn": list(contexts)},
    }


def _bucket_arn(outputs: Outputs, name: str) -> str:
    return f"arn:{outputs.partition}:s3:::{name}"


def _allow(actions: Sequence[str], resource: str, condition: Mapping[str, Any] | None = None) -> Statement:
    statement: Statement = {"Effect": "Allow", "Action": sorted(actions), "Resource": resource}
    return statement | ({"Condition": dict(condition)} if condition else {})
