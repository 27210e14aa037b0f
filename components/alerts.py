"""What tells people of danger to PHI: a topic, and all that publishes to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.alert_dashboard import dashboard
from components.alert_rules import Sign, Watch, signs, told, watches

PolicyDocument = dict[str, Any]

MINUTE = 60
FIVE_MINUTES = 300
# Programs ask for what isn't there, and S3 is busy at times: more than this in five minutes is neither.
ERRORS = 10
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


class AlertsArgs(TypedDict):
    account: Account
    """Where the topic is. What publishes to it is named by Account.name."""
    key_arn: pulumi.Input[str]
    """The customer managed key of audit data. Its policy lets CloudWatch, and the account through SNS, use it for this
    topic: without that AWS drops what is published."""
    bucket_name: str
    """The bucket of PHI, whose request metrics are watched."""
    bucket_names: Sequence[str]
    """All the stack's buckets in any region, that of PHI among them: refused access and changed guards are told."""
    metrics_filter_id: pulumi.Input[str]
    """The name of the metrics configuration of the bucket of PHI."""
    log_group_name: pulumi.Input[str]
    """The log group that a multi-region trail writes to."""
    break_glass_role_arn: str
    """The role that is taken in an emergency only."""
    subscribers: Sequence[str]
    """Email addresses, and https:// endpoints."""


