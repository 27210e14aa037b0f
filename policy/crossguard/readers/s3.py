"""Readers of S3 buckets and access points, and of the data class of each bucket."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from crossguard.graph import FactReader, Graph, bucket_arn
from crossguard.property_values import as_flag, as_text, get_property
from crossguard.readers import s3_bucket_types
from crossguard.readers.s3_settings import (
    COMPANION_READERS,
    OUTPOSTS_LIFECYCLE,
    public_access_block,
    read_inline_settings,
)
from crossguard.resource_types import ACCOUNT_PUBLIC_ACCESS_BLOCK, BUCKET, KMS_KEYS, TRAIL, v7_token
from crossguard.resources import PulumiResource
from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import StackResource, Unknown
from hipaa_controls.services.s3.facts import (
    AccessLogging,
    AccessPoint,
    AccountPublicAccessBlock,
    Bucket,
    DeclaredSetting,
    PublicAccessBlock,
    list_destinations,
)

ACCESS_POINT = "aws:s3/accessPoint:AccessPoint"


def read_buckets(graph: Graph) -> list[Bucket]:
    """Return every bucket of the stack with its settings, and a bucket for each companion without one in the stack."""
    resources = {bucket.urn: bucket for bucket in graph.by_type.get(BUCKET, [])}
    settings = {urn: read_inline_settings(bucket, graph) for urn, bucket in resources.items()}
    unattached: list[Bucket] = []
    for token in COMPANION_READERS:
        for companion in graph.by_type.get(token, []):
            if bucket := _general_purpose_bucket_of(companion, graph):
                settings[bucket.urn].extend(_companion_settings(companion, graph))
            elif not _is_read_with_bucket_types(companion, graph):
                special_bucket = s3_bucket_types.special_bucket_of(companion, graph)
                data_class = s3_bucket_types.data_class_of(special_bucket, graph) if special_bucket else DataClass.PHI
                unattached.append(_companion_bucket(companion, companion.urn, data_class, graph))
    uses = _data_classes_by_use(settings, unattached, graph)
    buckets: list[Bucket] = []
    for urn, resource in resources.items():
        data_class = graph.data_class_tag.data_class_of(resource.own_tags, uses.get(urn, set()))
        buckets.append(_bucket(resource, data_class, settings[urn], graph))
    log_targets = {
        target
        for bucket in (*buckets, *unattached)
        for logging in bucket.settings_of(AccessLogging)
        for target, _ in list_destinations(logging)
    }
    return buckets + [
        replace(bucket, data_class=DataClass.ACCESS_LOG) if bucket.name in log_targets else bucket
        for bucket in unattached
    ]


def read_bucket_or_companion(resource: PulumiResource, graph: Graph) -> Bucket | AccessPoint | None:
    """Return what a bucket, a companion or an access point declares before it exists; None for any other resource.

    The uses of a bucket are known only at the end. Until then, an untagged bucket counts as OTHER, and so does the
    bucket of a companion or an access point unless it is tagged as PHI.
    """
    token = v7_token(resource.type)
    if token == BUCKET:
        data_class = graph.data_class_tag.declared_data_class(resource.own_tags) or DataClass.OTHER
        settings = read_inline_settings(resource, graph)
        settings += [setting for part in resource.parts for setting in _companion_settings(part, graph)]
        return replace(_bucket(resource, data_class, settings, graph), complete=False)
    if token not in COMPANION_READERS and token not in ACCESS_POINT_READERS:
        return None
    if _is_read_with_bucket_types(resource, graph):
        return None
    bucket = _general_purpose_bucket_of(resource, graph) or s3_bucket_types.special_bucket_of(resource, graph)
    is_phi = bucket is not None and graph.data_class_tag.declared_data_class(bucket.own_tags) is DataClass.PHI
    data_class = DataClass.PHI if is_phi else DataClass.OTHER
    if token in ACCESS_POINT_READERS:
        return ACCESS_POINT_READERS[token](resource, data_class, graph)
    return _companion_bucket(resource, bucket.urn if bucket else resource.urn, data_class, graph)


def _companion_bucket(companion: PulumiResource, urn: str, data_class: DataClass, graph: Graph) -> Bucket:
    """Return a bucket of which only one companion is known.

    Args:
        companion: The companion.
        urn: The URN of the bucket; the companion's own if the stack doesn't declare the bucket.
        data_class: The data class of the bucket.
        graph: The resources of the stack.
    """
    settings = tuple(_companion_settings(companion, graph))
    location = graph.location_of(companion)
    return Bucket(urn, bucket_arn(companion), data_class, settings, complete=False, location=location)


def _general_purpose_bucket_of(companion: PulumiResource, graph: Graph) -> PulumiResource | None:
    """Return the bucket that a companion configures. An Outposts bucket may have the name of a general purpose one."""
    return None if companion.type == OUTPOSTS_LIFECYCLE else graph.bucket_of(companion)


def _is_read_with_bucket_types(companion: PulumiResource, graph: Graph) -> bool:
    """Return whether a companion sets the policy or the encryption of a directory bucket, which differ from others'."""
    return v7_token(companion.type) in s3_bucket_types.READERS and s3_bucket_types.is_of_directory_bucket(
        companion, graph
    )


