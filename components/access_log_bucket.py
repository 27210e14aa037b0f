"""The bucket that S3 writes access logs and inventories of other buckets to, and AWS Config what it records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import pulumi

from components.account import Account
from components.bucket_policy import guarded, insiders_only, tls_only
from components.config_delivery import config_delivery
from components.hardened_bucket import Guard, guarded_bucket, keep_earlier_versions
from components.policy_document import PolicyDocument, document, service_may
from components.stack_context import Site

INVENTORY = "inventory"
"""The prefix that inventories are delivered under."""


class AccessLogBucketArgs(TypedDict):
    site: Site
    """Where the bucket is: S3 delivers access logs within one account and region."""
    sources: Sequence[str]
    """The ARNs of the buckets whose access logs and inventories may be delivered here."""


class AccessLogBucket(pulumi.ComponentResource):
    """A bucket open to S3's log delivery, for its source buckets, and to nothing else.

    SSE-S3, since S3 can't deliver to a bucket whose default is SSE-KMS, and no Object Lock, for the same reason:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """

    bucket: pulumi.Output[str]
    """The bucket's name, known once logs may be delivered."""

    def __init__(self, name: str, args: AccessLogBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        account, guard = args["site"].account, args["site"].guard
        bucket_name = account.bucket_name(name)
        bucket_arn = account.bucket_arn(bucket_name)
        policy = bucket_policy(account, bucket_arn, args["sources"], guard)
        if args["site"].records_config:
            policy["Statement"] += config_delivery(account, bucket_arn)
        super().__init__("phi:storage:AccessLogBucket", name, {"bucketPolicy": policy}, opts)

        bucket, ready = guarded_bucket(
            name,
            parent=self,
            bucket_name=bucket_name,
            data_class="S3AccessLog",
            encryption={"sse_algorithm": "AES256"},
            policy=policy,
            lifecycle=keep_earlier_versions(args["site"].settings.log_retention_days),
            keeps_data=guard.keeps_data,
            force_destroy=not guard.keeps_data,  # logs arrive for hours after the last access: it is never empty
        )

        guarded_name = pulumi.Output.all(bucket.bucket, *(each.urn for each in ready))
        self.bucket = guarded_name.apply(lambda known: str(known[0]))
        self.register_outputs({"bucket": self.bucket})


def bucket_policy(account: Account, bucket_arn: str, sources: Sequence[str], guard: Guard) -> PolicyDocument:
    """Delivery of access logs and inventories of the source buckets.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-inventory.html
    """
    for_sources = {"ArnLike": {"aws:SourceArn": list(sources)}, "StringEquals": {"aws:SourceAccount": account.id}}
    owned = {"aws:SourceAccount": account.id, "s3:x-amz-acl": "bucket-owner-full-control"}
    inventories = f"{bucket_arn}/{INVENTORY}/*"
    return document(
        *tls_only(bucket_arn),
        insiders_only(bucket_arn, account, guard.organization),
        guarded(bucket_arn, guard.administrators),
        service_may(
            "S3ServerAccessLogsPolicy", "logging.s3.amazonaws.com", "s3:PutObject", f"{bucket_arn}/*", for_sources
        ),
        service_may(
            "S3InventoryPolicy",
            "s3.amazonaws.com",
            "s3:PutObject",
            inventories,
            for_sources | {"StringEquals": owned},
        ),
    )
