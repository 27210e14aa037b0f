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

NOT_COUNTED = Irrelevant("no control counts an alarm on metric math, a percentile or an anomaly as certain")
WHEN = Irrelevant("it says when an alarm is evaluated")
SUPPRESSOR = Irrelevant("it says how long ActionsSuppressor keeps the alarm from notifying")
TAGS_OF_ALERTS = Irrelevant("it only says which tags an alert carries")
DIMENSIONS = To("dimensions", {"Name": To("key"), "Value": To("value")}, by_key)
METRIC: Table = {"MetricName": To("metricName"), "Namespace": To("namespace"), "Dimensions": DIMENSIONS}
METRIC_QUERY: Table = {
    "Id": ONLY_NAMES,
    "Label": ONLY_NAMES,
    "AccountId": To("accountId"),
    "Expression": NOT_COUNTED,
    "Period": NOT_COUNTED,
    "ReturnData": To("returnData"),
    "MetricStat": To(
        "metric", {"Metric": To("", METRIC), "Period": To("period"), "Stat": To("stat"), "Unit": To("unit")}
    ),
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
            "ComparisonOperator": To("comparisonOperator"),
            "DatapointsToAlarm": To("datapointsToAlarm"),
            "EvaluateLowSampleCountPercentile": NOT_COUNTED,
            "EvaluationInterval": WHEN,
            "EvaluationPeriods": To("evaluationPeriods"),
            "EvaluationWindow": WHEN,
            "ExtendedStatistic": NOT_COUNTED,
            "Period": To("period"),
            "Statistic": To("statistic"),
            "Threshold": To("threshold"),
            "ThresholdMetricId": NOT_COUNTED,
            "TreatMissingData": To("treatMissingData"),
            "Unit": To("unit"),
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
            "ActionsSuppressorExtensionPeriod": SUPPRESSOR,
            "ActionsSuppressorWaitPeriod": SUPPRESSOR,
        },
        {"arn": "Arn", "alarmName": "AlarmName"},
    ),
}
