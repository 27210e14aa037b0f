"""Readers of access points: those of a bucket, Object Lambda Access Points and Multi-Region Access Points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from crossguard.graph import Graph
from crossguard.property_values import as_list, as_text, get_property
from crossguard.readers.s3_bucket_types import any_bucket_of
from crossguard.readers.s3_settings import public_access_block
from crossguard.resource_types import BUCKET, BUCKET_V2, FUNCTION, v7_token
from crossguard.resources import PulumiResource
from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Document, Unknown
from hipaa_controls.services.s3.facts import (
    AccessPoint,
    AccessPointBuckets,
    DeliveryTarget,
    ObjectLambdaFunctions,
    PublicAccessBlock,
)

ACCESS_POINT = "aws:s3/accessPoint:AccessPoint"
ACCESS_POINT_POLICY = "aws:s3control/accessPointPolicy:AccessPointPolicy"
OBJECT_LAMBDA = "aws:s3control/objectLambdaAccessPoint:ObjectLambdaAccessPoint"
OBJECT_LAMBDA_POLICY = "aws:s3control/objectLambdaAccessPointPolicy:ObjectLambdaAccessPointPolicy"
MULTI_REGION = "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint"
MULTI_REGION_POLICY = "aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy"
# The property of a policy that refers to its access point, and the type of that one.
POLICY_TARGETS = {
    ACCESS_POINT_POLICY: ("accessPointArn", ACCESS_POINT),
    OBJECT_LAMBDA_POLICY: ("name", OBJECT_LAMBDA),
    MULTI_REGION_POLICY: ("details", MULTI_REGION),
}
ACCESS_POINT_TYPES = frozenset({ACCESS_POINT, OBJECT_LAMBDA, MULTI_REGION, *POLICY_TARGETS})


def buckets_of_access_point(resource: PulumiResource, graph: Graph) -> list[PulumiResource | None]:
    """Return the buckets behind an access point or the policy of one; None for each that the graph doesn't have."""
    if resource.type in POLICY_TARGETS:
        access_point = _access_point_of_policy(resource, graph)
        return buckets_of_access_point(access_point, graph) if access_point else [None]
    if resource.type == MULTI_REGION:
        return _multi_region_buckets(resource, graph)
    if resource.type == OBJECT_LAMBDA:
        value = get_property(resource.inputs.get("configuration"), "supportingAccessPoint")
        supporting = graph.resolve(resource, value, "configuration", {ACCESS_POINT}, {FUNCTION})
        access_point = graph.resource_for(supporting)
        return [any_bucket_of(access_point, graph) if access_point else None]
    return [any_bucket_of(resource, graph)]


def access_point_of(resource: PulumiResource, graph: Graph) -> PulumiResource:
    """Return the access point of a policy; an access point, or a policy of one that isn't in the stack, as it is."""
    return (_access_point_of_policy(resource, graph) if resource.type in POLICY_TARGETS else None) or resource


def _access_point_of_policy(policy: PulumiResource, graph: Graph) -> PulumiResource | None:
    prop, token = POLICY_TARGETS[policy.type]
    value = policy.inputs.get(prop)
    if policy.type != MULTI_REGION_POLICY:
        return graph.resource_for(graph.resolve(policy, value, prop, {token}, same_place=True))
    name = get_property(value, "name")
    candidates = graph.by_type.get(token, [])
    named = [point for point in candidates if isinstance(name, str) and _multi_region_name(point) == name]
    sources = [source for source in policy.sources.get(prop, ()) if source.type == token]
    found = named or (sources if isinstance(name, Unknown) else [])
    return found[0] if len(found) == 1 else None


def _multi_region_name(access_point: PulumiResource) -> Any:
    return get_property(access_point.inputs.get("details"), "name")


def _multi_region_buckets(access_point: PulumiResource, graph: Graph) -> list[PulumiResource | None]:
    """Return the bucket of each region; for names that aren't known, all that the property depends on.

    If it also depends on another resource, such as a reference to a stack, one of the buckets may be any.
    """
    regions = as_list(get_property(access_point.inputs.get("details"), "regions"))
    names = [regions] if isinstance(regions, Unknown) else [get_property(region, "bucket") for region in regions]
    buckets = [_named_bucket(access_point, name, graph) for name in names if not isinstance(name, Unknown)]
    if len(buckets) < len(names):
        sources = access_point.sources.get("details", ())
        of_stack = [source for source in sources if v7_token(source.type) == BUCKET]
        buckets += [*of_stack, *([] if of_stack and len(of_stack) == len(sources) else [None])]
    return buckets or [None]