def _companion_settings(companion: PulumiResource, graph: Graph) -> list[DeclaredSetting]:
    read = COMPANION_READERS[v7_token(companion.type)]
    return [DeclaredSetting(companion.urn, setting) for setting in read(companion, graph)]


def _bucket(
    bucket: PulumiResource,
    data_class: DataClass,
    settings: Collection[DeclaredSetting],
    graph: Graph,
) -> Bucket:
    return Bucket(
        bucket.urn,
        bucket_arn(bucket),
        data_class,
        tuple(settings),
        location=graph.location_of(bucket),
        declared_here=True,
        force_destroy=as_flag(bucket.inputs.get("forceDestroy")),
        object_lock_enabled=as_flag(bucket.inputs.get("objectLockEnabled")),
        pulumi_protected=bucket.protected,
        data_class_tag=as_text(get_property(bucket.own_tags, graph.data_class_tag.name)),
        tags=bucket.tags,
    )


def _data_classes_by_use(
    settings: Mapping[str, list[DeclaredSetting]], unattached: list[Bucket], graph: Graph
) -> dict[str, set[DataClass]]:
    """Return the data classes of what other resources put into each bucket, by the bucket's URN or name.

    A bucket that sends data to itself doesn't count, nor does a resource whose own bucket isn't known.
    """
    uses: dict[str, set[DataClass]] = {}
    users = [(urn, declared.setting) for urn, bucket_settings in settings.items() for declared in bucket_settings]
    users += [
        (bucket.resource, declared.setting)
        for bucket in unattached
        if isinstance(bucket.arn, str)
        for declared in bucket.settings
    ]
    for user, setting in users:
        for target, data_class in list_destinations(setting):
            if target != user:
                uses.setdefault(target, set()).add(data_class)
    for trail in graph.by_type.get(TRAIL, []):
        log_bucket = graph.resolve(trail, trail.inputs.get("s3BucketName"), "s3BucketName", {BUCKET}, KMS_KEYS)
        if isinstance(log_bucket, StackResource):
            uses.setdefault(log_bucket.resource, set()).add(DataClass.TRAIL_LOG)
    return uses


def _account_public_access_block(resource: PulumiResource, _: Graph) -> list[Fact]:
    return [AccountPublicAccessBlock(resource.urn, public_access_block(resource.inputs))]


def read_access_points(graph: Graph, buckets: list[Bucket]) -> list[Fact]:
    """Return every access point, with the data class of its bucket: PHI if that isn't known."""
    data_classes = {bucket.resource: bucket.data_class for bucket in buckets}
    facts: list[Fact] = []
    for token, read in ACCESS_POINT_READERS.items():
        for resource in graph.by_type.get(token, []):
            bucket = graph.bucket_of(access_point_of(resource, graph))
            data_class = data_classes.get(bucket.urn, DataClass.PHI) if bucket else DataClass.PHI
            facts.append(read(resource, data_class, graph))
    return facts


def access_point_of(resource: PulumiResource, graph: Graph) -> PulumiResource:
    """Return the access point of a policy; an access point, or a policy of one that isn't in the stack, as it is."""
    arn = resource.inputs.get("accessPointArn")  # only a policy has it
    ref = graph.resolve(resource, arn, "accessPointArn", {ACCESS_POINT}, same_place=True)
    return graph.resource_for(ref) or resource


def _access_point(access_point: PulumiResource, data_class: DataClass | None, graph: Graph) -> AccessPoint:
    value = access_point.inputs.get("publicAccessBlockConfiguration")
    block: PublicAccessBlock | Unknown | None = None
    if isinstance(value, Mapping):
        block = public_access_block(value)
    elif isinstance(value, Unknown):
        block = value
    has_policy = access_point.inputs.get("policy") not in (None, "", "{}")
    document = graph.policy_document(access_point, "policy", "accessPointPolicy") if has_policy else None
    arn = as_text(access_point.output("arn"))
    return AccessPoint(access_point.urn, arn, data_class, block, document, graph.location_of(access_point))


def _access_point_policy(policy: PulumiResource, data_class: DataClass | None, graph: Graph) -> AccessPoint:
    document = graph.policy_document(policy, "policy", "accessPointPolicy")
    return AccessPoint(policy.urn, None, data_class, None, document, graph.location_of(policy))


ACCESS_POINT_READERS: Mapping[str, Callable[[PulumiResource, DataClass | None, Graph], AccessPoint]] = {
    ACCESS_POINT: _access_point,
    "aws:s3control/accessPointPolicy:AccessPointPolicy": _access_point_policy,
}
READERS: Mapping[str, FactReader] = {
    ACCOUNT_PUBLIC_ACCESS_BLOCK: _account_public_access_block,
}
