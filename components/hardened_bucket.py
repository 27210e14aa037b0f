"""The bucket that every component of the stack builds on, and its inputs."""

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
class BucketProtection:
    """The protection that all buckets of a program share."""

    administrators: tuple[str, ...]
    """ARNs of the only IAM roles and users that may delete versions and change the protection settings."""
    organization_id: str | None
    """The AWS organization whose accounts may be granted access; only the bucket's own account if None."""
    keeps_data: bool
    """Whether `pulumi destroy` fails instead of deleting data."""


@dataclass(frozen=True)
class ObjectLock:
    """The default Object Lock retention of new versions."""

    mode: Literal["GOVERNANCE", "COMPLIANCE"]
    """Permitted principals can bypass GOVERNANCE; no principal can bypass COMPLIANCE."""
    days: int


def hardened_bucket(
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
    object_lock: ObjectLock | None = None,
    log_bucket: pulumi.Input[str] | None = None,
    force_destroy: bool = False,
) -> tuple[aws.s3.Bucket, list[pulumi.Resource]]:
    """Declare a private, versioned and encrypted bucket.

    Args:
        name: The logical name of the bucket, and the prefix of the logical names of its settings.
        parent: The component that the bucket belongs to.
        bucket_name: The bucket's physical name.
        data_class: The value of the tag `DataClass`.
        encryption: The default encryption.
        policy: The bucket policy. It should deny insecure transport.
        lifecycle: The lifecycle rules.
        keeps_data: Whether the bucket and its settings are protected, and retained on delete.
        bucket_key: Whether one data key serves many objects, with fewer KMS requests and the same protection. The
            encryption context is then only the bucket's ARN, without what a service such as CloudTrail adds.
        object_lock: The default retention of versions; None for a bucket that receives access logs, since S3 doesn't
            deliver them to a bucket with Object Lock.
        log_bucket: The name of the bucket that receives the access logs; None for a log bucket itself.
        force_destroy: Whether `pulumi destroy` also deletes the objects.

    Returns:
        The bucket, and the resources that must exist before anything is stored in it.
    """

    def options(*depends_on: pulumi.Resource) -> pulumi.ResourceOptions:
        return protect_options(parent, keeps_data, depends_on)

    bucket = aws.s3.Bucket(
        name,
        bucket=bucket_name,
        tags={"DataClass": data_class},
        force_destroy=force_destroy,
        object_lock_enabled=object_lock is not None,
        opts=options(),
    )
    public_access_block = aws.s3.BucketPublicAccessBlock(
        f"{name}-public-access-block",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=options(),
    )
    ownership = aws.s3.BucketOwnershipControls(
        f"{name}-ownership",
        bucket=bucket.id,
        rule={"object_ownership": "BucketOwnerEnforced"},
        opts=options(public_access_block),  # S3 rejects concurrent changes to a bucket's access settings
    )
    versioning = aws.s3.BucketVersioning(
        f"{name}-versioning",
        bucket=bucket.id,
        versioning_configuration={"status": "Enabled"},
        opts=options(),
    )
    default_encryption = aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encryption",
        bucket=bucket.id,
        rules=[
            {
                "apply_server_side_encryption_by_default": encryption,
                "bucket_key_enabled": bucket_key,
            }
        ],
        opts=options(),
    )
    bucket_policy = aws.s3.BucketPolicy(
        f"{name}-policy",
        bucket=bucket.id,
        policy=pulumi.Output.json_dumps(policy),
        opts=options(ownership),
    )
    ready: list[pulumi.Resource] = [public_access_block, ownership, versioning, default_encryption, bucket_policy]
    if object_lock:
        default_retention = aws.s3.BucketObjectLockConfiguration(
            f"{name}-lock",
            bucket=bucket.id,
            rule={"default_retention": {"mode": object_lock.mode, "days": object_lock.days}},
            opts=options(versioning),  # Object Lock requires versioning
        )
        ready.append(default_retention)
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.id,
        rules=lifecycle,
        opts=options(versioning),  # S3 rejects rules for noncurrent versions of an unversioned bucket
    )
    if log_bucket is not None:
        aws.s3.BucketLogging(
            f"{name}-logging",
            bucket=bucket.id,
            target_bucket=log_bucket,
            target_prefix=f"{bucket_name}/",
            target_object_key_format={"partitioned_prefix": {"partition_date_source": "EventTime"}},
            opts=options(*ready),
        )
    return bucket, ready


def log_lifecycle(days: int) -> list[LifecycleRule]:
    """Return rules that keep logs forever, and noncurrent versions of them for a number of days."""
    return [
        {
            "id": "keep-earlier-versions",
            "status": "Enabled",
            "filter": {},
            "noncurrent_version_expiration": {"noncurrent_days": days},
            "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
        }
    ]


def protect_options(
    parent: pulumi.Resource, keeps_data: bool, depends_on: Sequence[pulumi.Resource] = ()
) -> pulumi.ResourceOptions:
    """Return the options of a child resource that stores, protects or decrypts data.

    Args:
        parent: The component that the child belongs to.
        keeps_data: Whether the child is protected, and retained on delete.
        depends_on: The resources that must exist before the child.
    """
    return pulumi.ResourceOptions(parent=parent, depends_on=depends_on, protect=keeps_data, retain_on_delete=keeps_data)
