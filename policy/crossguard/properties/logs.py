"""The properties of log groups and their metric filters."""

from __future__ import annotations

from collections.abc import Mapping

from crossguard.properties.account import PropertyAccount
from crossguard.resource_types import LOG_GROUP

PROPERTIES: Mapping[str, PropertyAccount] = {
    LOG_GROUP: PropertyAccount(
        read=("kmsKeyId", "retentionInDays", "tags"),
        irrelevant={"they only keep the log group from being deleted": ("deletionProtectionEnabled", "skipDestroy")},
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
        unjudged={
            "may keep logs for a shorter time than retentionInDays, or keep metric filters from working": (
                "logGroupClass",
            )
        },
        harmless={"logGroupClass": ("STANDARD",)},
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": PropertyAccount(
        read=(
            "logGroupName",
            "metricTransformation.dimensions",
            "metricTransformation.name",
            "metricTransformation.namespace",
            "pattern",
        ),
        irrelevant={
            "the unit of the metric, and its value without a match": (
                "metricTransformation.defaultValue",
                "metricTransformation.unit",
            ),
        },
        unjudged={
            "may publish a value that no alarm goes off at": ("metricTransformation.value",),
            "matches the pattern with text that a transformer of the log group has written": (
                "applyOnTransformedLogs",
            ),
        },
        harmless={"metricTransformation.value": ("1", 1), "applyOnTransformedLogs": (False,)},
    ),
}
