"""The properties of CloudTrail trails."""

from __future__ import annotations

from collections.abc import Mapping

from crossguard.properties.type_properties import TypeProperties
from crossguard.resource_types import TRAIL

PROPERTIES: Mapping[str, TypeProperties] = {
    TRAIL: TypeProperties(
        read=(
            "advancedEventSelectors.fieldSelectors.endsWiths",
            "advancedEventSelectors.fieldSelectors.equals",
            "advancedEventSelectors.fieldSelectors.field",
            "advancedEventSelectors.fieldSelectors.notEndsWiths",
            "advancedEventSelectors.fieldSelectors.notEquals",
            "advancedEventSelectors.fieldSelectors.notStartsWiths",
            "advancedEventSelectors.fieldSelectors.startsWiths",
            "cloudWatchLogsGroupArn",
            "enableLogFileValidation",
            "enableLogging",
            "eventSelectors.dataResources.type",
            "eventSelectors.dataResources.values",
            "eventSelectors.excludeManagementEventSources",
            "eventSelectors.includeManagementEvents",
            "eventSelectors.readWriteType",
            "includeGlobalServiceEvents",
            "isMultiRegionTrail",
            "isOrganizationTrail",
            "kmsKeyId",
            "s3BucketName",
            "snsTopicName",
        ),
        irrelevant={
            "text for people": ("advancedEventSelectors.name",),
            "it records more events, and leaves out none": ("insightSelectors",),
            "CloudTrail writes to the log group as this role": ("cloudWatchLogsRoleArn",),
            "where in the bucket the logs are": ("s3KeyPrefix",),
        },
    ),
}
