"""The bucket that holds Protected Health Information."""

from __future__ import annotations

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.guarded_bucket import PolicyDocument, guarded_bucket, kept, tls_only


class PhiBucketArgs(TypedDict):
    account: Account
    """Where the bucket is."""
    bucket_name: str
    """The bucket's physical name."""
    key_arn: pulumi.Input[str]
    """The customer managed key that encrypts every object."""
    log_bucket: pulumi.Input[str]
    """The name of the bucket that access to this one is logged to."""
    keeps_data: bool
    """Whether `pulumi destroy` is refused, and the data kept."""
    retention_days: int
    """Days that an earlier version is kept after it is replaced or deleted."""
    archive_after_days: int
    """Days after which an earlier version moves to S3 Glacier Flexible Retrieval."""


class PhiBucket(pulumi.ComponentResource):
    """A closed, versioned bucket: one key, TLS alone, every access logged, earlier versions kept for years."""

    bucket: pulumi.Output[str]
    """The bucket's name."""
    arn: pulumi.Output[str]

    def __init__(self, name: str, args: PhiBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        policy = bucket_policy(args["account"].bucket_arn(args["bucket_name"]), args["key_arn"])
        # As an input with its structure, the document can be judged at the first preview, when the key's ARN in it
        # is not known yet and the JSON text made from it is not known at all.
        super().__init__("phi:storage:PhiBucket", name, {"bucketPolicy": policy}, opts)

        bucket, ready = guarded_bucket(
            name,
            parent=self,
            bucket_name=args["bucket_name"],
            data_class="PHI",
            encryption={"sse_algorithm": "aws:kms", "kms_master_key_id": args["key_arn"]},
            policy=policy,
            lifecycle=[
                {
                    "id": "archive-then-expire-earlier-versions",
                    "status": "Enabled",
                    "filter": {},
                    "noncurrent_version_transitions": [
                        {"noncurrent_days": args["archive_after_days"], "storage_class": "GLACIER"}
                    ],
                    "noncurrent_version_expiration": {"noncurrent_days": args["retention_days"]},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
                }
            ],
            keeps_data=args["keeps_data"],
        )
        aws.s3.BucketLogging(
            f"{name}-logging",
            bucket=bucket.id,
            target_bucket=args["log_bucket"],
            target_prefix=f"{args['bucket_name']}/",
            target_object_key_format={"partitioned_prefix": {"partition_date_source": "EventTime"}},
            opts=kept(self, args["keeps_data"], ready),
        )

        self.bucket = bucket.bucket  # known at preview, where the id isn't
        self.arn = bucket.arn
        self.register_outputs({"bucket": self.bucket, "arn": self.arn})


def bucket_policy(bucket_arn: str, key_arn: pulumi.Input[str]) -> PolicyDocument:
    """TLS alone, and the bucket's key alone.

    An upload with no encryption header is let in, since default encryption gives it the bucket's key. A negated
    operator matches an absent header too, hence the Null beside it. `aws:kms` with no key would take the AWS
    managed key aws/s3 (https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-kms-encryption.html), so
    where an algorithm is asked for, the key must be named.
    """
    objects = f"{bucket_arn}/*"
    return {
        "Version": "2012-10-17",
        "Statement": [
            *tls_only(bucket_arn),
            {
                "Sid": "DenyOtherKey",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:PutObject",
                "Resource": objects,
                "Condition": {
                    "Null": {"s3:x-amz-server-side-encryption": "false"},
                    "StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": key_arn},
                },
            },
            {
                "Sid": "DenyCustomerProvidedKey",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:PutObject",
                "Resource": objects,
                "Condition": {"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}},
            },
        ],
    }
