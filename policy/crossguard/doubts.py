"""Doubts: why a resource may not have, in AWS, the settings that the program declares.

A finding about a resource with a doubt can't pass (`catalogue.judge`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from crossguard.graph import Graph
from crossguard.overwrites import replaced_guards
from crossguard.properties.unread import unread_properties
from crossguard.readers import backup, cloudwatch
from crossguard.readers.s3_settings import COMPANION_READERS
from crossguard.resource_types import (
    BUCKET,
    COMPOSITE_ALARM,
    EVENT_TARGET,
    METRIC_ALARM,
    METRIC_FILTER,
    TRAIL,
    v7_token,
)
from crossguard.resources import PulumiResource
from hipaa_controls.model.values import StackResource, Unknown

DoubtSource = Callable[[PulumiResource, Graph], Iterator[Unknown]]

GUARDS_OF_AN_ACCOUNT = frozenset(
    {TRAIL, METRIC_ALARM, COMPOSITE_ALARM, METRIC_FILTER, cloudwatch.EVENT_RULE, backup.SELECTION}
)


def left_out_resources(resource: PulumiResource, _: Graph) -> Iterator[Unknown]:
    """Yield a doubt if --target or --exclude left the resource out of the run, or one that its properties come from."""
    sources = {source.urn: source for group in resource.sources.values() for source in group}
    for source in (resource, *sources.values()):
        if source.left_out:
            yield source.inputs["id"]


def uncertain_owner(resource: PulumiResource, graph: Graph) -> Iterator[Unknown]:
    """Yield a doubt about a companion that may configure the bucket of another account or region."""
    bucket = graph.bucket_of(resource) if v7_token(resource.type) in COMPANION_READERS else None
    has_owner = graph.has_owner(resource, bucket) if bucket else True
    if isinstance(has_owner, Unknown):
        yield has_owner


def uncertain_account(resource: PulumiResource, graph: Graph) -> Iterator[Unknown]:
    """Yield a doubt about a resource that guards only the buckets of its account, which may not be a bucket's."""
    if v7_token(resource.type) in GUARDS_OF_AN_ACCOUNT:
        answers = (graph.same_account(resource, bucket) for bucket in graph.by_type.get(BUCKET, ()))
        yield from islice((answer for answer in answers if isinstance(answer, Unknown)), 1)


SOURCES: tuple[DoubtSource, ...] = (unread_properties, left_out_resources, uncertain_owner, uncertain_account)
# Types that are also read into the fact of another resource, by the property that joins them with it, and the type of
# that resource. A plan is joined by the selection's property.
READ_WITH_TARGET = {
    EVENT_TARGET: ("rule", cloudwatch.EVENT_RULE),
    backup.VAULT_LOCK: ("backupVaultName", backup.VAULT),
}
READ_WITH_SOURCE = {backup.PLAN: ("planId", backup.SELECTION)}


def doubts(graph: Graph) -> dict[str, tuple[Unknown, ...]]:
    """Return the doubts about each resource of the graph that has any, by its URN.

    A doubt about a resource is also one about the resource in whose fact it is read.
    """
    doubts_by_urn: dict[str, tuple[Unknown, ...]] = {}
    replaced = replaced_guards(graph)
    for resource in graph.resources:
        reasons = tuple(doubt for source in SOURCES for doubt in source(resource, graph))
        if resource.urn in replaced:
            reasons += (replaced[resource.urn],)
        for urn in (resource.urn, *_read_as_part_of(resource, graph)) if reasons else ():
            doubts_by_urn[urn] = (*doubts_by_urn.get(urn, ()), *reasons)
    return doubts_by_urn


def _read_as_part_of(resource: PulumiResource, graph: Graph) -> list[str]:
    """Return the URNs of the resources whose facts include what this resource declares."""
    token = v7_token(resource.type)
    if token in READ_WITH_TARGET:
        prop, owner_token = READ_WITH_TARGET[token]
        return _possible_targets(resource, prop, owner_token, graph)
    if token in READ_WITH_SOURCE:
        prop, owner_token = READ_WITH_SOURCE[token]
        owners = graph.by_type.get(owner_token, [])
        return [owner.urn for owner in owners if resource.urn in _possible_targets(owner, prop, token, graph)]
    return []


def _possible_targets(resource: PulumiResource, prop: str, token: str, graph: Graph) -> list[str]:
    ref = graph.resolve(resource, resource.inputs.get(prop), prop, {token})
    return [ref.resource] if isinstance(ref, StackResource) else list(ref.sources) if isinstance(ref, Unknown) else []
