"""Alerts on security events that affect PHI: a topic, the alarms and rules that publish to it, and a dashboard."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.alert_dashboard import dashboard
from components.alert_patterns import EventRuleSpec, LogAlarmSpec, event_rules, input_transformer, log_alarms
from components.alert_topic import alert_topic
from components.iam_role import IamRole
from components.phi_bucket import REQUEST_METRICS_ID, resource_name
from components.policy_document import PolicyDocument, allow, document, trust_policy, via_sns

MINUTE_SECONDS = 60
FIVE_MINUTES_SECONDS = 300
# A few errors are normal: programs request objects that don't exist, and S3 is busy at times. This many aren't.
REQUEST_ERRORS_THRESHOLD = 10


class AlertsArgs(TypedDict):
    """The inputs of the alerts."""

    account: Account
    """The account and region of the topic, the PHI buckets and the trail."""
    topic_name: str
    """The topic's physical name. The dashboard and the namespace of the log alarms' metrics have the same name."""
    publisher_role_name: str
    """The physical name of the role that EventBridge assumes to publish."""
    key_arn: pulumi.Input[str]
    """The customer managed key of audit data. Its policy must let CloudWatch alarms, and roles of the account through
    SNS, use it for this topic."""
    subscribers: Sequence[str]
    """The email addresses and https URLs to send alerts to."""
    phi_buckets: Mapping[str, str]
    """The PHI buckets, whose request errors raise alarms: their physical names, by their names within the stack."""
    buckets: Sequence[str]
    """The names of the buckets, in any region, whose denied requests and access changes raise alerts."""
    log_group_name: pulumi.Input[str]
    """The log group that receives the audit trail."""
    break_glass_role_arn: str
    """The ARN of the role whose use raises an alert."""
    permissions_boundary: str | None
    """The ARN of the permissions boundary of the role, if the account requires one."""


class Alerts(pulumi.ComponentResource):
    """An encrypted topic with its subscribers, the alarms and rules that publish to it, and a dashboard."""

    topic_arn: pulumi.Output[str]

    def __init__(self, name: str, args: AlertsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("phi:monitoring:Alerts", name, None, opts)
        account, topic_name, phi_buckets = args["account"], args["topic_name"], args["phi_buckets"]
        self._name, self._args, self._metric_namespace = name, args, topic_name
        self._child = pulumi.ResourceOptions(parent=self)

        self.topic_arn = alert_topic(
            name,
            parent=self,
            account=account,
            topic_name=topic_name,
            key_arn=args["key_arn"],
            publisher_role_arn=account.role_arn(args["publisher_role_name"]),
            subscribers=args["subscribers"],
        ).arn

        for bucket, bucket_name in phi_buckets.items():
            for metric, description in (
                ("4xxErrors", f"Many requests to the PHI bucket {bucket_name} are denied or invalid"),
                ("5xxErrors", f"Many requests to the PHI bucket {bucket_name} fail in S3"),
            ):
                self._metric_alarm(
                    resource_name(bucket, metric.lower()),
                    description,
                    namespace="AWS/S3",
                    metric=metric,
                    dimensions={"BucketName": bucket_name, "FilterId": REQUEST_METRICS_ID},
                    threshold=REQUEST_ERRORS_THRESHOLD,
                    period_seconds=FIVE_MINUTES_SECONDS,
                )
        for alarm in log_alarms(args["buckets"], args["break_glass_role_arn"]):
            self._log_alarm(alarm)

        publisher = IamRole(
            f"{name}-role",
            {
                "account": account,
                "role_name": args["publisher_role_name"],
                "description": "EventBridge publishes alerts",
                "trust": publisher_trust(account),
                "permissions": publisher_permissions(account, account.arn("sns", topic_name), args["key_arn"]),
                "permissions_boundary": args["permissions_boundary"],
            },
            self._child,
        )
        for rule in event_rules(args["buckets"], args["break_glass_role_arn"]):
            self._event_rule(rule, publisher)

        aws.cloudwatch.Dashboard(
            f"{name}-dashboard",
            dashboard_name=topic_name,
            dashboard_body=pulumi.Output.json_dumps(
                dashboard(account.region, list(phi_buckets.values()), REQUEST_METRICS_ID, self._metric_namespace)
            ),
            opts=self._child,
        )

        self.register_outputs({"topicArn": self.topic_arn})

    def _metric_alarm(
        self,
        purpose: str,
        description: str,
        *,
        namespace: str,
        metric: str,
        dimensions: Mapping[str, pulumi.Input[str]] | None = None,
        threshold: int = 1,
        period_seconds: int = MINUTE_SECONDS,
    ) -> None:
        """Declare an alarm on the number of events in a period. Missing data means that there were none."""
        aws.cloudwatch.MetricAlarm(
            f"{self._name}-{purpose}",
            name=self._args["account"].name(purpose),
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
            alarm_actions=[self.topic_arn],
            opts=self._child,
        )

    def _log_alarm(self, alarm: LogAlarmSpec) -> None:
        aws.cloudwatch.LogMetricFilter(
            f"{self._name}-{alarm.name}",
            name=self._args["account"].name(alarm.name),
            log_group_name=self._args["log_group_name"],
            pattern=alarm.pattern,
            metric_transformation={"name": alarm.name, "namespace": self._metric_namespace, "value": "1"},
            opts=self._child,
        )
        self._metric_alarm(alarm.name, alarm.description, namespace=self._metric_namespace, metric=alarm.name)

    def _event_rule(self, spec: EventRuleSpec, publisher: IamRole) -> None:
        rule = aws.cloudwatch.EventRule(
            f"{self._name}-{spec.name}",
            name=self._args["account"].name(spec.name),
            description=spec.description,
            event_pattern=json.dumps(spec.pattern),
            # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html
            state="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" if spec.read_only else "ENABLED",
            opts=self._child,
        )
        aws.cloudwatch.EventTarget(
            f"{self._name}-{spec.name}",
            rule=rule.name,
            target_id="alerts",
            arn=self.topic_arn,
            role_arn=publisher.arn,
            input_transformer=input_transformer(spec),
            opts=self._child,
        )
        # Nothing else reports that a rule failed to publish.
        self._metric_alarm(
            f"{spec.name}-delivery-failed",
            f"EventBridge failed to publish an alert: {spec.description}",
            namespace="AWS/Events",
            metric="FailedInvocations",
            dimensions={"RuleName": rule.name},
        )


def publisher_trust(account: Account) -> PolicyDocument:
    """Return a trust policy for EventBridge, on behalf of the program's rules.

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
