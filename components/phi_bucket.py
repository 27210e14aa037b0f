"""The bucket that holds Protected Health Information, or its replica in another region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict

import pulumi
import pulumi_aws as aws

from components.access_log_bucket import INVENTORY_PREFIX
from components.account import Account
from components.bucket_policy import (
    deny_external_principals,
    deny_insecure_transport,
    deny_legal_hold_changes,
    deny_other_kms_keys,
    deny_other_networks,
    deny_protection_changes,
    deny_unscanned_objects,
)
from components.hardened_bucket import BucketProtection, LifecycleRule, ObjectLock, hardened_bucket, protect_options
from components.policy_document import PolicyDocument, document
from phi_buckets.stack.networks import Networks
from phi_buckets.stack.settings import DEFAULT_BUCKET

REQUEST_METRICS_ID = "EntireBucket"
"""The ID of the request metrics configuration. Alarms on the bucket's requests name it as their FilterId."""


def resource_name(bucket: str, purpose: str) -> str:
    """Return the name of a resource that exists once for each PHI bucket.

    The resources of the bucket `phi` have no prefix. So a stack with one bucket keeps its resources when it gets more.
    """
    return purpose if bucket == DEFAULT_BUCKET else f"{bucket}-{purpose}"


@dataclass(frozen=True)
class VersionLifecycle:
    """The storage class and expiry of object versions. Current versions don't expire."""

    noncurrent_archive_days: int
    """Days until a noncurrent version moves to S3 Glacier Flexible Retrieval."""
    noncurrent_retention_days: int
    """Days until a noncurrent version is deleted."""
    intelligent_tiering: bool
    """Whether current versions move to S3 Intelligent-Tiering."""


@dataclass(frozen=True)
class ObjectAccess:
    """What the bucket policy denies to principals that IAM allows, and the roles that it exempts.

    Roles are known by their ARNs before they exist.
    """

    networks: Networks
    """The only networks from which objects may be read and written; any network if there are none."""
    only_scanned: bool
    """Whether an object may be read only once GuardDuty has found no malware in it."""
    service_roles: tuple[str, ...]
    """The roles that AWS services assume to copy, restore and scan objects: from any network, scanned or not."""
    batch_roles: tuple[str, ...]
    """The roles that S3 Batch Operations assumes to start the copying of objects, which they can't read."""
    linked_roles: str
    """The pattern of the account's service-linked roles, such as Macie's. Only AWS services can assume one."""
    break_glass_role: str
    """The role that may read every object, from any network."""
    legal_hold_role: str
    """The only role that may place and remove legal holds."""


class PhiBucketArgs(TypedDict):
    """The inputs of a PHI bucket."""

    account: Account
    """The account and region of the bucket."""
    bucket_name: str
    """The bucket's physical name."""
    data_class: Literal["PHI", "Replica"]
    """The data class: PHI, or replicas of the objects in another bucket."""
    key_arn: pulumi.Input[str]
    """The customer managed key that encrypts every object."""
    log_bucket: pulumi.Input[str]
    """The name of the bucket that receives the access logs and the inventory."""
    protection: BucketProtection
    object_access: ObjectAccess
    object_lock: ObjectLock
    lifecycle: VersionLifecycle


