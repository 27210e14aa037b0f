"""Alerts on security events that affect PHI, in the region of the trail: a topic, alarms, rules, and a dashboard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.alert_dashboard import dashboard
from components.alert_log_alarms import LogAlarmSpec, log_alarms
from components.alert_rules import event_rules
from components.phi_bucket import REQUEST_METRICS_ID, resource_name
from components.regional_alerts import count_alarm, regional_alerts

FIVE_MINUTES_SECONDS = 300
# A few errors are normal: programs request objects that don't exist, and S3 is busy at times. This many aren't.
REQUEST_ERRORS_THRESHOLD = 10


class AlertsArgs(TypedDict):
    """The inputs of the alerts."""

    account: Account
    """The account and region of the topic, the PHI buckets and the trail. Alerts are about resources whose names start
    with the stack's prefix, and about the PHI buckets."""
    topic_name: str
    """The topic's physical name. The dashboard and the namespace of the log alarms' metrics have the same name."""
    key_arn: pulumi.Input[str]
    """The customer managed key of audit data. Its policy must let CloudWatch alarms, and roles of the account through
    SNS, use it for this topic."""
    subscribers: Sequence[str]
    """The email addresses and https URLs to send alerts to."""
    phi_buckets: Mapping[str, str]
    """The PHI buckets, whose request errors raise alarms: their physical names, by their names within the stack."""
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
        bucket_names, break_glass_role_arn = list(phi_buckets.values()), args["break_glass_role_arn"]
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)

        self.topic_arn = regional_alerts(
            name,
            parent=self,
            account=account,
            topic_name=topic_name,
            key_arn=args["key_arn"],
            subscribers=args["subscribers"],
            rules=event_rules(account, bucket_names, break_glass_role_arn),
            permissions_boundary=args["permissions_boundary"],
        )
        for bucket, bucket_name in phi_buckets.items():
            for metric, description in (
                ("4xxErrors", f"Many requests to the PHI bucket {bucket_name} are denied or invalid"),
                ("5xxErrors", f"Many requests to the PHI bucket {bucket_name} fail in S3"),
            ):
                purpose = resource_name(bucket, metric.lower())
                count_alarm(
                    f"{name}-{purpose}",
                    account.name(purpose),
                    description,
                    namespace="AWS/S3",
                    metric=metric,
                    dimensions={"BucketName": bucket_name, "FilterId": REQUEST_METRICS_ID},
                    threshold=REQUEST_ERRORS_THRESHOLD,
                    period_seconds=FIVE_MINUTES_SECONDS,
                    topic_arn=self.topic_arn,
                    opts=self._child,
                )
        for alarm in log_alarms(account.name(""), bucket_names, break_glass_role_arn):
            self._log_alarm(alarm)
        aws.cloudwatch.Dashboard(
            f"{name}-dashboard",
            dashboard_name=topic_name,
            dashboard_body=pulumi.Output.json_dumps(
                dashboard(account.region, bucket_names, REQUEST_METRICS_ID, topic_name)
            ),
            opts=self._child,
        )

        self.register_outputs({"topicArn": self.topic_arn})

    def _log_alarm(self, alarm: LogAlarmSpec) -> None:
        """Declare a metric filter and the alarm on its metric, which have the same name."""
        physical_name, log_group, namespace = (
            self._args["account"].name(alarm.name),
            self._args["log_group_name"],
            self._args["topic_name"],
        )
        aws.cloudwatch.LogMetricFilter(
            f"{self._name}-{alarm.name}",
            name=physical_name,
            log_group_name=log_group,
            pattern=alarm.pattern,
            metric_transformation={"name": alarm.name, "namespace": namespace, "value": "1"},
            opts=self._child,
        )
        count_alarm(
            f"{self._name}-{alarm.name}",
            physical_name,
            pulumi.Output.concat(
                f"{alarm.description}. Who did it, and from where: search log group ",
                log_group,
                f" with the pattern of its metric filter {physical_name}",
            ),
            namespace=namespace,
            metric=alarm.name,
            topic_arn=self.topic_arn,
            opts=self._child,
        )
