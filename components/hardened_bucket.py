"""What every bucket of the stack has, whatever it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.policy_document import PolicyDocument

LifecycleRule = aws.s3.BucketLifecycleConfigurationRuleArgsDict
Encryption = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgsDict


@dataclass(frozen=True)
class Guard:
    """What the stack's buckets have in common: who may change them, who may reach them, and whether they stay."""

    administrators: tuple[str, ...]
    """The ARNs of those who alone may delete versions and change what guards a bucket."""
    organization: str | None
    """The AWS organization whose accounts may be let in; the stack's own account alone without one."""
    keeps_data: bool
    """Whether `pulumi destroy` is refused, and the data kept."""


@dataclass(frozen=True)
class Lock:
    """How long no one deletes a version: in governance mode none but who may bypass it, in compliance mode no one."""

    mode: Literal["GOVERNANCE", "COMPLIANCE"]
    days: int


def guarded_bucket(
    name: str,
    *,
    parent: pulumi.Resource,
    bucket_name: str,
    data_class: str,
    encryption: Encryption,
    policy: PolicyDocument,
    lifecycle: Sequence[LifecycleRule],
    keeps_data: bool,
    bucket_key: bool = False,
    lock: Lock | None = None,
    log_bucket: pulumi.Input[str] | None = None,
    force_destroy: bool = False,
) -> tuple[aws.s3.Bucket, list[pulumi.Resource]]:
    """Declare a bucket that is closed, versioned, encrypted, reached over TLS alone and kept.

    bucket_key: whether one data key serves many objects: fewer KMS requests, the same protection. The encryption
    context is then the bucket's, without what a service such as CloudTrail adds of its own.
    lock: the default retention of a version; none where S3 delivers access logs, which it doesn't to a bucket with
    Object Lock.
    log_bucket: where each access is logged to; nowhere from a log bucket itself.

    Returns the bucket and the resources that must stand before anything is put into it.
    """

    def after(*resources: pulumi.Resource) -> pulumi.ResourceOptions:
        return kept(parent, keeps_data, resources)

    bucket = aws.s3.Bucket(
        name,
        bucket=bucket_name,
        tags={"DataClass": data_class},
        force_destroy=force_destroy,
        object_lock_enabled=lock is not None,
        opts=after(),
    )
    closed = aws.s3.BucketPublicAccessBlock(
        f"{name}-public-access-block",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=after(),
    )
    ownership = aws.s3.BucketOwnershipControls(
        f"{name}-ownership",
        bucket=bucket.id,
        rule={"object_ownership": "BucketOwnerEnforced"},
        opts=after(closed),  # S3 refuses changes of a bucket's access that come at once
    )
    versioning = aws.s3.BucketVersioning(
        f"{name}-versioning",
        bucket=bucket.id,
        versioning_configuration={"status": "Enabled"},
        opts=after(),
    )
    encrypted = aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encryption",
        bucket=bucket.id,
        rules=[
            {
                "apply_server_side_encryption_by_default": encryption,
                "bucket_key_enabled": bucket_key,
            }
        ],
        opts=after(),
    )
    reached = aws.s3.BucketPolicy(
        f"{name}-policy",
        bucket=bucket.id,
        policy=pulumi.Output.json_dumps(policy),
        opts=after(ownership),
    )
    ready: list[pulumi.Resource] = [closed, ownership, versioning, encrypted, reached]
    if lock:
        locked = aws.s3.BucketObjectLockConfiguration(
            f"{name}-lock",
            bucket=bucket.id,
            rule={"default_retention": {"mode": lock.mode, "days": lock.days}},
            opts=after(versioning),  # S3 locks versions alone
        )
        ready.append(locked)
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.id,
        rules=lifecycle,
        opts=after(versioning),  # rules for versions of an unversioned bucket are refused
    )
    if log_bucket is not None:
        aws.s3.BucketLogging(
            f"{name}-logging",
            bucket=bucket.id,
            target_bucket=log_bucket,
            target_prefix=f"{bucket_name}/",
            target_object_key_format={"partitioned_prefix": {"partition_date_source": "EventTime"}},
            opts=after(*ready),
        )
    return bucket, ready


def keep_earlier_versions(days: int) -> list[LifecycleRule]:
    """Logs stay; what was overwritten or deleted of them is kept for so many days."""
    return [
        {
            "id": "keep-earlier-versions",
            "status": "Enabled",
            "filter": {},
            "noncurrent_version_expiration": {"noncurrent_days": days},
            "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
        }
    ]


def kept(
    parent: pulumi.Resource, keeps_data: bool, depends_on: Sequence[pulumi.Resource] = ()
) -> pulumi.ResourceOptions:
    """The options of a child that data hangs on: where data is kept, so is all that guards it and decrypts it."""
    return pulumi.ResourceOptions(parent=parent, depends_on=depends_on, protect=keeps_data, retain_on_delete=keeps_data)
