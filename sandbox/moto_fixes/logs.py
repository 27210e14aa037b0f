"""CloudWatch Logs: replaces metric filters, removes what belongs to deleted log groups, and lists account policies."""

from __future__ import annotations

import json
from typing import Any

from moto.logs.metric_filters import MetricFilters
from moto.logs.models import LogsBackend
from moto.logs.responses import LogsResponse

_add_filter = MetricFilters.add_filter
_delete_log_group = LogsBackend.delete_log_group


def add_filter(self: Any, filter_name: str, filter_pattern: str, log_group_name: str, transformations: Any) -> None:
    """Replace the filter of the same name. Moto keeps both.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
    """
    self.metric_filters = [
        metric_filter
        for metric_filter in self.metric_filters
        if (metric_filter["logGroupName"], metric_filter["filterName"]) != (log_group_name, filter_name)
    ]
    _add_filter(self, filter_name, filter_pattern, log_group_name, transformations)


def delete_log_group(self: Any, log_group_name: str) -> None:
    """Delete a log group's tags and filters with it; otherwise the next group of that name would have them."""
    if group := self.groups.get(log_group_name):
        self.tagger.delete_all_tags_for_resource(group.arn)
        self.filters.metric_filters = [
            metric_filter
            for metric_filter in self.filters.metric_filters
            if metric_filter["logGroupName"] != log_group_name
        ]
    _delete_log_group(self, log_group_name)


def describe_account_policies(_: Any) -> str:
    """Return no policy: moto can't make one."""
    return json.dumps({"accountPolicies": []})


FIXES: tuple[tuple[Any, str, Any], ...] = (
    (MetricFilters, "add_filter", add_filter),
    (LogsBackend, "delete_log_group", delete_log_group),
    (LogsResponse, "describe_account_policies", describe_account_policies),
)
