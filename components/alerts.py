"""What tells people of danger to PHI: a topic, and all that publishes to it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.alert_dashboard import dashboard
from components.alert_patterns import Sign, Watch, signs, told, watches
from components.alert_topic import alert_topic
from components.iam_role import Role
from components.phi_bucket import METRICS
from components.policy_document import PolicyDocument, allow, document, through_sns, trust_of
from components.stack_context import Site

MINUTE = 60
FIVE_MINUTES = 300
# Programs ask for what isn't there, and S3 is busy at times: more than this in five minutes is neither.
ERRORS = 10


class AlertsArgs(TypedDict):
    site: Site
    """Where the topic is, the PHI bucket and the trail, and who is told."""
    key_arn: pulumi.Input[str]
    """The customer managed key of audit data. Its policy lets CloudWatch's alarms, and the account through SNS, use it
    for this topic."""
    log_group_name: pulumi.Input[str]
    """The log group that the trail writes to."""
    buckets: Sequence[str]
    """The names of the stack's buckets in any region: refused access and changed guards are told."""


class Alerts(pulumi.ComponentResource):
    """An encrypted topic with its subscribers, the alarms and rules that publish to it, and a dashboard."""

    topic_arn: pulumi.Output[str]

    def __init__(self, name: str, args: AlertsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        site, buckets = args["site"], args["buckets"]
        account, bucket = site.account, site.phi_bucket
        super().__init__("phi:monitoring:Alerts", name, None, opts)
        self._prefix, self._args, self._namespace = name, args, site.topic
        self._child = pulumi.ResourceOptions(parent=self)

        self.topic_arn = alert_topic(name, parent=self, site=site, key_arn=args["key_arn"]).arn

        for metric, what in (("4xxErrors", "Requests are refused or wrong"), ("5xxErrors", "S3 fails to answer")):
            self._alarm(
                metric.lower(),
                what,
                namespace="AWS/S3",
                metric=metric,
                dimensions={"BucketName": bucket, "FilterId": METRICS},
                threshold=ERRORS,
                period=FIVE_MINUTES,
            )
        for sign in signs(buckets, site.break_glass_arn):
            self._log_alarm(sign)

        publisher = Role(
            f"{name}-publisher",
            {
                "account": account,
                "role_name": site.alert_publisher,
                "description": "EventBridge publishes alerts with it",
                "trust": trust_policy(account),
                "permissions": publishing_policy(account, site.topic_arn, args["key_arn"]),
                "permissions_boundary": site.settings.permissions_boundary,
            },
            self._child,
        )
        for watch in watches(buckets, site.break_glass_arn):
            self._rule(watch, publisher)

        aws.cloudwatch.Dashboard(
            f"{name}-dashboard",
            dashboard_name=site.topic,
            dashboard_body=pulumi.Output.json_dumps(dashboard(account.region, bucket, METRICS, self._namespace)),
            opts=self._child,
        )

        self.register_outputs({"topicArn": self.topic_arn})

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
            name=self._args["site"].account.name(purpose),
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
            name=self._args["site"].account.name(sign.name),
            log_group_name=self._args["log_group_name"],
            pattern=sign.pattern,
            metric_transformation={"name": sign.name, "namespace": self._namespace, "value": "1"},
            opts=self._child,
        )
        self._alarm(sign.name, sign.what, namespace=self._namespace, metric=sign.name)

    def _rule(self, watch: Watch, publisher: Role) -> None:
        rule = aws.cloudwatch.EventRule(
            f"{self._prefix}-{watch.name}",
            name=self._args["site"].account.name(watch.name),
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
            f"{watch.name}-delivery-failed",
            f"An alert wasn't published: {watch.what}",
            namespace="AWS/Events",
            metric="FailedInvocations",
            dimensions={"RuleName": rule.name},
        )


def trust_policy(account: Account) -> PolicyDocument:
    """EventBridge takes the role, for the stack's rules.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html
    """
    rules = {
        "ArnLike": {"aws:SourceArn": account.arn("events", f"rule/{account.name('*')}")},
        "StringEquals": {"aws:SourceAccount": account.id},
    }
    return trust_of({"Service": "events.amazonaws.com"}, rules)


def publishing_policy(account: Account, arn: str, key_arn: pulumi.Input[str]) -> PolicyDocument:
    """To publish to the topic, and through SNS to encrypt what is published."""
    return document(
        allow(["sns:Publish"], arn),
        allow(["kms:Decrypt", "kms:GenerateDataKey"], key_arn, through_sns(account, arn)),
    )
