"""Who may use the stack's keys, and for what: statements of their policies.

In a key's policy `"Resource": "*"` is the key itself:
https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.account import Account
from components.policy_document import Statement
from components.site import Site


def of_phi(site: Site, bucket_arn: str) -> list[Statement]:
    """A bucket of PHI is read, written and copied, and backed up."""
    uses = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
    return [through_s3(site.account, bucket_arn, uses), *through_backup(site.account)]


def of_audit(site: Site) -> list[Statement]:
    """The trail is written to its bucket and its log group, and read in the bucket; alerts are published."""
    return [
        *by_cloudtrail(site.account, site.trail_arn),
        by_logs(site.account, site.log_group_arn),
        *by_publishers(site.account, site.topic_arn),
        through_s3(site.account, site.trail_bucket_arn, ["kms:Decrypt"]),
    ]


def through_s3(account: Account, bucket_arn: str, actions: Sequence[str]) -> Statement:
    """Principals of the account that IAM allows, through S3 alone, for the objects of one bucket alone.

    The encryption context names the object's ARN, or the bucket's where a Bucket Key is on:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
    """
    return _account_may(
        "UseThroughS3ForItsBucket",
        account,
        actions,
        f"s3.{account.region}.{account.dns_suffix}",
        ArnLike={"kms:EncryptionContext:aws:s3:arn": [bucket_arn, f"{bucket_arn}/*"]},
    )


def through_backup(account: Account) -> list[Statement]:
    """A vault of AWS Backup encrypts its copies, through grants that AWS Backup alone makes use of.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/encryption.html
    """
    backup = f"backup.{account.region}.{account.dns_suffix}"
    use = ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext")
    for_aws = {"kms:GrantIsForAWSResource": "true"}
    return [
        _account_may("UseThroughBackup", account, use, backup),
        _account_may("GrantThroughBackup", account, ["kms:CreateGrant"], backup, Bool=for_aws),
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
        _service_may("EncryptTheTrail", service, ["kms:GenerateDataKey*"], for_trail | of_trail),
        _service_may("DescribeForTheTrail", service, ["kms:DescribeKey"], for_trail),
    ]


def by_logs(account: Account, log_group_arn: str) -> Statement:
    """One log group.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    return _service_may(
        "EncryptTheLogGroup",
        f"logs.{account.region}.{account.dns_suffix}",
        ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": log_group_arn}},
    )


def by_publishers(account: Account, topic_arn: str) -> list[Statement]:
    """What publishes to an encrypted topic: CloudWatch's alarms, and roles of the account, such as EventBridge takes.

    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    use = ["kms:Decrypt", "kms:GenerateDataKey*"]
    to_topic = {"kms:EncryptionContext:aws:sns:topicArn": topic_arn}
    of_account = {"aws:SourceAccount": account.id}
    sns = f"sns.{account.region}.{account.dns_suffix}"
    return [
        _service_may("PublishAlarms", "cloudwatch.amazonaws.com", use, {"StringEquals": to_topic | of_account}),
        _account_may("PublishByRoles", account, use, sns, StringEquals=to_topic),
    ]


def _account_may(
    sid: str,
    account: Account,
    actions: Sequence[str],
    service: str,
    **condition: dict[str, Any],
) -> Statement:
    via = {"kms:CallerAccount": account.id, "kms:ViaService": service}
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": account.root},
        "Action": list(actions),
        "Resource": "*",
        "Condition": condition | {"StringEquals": via | condition.get("StringEquals", {})},
    }


def _service_may(sid: str, service: str, actions: Sequence[str], condition: dict[str, Any]) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": list(actions),
        "Resource": "*",
        "Condition": condition,
    }
