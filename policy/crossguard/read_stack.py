"""From Pulumi's resources to the facts that rules judge: of one before it exists, and of the whole stack."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crossguard.graph import BUCKET, Graph, v7_type
from crossguard.readers import backup, cloudtrail, cloudwatch, iam, kms, s3, sns
from crossguard.resources import Inputs, Resource
from hipaa.model.data_class import DataClassTag
from hipaa.model.stack import Fact, Stack

READERS: dict[str, Callable[[Resource, Graph], list[Fact]]] = {
    **s3.READERS,
    **kms.READERS,
    **cloudtrail.READERS,
    **cloudwatch.READERS,
    **sns.READERS,
    **iam.READERS,
    **backup.READERS,
}
STACK = "pulumi:pulumi:Stack"


def resource_facts(resource: Resource, inputs: Inputs, data_class: DataClassTag) -> Stack:
    """What one resource tells by itself."""
    bucket_types = (BUCKET, "aws:s3/bucketV2:BucketV2")
    known = inputs.bucket(resource.inputs.get("bucket"), bucket_types) if resource.type.startswith("aws:s3/") else []
    graph = Graph([resource, *(each for each in known if each.urn != resource.urn)], inputs)
    token = v7_type(resource.type)
    facts: list[Fact] = []
    if bucket := s3.one(resource, graph, data_class):
        facts.append(bucket)
    elif token in READERS:
        facts.extend(READERS[token](resource, graph))
    return Stack(tuple(facts), complete=False)


def stack_facts(resources: Sequence[Resource], inputs: Inputs, data_class: DataClassTag) -> Stack:
    """What all resources tell together."""
    graph = Graph(resources, inputs)
    buckets = s3.buckets(graph, data_class)
    facts: list[Fact] = [*buckets, *s3.access_points(graph, buckets)]
    for token, read in READERS.items():
        for resource in graph.by_type.get(token, []):
            facts.extend(read(resource, graph))
    root = next((each.urn for each in resources if each.type == STACK), "")
    return Stack(tuple(facts), root)
