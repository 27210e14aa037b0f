"""A topic that alerts are published to, encrypted, and whom it tells."""

from __future__ import annotations

import hashlib
import json

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.policy_document import PolicyDocument
from components.stack_context import Site

# What a topic's policy may speak of; SNS refuses a wildcard.
# https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
ADMINISTRATION = (
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
    site: Site,
    key_arn: pulumi.Input[str],
    provider: pulumi.ProviderResource | None = None,
) -> aws.sns.Topic:
    """Declare a region's topic of alerts: CloudWatch publishes only to one of its own region.

    key_arn: a customer managed key of the region, whose policy lets what publishes use it for this topic.
    """
    child = pulumi.ResourceOptions(parent=parent, provider=provider)
    topic = aws.sns.Topic(name, name=site.topic, kms_master_key_id=key_arn, opts=child)
    publisher = site.account.role_arn(site.alert_publisher)
    aws.sns.TopicPolicy(
        f"{name}-policy",
        arn=topic.arn,
        policy=json.dumps(topic_policy(site.account, site.topic_arn, publisher)),
        opts=child,
    )
    for subscriber in site.settings.subscribers:
        aws.sns.TopicSubscription(
            # An endpoint may hold a token: a resource's name is shown everywhere.
            f"{name}-subscriber-{hashlib.sha256(subscriber.encode()).hexdigest()[:8]}",
            topic=topic.arn,
            protocol="https" if subscriber.startswith("https://") else "email",
            endpoint=subscriber,
            opts=child,
        )
    return topic


def topic_policy(account: Account, arn: str, publisher_arn: str) -> PolicyDocument:
    """Alarms of the stack publish, and the role that EventBridge takes; the account administers; over TLS alone.

    EventBridge itself isn't let in: "You can't use Condition blocks in Amazon SNS topic policies for EventBridge", and
    without one it would publish for any account.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions
    """
    everyone = {"Effect": "Deny", "Principal": "*", "Resource": arn}
    return {
        "Version": "2012-10-17",
        "Id": "alerts",
        "Statement": [
            {
                "Sid": "DenyInsecureTransport",
                **everyone,
                "Action": ["sns:Publish", *ADMINISTRATION],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
            {
                "Sid": "DenyInsecureProtocols",
                **everyone,
                "Action": "sns:Subscribe",
                "Condition": {"StringNotEquals": {"sns:Protocol": ["email", "https"]}},
            },
            {
                # Whatever IAM allows them: nobody raises a false alert.
                "Sid": "DenyOtherPublishers",
                **everyone,
                "Action": "sns:Publish",
                "Condition": {
                    "ArnNotEquals": {"aws:PrincipalArn": publisher_arn},
                    "Bool": {"aws:PrincipalIsAWSService": "false"},
                },
            },
            {
                "Sid": "AllowCloudWatchAlarms",
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": arn,
                "Condition": {
                    "ArnLike": {"aws:SourceArn": account.arn("cloudwatch", f"alarm:{account.name('*')}")},
                    "StringEquals": {"aws:SourceAccount": account.id},
                },
            },
            {
                "Sid": "AllowAccountAdministration",
                "Effect": "Allow",
                "Principal": {"AWS": account.root},
                "Action": list(ADMINISTRATION),
                "Resource": arn,
            },
        ],
    }
