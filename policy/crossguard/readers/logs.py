"""Readers of log groups and their metric filters."""

from __future__ import annotations

from collections.abc import Mapping

from crossguard.graph import FactReader, Graph
from crossguard.property_values import as_number, as_text, get_property
from crossguard.resource_types import KMS_KEYS, LOG_GROUP, METRIC_FILTER, TRAIL
from crossguard.resources import PulumiResource
from hipaa_controls.model.data_class import normalize_data_class
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Flag, Ref, StackResource, Unknown
from hipaa_controls.services.logs.facts import AUDIT_DATA_CLASSES, LogGroup, MetricFilter


def resolve_log_group(resource: PulumiResource, prop: str, graph: Graph) -> Ref:
    """Return the log group that a property refers to, by ARN or name: one of this stack, or the name of another.

    The name is everything after `:log-group:` in the ARN, because it may contain slashes.
    """
    ref = graph.resolve(resource, resource.inputs.get(prop), prop, {LOG_GROUP})
    return ref.removesuffix(":*").rpartition(":log-group:")[2] if isinstance(ref, str) else ref


def _log_group(log_group: PulumiResource, graph: Graph) -> list[Fact]:
    kms_key = graph.resolve(log_group, log_group.inputs.get("kmsKeyId"), "kmsKeyId", KMS_KEYS)
    retention_days = as_number(log_group.inputs.get("retentionInDays"))
    return [
        LogGroup(
            log_group.urn, _holds_audit_logs(log_group, graph), kms_key, retention_days, graph.location_of(log_group)
        )
    ]


def _holds_audit_logs(log_group: PulumiResource, graph: Graph) -> Flag:
    """Return whether the log group holds audit logs, by its tag or because a trail delivers to it."""
    tag = get_property(log_group.tags, "DataClass")
    if isinstance(tag, str) and normalize_data_class(tag) in AUDIT_DATA_CLASSES:
        return True
    trails = graph.by_type.get(TRAIL, [])
    targets = [resolve_log_group(trail, "cloudWatchLogsGroupArn", graph) for trail in trails]
    if StackResource(log_group.urn) in targets:
        return True
    possible_target = next(
        (target for target in targets if isinstance(target, Unknown) and log_group.urn in target.sources), None
    )
    return possible_target or (tag if isinstance(tag, Unknown) else False)


def _metric_filter(metric_filter: PulumiResource, graph: Graph) -> list[Fact]:
    metric = metric_filter.inputs.get("metricTransformation")
    dimensions = get_property(metric, "dimensions")
    if not isinstance(dimensions, Unknown):
        dimensions = tuple(dimensions) if isinstance(dimensions, Mapping) else ()
    return [
        MetricFilter(
            metric_filter.urn,
            resolve_log_group(metric_filter, "logGroupName", graph),
            as_text(metric_filter.inputs.get("pattern")),
            as_text(get_property(metric, "namespace")),
            as_text(get_property(metric, "name")),
            dimensions,
        )
    ]


READERS: Mapping[str, FactReader] = {
    LOG_GROUP: _log_group,
    METRIC_FILTER: _metric_filter,
}
