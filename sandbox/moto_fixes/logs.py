"""CloudWatch Logs: metric filters, what belongs to deleted log groups, account policies and saved queries."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import uuid4

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


def put_query_definition(self: Any) -> str:
    """Save a query, or replace the one with the ID.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutQueryDefinition.html
    """
    id_ = self._get_param("queryDefinitionId") or str(uuid4())
    definition = {name: self._get_param(name) for name in ("name", "queryString", "logGroupNames")}
    definitions = _query_definitions(self.logs_backend)
    definitions[id_] = {"queryDefinitionId": id_, "lastModified": int(time.time() * 1000)} | {
        name: value for name, value in definition.items() if value is not None
    }
    return json.dumps({"queryDefinitionId": id_})


def describe_query_definitions(self: Any) -> str:
    """Return the saved queries whose name has a prefix.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeQueryDefinitions.html
    """
    prefix = self._get_param("queryDefinitionNamePrefix") or ""
    definitions = _query_definitions(self.logs_backend).values()
    matching = [definition for definition in definitions if definition["name"].startswith(prefix)]
    return json.dumps({"queryDefinitions": matching})


def delete_query_definition(self: Any) -> str:
    """Delete a saved query.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteQueryDefinition.html
    """
    deleted = _query_definitions(self.logs_backend).pop(self._get_param("queryDefinitionId"), None)
    return json.dumps({"success": deleted is not None})


def _query_definitions(backend: Any) -> dict[str, dict[str, Any]]:
    """Return the saved queries of a region by ID. They end with the backend, as everything in moto does."""
    definitions: dict[str, dict[str, Any]] = vars(backend).setdefault("query_definitions", {})
    return definitions


FIXES: tuple[tuple[Any, str, Any], ...] = (
    (MetricFilters, "add_filter", add_filter),
    (LogsBackend, "delete_log_group", delete_log_group),
    (LogsResponse, "describe_account_policies", describe_account_policies),
    (LogsResponse, "put_query_definition", put_query_definition),
    (LogsResponse, "describe_query_definitions", describe_query_definitions),
    (LogsResponse, "delete_query_definition", delete_query_definition),
)
