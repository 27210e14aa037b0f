"""The bucket that CloudTrail delivers the account's audit trail to."""

from __future__ import annotations

from typing import TypedDict

import pulumi

from components.account import Account
from components.bucket_policy import guarded, insiders_only, tls_only
from components.hardened_bucket import Guard, guarded_bucket, keep_earlier_versions
from components.policy_document import PolicyDocument, document, service_may
from components.stack_context import Site


class TrailBucketArgs(TypedDict):
    site: Site
    """Where the bucket is, and whose trail it holds."""
    key_arn: pulumi.Input[str]
    """The customer managed key of audit data."""
    log_bucket: pulumi.Input[str]
    """The name of the bucket that access to this one is logged to."""


class TrailBucket(pulumi.ComponentResource):
    """A locked bucket open to CloudTrail, for the one trail, and to nothing else."""

    bucket: pulumi.Output[str]
    """The bucket's name."""
    ready: list[pulumi.Resource]
    """What must stand before the trail is delivered: CloudTrail tries when it is created."""

    def __init__(self, name: str, args: TrailBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        site = args["site"]
        guard = site.guard
        policy = bucket_policy(site.account, site.trail_bucket_arn, site.trail_arn, guard)
        super().__init__("phi:storage:TrailBucket", name, {"bucketPolicy": policy}, opts)

        bucket, self.ready = guarded_bucket(
            name,
            parent=self,
            bucket_name=site.trail_bucket,
            data_class="CloudTrailLog",
            encryption={"sse_algorithm": "aws:kms", "kms_master_key_id": args["key_arn"]},
            policy=policy,
            lifecycle=keep_earlier_versions(site.settings.log_retention_days),
            keeps_data=guard.keeps_data,
            lock=site.lock,
            log_bucket=args["log_bucket"],
        )

        self.bucket = bucket.bucket
        self.register_outputs({"bucket": self.bucket})


def bucket_policy(account: Account, bucket_arn: str, trail_arn: str, guard: Guard) -> PolicyDocument:
    """Delivery of the one trail.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
    """
    service = "cloudtrail.amazonaws.com"
    for_trail = {"aws:SourceArn": trail_arn}  # which names the account too
    owned = {"s3:x-amz-acl": "bucket-owner-full-control"}
    files = f"{bucket_arn}/AWSLogs/{account.id}/*"
    return document(
        *tls_only(bucket_arn),
        insiders_only(bucket_arn, account, guard.organization),
        guarded(bucket_arn, guard.administrators),
        service_may("AWSCloudTrailAclCheck", service, "s3:GetBucketAcl", bucket_arn, {"StringEquals": for_trail}),
        service_may("AWSCloudTrailWrite", service, "s3:PutObject", files, {"StringEquals": for_trail | owned}),
    )
