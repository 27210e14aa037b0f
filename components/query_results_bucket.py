"""The bucket that Athena writes the results of queries of the audit trail to."""

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
from components.hardened_bucket import BucketProtection, LifecycleRule, hardened_bucket
from components.policy_document import PolicyDocument, Statement, document

RETENTION_DAYS = 7


class QueryResultsBucketArgs(TypedDict):
    """The inputs of a bucket for query results."""

    account: Account
    """The account and region of the bucket."""
    bucket_name: str
    """The bucket's physical name."""
    key_arn: pulumi.Input[str]
    """The customer managed key of audit data."""
    log_bucket: pulumi.Input[str]
    """The name of the bucket that receives the access logs."""
    reader_role_arn: str
    """The ARN of the only role whose queries may write results, and which may read them."""
    protection: BucketProtection


class QueryResultsBucket(pulumi.ComponentResource):
    """A bucket for query results, which only one role may write and read, and which S3 deletes after a week.

    The results are copies of the trail's records, so the bucket has no Object Lock: a locked version couldn't expire.
    """

    bucket: pulumi.Output[str]
    """The bucket's name."""
    ready: list[pulumi.Resource]
    """The resources that must exist before any result is written."""

    def __init__(self, name: str, args: QueryResultsBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        account, protection = args["account"], args["protection"]
        bucket_arn = account.bucket_arn(args["bucket_name"])
        policy = bucket_policy(account, bucket_arn, args["key_arn"], args["reader_role_arn"], protection)
        super().__init__("phi:storage:QueryResultsBucket", name, {"bucketPolicy": policy}, opts)

        bucket, self.ready = hardened_bucket(
            name,
            parent=self,
            bucket_name=args["bucket_name"],
            data_class="Internal",
            encryption={"sse_algorithm": "aws:kms", "kms_master_key_id": args["key_arn"]},
            policy=policy,
            lifecycle=results_lifecycle(),
            keeps_data=protection.keeps_data,
            bucket_key=True,
            log_bucket=args["log_bucket"],
            # A result that hasn't expired yet must not stop `pulumi destroy` of a test stack.
            force_destroy=not protection.keeps_data,
        )

        self.bucket = bucket.bucket
        self.register_outputs({"bucket": self.bucket})


def bucket_policy(
    account: Account,
    bucket_arn: str,
    key_arn: pulumi.Input[str],
    reader_role_arn: str,
    protection: BucketProtection,
) -> PolicyDocument:
    """Return a policy of denials only. Athena reads and writes as the principal that runs the query.

    https://docs.aws.amazon.com/athena/latest/ug/s3-permissions.html
    """
    return document(
        *deny_insecure_transport(bucket_arn),
        deny_external_principals(bucket_arn, account, protection.organization_id),
        *deny_other_kms_keys(bucket_arn, key_arn),
        deny_other_readers(bucket_arn, reader_role_arn),
        deny_protection_changes(bucket_arn, protection.administrators),
    )


def deny_other_readers(bucket_arn: str, reader_role_arn: str) -> Statement:
    """Return a statement that denies results to every principal but one role, whatever IAM allows them.

    It denies no action that administers the bucket, so it can't lock out an administrator.
    """
    return {
        "Sid": "DenyOtherReaders",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
        "Resource": f"{bucket_arn}/*",
        "Condition": {"ArnNotEquals": {"aws:PrincipalArn": reader_role_arn}},
    }


def results_lifecycle() -> list[LifecycleRule]:
    """Return a rule that deletes every result after a week, and what remains of it a day later.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
    """
    return [
        {
            "id": "delete-results",
            "status": "Enabled",
            "filter": {},
            "expiration": {"days": RETENTION_DAYS},
            "noncurrent_version_expiration": {"noncurrent_days": 1},
            "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
        }
    ]
