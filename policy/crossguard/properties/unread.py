"""Doubts about resources with a property that isn't read. The accounts of all services are joined here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from crossguard.graph import Graph
from crossguard.properties import (
    athena,
    backup,
    cloudtrail,
    cloudwatch,
    events,
    iam,
    kms,
    logs,
    ram,
    s3,
    s3_bucket_types,
    s3_dependents,
    sns,
    sqs,
)
from crossguard.properties.type_properties import TypeProperties
from crossguard.resource_types import v7_token
from crossguard.resources import PulumiResource
from hipaa_controls.model.values import Unknown

PROPERTIES: Mapping[str, TypeProperties] = {
    **s3.PROPERTIES,
    **s3_bucket_types.PROPERTIES,
    **s3_dependents.PROPERTIES,
    **kms.PROPERTIES,
    **cloudtrail.PROPERTIES,
    **logs.PROPERTIES,
    **cloudwatch.PROPERTIES,
    **events.PROPERTIES,
    **sns.PROPERTIES,
    **sqs.PROPERTIES,
    **iam.PROPERTIES,
    **backup.PROPERTIES,
    **ram.PROPERTIES,
    **athena.PROPERTIES,
}


def unread_properties(resource: PulumiResource, graph: Graph) -> Iterator[Unknown]:
    """Yield an Unknown for each property of a resource that its readers don't read, and that may matter.

    A resource whose inputs the engine hasn't shown has planned outputs in their place, which AWS chooses.
    """
    yield from resource.unread
    for part in (resource, *resource.parts):
        account = PROPERTIES.get(v7_token(part.type))
        if account and graph.inputs.get(resource.urn):
            yield from account.doubts(part.inputs, resource.name)
