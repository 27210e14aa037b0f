"""Log groups and metric filters on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from crossguard.graph import KEYS, Graph, get, number, text
from crossguard.resources import Resource
from hipaa.model.data_class import normalize_data_class
from hipaa.model.stack import Fact
from hipaa.model.values import Flag, Ref, StackResource, Unknown
from hipaa.services.logs.facts import AUDIT_DATA_CLASSES, LogGroup, MetricFilter

GROUP = "aws:cloudwatch/logGroup:LogGroup"
TRAIL = "aws:cloudtrail/trail:Trail"


def log_group(resource: Resource, prop: str, graph: Graph) -> Ref:
    """The log group that a property names, by its ARN or its name: one of the stack, else its name.

    A group's name is all that follows `:log-group:`; slashes are part of it.
    """
    value = resource.inputs.get(prop)
    if not isinstance(value, str):
        return graph.resolve(resource, value, prop, {GROUP})
    name = value.removesuffix(":*").rpartition(":log-group:")[2]
    found = next((each for each in graph.by_type.get(GROUP, []) if each.output("name") == name), None)
    return StackResource(found.urn) if found else name


def _group(group: Resource, graph: Graph) -> list[Fact]:
    key = graph.resolve(group, group.inputs.get("kmsKeyId"), "kmsKeyId", KEYS)
    return [LogGroup(group.urn, _audit(group, graph), key, number(group.inputs.get("retentionInDays")))]


def _audit(group: Resource, graph: Graph) -> Flag:
    tag = get(group.tags, "DataClass")
    if isinstance(tag, str) and normalize_data_class(tag) in AUDIT_DATA_CLASSES:
        return True
    used = [log_group(trail, "cloudWatchLogsGroupArn", graph) for trail in graph.by_type.get(TRAIL, [])]
    if StackResource(group.urn) in used:
        return True
    unknown = [each for each in used if isinstance(each, Unknown) and group.urn in each.sources]
    return next(iter(unknown), tag if isinstance(tag, Unknown) else False)


def _filter(given: Resource, graph: Graph) -> list[Fact]:
    metric = given.inputs.get("metricTransformation")
    dimensions = get(metric, "dimensions")
    return [
        MetricFilter(
            given.urn,
            log_group(given, "logGroupName", graph),
            text(given.inputs.get("pattern")),
            text(get(metric, "namespace")),
            text(get(metric, "name")),
            dimensions
            if isinstance(dimensions, Unknown)
            else tuple(dimensions if isinstance(dimensions, Mapping) else ()),
        )
    ]


READERS: dict[str, Callable[[Resource, Graph], list[Fact]]] = {
    GROUP: _group,
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": _filter,
}
