"""The bucket that receives access logs and inventories from S3, and optionally what AWS Config records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import pulumi

from components.account import Account
from components.bucket_policy import deny_external_principals, deny_insecure_transport, deny_protection_changes
from components.config_delivery import allow_config_delivery
from components.hardened_bucket import BucketProtection, hardened_bucket, log_lifecycle
from components.policy_document import PolicyDocument, allow_service, document

INVENTORY_PREFIX = "inventory"
"""The key prefix of the inventories that S3 delivers."""


class AccessLogBucketArgs(TypedDict):
    """The inputs of a bucket for access logs."""

    account: Account
    """The account and region of the bucket. S3 delivers access logs only within one account and region."""
    bucket_name: str
    """The bucket's physical name."""
    source_bucket_arns: Sequence[str]
    """The ARNs of the buckets whose access logs and inventories S3 may deliver to this bucket."""
    receives_config: bool
    """Whether the account's AWS Config may deliver to this bucket too."""
    protection: BucketProtection
    noncurrent_retention_days: int
    """The days to keep noncurrent versions of logs. Current versions don't expire."""


class AccessLogBucket(pulumi.ComponentResource):
    """A bucket that accepts only deliveries: by S3 on behalf of the source buckets and, if enabled, by AWS Config.

    It uses SSE-S3 because S3 can't deliver access logs to a bucket whose default is SSE-KMS, and has no Object Lock for
    the same reason:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """

    bucket: pulumi.Output[str]
    """The bucket's name, known once logs may be delivered."""

    def __init__(self, name: str, args: AccessLogBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        account, protection = args["account"], args["protection"]
        bucket_name = args["bucket_name"]
        bucket_arn = account.bucket_arn(bucket_name)
        policy = bucket_policy(account, bucket_arn, args["source_bucket_arns"], protection)
        if args["receives_config"]:
            policy["Statement"] += allow_config_delivery(account, bucket_arn)
        super().__init__("phi:storage:AccessLogBucket", name, {"bucketPolicy": policy}, opts)

        bucket, ready = hardened_bucket(
            name,
            parent=self,
            bucket_name=bucket_name,
            data_class="S3AccessLog",
            encryption={"sse_algorithm": "AES256"},
            policy=policy,
            lifecycle=log_lifecycle(args["noncurrent_retention_days"]),
            keeps_data=protection.keeps_data,
            # S3 delivers logs for hours after the last request, so the bucket is never empty.
            force_destroy=not protection.keeps_data,
        )

        name_once_ready = pulumi.Output.all(bucket.bucket, *(resource.urn for resource in ready))
        self.bucket = name_once_ready.apply(lambda values: str(values[0]))
        self.register_outputs({"bucket": self.bucket})


def bucket_policy(
    account: Account, bucket_arn: str, source_bucket_arns: Sequence[str], protection: BucketProtection
) -> PolicyDocument:
    """Return a policy that lets S3 deliver access logs and inventories on behalf of the source buckets.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-inventory.html
    """
    for_sources = {
        "ArnLike": {"aws:SourceArn": list(source_bucket_arns)},
        "StringEquals": {"aws:SourceAccount": account.id},
    }
    with_owner_acl = {"aws:SourceAccount": account.id, "s3:x-amz-acl": "bucket-owner-full-control"}
    return document(
        *deny_insecure_transport(bucket_arn),
        deny_external_principals(bucket_arn, account, protection.organization_id),
        deny_protection_changes(bucket_arn, protection.administrators),
        allow_service(
            "S3ServerAccessLogsPolicy", "logging.s3.amazonaws.com", "s3:PutObject", f"{bucket_arn}/*", for_sources
        ),
        allow_service(
            "S3InventoryPolicy",
            "s3.amazonaws.com",
            "s3:PutObject",
            f"{bucket_arn}/{INVENTORY_PREFIX}/*",
            for_sources | {"StringEquals": with_owner_acl},
        ),
    )
