"""The properties of CloudWatch alarms, EventBridge rules and their targets."""

from __future__ import annotations

from collections.abc import Mapping

from crossguard.properties.type_properties import TypeProperties
from crossguard.resource_types import COMPOSITE_ALARM, EVENT_TARGET, METRIC_ALARM

ALARM_ACTIONS = ("actionsEnabled", "alarmActions", "insufficientDataActions", "okActions")

PROPERTIES: Mapping[str, TypeProperties] = {
    METRIC_ALARM: TypeProperties(
        read=(
            *ALARM_ACTIONS,
            "comparisonOperator",
            "datapointsToAlarm",
            "dimensions",
            "evaluationPeriods",
            "metricName",
            "metricQueries.metric.dimensions",
            "metricQueries.metric.metricName",
            "metricQueries.metric.namespace",
            "metricQueries.metric.period",
            "metricQueries.metric.stat",
            "metricQueries.metric.unit",
            "metricQueries.returnData",
            "namespace",
            "period",
            "statistic",
            "threshold",
            "treatMissingData",
            "unit",
        ),
        irrelevant={
            "text for people": ("alarmDescription", "metricQueries.label"),
            "no control counts an alarm on metric math, a percentile or an anomaly as certain": (
                "evaluateLowSampleCountPercentiles",
                "extendedStatistic",
                "metricQueries.expression",
                "metricQueries.id",
                "metricQueries.period",
                "thresholdMetricId",
            ),
            # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html
            "when the periods begin, and how often an alarm without metricName and metricQueries is evaluated": (
                "evaluationInterval",
                "evaluationWindow",
            ),
            "an alarm without metricName and metricQueries watches no metric that a control counts": (
                "evaluationCriteria",
            ),
        },
        unjudged={
            "watches a metric of another account": ("metricQueries.accountId",),
            "may keep the alarm from being evaluated": ("warmUpConfiguration",),
        },
    ),
    COMPOSITE_ALARM: TypeProperties(
        read=(*ALARM_ACTIONS, "alarmName", "alarmRule"),
        irrelevant={"text for people": ("alarmDescription",)},
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-suppression.html
        unjudged={"keeps the alarm from notifying anyone while another alarm is on": ("actionsSuppressor",)},
    ),
    "aws:cloudwatch/eventRule:EventRule": TypeProperties(
        read=("eventBusName", "eventPattern", "isEnabled", "state"),
        irrelevant={
            "it triggers the rule at more times": ("scheduleExpression",),
            "EventBridge calls the targets as this role": ("roleArn",),
            "it lets Pulumi delete a rule that an AWS service made": ("forceDestroy",),
        },
    ),
    EVENT_TARGET: TypeProperties(
        read=("deadLetterConfig.arn", "eventBusName", "roleArn", "rule"),
        irrelevant={
            "an id within the rule": ("targetId",),
            "it lets Pulumi delete a target that an AWS service made": ("forceDestroy",),
            "what the target receives about the event": ("input", "inputPath", "inputTransformer"),
            "how often a delivery that failed is tried again": ("retryPolicy",),
            "how a target of another service than SNS is called": (
                "appsyncTarget",
                "batchTarget",
                "ecsTarget",
                "httpTarget",
                "kinesisTarget",
                "redshiftTarget",
                "runCommandTargets",
                "sagemakerPipelineTarget",
                "sqsTarget",
            ),
        },
    ),
}
