"""Tables of CloudWatch alarms.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_CloudWatch.html
"""

from __future__ import annotations

from crossguard.cloudformation.tables import (
    ONLY_NAMES,
    READ_ONLY,
    TAGS,
    Irrelevant,
    NotRead,
    ResourceTable,
    Table,
    To,
    by_key,
)

# How soon and at what value an alarm goes off is for the organization to choose.
WHEN = Irrelevant("it says how soon and at what value the alarm goes off")
TAGS_OF_ALERTS = Irrelevant("it only says which tags an alert carries")
DIMENSIONS = To("dimensions", {"Name": To("key"), "Value": To("value")}, by_key)
METRIC: Table = {"MetricName": To("metricName"), "Namespace": To("namespace"), "Dimensions": DIMENSIONS}
METRIC_QUERY: Table = {
    "Id": ONLY_NAMES,
    "Label": ONLY_NAMES,
    "AccountId": To("accountId"),
    "Expression": WHEN,
    "Period": WHEN,
    "ReturnData": WHEN,
    "MetricStat": To("metric", {"Metric": To("", METRIC), "Period": WHEN, "Stat": WHEN, "Unit": WHEN}),
}
ACTIONS: Table = {
    "ActionsEnabled": To("actionsEnabled"),
    "AlarmActions": To("alarmActions"),
    "InsufficientDataActions": To("insufficientDataActions"),
    "OKActions": To("okActions"),
    "ActionConfiguration": TAGS_OF_ALERTS,
    "AlarmDescription": ONLY_NAMES,
    "Tags": TAGS,
    "Arn": READ_ONLY,
}
TABLES = {
    "AWS::CloudWatch::Alarm": ResourceTable(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        {
            **ACTIONS,
            **METRIC,
            "AlarmName": To("name"),
            "Metrics": To("metricQueries", METRIC_QUERY),
            "ComparisonOperator": WHEN,
            "DatapointsToAlarm": WHEN,
            "EvaluateLowSampleCountPercentile": WHEN,
            "EvaluationInterval": WHEN,
            "EvaluationPeriods": WHEN,
            "EvaluationWindow": WHEN,
            "ExtendedStatistic": WHEN,
            "Period": WHEN,
            "Statistic": WHEN,
            "Threshold": WHEN,
            "ThresholdMetricId": WHEN,
            "TreatMissingData": WHEN,
            "Unit": WHEN,
            "EvaluationCriteria": Irrelevant("an alarm with a query watches no metric that a control counts"),
            "WarmUpConfiguration": NotRead(),  # it may keep the alarm from being evaluated
        },
        {"arn": "Arn", "name": "AlarmName"},
    ),
    "AWS::CloudWatch::CompositeAlarm": ResourceTable(
        "aws:cloudwatch/compositeAlarm:CompositeAlarm",
        {
            **ACTIONS,
            "AlarmName": To("alarmName"),
            "AlarmRule": To("alarmRule"),
            "ActionsSuppressor": To("actionsSuppressor"),
            "ActionsSuppressorExtensionPeriod": WHEN,
            "ActionsSuppressorWaitPeriod": WHEN,
        },
        {"arn": "Arn", "alarmName": "AlarmName"},
    ),
}