class Alerts(pulumi.ComponentResource):
    """An encrypted topic with its subscribers, the alarms and rules that publish to it, and a dashboard."""

    topic_arn: pulumi.Output[str]

    def __init__(self, name: str, args: AlertsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        account, bucket, buckets = args["account"], args["bucket_name"], args["bucket_names"]
        topic_name, publisher_name = account.name(name), account.name(f"{name}-publisher")
        publishing = publishing_policy(account, topic_arn(account, name), args["key_arn"])
        super().__init__("phi:monitoring:Alerts", name, {"identityPolicy": publishing}, opts)
        self._prefix, self._args, self._namespace = name, args, topic_name
        self._child = pulumi.ResourceOptions(parent=self)

        topic = aws.sns.Topic(name, name=topic_name, kms_master_key_id=args["key_arn"], opts=self._child)
        self.topic_arn = topic.arn
        aws.sns.TopicPolicy(
            f"{name}-policy",
            arn=topic.arn,
            policy=json.dumps(topic_policy(account, topic_arn(account, name), account.role_arn(publisher_name))),
            opts=self._child,
        )
        for subscriber in args["subscribers"]:
            aws.sns.TopicSubscription(
                # An endpoint may hold a token: a resource's name is shown everywhere.
                f"{name}-subscriber-{hashlib.sha256(subscriber.encode()).hexdigest()[:8]}",
                topic=topic.arn,
                protocol="https" if subscriber.startswith("https://") else "email",
                endpoint=subscriber,
                opts=self._child,
            )

        for metric, what in (("4xxErrors", "Requests are refused or wrong"), ("5xxErrors", "S3 fails to answer")):
            self._alarm(
                metric.lower(),
                what,
                namespace="AWS/S3",
                metric=metric,
                dimensions={"BucketName": bucket, "FilterId": args["metrics_filter_id"]},
                threshold=ERRORS,
                period=FIVE_MINUTES,
            )
        for sign in signs(buckets, args["break_glass_role_arn"]):
            self._log_alarm(sign)

        publisher = aws.iam.Role(
            f"{name}-publisher",
            name=publisher_name,
            description="EventBridge publishes alerts with it",
            assume_role_policy=json.dumps(trust_policy(account)),
            opts=self._child,
        )
        aws.iam.RolePolicy(
            f"{name}-publisher-policy",
            name="publish",
            role=publisher.name,
            policy=pulumi.Output.json_dumps(publishing),
            opts=self._child,
        )
        for watch in watches(buckets, args["break_glass_role_arn"]):
            self._rule(watch, publisher)

        aws.cloudwatch.Dashboard(
            f"{name}-dashboard",
            dashboard_name=topic_name,
            dashboard_body=pulumi.Output.json_dumps(
                dashboard(account.region, bucket, args["metrics_filter_id"], self._namespace)
            ),
            opts=self._child,
        )

        self.register_outputs({"topicArn": topic.arn})

    def _alarm(
        self,
        purpose: str,
        what: str,
        *,
        namespace: str,
        metric: str,
        dimensions: Mapping[str, pulumi.Input[str]] | None = None,
        threshold: int = 1,
        period: int = MINUTE,
    ) -> None:
        """An alarm on so many in a period, in seconds; where nothing is published nothing happened."""
        aws.cloudwatch.MetricAlarm(
            f"{self._prefix}-{purpose}",
            name=self._args["account"].name(purpose),
            alarm_description=what,
            namespace=namespace,
            metric_name=metric,
            dimensions=dimensions,
            statistic="Sum",
            period=period,
            evaluation_periods=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
            threshold=threshold,
            treat_missing_data="notBreaching",
            alarm_actions=[self.topic_arn],
            opts=self._child,
        )

    def _log_alarm(self, sign: Sign) -> None:
        aws.cloudwatch.LogMetricFilter(
            f"{self._prefix}-{sign.name}",
            name=self._args["account"].name(sign.name),
            log_group_name=self._args["log_group_name"],
            pattern=sign.pattern,
            metric_transformation={"name": sign.name, "namespace": self._namespace, "value": "1"},
            opts=self._child,
        )
        self._alarm(sign.name, sign.what, namespace=self._namespace, metric=sign.name)

    def _rule(self, watch: Watch, publisher: aws.iam.Role) -> None:
        rule = aws.cloudwatch.EventRule(
            f"{self._prefix}-{watch.name}",
            name=self._args["account"].name(watch.name),
            description=watch.what,
            event_pattern=json.dumps(watch.pattern),
            # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html
            state="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" if watch.reads else "ENABLED",
            opts=self._child,
        )
        aws.cloudwatch.EventTarget(
            f"{self._prefix}-{watch.name}",
            rule=rule.name,
            target_id="alerts",
            arn=self.topic_arn,
            role_arn=publisher.arn,
            input_transformer=told(watch),
            opts=self._child,
        )
        # A rule that may not publish says so nowhere else.
        self._alarm(
            f"{watch.name}-untold",
            f"An alert wasn't published: {watch.what}",
            namespace="AWS/Events",
            metric="FailedInvocations",
            dimensions={"RuleName": rule.name},
        )


def topic_arn(account: Account, name: str) -> str:
    """The ARN of the topic of the component of this name, for the policies that are written before it exists."""
    return account.arn("sns", account.name(name))


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
                "Sid": "DenyPlainHttp",
                **everyone,
                "Action": ["sns:Publish", *ADMINISTRATION],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
            {
                "Sid": "DenyPlainSubscribers",
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
                "Sid": "PublishAlarms",
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
                "Sid": "AdministerByTheAccount",
                "Effect": "Allow",
                "Principal": {"AWS": account.root},
                "Action": list(ADMINISTRATION),
                "Resource": arn,
            },
        ],
    }


def trust_policy(account: Account) -> PolicyDocument:
    """EventBridge takes the role, for the stack's rules.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "PublishForTheRules",
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "ArnLike": {"aws:SourceArn": account.arn("events", f"rule/{account.name('*')}")},
                    "StringEquals": {"aws:SourceAccount": account.id},
                },
            }
        ],
    }


def publishing_policy(account: Account, arn: str, key_arn: pulumi.Input[str]) -> PolicyDocument:
    """To publish to the topic, and through SNS to encrypt what is published.

    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Publish", "Effect": "Allow", "Action": "sns:Publish", "Resource": arn},
            {
                "Sid": "EncryptWhatIsPublished",
                "Effect": "Allow",
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": key_arn,
                "Condition": {
                    "StringEquals": {
                        "kms:ViaService": f"sns.{account.region}.{account.dns_suffix}",
                        "kms:EncryptionContext:aws:sns:topicArn": arn,
                    }
                },
            },
        ],
    }
