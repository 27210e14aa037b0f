"""Alarms and EventBridge rules, and the topics that they publish to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hipaa.model.stack import Fact
from hipaa.model.values import Location, Unknown
from hipaa.services.cloudwatch.facts import Alarm, EventRule, Metric
from phi.audit.calls import Call, ResourceType
from phi.audit.collected import Publisher, Collected
from phi.audit.reader import AccountReader, FailedCall
from phi.audit.scope import Scope

# On anything: who may describe alarms of some names only gets no composite ones.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
ALARMS = Call("cloudwatch", "describe_alarms", "cloudwatch:DescribeAlarms", ResourceType.ANY)
# The newest kind: a region that doesn't have it yet doesn't take its name.
LOG_ALARMS = Call(
    "cloudwatch", "describe_alarms", "cloudwatch:DescribeAlarms", ResourceType.ANY, not_found_errors=("ValidationError",)
)
BUSES = Call("events", "list_event_buses", "events:ListEventBuses", ResourceType.ANY)
RULES = Call("events", "list_rules", "events:ListRules", ResourceType.ANY)
TARGETS = Call("events", "list_targets_by_rule", "events:ListTargetsByRule", ResourceType.EVENT_RULE)
CALLS = (ALARMS, LOG_ALARMS, BUSES, RULES, TARGETS)

# Of each kind of alarm, what AWS calls it, and its alarms in the answer.
KINDS = (
    (ALARMS, "MetricAlarm", "MetricAlarms"),
    (ALARMS, "CompositeAlarm", "CompositeAlarms"),
    (LOG_ALARMS, "LogAlarm", "LogAlarms"),
)
ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
DEFAULT_BUS = "default"


def collect(reader: AccountReader, scope: Scope) -> Collected:
    alarms = reader.map(reader.account.regions, lambda region: _alarms(reader, scope, region))
    return _merged([*alarms, *_rules(reader, scope)])


def _merged(every: Iterable[Collected]) -> Collected:
    told = list(every)
    return Collected(
        tuple(fact for each in told for fact in each.facts),
        publishers=tuple(publisher for each in told for publisher in each.publishers),
    )


def _unread(reader: AccountReader, region: str, unread: FailedCall, *facts: Fact) -> Collected:
    """What publishes can't be told: whatever topic there is in the region, something may publish to it."""
    return Collected(facts, publishers=((reader.account.arn("sns", region, "*"), unread.unknown),))


# Alarms.


def _alarms(reader: AccountReader, scope: Scope, region: str) -> Collected:
    every = reader.account.arn("cloudwatch", region, "alarm:*")
    found = [reader.pages(call, result, every, region, AlarmTypes=[kind]) for call, kind, result in KINDS]
    read = [each for page in found if not isinstance(page, FailedCall) for each in page if scope.has(each["AlarmName"])]
    unread = next((page for page in found if isinstance(page, FailedCall)), None)
    told = Collected(tuple(map(alarm, read)), publishers=tuple(publisher for each in read for publisher in _notifies(each)))
    if unread is None:
        return told
    why = unread.unknown
    return _merged([told, _unread(reader, region, unread, Alarm(every, why, why, why))])


def alarm(described: Mapping[str, Any]) -> Alarm:
    """From an answer of DescribeAlarms; only a metric alarm has metrics of its own."""
    return Alarm(
        described["AlarmArn"],
        tuple(map(_metric, _measures(described))),
        described.get("ActionsEnabled", True),
        tuple(described.get("AlarmActions") or ()),
    )


def _measures(described: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if described.get("MetricName"):
        return [described]
    return [each["MetricStat"]["Metric"] for each in described.get("Metrics") or () if each.get("MetricStat")]


def _metric(told: Mapping[str, Any]) -> Metric:
    dimensions = {each["Name"]: each["Value"] for each in told.get("Dimensions") or ()}
    return Metric(told.get("Namespace"), told.get("MetricName"), dimensions)


def _notifies(described: Mapping[str, Any]) -> list[Publisher]:
    return [(action, "cloudwatch.amazonaws.com") for name in ACTIONS for action in described.get(name) or ()]


# Rules.


@dataclass(frozen=True)
class _Bus:
    name: str
    region: str


def _rules(reader: AccountReader, scope: Scope) -> list[Collected]:
    """Of every bus: only those of the default one see what CloudTrail records, but all of them may publish."""
    told: list[Collected] = []
    buses: list[_Bus] = []
    for region, names in zip(
        reader.account.regions, reader.map(reader.account.regions, lambda region: _buses(reader, region)), strict=True
    ):
        if isinstance(names, FailedCall):
            told.append(_unread(reader, region, names))
        buses += [_Bus(name, region) for name in ([DEFAULT_BUS] if isinstance(names, FailedCall) else names)]
    rules: list[tuple[_Bus, Mapping[str, Any]]] = []
    for bus, found in zip(buses, reader.map(buses, lambda bus: _on_bus(reader, bus)), strict=True):
        if isinstance(found, FailedCall):
            stand_in = _unknown_rule(found, bus, reader.account.location(bus.region))
            told.append(_unread(reader, bus.region, found, stand_in))
        else:
            rules += [(bus, each) for each in found if scope.has(each["Name"])]
    return [*told, *reader.map(rules, lambda rule: _rule(reader, *rule))]


def _buses(reader: AccountReader, region: str) -> list[str] | FailedCall:
    buses = reader.pages(BUSES, "EventBuses", reader.account.arn("events", region, "event-bus/*"), region)
    return buses if isinstance(buses, FailedCall) else [each["Name"] for each in buses]


def _on_bus(reader: AccountReader, bus: _Bus) -> list[Any] | FailedCall:
    path = "rule/*" if bus.name == DEFAULT_BUS else f"rule/{bus.name}/*"
    about = reader.account.arn("events", bus.region, path)
    return reader.pages(RULES, "Rules", about, bus.region, EventBusName=bus.name)


def _rule(reader: AccountReader, bus: _Bus, described: Mapping[str, Any]) -> Collected:
    named = {"Rule": described["Name"], "EventBusName": bus.name}
    targets = reader.pages(TARGETS, "Targets", described["Arn"], bus.region, **named)
    fact = rule(described, bus.name, targets, reader.account.location(bus.region))
    if isinstance(targets, FailedCall):
        return _unread(reader, bus.region, targets, fact)
    # With a role EventBridge publishes as that role, not as itself.
    own = [each["Arn"] for each in targets if not each.get("RoleArn")]
    return Collected((fact,), publishers=tuple((arn, "events.amazonaws.com") for arn in own))


def rule(described: Mapping[str, Any], bus: str, targets: Sequence[Any] | FailedCall, place: Location) -> EventRule:
    """From an answer of ListRules and that of ListTargetsByRule."""
    return EventRule(
        described["Arn"],
        described.get("EventPattern"),
        described.get("State") != "DISABLED",
        targets.unknown if isinstance(targets, FailedCall) else bool(targets),
        bus == DEFAULT_BUS,
        place,
    )


def _unknown_rule(unread: FailedCall, bus: _Bus, place: Location) -> EventRule:
    why: Unknown = unread.unknown
    return EventRule(unread.subject, why, why, why, bus.name == DEFAULT_BUS, place)
