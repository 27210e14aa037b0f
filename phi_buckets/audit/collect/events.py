"""Collects EventBridge: the policies of event buses, rules with their targets, and API destinations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from hipaa_controls.model.values import Document, Location
from hipaa_controls.services.cloudwatch.facts import EventRule
from hipaa_controls.services.events.facts import ApiDestination, EventBusPolicy, EventTarget
from phi_buckets.audit.calls.events import LIST_API_DESTINATIONS, LIST_EVENT_BUSES, LIST_RULES, LIST_TARGETS_BY_RULE
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
    """Collect the policies and the rules of every event bus, and the API destinations.

    Only rules on the default bus match the events that CloudTrail records, but any rule may publish to a topic.
    """
    regions = reader.account.regions
    results: list[Collected] = []
    buses: list[_EventBus] = []
    for region, listed in zip(regions, reader.map(regions, lambda region: _list_buses(reader, region)), strict=True):
        results.append(Collected(tuple(_bus_policies(reader, scope, region, listed))))
        if isinstance(listed, FailedCall):
            results.append(Collected(publishers=(unknown_publisher(reader.account, region, listed),)))
        names = [DEFAULT_BUS] if isinstance(listed, FailedCall) else [bus["Name"] for bus in listed]
        buses += [_EventBus(name, region) for name in names]
    rules: list[tuple[_EventBus, Response]] = []
    for bus, listed in zip(buses, reader.map(buses, lambda bus: _list_rules(reader, bus)), strict=True):
        if isinstance(listed, FailedCall):
            unknown_rule = _unknown_rule(listed, bus, reader.account.location(bus.region))
            publisher = unknown_publisher(reader.account, bus.region, listed)
            unknown_target = _unknown_target(listed, unknown_rule.location)
            results.append(Collected((unknown_rule, unknown_target), publishers=(publisher,)))
        else:
            rules += [(bus, rule) for rule in listed if scope.includes(rule["Name"])]
    api_destinations = reader.map(regions, lambda region: _api_destinations(reader, scope, region))
    return merge([*results, *api_destinations, *reader.map(rules, lambda rule: _rule(reader, *rule))])


def _list_buses(reader: AccountReader, region: str) -> list[Any] | FailedCall:
    return reader.list_all(LIST_EVENT_BUSES, "EventBuses", _bus_arn(reader, region, "*"), region)


def _bus_policies(
    reader: AccountReader, scope: Scope, region: str, buses: Sequence[Any] | FailedCall
) -> Iterator[EventBusPolicy]:
    """Yield the policy of each bus in scope that has one."""
    location = reader.account.location(region)
    if isinstance(buses, FailedCall):
        yield EventBusPolicy(buses.resource, Document(buses.unknown), location)
        return
    for bus in buses:
        if scope.includes(bus["Name"]) and bus.get("Policy"):
            yield EventBusPolicy(_bus_arn(reader, region, bus["Name"]), Document(bus["Policy"]), location)


def _bus_arn(reader: AccountReader, region: str, name: str) -> str:
    return reader.account.arn("events", region, f"event-bus/{name}")


def _api_destinations(reader: AccountReader, scope: Scope, region: str) -> Collected:
    all_destinations = reader.account.arn("events", region, "api-destination/*")
    listed = reader.list_all(LIST_API_DESTINATIONS, "ApiDestinations", all_destinations, region)
    if isinstance(listed, FailedCall):
        return Collected((ApiDestination(all_destinations, listed.unknown),))
    return Collected(
        tuple(
            ApiDestination(entry["ApiDestinationArn"], entry["InvocationEndpoint"])
            for entry in listed
            if scope.includes(entry["Name"])
        )
    )


def _list_rules(reader: AccountReader, bus: _EventBus) -> list[Any] | FailedCall:
    all_rules = reader.account.arn("events", bus.region, "rule/*" if bus.is_default else f"rule/{bus.name}/*")
    return reader.list_all(LIST_RULES, "Rules", all_rules, bus.region, EventBusName=bus.name)


def _rule(reader: AccountReader, bus: _EventBus, description: Response) -> Collected:
    parameters = {"Rule": description["Name"], "EventBusName": bus.name}
    targets = reader.list_all(LIST_TARGETS_BY_RULE, "Targets", description["Arn"], bus.region, **parameters)
    rule = parse_rule(description, bus.name, targets, reader.account.location(bus.region))
    if isinstance(targets, FailedCall):
        unknown_target = _unknown_target(targets, rule.location)
        return Collected((rule, unknown_target), publishers=(unknown_publisher(reader.account, bus.region, targets),))
    # For a target with a role, EventBridge publishes as that role, not as the service.
    published_by_service = [target["Arn"] for target in targets if not target.get("RoleArn")]
    # Only the AWS service that manages a rule can change its targets. That of an archive's rule names no account.
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html (managed rules)
    facts = () if description.get("ManagedBy") else map(partial(parse_target, rule), targets)
    return Collected((rule, *facts), publishers=tuple((arn, "events.amazonaws.com") for arn in published_by_service))


def parse_target(rule: EventRule, target: Response) -> EventTarget:
    """Return a target from an entry of ListTargetsByRule.

    A target has no ARN, so it is identified by its rule's ARN followed by its ID.
    """
    arns = (target["Arn"], (target.get("DeadLetterConfig") or {}).get("Arn"))
    return EventTarget(f"{rule.resource}:target:{target['Id']}", tuple(filter(None, arns)), rule.location)


def _unknown_target(failed: FailedCall, location: Location) -> EventTarget:
    return EventTarget(f"{failed.resource}:target:*", (failed.unknown,), location)


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
