"""The properties of Athena workgroups."""

from __future__ import annotations

from collections.abc import Mapping

from crossguard.properties.type_properties import TypeProperties
from crossguard.resource_types import WORKGROUP

PROPERTIES: Mapping[str, TypeProperties] = {
    WORKGROUP: TypeProperties(
        read=(
            "configuration.enforceWorkgroupConfiguration",
            "configuration.managedQueryResultsConfiguration.enabled",
            "configuration.managedQueryResultsConfiguration.encryptionConfiguration.kmsKey",
            "configuration.resultConfiguration.encryptionConfiguration.encryptionOption",
            "configuration.resultConfiguration.encryptionConfiguration.kmsKeyArn",
            "configuration.resultConfiguration.expectedBucketOwner",
            "configuration.resultConfiguration.outputLocation",
            "tags",
        ),
        irrelevant={
            "which engine runs the queries, and how much they may read": (
                "configuration.bytesScannedCutoffPerQuery",
                "configuration.engineVersion",
            ),
            "a disabled workgroup can be enabled again": ("state",),
            "metrics hold no PHI": ("configuration.publishCloudwatchMetricsEnabled",),
            "whether Pulumi deletes a workgroup with its saved queries": ("forceDestroy",),
            "it may only ask for more encryption": (
                "configuration.customerContentEncryptionConfiguration",
                "configuration.enableMinimumEncryptionConfiguration",
            ),
            "roles, grants and identities are judged themselves": (
                "configuration.executionRole",
                "configuration.identityCenterConfiguration",
                "configuration.queryResultsS3AccessGrantsConfiguration",
            ),
            # https://docs.aws.amazon.com/athena/latest/APIReference/API_AclConfiguration.html
            "the only ACL gives the bucket's owner control": ("configuration.resultConfiguration.aclConfiguration",),
            "who pays for reading a bucket": ("configuration.requesterPaysEnabled",),
        },
        unjudged={
            "may store the logs of notebooks elsewhere, or without the key": ("configuration.monitoringConfiguration",)
        },
    ),
}
