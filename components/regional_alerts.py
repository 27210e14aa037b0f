"""The alerts of one region: a topic, the EventBridge rules that publish to it, and alarms on rules that fail to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.alert_rules import EventRuleSpec, input_transformer
from components.alert_topic import alert_topic
from components.iam_role import IamRole
from components.policy_document import PolicyDocument, allow, document, trust_policy, via_sns

MINUTE_SECONDS = 60
MAX_PATTERN_LENGTH = 2048  # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html


def regional_alerts(
    name: str,
    *,
    parent: pulumi.Resource,
    account: Account,
    topic_name: str,
    key_arn: pulumi.Input[str],
    subscribers: Sequence[str],
    rules: Sequence[EventRuleSpec],
    permissions_boundary: str | None,
    provider: pulumi.ProviderResource | None = None,
) -> pulumi.Output[str]:
    """Declare the topic of one region, its rules, and the role that EventBridge assumes to publish.

    EventBridge and CloudWatch alarms of a region publish to the topic in that region. IAM roles are global, but each
    region has a role of its own, which may use only that region's topic and key, and only for that region's rules.

    Args:
        name: The logical name of the topic, and the prefix of the logical names of the other resources.
        parent: The component that the resources belong to.
        account: The account and region.
        topic_name: The topic's physical name.
        key_arn: A customer managed key of the region, whose policy lets the publishers use it for this topic.
        subscribers: The email addresses and https URLs to send alerts to.
        rules: The rules to declare.
        permissions_boundary: The ARN of the permissions boundary of the role, if the account requires one.
        provider: The provider of the region; the default provider if None.

    Returns:
        The topic's ARN.

    Raises:
        pulumi.RunError: A rule's pattern is longer than EventBridge allows.
    """
    child = pulumi.ResourceOptions(parent=parent, provider=provider)
    role_name = account.name(f"{name}-role")
    topic_arn = alert_topic(
        name,
        parent=parent,
        account=account,
        topic_name=topic_name,
        key_arn=key_arn,
        publisher_role_arn=account.role_arn(role_name),
        subscribers=subscribers,
        provider=provider,
    ).arn
    publisher = IamRole(
        f"{name}-role",
        {
            "account": account,
            "role_name": role_name,
            "description": "EventBridge publishes alerts",
            "trust": publisher_trust(account),
            "permissions": publisher_permissions(account, account.arn("sns", topic_name), key_arn),
            "permissions_boundary": permissions_boundary,
        },
        pulumi.ResourceOptions(parent=parent),
    )
    for spec in rules:
        rule = aws.cloudwatch.EventRule(
            f"{name}-{spec.name}",
            name=account.name(spec.name),
            description=spec.description,
            event_pattern=_pattern_text(spec),
            # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html
            state="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" if spec.read_only else "ENABLED",
            opts=child,
        )
        aws.cloudwatch.EventTarget(
            f"{name}-{spec.name}",
            rule=rule.name,
            target_id="alerts",
            arn=topic_arn,
            role_arn=publisher.arn,
            input_transformer=input_transformer(spec),
            opts=child,
        )
        # Nothing else reports that a rule failed to publish.
        count_alarm(
            f"{name}-{spec.name}-delivery-failed",
            account.name(f"{spec.name}-delivery-failed"),
            f"EventBridge failed to publish an alert: {spec.description}",
            namespace="AWS/Events",
            metric="FailedInvocations",
            dimensions={"RuleName": rule.name},
            topic_arn=topic_arn,
            opts=child,
        )
    return topic_arn


def _pattern_text(rule: EventRuleSpec) -> str:
    """Return the JSON of a rule's pattern.

    Raises:
        pulumi.RunError: It is longer than EventBridge allows.
    """
    text = json.dumps(rule.pattern)
    if len(text) > MAX_PATTERN_LENGTH:
        raise pulumi.RunError(
            f"the pattern of the EventBridge rule {rule.name} has {len(text)} characters; EventBridge allows at most "
            f"{MAX_PATTERN_LENGTH}. It lists buckets of phi:buckets. Move some of them to another stack, created with: "
            "pulumi stack init"
        )
    return text


def count_alarm(
    name: str,
    alarm_name: str,
    description: pulumi.Input[str],
    *,
    namespace: str,
    metric: str,
    topic_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
    dimensions: Mapping[str, pulumi.Input[str]] | None = None,
    threshold: int = 1,
    period_seconds: int = MINUTE_SECONDS,
) -> None:
    """Declare an alarm on the number of events in a period. Missing data means that there were none."""
    aws.cloudwatch.MetricAlarm(
        name,
        name=alarm_name,
        alarm_description=description,
        namespace=namespace,
        metric_name=metric,
        dimensions=dimensions,
        statistic="Sum",
        period=period_seconds,
        evaluation_periods=1,
        comparison_operator="GreaterThanOrEqualToThreshold",
        threshold=threshold,
        treat_missing_data="notBreaching",
        alarm_actions=[topic_arn],
        opts=opts,
    )


def publisher_trust(account: Account) -> PolicyDocument:
    """Return a trust policy for EventBridge, on behalf of the program's rules in one region.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html
    """
    for_rules = {
        "ArnLike": {"aws:SourceArn": account.arn("events", f"rule/{account.name('*')}")},
        "StringEquals": {"aws:SourceAccount": account.id},
    }
    return trust_policy({"Service": "events.amazonaws.com"}, for_rules)


def publisher_permissions(account: Account, topic_arn: str, key_arn: pulumi.Input[str]) -> PolicyDocument:
    """Return permissions to publish to the topic, and to encrypt the messages through SNS."""
    return document(
        allow(["sns:Publish"], topic_arn),
        allow(["kms:Decrypt", "kms:GenerateDataKey"], key_arn, via_sns(account, topic_arn)),
    )
