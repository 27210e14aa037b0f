"""Collects EventBridge rules and the topics that they publish to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hipaa_controls.model.values import Location
from hipaa_controls.services.cloudwatch.facts import EventRule
from phi_buckets.audit.calls.events import LIST_EVENT_BUSES, LIST_RULES, LIST_TARGETS_BY_RULE
from phi_buckets.audit.collected import Collected, merge, unknown_publisher
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.scope import Scope

DEFAULT_BUS = "default"

Response = Mapping[str, Any]


@dataclass(frozen=True)
class _EventBus:
    name: str
    region: str

    @property
    def is_default(self) -> bool:
        return self.name == DEFAULT_BUS


def collect(reader: AccountReader, scope: Scope) -> Collected:
    """Collect the rules of every event bus.

    Only rules on the default bus match the events that CloudTrail records, but any rule may publish to a topic.
    """
    regions = reader.account.regions
    results: list[Collected] = []
    buses: list[_EventBus] = []
    for region, names in zip(regions, reader.map(regions, lambda region: _bus_names(reader, region)), strict=True):
        if isinstance(names, FailedCall):
            results.append(Collected(publishers=(unknown_publisher(reader.account, region, names),)))
        buses += [_EventBus(name, region) for name in ([DEFAULT_BUS] if isinstance(names, FailedCall) else names)]
    rules: list[tuple[_EventBus, Response]] = []
    for bus, listed in zip(buses, reader.map(buses, lambda bus: _list_rules(reader, bus)), strict=True):
        if isinstance(listed, FailedCall):
            unknown_rule = _unknown_rule(listed, bus, reader.account.location(bus.region))
            publisher = unknown_publisher(reader.account, bus.region, listed)
            results.append(Collected((unknown_rule,), publishers=(publisher,)))
        else:
            rules += [(bus, rule) for rule in listed if scope.includes(rule["Name"])]
    return merge([*results, *reader.map(rules, lambda rule: _rule(reader, *rule))])


def _bus_names(reader: AccountReader, region: str) -> list[str] | FailedCall:
    all_buses = reader.account.arn("events", region, "event-bus/*")
    buses = reader.list_all(LIST_EVENT_BUSES, "EventBuses", all_buses, region)
    return buses if isinstance(buses, FailedCall) else [bus["Name"] for bus in buses]


def _list_rules(reader: AccountReader, bus: _EventBus) -> list[Any] | FailedCall:
    all_rules = reader.account.arn("events", bus.region, "rule/*" if bus.is_default else f"rule/{bus.name}/*")
    return reader.list_all(LIST_RULES, "Rules", all_rules, bus.region, EventBusName=bus.name)


def _rule(reader: AccountReader, bus: _EventBus, description: Response) -> Collected:
    parameters = {"Rule": description["Name"], "EventBusName": bus.name}
    targets = reader.list_all(LIST_TARGETS_BY_RULE, "Targets", description["Arn"], bus.region, **parameters)
    rule = parse_rule(description, bus.name, targets, reader.account.location(bus.region))
    if isinstance(targets, FailedCall):
        return Collected((rule,), publishers=(unknown_publisher(reader.account, bus.region, targets),))
    # For a target with a role, EventBridge publishes as that role, not as the service.
    published_by_service = [target["Arn"] for target in targets if not target.get("RoleArn")]
    return Collected((rule,), publishers=tuple((arn, "events.amazonaws.com") for arn in published_by_service))


def parse_rule(
    description: Response, bus_name: str, targets: Sequence[Any] | FailedCall, location: Location
) -> EventRule:
    """Return a rule from an entry of ListRules and the response of ListTargetsByRule."""
    return EventRule(
        description["Arn"],
        description.get("EventPattern"),
        description.get("State") != "DISABLED",
        targets.unknown if isinstance(targets, FailedCall) else bool(targets),
        bus_name == DEFAULT_BUS,
        location,
    )


def _unknown_rule(failed: FailedCall, bus: _EventBus, location: Location) -> EventRule:
    unknown = failed.unknown
    return EventRule(failed.resource, unknown, unknown, unknown, bus.is_default, location)
