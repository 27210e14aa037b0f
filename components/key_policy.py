"""Who may use the stack's keys, and for what: statements of their policies.

In a key's policy `"Resource": "*"` is the key itself:
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.account import Account
from components.policy_document import Statement, service_may, through_s3, through_sns
from components.stack_context import Site


def of_phi(site: Site, bucket_arn: str) -> list[Statement]:
    """A bucket of PHI is read, written and copied, and backed up."""
    uses = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
    return [by_way_of_s3(site.account, bucket_arn, uses), *by_way_of_backup(site.account)]


def of_audit(site: Site) -> list[Statement]:
    """The trail is written to its bucket and its log group, and read in the bucket; alerts are published."""
    return [
        *by_cloudtrail(site.account, site.trail_arn),
        by_logs(site.account, site.log_group_arn),
        *by_publishers(site.account, site.topic_arn),
        by_way_of_s3(site.account, site.trail_bucket_arn, ["kms:Decrypt"]),
    ]


def by_way_of_s3(account: Account, bucket_arn: str, actions: Sequence[str]) -> Statement:
    """Principals of the account that IAM allows, through S3 alone, for the objects of one bucket alone."""
    for_bucket = through_s3(account, bucket_arn, f"{bucket_arn}/*")
    return _account_may("AllowUseViaS3", account, actions, for_bucket)


def by_way_of_backup(account: Account) -> list[Statement]:
    """A vault of AWS Backup encrypts its copies, through grants that AWS Backup alone makes use of.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html
    """
    backup = {"StringEquals": {"kms:ViaService": f"backup.{account.region}.{account.dns_suffix}"}}
    use = ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext")
    for_aws = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    return [
        _account_may("AllowUseViaBackup", account, use, backup),
        _account_may("AllowBackupGrants", account, ["kms:CreateGrant"], backup | for_aws),
    ]


def by_cloudtrail(account: Account, trail_arn: str) -> list[Statement]:
    """One trail's files.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
    """
    trails = f"arn:{account.partition}:cloudtrail:*:{account.id}:trail/*"
    for_trail = {"StringEquals": {"aws:SourceArn": trail_arn}}
    service = "cloudtrail.amazonaws.com"
    of_trail = {"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": trails}}
    return [
        service_may("AllowCloudTrailEncrypt", service, ["kms:GenerateDataKey*"], "*", for_trail | of_trail),
        service_may("AllowCloudTrailDescribeKey", service, ["kms:DescribeKey"], "*", for_trail),
    ]


def by_logs(account: Account, log_group_arn: str) -> Statement:
    """One log group.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    return service_may(
        "AllowCloudWatchLogs",
        f"logs.{account.region}.{account.dns_suffix}",
        ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        "*",
        {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": log_group_arn}},
    )


def by_publishers(account: Account, topic_arn: str) -> list[Statement]:
    """What publishes to an encrypted topic: CloudWatch's alarms, and roles of the account, such as EventBridge takes.

    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    use = ["kms:Decrypt", "kms:GenerateDataKey*"]
    to_topic = {"kms:EncryptionContext:aws:sns:topicArn": topic_arn}
    of_account = {"aws:SourceAccount": account.id}
    return [
        service_may(
            "AllowCloudWatchAlarms", "cloudwatch.amazonaws.com", use, "*", {"StringEquals": to_topic | of_account}
        ),
        _account_may("AllowPublishingRoles", account, use, through_sns(account, topic_arn)),
    ]


def _account_may(sid: str, account: Account, actions: Sequence[str], condition: dict[str, Any]) -> Statement:
    equal = {"kms:CallerAccount": account.id, **condition["StringEquals"]}
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": account.root},
        "Action": list(actions),
        "Resource": "*",
        "Condition": condition | {"StringEquals": equal},
    }
