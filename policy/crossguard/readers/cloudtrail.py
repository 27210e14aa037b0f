"""Trails and what they record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crossguard.graph import BUCKET, KEYS, Graph, flag, get, items, text
from crossguard.readers.logs import log_group
from crossguard.resources import Resource
from hipaa.model.stack import Fact
from hipaa.model.three_valued import all_of, any_of
from hipaa.model.values import Ref, Unknown, is_enabled, iter_unknowns
from hipaa.services.cloudtrail.facts import EventSelector, FieldSelector, Trail

TRAIL = "aws:cloudtrail/trail:Trail"
# The operators of a field selector, by their names in the API.
OPERATORS = {
    "equals": "equals",
    "notEquals": "notEquals",
    "startsWiths": "startsWith",
    "notStartsWiths": "notStartsWith",
    "endsWiths": "endsWith",
    "notEndsWiths": "notEndsWith",
}


def _trail(trail: Resource, graph: Graph) -> list[Fact]:
    given = trail.inputs
    return [
        Trail(
            trail.urn,
            flag(given.get("enableLogging")),
            flag(given.get("isMultiRegionTrail")),
            flag(given.get("includeGlobalServiceEvents")),
            flag(given.get("enableLogFileValidation")),
            graph.resolve(trail, given.get("kmsKeyId"), "kmsKeyId", KEYS),
            log_group(trail, "cloudWatchLogsGroupArn", graph),
            _selectors(trail, graph),
            _management(trail),
            graph.place(trail),
        )
    ]


def _management(trail: Resource) -> bool | Unknown:
    """Whether all management events are recorded, as they are where no selector is declared.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html
    """
    basic, advanced = items(trail.inputs.get("eventSelectors")), items(trail.inputs.get("advancedEventSelectors"))
    if isinstance(basic, Unknown) or isinstance(advanced, Unknown):
        return next(iter_unknowns([basic, advanced]))
    if not basic and not advanced:
        return True
    return any_of([*map(_manages, basic), *(_all_management(get(each, "fieldSelectors")) for each in advanced)])


def _manages(selector: Any) -> bool | Unknown:
    included, kind = get(selector, "includeManagementEvents"), get(selector, "readWriteType")
    left_out = items(get(selector, "excludeManagementEventSources"))
    known = (
        True if included is None else is_enabled(flag(included)),
        kind if isinstance(kind, Unknown) else kind in (None, "All"),
    )
    return all_of((*known, left_out if isinstance(left_out, Unknown) else not left_out))


def _all_management(fields: Any) -> bool | Unknown:
    """By the category alone: another field, such as readOnly or eventSource, leaves some out."""
    every = items(fields)
    if isinstance(every, Unknown):
        return every
    if len(every) != 1:
        return False
    category, wanted = get(every[0], "field"), items(get(every[0], "equals"))
    unknown = next(iter_unknowns([category, wanted]), None)
    return unknown or (category == "eventCategory" and wanted == ["Management"])


def _selectors(trail: Resource, graph: Graph) -> tuple[EventSelector, ...] | Unknown:
    basic, advanced = items(trail.inputs.get("eventSelectors")), items(trail.inputs.get("advancedEventSelectors"))
    if isinstance(basic, Unknown):
        return basic
    if isinstance(advanced, Unknown):
        return advanced
    return (
        *(_basic(trail, each, graph) for each in basic),
        *(EventSelector(field_selectors=_fields(trail, get(each, "fieldSelectors"), graph)) for each in advanced),
    )


def _basic(trail: Resource, selector: Any, graph: Graph) -> EventSelector:
    read_write = get(selector, "readWriteType")
    kind = "All" if read_write is None else text(read_write)
    resources = items(get(selector, "dataResources"))
    if isinstance(resources, Unknown):
        return EventSelector(kind, resources)
    prefixes: list[Ref] = []
    for resource in resources:
        if (of := get(resource, "type")) == "AWS::S3::Object" or isinstance(of, Unknown):
            values = _texts(trail, get(resource, "values"), "eventSelectors", graph)
            prefixes += [of] if isinstance(of, Unknown) else [values] if isinstance(values, Unknown) else values
    return EventSelector(kind, tuple(prefixes))


def _fields(trail: Resource, fields: Any, graph: Graph) -> tuple[FieldSelector, ...] | Unknown:
    every = items(fields)
    if isinstance(every, Unknown):
        return every
    return tuple(FieldSelector(text(get(each, "field")), _tests(trail, each, graph)) for each in every)


def _tests(trail: Resource, field: Any, graph: Graph) -> Mapping[str, tuple[Ref, ...] | Unknown]:
    tests = {name: _texts(trail, get(field, prop), "advancedEventSelectors", graph) for prop, name in OPERATORS.items()}
    return {name: values for name, values in tests.items() if values != ()}


def _texts(trail: Resource, values: Any, prop: str, graph: Graph) -> tuple[Ref, ...] | Unknown:
    """Each text; one that isn't known but can only come from one bucket is that bucket."""
    every = items(values)
    if isinstance(every, Unknown):
        return every
    return tuple(graph.resolve(trail, each, prop, {BUCKET}) if isinstance(each, Unknown) else text(each) for each in every)


READERS: dict[str, Callable[[Resource, Graph], list[Fact]]] = {TRAIL: _trail}
