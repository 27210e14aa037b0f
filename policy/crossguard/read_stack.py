"""The facts of a stack, read from its Pulumi resources: of one resource before it exists, or of the whole stack.

Each service has a reader for each type of resource. This is the one place where they are joined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crossguard.doubts import doubts
from crossguard.graph import FactReader, Graph
from crossguard.overwrites import overwrites
from crossguard.readers import (
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
    s3_access_grants,
    s3_bucket_types,
    sns,
    sqs,
)
from crossguard.readers.s3_settings import COMPANION_READERS
from crossguard.resource_inputs import ResourceInputs
from crossguard.resource_types import ACCOUNT_PUBLIC_ACCESS_BLOCK, BUCKET, BUCKET_V2, DIRECTORY_BUCKET, v7_token
from crossguard.resources import PulumiResource
from hipaa_controls.model.data_class import DataClassTag
from hipaa_controls.model.stack import Fact, Stack

READERS: Mapping[str, FactReader] = {
    **s3.READERS,
    **s3_bucket_types.READERS,
    **s3_access_grants.READERS,
    **kms.READERS,
    **cloudtrail.READERS,
    **logs.READERS,
    **cloudwatch.READERS,
    **events.READERS,
    **sns.READERS,
    **sqs.READERS,
    **iam.READERS,
    **backup.READERS,
    **ram.READERS,
    **athena.READERS,
}


READ_TYPES = frozenset({*READERS, BUCKET, *COMPANION_READERS}).union(*(reader.types for reader in s3.DEPENDENT_READERS))


def is_read(resource: PulumiResource) -> bool:
    """Return whether a reader turns the resource, or a part of it, into facts."""
    return any(v7_token(part.type) in READ_TYPES for part in (resource, *resource.parts))


def resource_facts(
    resource: PulumiResource, inputs: ResourceInputs, data_class_tag: DataClassTag, own_account: str | None
) -> Stack:
    """Return the facts that one resource declares by itself.

    Args:
        resource: The resource, which the engine is about to create.
        inputs: The inputs of the resources that the engine has shown so far.
        data_class_tag: The tag that gives the data class of a data store.
        own_account: The account that the pack's config gives.
    """
    if not (resource.declared or resource).inputs and resource.type != ACCOUNT_PUBLIC_ACCESS_BLOCK:
        return Stack((), complete=False)  # --target or --exclude left it out, or the program only reads it
    is_s3 = resource.type.startswith("aws:s3/")
    bucket_types = (BUCKET, BUCKET_V2, DIRECTORY_BUCKET)
    named_buckets = inputs.find_buckets(resource.inputs.get("bucket"), bucket_types) if is_s3 else []
    other_buckets = [bucket for bucket in named_buckets if bucket.urn != resource.urn]
    graph = Graph([resource, *other_buckets], inputs, data_class_tag, own_account)
    facts: list[Fact] = []
    if s3_facts := s3.read_before_creation(resource, graph):
        facts.extend(s3_facts)
    else:
        for part in (resource, *resource.parts):
            if reader := READERS.get(v7_token(part.type)):
                facts.extend(reader(part, graph))
    return Stack(tuple(facts), complete=False, doubts=doubts(graph))


def stack_facts(
    resources: Sequence[PulumiResource], inputs: ResourceInputs, data_class_tag: DataClassTag, own_account: str | None
) -> Stack:
    """Return the facts that all resources of a stack declare together.

    Args:
        resources: All resources of the stack.
        inputs: The inputs of the resources that the engine has shown.
        data_class_tag: The tag that gives the data class of a data store.
        own_account: The account that the pack's config gives.
    """
    graph = Graph(resources, inputs, data_class_tag, own_account)
    buckets = s3.read_buckets(graph)
    facts: list[Fact] = [*buckets, *s3.read_dependents(graph, buckets)]
    for token, read in READERS.items():
        for resource in graph.by_type.get(token, []):
            facts.extend(read(resource, graph))
    root_urn = next((resource.urn for resource in resources if resource.type == "pulumi:pulumi:Stack"), "")
    return Stack(tuple(facts), root_urn, doubts=doubts(graph), overwrites=overwrites(facts, graph))
