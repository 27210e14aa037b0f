"""The bucket that S3 writes its access logs of another bucket to."""

from __future__ import annotations

from typing import TypedDict

import pulumi

from components.account import Account
from components.guarded_bucket import PolicyDocument, guarded_bucket, tls_only


class AccessLogBucketArgs(TypedDict):
    account: Account
    """Where the bucket is: S3 delivers within one account and region."""
    source_arn: str
    """The bucket whose access logs may be delivered here."""
    keeps_data: bool
    """Whether `pulumi destroy` is refused, and the data kept."""
    retention_days: int
    """Days that an earlier version of a log is kept."""


class AccessLogBucket(pulumi.ComponentResource):
    """A bucket open to S3's log delivery, for one source bucket, and to nothing else.

    SSE-S3, since S3 can't deliver to a bucket whose default is SSE-KMS, and no Object Lock, for the same reason:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """

    bucket: pulumi.Output[str]
    """The bucket's name, known once logs may be delivered."""

    def __init__(self, name: str, args: AccessLogBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        account = args["account"]
        bucket_name = account.bucket_name(name)
        policy = bucket_policy(account, account.bucket_arn(bucket_name), args["source_arn"])
        super().__init__("phi:storage:AccessLogBucket", name, {"bucketPolicy": policy}, opts)

        bucket, ready = guarded_bucket(
            name,
            parent=self,
            bucket_name=bucket_name,
            data_class="AccessLog",
            encryption={"sse_algorithm": "AES256"},
            policy=policy,
            lifecycle=[
                {
                    "id": "keep-earlier-versions",
                    "status": "Enabled",
                    "filter": {},
                    "noncurrent_version_expiration": {"noncurrent_days": args["retention_days"]},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
                }
            ],
            keeps_data=args["keeps_data"],
            force_destroy=not args["keeps_data"],  # logs arrive for hours after the last access: it is never empty
        )

        guarded = pulumi.Output.all(bucket.bucket, *(each.urn for each in ready))
        self.bucket = guarded.apply(lambda known: str(known[0]))
        self.register_outputs({"bucket": self.bucket})


def bucket_policy(account: Account, bucket_arn: str, source_arn: str) -> PolicyDocument:
    """Log delivery for the one source bucket, over TLS.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            *tls_only(bucket_arn),
            {
                "Sid": "DeliverAccessLogs",
                "Effect": "Allow",
                "Principal": {"Service": "logging.s3.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"{bucket_arn}/*",
                "Condition": {
                    "ArnLike": {"aws:SourceArn": source_arn},
                    "StringEquals": {"aws:SourceAccount": account.id},
                },
            },
        ],
    }
