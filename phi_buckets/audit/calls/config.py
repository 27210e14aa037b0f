"""Calls to AWS Config."""

from __future__ import annotations

from phi_buckets.audit.calls import Call, ResourceType

DESCRIBE_CONFIGURATION_RECORDERS = Call(
    "config", "describe_configuration_recorders", "config:DescribeConfigurationRecorders", ResourceType.ANY
)
DESCRIBE_CONFIGURATION_RECORDER_STATUS = Call(
    "config", "describe_configuration_recorder_status", "config:DescribeConfigurationRecorderStatus", ResourceType.ANY
)
GET_DISCOVERED_RESOURCE_COUNTS = Call(
    "config", "get_discovered_resource_counts", "config:GetDiscoveredResourceCounts", ResourceType.ANY
)
CALLS = (
    DESCRIBE_CONFIGURATION_RECORDERS,
    DESCRIBE_CONFIGURATION_RECORDER_STATUS,
    GET_DISCOVERED_RESOURCE_COUNTS,
)