def _named_bucket(access_point: PulumiResource, name: Any, graph: Graph) -> PulumiResource | None:
    """Return the bucket with a name. Before the access point exists, it is among those that the engine has shown."""
    if not isinstance(name, str):
        return None
    named = graph.resource_for(graph.resolve(access_point, name, "details", {BUCKET}))
    return named or next(iter(graph.inputs.find_buckets(name, (BUCKET, BUCKET_V2))), None)


def read_access_point(resource: PulumiResource, data_class: DataClass, graph: Graph) -> list[Fact]:
    """Return an access point or the policy of one, and what an access point sends objects to."""
    location = graph.location_of(resource)
    if resource.type in POLICY_TARGETS:
        access_point = _access_point_of_policy(resource, graph)
        arn = as_text(access_point.output("arn")) if access_point else None
        return [AccessPoint(resource.urn, arn, data_class, None, _policy_document(resource, graph), location)]
    arn = as_text(resource.output("arn"))
    if resource.type == OBJECT_LAMBDA:
        # Its policy is a resource of its own, and its Block Public Access flags are always on:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_GetAccessPointForObjectLambda.html
        functions = _object_lambda_functions(resource, graph)
        return [ObjectLambdaFunctions(resource.urn, data_class, functions, location)]
    if resource.type == MULTI_REGION:
        details = resource.inputs.get("details")
        block = _block(get_property(details, "publicAccessBlock"))
        return [
            AccessPoint(resource.urn, arn, data_class, block, None, location),
            AccessPointBuckets(resource.urn, data_class, _buckets_of_regions(details), location),
        ]
    block = _block(resource.inputs.get("publicAccessBlockConfiguration"))
    has_policy = resource.inputs.get("policy") not in (None, "", "{}")
    document = graph.policy_document(resource, "policy", "accessPointPolicy") if has_policy else None
    return [
        AccessPoint(resource.urn, arn, data_class, block, document, location),
        AccessPointBuckets(resource.urn, data_class, _buckets_of_accounts([resource.inputs]), location),
    ]


def _policy_document(policy: PulumiResource, graph: Graph) -> Document:
    if policy.type == MULTI_REGION_POLICY:
        content = get_property(policy.inputs.get("details"), "policy")
        sources = {"policy": policy.sources.get("details", ())}
        policy = replace(policy, inputs={"policy": content}, sources=sources)
    return graph.policy_document(policy, "policy", "accessPointPolicy")


def _block(value: Any) -> PublicAccessBlock | Unknown | None:
    if isinstance(value, Mapping):
        return public_access_block(value)
    return value if isinstance(value, Unknown) else None


def _object_lambda_functions(access_point: PulumiResource, graph: Graph) -> tuple[DeliveryTarget, ...] | Unknown:
    prop = "configuration"
    configurations = as_list(get_property(access_point.inputs.get(prop), "transformationConfigurations"))
    if isinstance(configurations, Unknown):
        return configurations
    arns = [
        get_property(configuration, "contentTransformation", "awsLambda", "functionArn")
        for configuration in configurations
    ]
    return tuple(DeliveryTarget(graph.resolve_arn(access_point, arn, prop, {FUNCTION}, {ACCESS_POINT})) for arn in arns)


def _buckets_of_regions(details: Any) -> tuple[DeliveryTarget, ...] | Unknown:
    regions = as_list(get_property(details, "regions"))
    return regions if isinstance(regions, Unknown) else _buckets_of_accounts(regions)


def _buckets_of_accounts(objects: Iterable[Any]) -> tuple[DeliveryTarget, ...]:
    """Return the buckets for which an account is named. Any other belongs to the access point's own account.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/multi-region-access-point-buckets.html
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateAccessPoint.html (BucketAccountId)
    """
    targets = ((get_property(named, "bucket"), get_property(named, "bucketAccountId")) for named in objects)
    return tuple(
        DeliveryTarget(as_text(account) if isinstance(account, Unknown) else as_text(bucket), as_text(account))
        for bucket, account in targets
        if account not in (None, "")
    )
