"""Tables of AWS::Logs::LogGroup and AWS::Logs::MetricFilter.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Logs.html
"""

from __future__ import annotations

from typing import Any

from crossguard.cloudformation.tables import (
    READ_ONLY,
    TAGS,
    Irrelevant,
    NotRead,
    Part,
    ResourceTable,
    Table,
    To,
    by_key,
)
from hipaa_controls.model.values import Unknown


def _only_entry(value: Any, path: str) -> Any:
    """Return the entry of a list. A filter has one transformation at most."""
    if not isinstance(value, list):
        return value
    return value[0] if len(value) == 1 else Unknown(path, reason="isn't a list with one entry")


METRIC: Table = {
    "MetricName": To("name"),
    "MetricNamespace": To("namespace"),
    "Dimensions": To("dimensions", {"Key": To("key"), "Value": To("value")}, by_key),
    "MetricValue": To("value"),
    "DefaultValue": To("defaultValue"),
    "Unit": To("unit"),
}
TABLES = {
    "AWS::Logs::LogGroup": ResourceTable(
        "aws:cloudwatch/logGroup:LogGroup",
        {
            "LogGroupName": To("name"),
            "KmsKeyId": To("kmsKeyId"),
            "RetentionInDays": To("retentionInDays"),
            # CloudWatch keeps the events of the class DELIVERY for one day, whatever RetentionInDays says. Metric
            # filters don't work in INFREQUENT_ACCESS.
            # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
            # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
            "LogGroupClass": NotRead(harmless=("STANDARD",)),
            "Tags": TAGS,
            "ResourcePolicyDocument": Part("aws:cloudwatch/logResourcePolicy:LogResourcePolicy", To("policyDocument")),
            "BearerTokenAuthenticationEnabled": NotRead(harmless=(False, "false")),
            "DeletionProtectionEnabled": Irrelevant("it only keeps the log group from being deleted"),
            "DataProtectionPolicy": Irrelevant("it only masks what events contain"),
            "FieldIndexPolicies": Irrelevant("it only makes queries faster"),
            "Arn": READ_ONLY,
        },
        {"arn": "Arn", "name": "LogGroupName"},
    ),
    "AWS::Logs::MetricFilter": ResourceTable(
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        {
            "FilterName": To("name"),
            "FilterPattern": To("pattern"),
            "LogGroupName": To("logGroupName"),
            "MetricTransformations": To("metricTransformation", METRIC, _only_entry),
            "ApplyOnTransformedLogs": To("applyOnTransformedLogs"),
            "EmitSystemFieldDimensions": NotRead(harmless=([],)),
            "FieldSelectionCriteria": NotRead(harmless=("",)),
        },
    ),
}
