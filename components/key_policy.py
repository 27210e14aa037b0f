"""Policies of KMS keys: administration by the account, and a statement for each use.

In a key policy, `"Resource": "*"` is the key itself:
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.account import Account
from components.policy_document import (
    PolicyDocument,
    Statement,
    allow_service,
    document,
    objects_of,
    via_s3,
    via_sns,
)


def key_policy(account: Account, statements: Sequence[Statement]) -> PolicyDocument:
    """Return a key policy that lets the account administer the key but not use it.

    The account's root principal keeps the key manageable: IAM policies decide who administers it.
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html

    Args:
        account: The account that owns the key.
        statements: The statements that allow the key's uses.
    """
    administer = {
        "Sid": "AllowKeyAdministration",
        "Effect": "Allow",
        "Principal": {"AWS": account.root},
        "Action": [
            "kms:CancelKeyDeletion",
            "kms:CreateAlias",
            "kms:DeleteAlias",
            "kms:DescribeKey",
            "kms:DisableKey",
            "kms:EnableKey",
            "kms:EnableKeyRotation",
            "kms:GetKeyPolicy",
            "kms:GetKeyRotationStatus",
            "kms:ListGrants",
            "kms:ListKeyPolicies",
            "kms:ListKeyRotations",
            "kms:ListResourceTags",
            "kms:PutKeyPolicy",
            "kms:ReplicateKey",
            "kms:RevokeGrant",
            "kms:RotateKeyOnDemand",
            "kms:ScheduleKeyDeletion",
            "kms:TagResource",
            "kms:UntagResource",
            "kms:UpdateAlias",
            "kms:UpdateKeyDescription",
        ],
        "Resource": "*",
    }
    return document(administer, *statements)


def phi_key_statements(account: Account, bucket_arns: Sequence[str]) -> list[Statement]:
    """Return statements for the key of PHI buckets: reads, writes, replication and backups through S3."""
    return [allow_via_s3(account, bucket_arns, ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"])]


def audit_key_statements(
    account: Account,
    *,
    trail_arn: str,
    trail_bucket_arn: str,
    log_group_arn: str,
    topic_arn: str,
    query_results_bucket_arn: str | None = None,
) -> list[Statement]:
    """Return statements for the key of audit data.

    They let CloudTrail encrypt the trail, CloudWatch Logs use the key for the log group, alarms and roles publish
    alerts, and principals of the account read the trail, and write and read the results of queries, through S3.
    """
    return [
        *allow_cloudtrail(account, trail_arn),
        allow_cloudwatch_logs(account, log_group_arn),
        *allow_alert_publishers(account, topic_arn),
        allow_via_s3(account, [trail_bucket_arn], ["kms:Decrypt"]),
        *([allow_query_results(account, query_results_bucket_arn)] if query_results_bucket_arn else []),
    ]


def allow_via_s3(account: Account, bucket_arns: Sequence[str], actions: Sequence[str]) -> Statement:
    """Return a statement that lets principals that IAM allows use the key through S3, for objects of the buckets."""
    return _allow_account("AllowUseViaS3", account, actions, via_s3(account, *bucket_arns, *objects_of(bucket_arns)))


def allow_query_results(account: Account, bucket_arn: str) -> Statement:
    """Return a statement that lets principals that IAM allows write and read the results of queries through S3."""
    condition = via_s3(account, bucket_arn, *objects_of([bucket_arn]))
    return _allow_account("AllowQueryResultsViaS3", account, ["kms:Decrypt", "kms:GenerateDataKey"], condition)


def allow_via_backup(account: Account) -> list[Statement]:
    """Return statements for the key of a backup vault: AWS Backup uses it, through grants that only AWS Backup can use.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html
    """
    via_backup = {"StringEquals": {"kms:ViaService": f"backup.{account.region}.{account.dns_suffix}"}}
    actions = ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext")
    for_aws_resource = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    return [
        _allow_account("AllowUseViaBackup", account, actions, via_backup),
        _allow_account("AllowBackupGrants", account, ["kms:CreateGrant"], via_backup | for_aws_resource),
    ]


def allow_cloudtrail(account: Account, trail_arn: str) -> list[Statement]:
    """Return statements that let CloudTrail encrypt the log files of one trail.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
    """
    service = "cloudtrail.amazonaws.com"
    for_trail = {"StringEquals": {"aws:SourceArn": trail_arn}}
    trails_of_account = f"arn:{account.partition}:cloudtrail:*:{account.id}:trail/*"
    with_context = {"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": trails_of_account}}
    return [
        allow_service("AllowCloudTrailEncrypt", service, ["kms:GenerateDataKey*"], "*", for_trail | with_context),
        allow_service("AllowCloudTrailDescribeKey", service, ["kms:DescribeKey"], "*", for_trail),
    ]


def allow_cloudwatch_logs(account: Account, log_group_arn: str) -> Statement:
    """Return a statement that lets CloudWatch Logs use the key for one log group.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    return allow_service(
        "AllowCloudWatchLogs",
        f"logs.{account.region}.{account.dns_suffix}",
        ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        "*",
        {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": log_group_arn}},
    )


def allow_alert_publishers(account: Account, topic_arn: str) -> list[Statement]:
    """Return statements that let publishers use the key for one encrypted topic.

    The publishers are CloudWatch alarms, and roles of the account, such as the one that EventBridge assumes.
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    actions = ["kms:Decrypt", "kms:GenerateDataKey*"]
    for_topic = {"kms:EncryptionContext:aws:sns:topicArn": topic_arn}
    for_account = {"aws:SourceAccount": account.id}
    return [
        allow_service(
            "AllowCloudWatchAlarms", "cloudwatch.amazonaws.com", actions, "*", {"StringEquals": for_topic | for_account}
        ),
        _allow_account("AllowPublishingRoles", account, actions, via_sns(account, topic_arn)),
    ]


def _allow_account(sid: str, account: Account, actions: Sequence[str], condition: dict[str, Any]) -> Statement:
    equal = {"kms:CallerAccount": account.id, **condition["StringEquals"]}
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": account.root},
        "Action": list(actions),
        "Resource": "*",
        "Condition": condition | {"StringEquals": equal},
    }
