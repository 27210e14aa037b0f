"""Reader of CloudTrail trails and the events that they record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossguard.graph import FactReader, Graph
from crossguard.property_values import as_flag, as_list, as_text, get_property
from crossguard.readers.logs import resolve_log_group
from crossguard.resource_types import BUCKET, KMS_KEYS, TOPIC, TRAIL
from crossguard.resources import PulumiResource
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Flag, Ref, Unknown
from hipaa_controls.services.cloudtrail.facts import EventSelector, FieldSelector, Trail

# The operators of a field selector: the name in Pulumi, and in the API.
OPERATORS = {
    "equals": "equals",
    "notEquals": "notEquals",
    "startsWiths": "startsWith",
    "notStartsWiths": "notStartsWith",
    "endsWiths": "endsWith",
    "notEndsWiths": "notEndsWith",
}


def _trail(trail: PulumiResource, graph: Graph) -> list[Fact]:
    inputs = trail.inputs
    return [
        Trail(
            trail.urn,
            as_flag(inputs.get("enableLogging")),
            as_flag(inputs.get("isMultiRegionTrail")),
            as_flag(inputs.get("includeGlobalServiceEvents")),
            as_flag(inputs.get("enableLogFileValidation")),
            graph.resolve(trail, inputs.get("kmsKeyId"), "kmsKeyId", KMS_KEYS),
            resolve_log_group(trail, "cloudWatchLogsGroupArn", graph),
            _selectors(trail, graph),
            graph.location_of(trail),
            _of_organization(trail),
            _bucket(trail, graph),
            graph.resolve_arn(trail, inputs.get("snsTopicName"), "snsTopicName", {TOPIC}),
        )
    ]


def _of_organization(trail: PulumiResource) -> Flag:
    """Return whether the trail records other accounts: not known for an organization's, whose members aren't here."""
    is_organization_trail = as_flag(trail.inputs.get("isOrganizationTrail"))
    if is_organization_trail is True:
        return Unknown(f"{trail.name}.isOrganizationTrail", reason="doesn't say which accounts are members")
    return is_organization_trail


def _bucket(trail: PulumiResource, graph: Graph) -> Ref:
    """Return the trail's bucket, or its name if the stack doesn't declare it. A trail always has one."""
    return graph.resolve(trail, trail.inputs.get("s3BucketName"), "s3BucketName", {BUCKET}) or ""


def _selectors(trail: PulumiResource, graph: Graph) -> tuple[EventSelector, ...] | Unknown:
    basic, advanced = as_list(trail.inputs.get("eventSelectors")), as_list(trail.inputs.get("advancedEventSelectors"))
    if isinstance(basic, Unknown):
        return basic
    if isinstance(advanced, Unknown):
        return advanced
    return (
        *(_basic_selector(trail, selector, graph) for selector in basic),
        *(EventSelector(field_selectors=_field_selectors(trail, selector, graph)) for selector in advanced),
    )


def _basic_selector(trail: PulumiResource, selector: Any, graph: Graph) -> EventSelector:
    declared_type = get_property(selector, "readWriteType")
    read_write_type = "All" if declared_type is None else as_text(declared_type)
    excluded_sources = as_list(get_property(selector, "excludeManagementEventSources"))
    return EventSelector(
        read_write_type,
        _arn_prefixes(trail, selector, graph),
        management_events=as_flag(get_property(selector, "includeManagementEvents")),
        excluded_sources=excluded_sources
        if isinstance(excluded_sources, Unknown)
        else tuple(map(as_text, excluded_sources)),
    )


def _arn_prefixes(trail: PulumiResource, selector: Any, graph: Graph) -> tuple[Ref, ...] | Unknown:
    data_resources = as_list(get_property(selector, "dataResources"))
    if isinstance(data_resources, Unknown):
        return data_resources
    prefixes: list[Ref] = []
    for data_resource in data_resources:
        resource_type = get_property(data_resource, "type")
        if isinstance(resource_type, Unknown):
            prefixes.append(resource_type)
        elif resource_type == "AWS::S3::Object":
            arns = graph.resolve_bucket_arns(trail, get_property(data_resource, "values"), "eventSelectors")
            prefixes += [arns] if isinstance(arns, Unknown) else arns
    return tuple(prefixes)


def _field_selectors(trail: PulumiResource, selector: Any, graph: Graph) -> tuple[FieldSelector, ...] | Unknown:
    fields = as_list(get_property(selector, "fieldSelectors"))
    if isinstance(fields, Unknown):
        return fields
    return tuple(
        FieldSelector(as_text(get_property(field, "field")), _operators(trail, field, graph)) for field in fields
    )


def _operators(trail: PulumiResource, field: Any, graph: Graph) -> Mapping[str, tuple[Ref, ...] | Unknown]:
    operators = {
        name: graph.resolve_bucket_arns(trail, get_property(field, prop), "advancedEventSelectors")
        for prop, name in OPERATORS.items()
    }
    return {name: values for name, values in operators.items() if values != ()}


READERS: Mapping[str, FactReader] = {TRAIL: _trail}
