"""How AWS Config delivers what it records to a bucket: what the bucket's policy lets it do."""

from __future__ import annotations

from components.account import Account
from components.policy_document import Statement, service_may

CONFIG = "config"
"""The prefix that AWS Config delivers under."""


def delivered(account: Account, bucket_arn: str) -> str:
    """The ARN pattern of the files that one account's AWS Config delivers."""
    return f"{bucket_arn}/{CONFIG}/AWSLogs/{account.id}/Config/*"


def config_delivery(account: Account, bucket_arn: str) -> list[Statement]:
    """What lets the account's AWS Config, and no other account's, find the bucket and write to it.

    https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html
    """
    service = "config.amazonaws.com"
    for_account = {"aws:SourceAccount": account.id}
    owned = for_account | {"s3:x-amz-acl": "bucket-owner-full-control"}
    files = delivered(account, bucket_arn)
    return [
        service_may(
            "AWSConfigBucketPermissionsCheck", service, "s3:GetBucketAcl", bucket_arn, {"StringEquals": for_account}
        ),
        service_may(
            "AWSConfigBucketExistenceCheck", service, "s3:ListBucket", bucket_arn, {"StringEquals": for_account}
        ),
        service_may("AWSConfigBucketDelivery", service, "s3:PutObject", files, {"StringEquals": owned}),
    ]
