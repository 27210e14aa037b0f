"""Calls to CloudWatch Logs."""

from __future__ import annotations

from phi_buckets.audit.calls import Call, ResourceType

DESCRIBE_LOG_GROUPS = Call("logs", "describe_log_groups", "logs:DescribeLogGroups", ResourceType.LOG_GROUP)
DESCRIBE_METRIC_FILTERS = Call("logs", "describe_metric_filters", "logs:DescribeMetricFilters", ResourceType.LOG_GROUP)
CALLS = (DESCRIBE_LOG_GROUPS, DESCRIBE_METRIC_FILTERS)
