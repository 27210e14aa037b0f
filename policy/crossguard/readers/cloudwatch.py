"""Readers of CloudWatch alarms and EventBridge rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossguard.graph import FactReader, Graph
from crossguard.property_values import as_flag, as_list, as_number, as_text, get_property
from crossguard.resource_types import BUCKET, BUCKET_METRIC, COMPOSITE_ALARM, EVENT_TARGET, METRIC_ALARM, TOPIC
from crossguard.resources import PulumiResource
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.three_valued import all_of, any_of
from hipaa_controls.model.values import Flag, Ref, StackResource, Text, Unknown
from hipaa_controls.services.cloudwatch.facts import Alarm, EventRule, Metric, Trigger

EVENT_RULE = "aws:cloudwatch/eventRule:EventRule"


def _metric_alarm(alarm: PulumiResource, graph: Graph) -> list[Fact]:
    inputs = alarm.inputs
    trigger = Trigger(
        as_text(inputs.get("comparisonOperator")),
        as_number(inputs.get("threshold")),
        as_number(inputs.get("evaluationPeriods")),
        as_number(inputs.get("datapointsToAlarm")),
        as_text(inputs.get("treatMissingData")),
    )
    return [_alarm(alarm, graph, name_prop="name", metrics=_metrics(alarm, graph), trigger=trigger)]


def _composite_alarm(alarm: PulumiResource, graph: Graph) -> list[Fact]:
    # An unknown rule may name only the alarms that it comes from.
    rule = graph.resolve(alarm, alarm.inputs.get("alarmRule"), "alarmRule", ())
    return [_alarm(alarm, graph, name_prop="alarmName", rule=rule if isinstance(rule, str | Unknown) else "")]


def _alarm(
    alarm: PulumiResource,
    graph: Graph,
    *,
    name_prop: str,
    metrics: tuple[Metric, ...] | Unknown = (),
    rule: Text = None,
    trigger: Trigger | None = None,
) -> Alarm:
    return Alarm(
        alarm.urn,
        metrics,
        as_flag(alarm.inputs.get("actionsEnabled")),
        _actions(alarm, graph),
        as_text(alarm.inputs.get(name_prop)),
        rule,
        trigger,
        graph.location_of(alarm),
    )


def _actions(alarm: PulumiResource, graph: Graph) -> tuple[Ref, ...] | Unknown:
    actions = as_list(alarm.inputs.get("alarmActions"))
    if isinstance(actions, Unknown):
        return actions
    return tuple(graph.resolve(alarm, action, "alarmActions", {TOPIC}) for action in actions)


def _metrics(alarm: PulumiResource, graph: Graph) -> tuple[Metric, ...] | Unknown:
    inputs = alarm.inputs
    if inputs.get("metricName") is not None:
        return (_metric(alarm, inputs, graph, prop="dimensions", statistic_prop="statistic", compared=True),)
    queries = as_list(inputs.get("metricQueries"))
    if isinstance(queries, Unknown):
        return queries
    metrics = [(get_property(query, "metric"), as_flag(get_property(query, "returnData"))) for query in queries]
    return tuple(
        _metric(alarm, metric, graph, prop="metricQueries", statistic_prop="stat", compared=compared)
        for metric, compared in metrics
        if metric is not None
    )


def _metric(
    alarm: PulumiResource, metric: Any, graph: Graph, *, prop: str, statistic_prop: str, compared: Flag
) -> Metric:
    """Return a metric that an alarm watches.

    Args:
        alarm: The alarm.
        metric: The object that names the metric.
        graph: The resources of the stack.
        prop: The property of the alarm that holds the metric's dimensions.
        statistic_prop: The property of the object that names the statistic.
        compared: Whether the alarm compares the metric itself with the threshold.
    """
    dimensions = get_property(metric, "dimensions")
    if not isinstance(dimensions, Unknown):
        values = dimensions if isinstance(dimensions, Mapping) else {}
        dimensions = {name: _dimension(alarm, name, value, prop, graph) for name, value in values.items()}
    return Metric(
        as_text(get_property(metric, "namespace")),
        as_text(get_property(metric, "metricName")),
        dimensions,
        as_text(get_property(metric, statistic_prop)),
        as_number(get_property(metric, "period")),
        as_text(get_property(metric, "unit")),
        compared,
    )


def _dimension(alarm: PulumiResource, name: str, value: Any, prop: str, graph: Graph) -> Ref:
    if name == "BucketName":
        return graph.resolve(alarm, value, prop, {BUCKET}, {BUCKET_METRIC})
    if name == "FilterId" and isinstance(value, Unknown):
        return graph.resolve(alarm, value, prop, {BUCKET_METRIC}, {BUCKET})
    return as_text(value)


def _event_rule(rule: PulumiResource, graph: Graph) -> list[Fact]:
    return [
        EventRule(
            rule.urn,
            as_text(rule.inputs.get("eventPattern")),
            _is_rule_enabled(rule.inputs),
            _has_targets(rule, graph),
            is_on_default_bus(rule.inputs),
            graph.location_of(rule),
        )
    ]


def _is_rule_enabled(inputs: Mapping[str, Any]) -> Flag:
    state = inputs.get("state")
    if state is not None:
        return state if isinstance(state, Unknown) else state != "DISABLED"
    enabled = as_flag(inputs.get("isEnabled"))
    return True if enabled is None else enabled


def is_on_default_bus(inputs: Mapping[str, Any]) -> bool | Unknown:
    """Return whether a rule or a target is on the default event bus, the only one that AWS services send events to."""
    bus = inputs.get("eventBusName")
    return bus if isinstance(bus, Unknown) else bus in (None, "") or str(bus).rsplit("/", 1)[-1] == "default"


def _has_targets(rule: PulumiResource, graph: Graph) -> Flag:
    """Return whether a rule on the default bus has a target. Another bus may have a rule of the same name."""
    return any_of(
        all_of((_is_target_of(target, rule, graph), is_on_default_bus(target.inputs)))
        for target in graph.by_type.get(EVENT_TARGET, [])
    )


def _is_target_of(target: PulumiResource, rule: PulumiResource, graph: Graph) -> bool | Unknown:
    ref = graph.resolve(target, target.inputs.get("rule"), "rule", {EVENT_RULE}, same_place=True)
    return ref if isinstance(ref, Unknown) and rule.urn in ref.sources else ref == StackResource(rule.urn)


READERS: Mapping[str, FactReader] = {
    METRIC_ALARM: _metric_alarm,
    COMPOSITE_ALARM: _composite_alarm,
    EVENT_RULE: _event_rule,
}
