"""Calls to CloudWatch Logs, and to the tagging API for the tags of log groups."""

from __future__ import annotations

from phi_buckets.audit.calls import Call, ResourceType

DESCRIBE_LOG_GROUPS = Call("logs", "describe_log_groups", "logs:DescribeLogGroups", ResourceType.LOG_GROUP)
DESCRIBE_METRIC_FILTERS = Call("logs", "describe_metric_filters", "logs:DescribeMetricFilters", ResourceType.LOG_GROUP)
# Returns the tags of all log groups of a region. ListTagsForResource would take one call per log group.
GET_RESOURCES = Call("resourcegroupstaggingapi", "get_resources", "tag:GetResources", ResourceType.ANY)
CALLS = (DESCRIBE_LOG_GROUPS, DESCRIBE_METRIC_FILTERS, GET_RESOURCES)
