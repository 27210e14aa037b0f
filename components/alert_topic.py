"""The encrypted SNS topic that alerts are published to, with its policy and its subscribers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.policy_document import PolicyDocument

# The actions that a topic policy can name; SNS rejects wildcards.
# https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
ADMINISTRATION_ACTIONS = (
    "sns:AddPermission",
    "sns:DeleteTopic",
    "sns:GetTopicAttributes",
    "sns:ListSubscriptionsByTopic",
    "sns:RemovePermission",
    "sns:SetTopicAttributes",
    "sns:Subscribe",
)


def alert_topic(
    name: str,
    *,
    parent: pulumi.Resource,
    account: Account,
    topic_name: str,
    key_arn: pulumi.Input[str],
    publisher_role_arn: str,
    subscribers: Sequence[str],
    provider: pulumi.ProviderResource | None = None,
) -> aws.sns.Topic:
    """Declare the topic of one region; CloudWatch alarms can publish only to a topic in their own region.

    Args:
        name: The logical name of the topic, and the prefix of the logical names of its policy and subscriptions.
        parent: The component that the topic belongs to.
        account: The account and region of the topic.
        topic_name: The topic's physical name.
        key_arn: A customer managed key of the region, whose policy lets the publishers use it for this topic.
        publisher_role_arn: The ARN of the only role that may publish. CloudWatch alarms may publish too.
        subscribers: The email addresses and https URLs to send alerts to.
        provider: The provider of the region; the default provider if None.
    """
    child = pulumi.ResourceOptions(parent=parent, provider=provider)
    topic = aws.sns.Topic(name, name=topic_name, kms_master_key_id=key_arn, opts=child)
    aws.sns.TopicPolicy(
        f"{name}-policy",
        arn=topic.arn,
        policy=json.dumps(topic_policy(account, account.arn("sns", topic_name), publisher_role_arn)),
        opts=child,
    )
    for subscriber in subscribers:
        aws.sns.TopicSubscription(
            # An endpoint may contain a token, and a resource's name is visible everywhere.
            f"{name}-subscriber-{hashlib.sha256(subscriber.encode()).hexdigest()[:8]}",
            topic=topic.arn,
            protocol="https" if subscriber.startswith("https://") else "email",
            endpoint=subscriber,
            opts=child,
        )
    return topic


def topic_policy(account: Account, topic_arn: str, publisher_role_arn: str) -> PolicyDocument:
    """Return a policy that lets the program's alarms and one role publish over TLS, and the account administer.

    It doesn't allow EventBridge itself: "You can't use Condition blocks in Amazon SNS topic policies for EventBridge",
    and without a condition EventBridge would publish on behalf of any account.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions
    """
    deny_everyone = {"Effect": "Deny", "Principal": "*", "Resource": topic_arn}
    return {
        "Version": "2012-10-17",
        "Id": "alerts",
        "Statement": [
            {
                "Sid": "DenyInsecureTransport",
                **deny_everyone,
                "Action": ["sns:Publish", *ADMINISTRATION_ACTIONS],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
            {
                "Sid": "DenyInsecureProtocols",
                **deny_everyone,
                "Action": "sns:Subscribe",
                "Condition": {"StringNotEquals": {"sns:Protocol": ["email", "https"]}},
            },
            {
                # Even if IAM allows other principals to publish, they must not raise false alerts.
                "Sid": "DenyOtherPublishers",
                **deny_everyone,
                "Action": "sns:Publish",
                "Condition": {
                    "ArnNotEquals": {"aws:PrincipalArn": publisher_role_arn},
                    "Bool": {"aws:PrincipalIsAWSService": "false"},
                },
            },
            {
                "Sid": "AllowCloudWatchAlarms",
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": topic_arn,
                "Condition": {
                    "ArnLike": {"aws:SourceArn": account.arn("cloudwatch", f"alarm:{account.name('*')}")},
                    "StringEquals": {"aws:SourceAccount": account.id},
                },
            },
            {
                "Sid": "AllowAccountAdministration",
                "Effect": "Allow",
                "Principal": {"AWS": account.root},
                "Action": list(ADMINISTRATION_ACTIONS),
                "Resource": topic_arn,
            },
        ],
    }
