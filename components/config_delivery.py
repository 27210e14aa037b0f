"""The bucket policy statements that AWS Config needs to deliver what it records."""

from __future__ import annotations

from components.account import Account
from components.policy_document import Statement, allow_service

CONFIG_PREFIX = "config"
"""The key prefix of the objects that AWS Config delivers."""


def config_object_arn(account: Account, bucket_arn: str) -> str:
    """Return the ARN pattern of the objects that one account's AWS Config delivers."""
    return f"{bucket_arn}/{CONFIG_PREFIX}/AWSLogs/{account.id}/Config/*"


def allow_config_delivery(account: Account, bucket_arn: str) -> list[Statement]:
    """Return statements that let AWS Config find the bucket and write to it, only on behalf of this account.

    https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html
    """
    service = "config.amazonaws.com"
    for_account = {"aws:SourceAccount": account.id}
    with_owner_acl = for_account | {"s3:x-amz-acl": "bucket-owner-full-control"}
    objects = config_object_arn(account, bucket_arn)
    return [
        allow_service(
            "AWSConfigBucketPermissionsCheck", service, "s3:GetBucketAcl", bucket_arn, {"StringEquals": for_account}
        ),
        allow_service(
            "AWSConfigBucketExistenceCheck", service, "s3:ListBucket", bucket_arn, {"StringEquals": for_account}
        ),
        allow_service("AWSConfigBucketDelivery", service, "s3:PutObject", objects, {"StringEquals": with_owner_acl}),
    ]
