"""The properties of log groups and their metric filters."""

from __future__ import annotations

from collections.abc import Mapping

from crossguard.properties.type_properties import TypeProperties
from crossguard.resource_types import LOG_GROUP

PROPERTIES: Mapping[str, TypeProperties] = {
    LOG_GROUP: TypeProperties(
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
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": TypeProperties(
        read=("policyDocument",),
        irrelevant={"the policy is judged for whatever it is about": ("policyName", "resourceArn")},
    ),
    "aws:cloudwatch/logDestinationPolicy:LogDestinationPolicy": TypeProperties(
        read=("accessPolicy",),
        irrelevant={"the policy is judged for whichever destination it has": ("destinationName", "forceUpdate")},
    ),
    "aws:cloudwatch/logDeliveryDestinationPolicy:LogDeliveryDestinationPolicy": TypeProperties(
        read=("deliveryDestinationPolicy",),
        irrelevant={"the policy is judged for whichever destination it has": ("deliveryDestinationName",)},
    ),
    "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter": TypeProperties(
        read=("destinationArn",),
        irrelevant={
            "which log events are sent, in which form and order": (
                "applyOnTransformedLogs",
                "distribution",
                "emitSystemFields",
                "filterPattern",
                "logGroup",
            ),
            "CloudWatch Logs puts log events into the destination as this role": ("roleArn",),
        },
    ),
    "aws:cloudwatch/logDestination:LogDestination": TypeProperties(
        read=("targetArn",),
        irrelevant={"CloudWatch Logs puts log events into the target as this role": ("roleArn",)},
    ),
    "aws:cloudwatch/logAccountPolicy:LogAccountPolicy": TypeProperties(
        read=("policyDocument", "policyType"),
        irrelevant={"the log groups that it applies to": ("policyName", "scope", "selectionCriteria")},
    ),
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": TypeProperties(
        read=("deliveryDestinationConfiguration.destinationResourceArn",),
        irrelevant={"in which form, and whether to X-Ray": ("deliveryDestinationType", "outputFormat")},
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": TypeProperties(
        read=(
            "logGroupName",
            "metricTransformation.defaultValue",
            "metricTransformation.dimensions",
            "metricTransformation.name",
            "metricTransformation.namespace",
            "metricTransformation.unit",
            "metricTransformation.value",
            "pattern",
        ),
        unjudged={
            "matches the pattern with text that a transformer of the log group has written": (
                "applyOnTransformedLogs",
            ),
        },
        harmless={"applyOnTransformedLogs": (False,)},
    ),
}
