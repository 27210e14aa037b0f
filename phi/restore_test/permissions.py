"""The least that who runs a drill must be allowed, by what is restored from and where to.

That is a role of its own. The application reaches no earlier version, the auditor no object; breaking the glass tells
everybody, and can't write. The bucket's policy lets its administrators alone delete versions: unless the drill's role
is among them, by the setting `phi:bucketAdministrators`, its copies are hidden and stay.

Which action has a resource to name: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.session import get_session

from phi.restore_test.evidence import Source
from phi.restore_test.sample import SCRATCH
from phi.stack.outputs import Outputs

Statement = dict[str, Any]
CLEAR = ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObjectRetention", "s3:GetObjectVersion")


@dataclass(frozen=True)
class Scratch:
    """Another bucket that is restored to, and the key that it encrypts with by default."""

    bucket: str
    key_arn: str


def permissions(outputs: Outputs, source: Source, scratch: Scratch | None = None) -> dict[str, Any]:
    """The policy document. scratch: unless it is the PHI bucket itself."""
    phi = _bucket(outputs, outputs.phi_bucket_name)
    read = _allow(["s3:GetObjectVersion", *(["s3:RestoreObject"] if source != "vault" else [])], f"{phi}/*")
    decrypt = _allow(["kms:Decrypt"], outputs.phi_key_arn, _through_s3(outputs.phi_key_arn, phi, f"{phi}/*"))
    # With ListBucket S3 tells that an object is gone; without it, that it is refused.
    return {
        "Version": "2012-10-17",
        "Statement": [
            _allow(["s3:ListBucket", "s3:ListBucketVersions"], phi),
            read,
            decrypt,
            *(_from_vault(outputs) if source == "vault" else []),
            *(_from_replica(outputs) if source == "replica" else []),
            *(_to_own(outputs, phi) if scratch is None else _to(outputs, source, scratch)),
        ],
    }


def _from_replica(outputs: Outputs) -> list[Statement]:
    """Its key is the replica of PHI's multi-region key, which has the same id in its region."""
    assert outputs.replica_bucket_name
    assert outputs.replica_region
    replica = _bucket(outputs, outputs.replica_bucket_name)
    key = outputs.phi_key_arn.replace(f":{outputs.region}:", f":{outputs.replica_region}:")
    return [
        _allow(["s3:ListBucket"], replica),
        _allow(["s3:GetObjectVersion", "s3:RestoreObject"], f"{replica}/*"),
        _allow(["kms:Decrypt"], key, _through_s3(key, replica, f"{replica}/*")),
    ]


def _from_vault(outputs: Outputs) -> list[Statement]:
    """AWS Backup gives a recovery point's ARN an id of its own making; a restore job has no ARN."""
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


def _to_own(outputs: Outputs, phi: str) -> list[Statement]:
    """Under the drills' prefix of the PHI bucket, and what replication makes of that."""
    statements = _copied(phi, outputs.phi_key_arn)
    if outputs.replica_bucket_name:
        replica = _bucket(outputs, outputs.replica_bucket_name)
        statements += [_list_scratch(replica), _allow(CLEAR, f"{replica}/{SCRATCH}*")]
    return statements


def _to(outputs: Outputs, source: Source, scratch: Scratch) -> list[Statement]:
    bucket = _bucket(outputs, scratch.bucket)
    if source == "vault":
        return [
            _allow(["s3:GetEncryptionConfiguration", "s3:ListBucket", "s3:ListBucketVersions"], bucket),
            _allow(["s3:GetObject", *CLEAR], f"{bucket}/*"),
            _allow(["kms:Decrypt"], scratch.key_arn, _through_s3(scratch.key_arn, bucket, f"{bucket}/*")),
        ]
    return [
        _allow(["s3:GetEncryptionConfiguration"], bucket),
        _list_scratch(bucket),
        *_copied(bucket, scratch.key_arn),
    ]


def _copied(bucket: str, key_arn: str) -> list[Statement]:
    """Whether the encryption context is the bucket's ARN or the copy's is decided by the bucket's Bucket Key.

    A copy in parts needs kms:Decrypt too: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
    """
    return [
        _allow(
            ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject", "s3:PutObjectRetention", *CLEAR],
            f"{bucket}/{SCRATCH}*",
        ),
        _allow(["kms:Decrypt", "kms:GenerateDataKey"], key_arn, _through_s3(key_arn, bucket, f"{bucket}/{SCRATCH}*")),
    ]


def _list_scratch(bucket: str) -> Statement:
    return _allow(["s3:ListBucketVersions"], bucket, {"StringLike": {"s3:prefix": f"{SCRATCH}*"}})


def _through_s3(key_arn: str, *contexts: str) -> dict[str, Any]:
    """The use of a key by S3 in the key's region, for what these ARNs are the encryption context of."""
    _, partition, _, region, *_ = key_arn.split(":")
    suffix = next(
        each["outputs"]["dnsSuffix"]
        for each in get_session().get_data("partitions")["partitions"]
        if each["id"] == partition
    )
    return {
        "StringEquals": {"kms:ViaService": f"s3.{region}.{suffix}"},
        "ArnLike": {"kms:EncryptionContext:aws:s3:arn": list(contexts)},
    }


def _bucket(outputs: Outputs, name: str) -> str:
    return f"arn:{outputs.partition}:s3:::{name}"


def _allow(actions: Sequence[str], resource: str, condition: Mapping[str, Any] | None = None) -> Statement:
    statement: Statement = {"Effect": "Allow", "Action": sorted(actions), "Resource": resource}
    return statement | ({"Condition": dict(condition)} if condition else {})
