"""CloudWatch Logs: metric filters that are changed, and what ends with a log group."""

from __future__ import annotations

from typing import Any

from moto.logs.metric_filters import MetricFilters
from moto.logs.models import LogsBackend

_add_filter = MetricFilters.add_filter
_delete_log_group = LogsBackend.delete_log_group


def add_filter(self: Any, filter_name: str, filter_pattern: str, log_group_name: str, transformations: Any) -> None:
    """Replaces the filter of that name, beside which moto keeps the new one.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
    """
    self.metric_filters = [
        each
        for each in self.metric_filters
        if (each["logGroupName"], each["filterName"]) != (log_group_name, filter_name)
    ]
    _add_filter(self, filter_name, filter_pattern, log_group_name, transformations)


def delete_log_group(self: Any, log_group_name: str) -> None:
    """Deletes the group's tags and filters with it: the next of its name would have them."""
    if group := self.groups.get(log_group_name):
        self.tagger.delete_all_tags_for_resource(group.arn)
        kept = [each for each in self.filters.metric_filters if each["logGroupName"] != log_group_name]
        self.filters.metric_filters = kept
    _delete_log_group(self, log_group_name)


FIXES: tuple[tuple[Any, str, Any], ...] = (
    (MetricFilters, "add_filter", add_filter),
    (LogsBackend, "delete_log_group", delete_log_group),
)
