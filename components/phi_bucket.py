"""The bucket that holds Protected Health Information, or its copies in another region."""

from __future__ import annotations

from typing import Literal, TypedDict

import pulumi
import pulumi_aws as aws

from components.access_log_bucket import INVENTORY
from components.account import Account
from components.bucket_policy import guarded, insiders_only, one_key, tls_only
from components.hardened_bucket import Guard, LifecycleRule, guarded_bucket, kept
from components.policy_document import PolicyDocument, document
from components.stack_context import Site
from phi.stack.settings import Settings

METRICS = "EntireBucket"
"""The id of the metrics configuration, which alarms on a bucket's requests name as their FilterId."""


class PhiBucketArgs(TypedDict):
    site: Site
    """Where the bucket is, and for how long it keeps and locks its versions."""
    data_class: Literal["PHI", "Replica"]
    """Whether it holds PHI itself, or the copies of another bucket."""
    key_arn: pulumi.Input[str]
    """The customer managed key that encrypts every object."""
    log_bucket: pulumi.Input[str]
    """The name of the bucket that access to this one is logged to, and its inventory delivered."""


class PhiBucket(pulumi.ComponentResource):
    """A closed, versioned, locked bucket: one key, TLS alone, every access logged, earlier versions kept for years."""

    bucket: pulumi.Output[str]
    """The bucket's name."""
    arn: pulumi.Output[str]
    ready: list[pulumi.Resource]
    """What must stand before anything is put into the bucket."""

    def __init__(self, name: str, args: PhiBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        site = args["site"]
        account, guard = site.account, site.guard
        bucket_name = account.bucket_name(name)
        policy = bucket_policy(account, account.bucket_arn(bucket_name), args["key_arn"], guard)
        # As an input with its structure, the document can be judged at the first preview, when the key's ARN in it
        # is not known yet and the JSON text made from it is not known at all.
        super().__init__("phi:storage:PhiBucket", name, {"bucketPolicy": policy}, opts)

        bucket, self.ready = guarded_bucket(
            name,
            parent=self,
            bucket_name=bucket_name,
            data_class=args["data_class"],
            encryption={"sse_algorithm": "aws:kms", "kms_master_key_id": args["key_arn"]},
            policy=policy,
            lifecycle=lifecycle(site.settings),
            keeps_data=guard.keeps_data,
            bucket_key=True,
            lock=site.lock,
            log_bucket=args["log_bucket"],
        )
        aws.s3.BucketMetric(f"{name}-metrics", bucket=bucket.id, name=METRICS, opts=kept(self, guard.keeps_data))
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
                    "prefix": INVENTORY,
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
            opts=kept(self, guard.keeps_data, self.ready),
        )
        events = aws.s3.BucketNotification(
            f"{name}-events", bucket=bucket.id, eventbridge=True, opts=kept(self, guard.keeps_data, self.ready)
        )
        self.ready = [*self.ready, events]

        self.bucket = bucket.bucket  # known at preview, where the id isn't
        self.arn = bucket.arn
        self.register_outputs({"bucket": self.bucket, "arn": self.arn})


def lifecycle(settings: Settings) -> list[LifecycleRule]:
    """Earlier versions are archived, kept for years and then gone; current ones stay until somebody deletes them."""
    earlier: LifecycleRule = {
        "id": "archive-then-expire-earlier-versions",
        "status": "Enabled",
        "filter": {},
        "noncurrent_version_transitions": [
            {"noncurrent_days": settings.archive_after_days, "storage_class": "GLACIER"}
        ],
        "noncurrent_version_expiration": {"noncurrent_days": settings.retention_days},
        "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
    }
    tiered: LifecycleRule = {
        "id": "tier-current-versions-by-use",
        "status": "Enabled",
        "filter": {},
        "transitions": [{"days": 1, "storage_class": "INTELLIGENT_TIERING"}],
    }
    return [earlier, tiered] if settings.intelligent_tiering else [earlier]


def bucket_policy(account: Account, bucket_arn: str, key_arn: pulumi.Input[str], guard: Guard) -> PolicyDocument:
    """What is refused to everybody. Nothing is allowed here: that is left to the IAM policies of the account."""
    return document(
        *tls_only(bucket_arn),
        insiders_only(bucket_arn, account, guard.organization),
        *one_key(bucket_arn, key_arn),
        guarded(bucket_arn, guard.administrators),
    )
