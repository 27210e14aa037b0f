"""Alarms and EventBridge rules; log groups and their filters are read beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crossguard.graph import BUCKET, Graph, flag, get, items, text
from crossguard.readers import logs
from crossguard.readers.sns import TOPIC
from crossguard.resources import Resource
from hipaa.model.stack import Fact
from hipaa.model.values import Flag, Ref, StackResource, Unknown
from hipaa.services.cloudwatch.facts import Alarm, EventRule, Metric

METRICS = "aws:s3/bucketMetric:BucketMetric"
RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"


def _alarm(alarm: Resource, graph: Graph) -> list[Fact]:
    enabled = flag(alarm.inputs.get("actionsEnabled"))
    return [Alarm(alarm.urn, _metrics(alarm, graph), enabled, _actions(alarm, graph))]


def _composite(alarm: Resource, graph: Graph) -> list[Fact]:
    return [Alarm(alarm.urn, (), flag(alarm.inputs.get("actionsEnabled")), _actions(alarm, graph))]


def _actions(alarm: Resource, graph: Graph) -> tuple[Ref, ...] | Unknown:
    every = items(alarm.inputs.get("alarmActions"))
    if isinstance(every, Unknown):
        return every
    return tuple(graph.resolve(alarm, each, "alarmActions", {TOPIC}) for each in every)


def _metrics(alarm: Resource, graph: Graph) -> tuple[Metric, ...] | Unknown:
    given = alarm.inputs
    if given.get("metricName") is not None:
        return (_metric(alarm, given, "dimensions", graph),)
    queries = items(given.get("metricQueries"))
    if isinstance(queries, Unknown):
        return queries
    metrics = (query if isinstance(query, Unknown) else get(query, "metric") for query in queries)
    return tuple(_metric(alarm, each, "metricQueries", graph) for each in metrics if each is not None)


def _metric(alarm: Resource, given: Any, prop: str, graph: Graph) -> Metric:
    """A metric, of which the dimensions are somewhere within a property."""
    dimensions = get(given, "dimensions")
    if not isinstance(dimensions, Unknown):
        told = dimensions if isinstance(dimensions, Mapping) else {}
        dimensions = {name: _dimension(alarm, name, value, prop, graph) for name, value in told.items()}
    return Metric(text(get(given, "namespace")), text(get(given, "metricName")), dimensions)


def _dimension(alarm: Resource, name: str, value: Any, prop: str, graph: Graph) -> Ref:
    if name == "BucketName":
        return graph.resolve(alarm, value, prop, {BUCKET}, {METRICS})
    if name == "FilterId" and isinstance(value, Unknown):
        return graph.resolve(alarm, value, prop, {METRICS}, {BUCKET})
    return text(value)


def _rule(rule: Resource, graph: Graph) -> list[Fact]:
    given = rule.inputs
    pattern = text(given.get("eventPattern"))
    return [EventRule(rule.urn, pattern, _enabled(given), _targeted(rule, graph), _default(given), graph.place(rule))]


def _enabled(given: Mapping[str, Any]) -> Flag:
    state = given.get("state")
    if state is not None:
        return state if isinstance(state, Unknown) else state != "DISABLED"
    enabled = flag(given.get("isEnabled"))
    return True if enabled is None else enabled


def _default(given: Mapping[str, Any]) -> Flag:
    """Whether the rule is on the default bus, the only one that events of AWS arrive at by themselves."""
    bus = given.get("eventBusName")
    return bus if isinstance(bus, Unknown) else bus in (None, "") or str(bus).rsplit("/", 1)[-1] == "default"


def _targeted(rule: Resource, graph: Graph) -> Flag:
    targets = graph.by_type.get(TARGET, [])
    found = [graph.resolve(target, target.inputs.get("rule"), "rule", {RULE}) for target in targets]
    if StackResource(rule.urn) in found:
        return True
    return next((each for each in found if isinstance(each, Unknown) and rule.urn in each.sources), False)


READERS: dict[str, Callable[[Resource, Graph], list[Fact]]] = {
    **logs.READERS,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": _composite,
    RULE: _rule,
}
