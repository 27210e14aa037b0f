"""The bucket that CloudTrail delivers the account's audit trail to, and its replica in another region."""

from __future__ import annotations

from typing import TypedDict

import pulumi

from components.account import Account
from components.bucket_policy import (
    deny_external_principals,
    deny_insecure_transport,
    deny_other_kms_keys,
    deny_protection_changes,
)
from components.hardened_bucket import BucketProtection, ObjectLock, hardened_bucket, log_lifecycle
from components.policy_document import PolicyDocument, allow_service, document


class TrailBucketArgs(TypedDict):
    """The inputs of a bucket for an audit trail."""

    account: Account
    """The account that the trail records, and the region of the bucket."""
    bucket_name: str
    """The bucket's physical name."""
    trail_arn: str
    """The ARN of the only trail that CloudTrail may deliver to this bucket."""
    key_arn: pulumi.Input[str]
    """The customer managed key of audit data."""
    log_bucket: pulumi.Input[str]
    """The name of the bucket that receives the access logs."""
    protection: BucketProtection
    object_lock: ObjectLock
    noncurrent_retention_days: int
    """The days to keep noncurrent versions of log files. Current versions don't expire."""


class TrailBucket(pulumi.ComponentResource):
    """A bucket with Object Lock that only CloudTrail may write to, on behalf of one trail."""

    bucket: pulumi.Output[str]
    """The bucket's name."""
    ready: list[pulumi.Resource]
    """The resources that must exist before the trail: CloudTrail tests the delivery when it creates a trail."""

    def __init__(self, name: str, args: TrailBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        account, protection = args["account"], args["protection"]
        policy = bucket_policy(account, account.bucket_arn(args["bucket_name"]), args["trail_arn"], protection)
        super().__init__("phi:storage:TrailBucket", name, {"bucketPolicy": policy}, opts)

        bucket, self.ready = hardened_bucket(
            name,
            parent=self,
            bucket_name=args["bucket_name"],
            data_class="CloudTrailLog",
            encryption={"sse_algorithm": "aws:kms", "kms_master_key_id": args["key_arn"]},
            policy=policy,
            lifecycle=log_lifecycle(args["noncurrent_retention_days"]),
            keeps_data=protection.keeps_data,
            object_lock=args["object_lock"],
            log_bucket=args["log_bucket"],
        )

        self.bucket = bucket.bucket
        self.register_outputs({"bucket": self.bucket})


class TrailReplicaBucketArgs(TypedDict):
    """The inputs of the replica of a trail's bucket."""

    account: Account
    """The account and region of the replica."""
    bucket_name: str
    """The replica bucket's physical name."""
    key_arn: pulumi.Input[str]
    """The customer managed key of audit data in the replica's region."""
    log_bucket: pulumi.Input[str]
    """The name of the bucket that receives the access logs."""
    protection: BucketProtection
    object_lock: ObjectLock
    noncurrent_retention_days: int
    """The days to keep noncurrent versions of log files. Current versions don't expire."""


class TrailReplicaBucket(pulumi.ComponentResource):
    """A bucket with Object Lock for copies of a trail's log files and digest files.

    The copies are evidence, but `aws cloudtrail validate-logs` checks only the files where CloudTrail delivered them.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-cli.html
    """

    ready: list[pulumi.Resource]
    """The resources that must exist before a replication to the bucket."""

    def __init__(self, name: str, args: TrailReplicaBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        account, protection = args["account"], args["protection"]
        policy = replica_policy(account, account.bucket_arn(args["bucket_name"]), args["key_arn"], protection)
        super().__init__("phi:storage:TrailReplicaBucket", name, {"bucketPolicy": policy}, opts)

        _, self.ready = hardened_bucket(
            name,
            parent=self,
            bucket_name=args["bucket_name"],
            data_class="CloudTrailLog",
            encryption={"sse_algorithm": "aws:kms", "kms_master_key_id": args["key_arn"]},
            policy=policy,
            lifecycle=log_lifecycle(args["noncurrent_retention_days"]),
            keeps_data=protection.keeps_data,
            object_lock=args["object_lock"],
            log_bucket=args["log_bucket"],
        )

        self.register_outputs({})


def replica_policy(
    account: Account, bucket_arn: str, key_arn: pulumi.Input[str], protection: BucketProtection
) -> PolicyDocument:
    """Return a policy of denials only: the replication role's permissions let S3 write the copies."""
    return document(
        *deny_insecure_transport(bucket_arn),
        deny_external_principals(bucket_arn, account, protection.organization_id),
        *deny_other_kms_keys(bucket_arn, key_arn),
        deny_protection_changes(bucket_arn, protection.administrators),
    )


def bucket_policy(account: Account, bucket_arn: str, trail_arn: str, protection: BucketProtection) -> PolicyDocument:
    """Return a policy that lets CloudTrail deliver one trail.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
    """
    service = "cloudtrail.amazonaws.com"
    for_trail = {"aws:SourceArn": trail_arn}  # contains the account ID too
    with_owner_acl = {"s3:x-amz-acl": "bucket-owner-full-control"}
    log_files = f"{bucket_arn}/AWSLogs/{account.id}/*"
    return document(
        *deny_insecure_transport(bucket_arn),
        deny_external_principals(bucket_arn, account, protection.organization_id),
        deny_protection_changes(bucket_arn, protection.administrators),
        allow_service("AWSCloudTrailAclCheck", service, "s3:GetBucketAcl", bucket_arn, {"StringEquals": for_trail}),
        allow_service(
            "AWSCloudTrailWrite",
            service,
            "s3:PutObject",
            log_files,
            {"StringEquals": for_trail | with_owner_acl},
        ),
    )