class PhiBucket(pulumi.ComponentResource):
    """A private, versioned bucket with Object Lock, one KMS key, access logs, an inventory, metrics and events."""

    bucket: pulumi.Output[str]
    """The bucket's name."""
    arn: pulumi.Output[str]
    ready: list[pulumi.Resource]
    """The resources that must exist before anything is stored in the bucket."""

    def __init__(self, name: str, args: PhiBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        account, protection = args["account"], args["protection"]
        bucket_name = args["bucket_name"]
        bucket_arn = account.bucket_arn(bucket_name)
        policy = bucket_policy(account, bucket_arn, args["key_arn"], protection, args["object_access"])
        # A structured input stays readable at the first preview. The key's ARN in the document is unknown then, and so
        # is the whole JSON text made from the document.
        super().__init__("phi:storage:PhiBucket", name, {"bucketPolicy": policy}, opts)

        bucket, bucket_ready = hardened_bucket(
            name,
            parent=self,
            bucket_name=bucket_name,
            data_class=args["data_class"],
            encryption={"sse_algorithm": "aws:kms", "kms_master_key_id": args["key_arn"]},
            policy=policy,
            lifecycle=lifecycle_rules(args["lifecycle"]),
            keeps_data=protection.keeps_data,
            bucket_key=True,
            object_lock=args["object_lock"],
            log_bucket=args["log_bucket"],
        )
        aws.s3.BucketMetric(
            f"{name}-metrics",
            bucket=bucket.id,
            name=REQUEST_METRICS_ID,
            opts=protect_options(self, protection.keeps_data),
        )
        aws.s3.Inventory(
            f"{name}-inventory",
            bucket=bucket.id,
            name="every-version",
            included_object_versions="All",
            schedule={"frequency": "Weekly"},
            destination={
                "bucket": {
                    "bucket_arn": pulumi.Output.concat(f"arn:{account.partition}:s3:::", args["log_bucket"]),
                    "account_id": account.id,
                    "format": "Parquet",
                    "prefix": INVENTORY_PREFIX,
                    "encryption": {"sse_s3": {}},
                }
            },
            optional_fields=[
                "BucketKeyStatus",
                "EncryptionStatus",
                "LastModifiedDate",
                "ObjectLockMode",
                "ObjectLockRetainUntilDate",
                "ReplicationStatus",
                "Size",
                "StorageClass",
            ],
            opts=protect_options(self, protection.keeps_data, bucket_ready),
        )
        events = aws.s3.BucketNotification(
            f"{name}-events",
            bucket=bucket.id,
            eventbridge=True,
            opts=protect_options(self, protection.keeps_data, bucket_ready),
        )

        self.bucket = bucket.bucket  # known at preview, unlike the id
        self.arn = bucket.arn
        self.ready = [*bucket_ready, events]
        self.register_outputs({"bucket": self.bucket, "arn": self.arn})


def lifecycle_rules(lifecycle: VersionLifecycle) -> list[LifecycleRule]:
    """Return rules that archive and later delete noncurrent versions, and never delete current ones."""
    noncurrent_versions: LifecycleRule = {
        "id": "archive-then-expire-earlier-versions",
        "status": "Enabled",
        "filter": {},
        "noncurrent_version_transitions": [
            {"noncurrent_days": lifecycle.noncurrent_archive_days, "storage_class": "GLACIER"}
        ],
        "noncurrent_version_expiration": {"noncurrent_days": lifecycle.noncurrent_retention_days},
        "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
    }
    current_versions: LifecycleRule = {
        "id": "tier-current-versions-by-use",
        "status": "Enabled",
        "filter": {},
        "transitions": [{"days": 1, "storage_class": "INTELLIGENT_TIERING"}],
    }
    return [noncurrent_versions, current_versions] if lifecycle.intelligent_tiering else [noncurrent_versions]


def bucket_policy(
    account: Account,
    bucket_arn: str,
    key_arn: pulumi.Input[str],
    protection: BucketProtection,
    access: ObjectAccess,
) -> PolicyDocument:
    """Return a policy of denials only: the account's IAM policies decide what is allowed."""
    exempt = (access.break_glass_role, *access.service_roles, access.linked_roles)
    unscanned = deny_unscanned_objects(bucket_arn, exempt, access.service_roles) if access.only_scanned else []
    return document(
        *deny_insecure_transport(bucket_arn),
        deny_external_principals(bucket_arn, account, protection.organization_id),
        *deny_other_networks(bucket_arn, access.networks, (*exempt, *access.batch_roles)),
        *deny_other_kms_keys(bucket_arn, key_arn),
        *unscanned,
        deny_legal_hold_changes(bucket_arn, access.legal_hold_role),
        deny_protection_changes(bucket_arn, protection.administrators),
    )
