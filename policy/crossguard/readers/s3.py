"""Readers of S3 buckets, and of what has the data class of a bucket: its settings, access points and objects."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from crossguard.graph import FactReader, Graph, bucket_arn
from crossguard.property_values import as_flag, as_text, get_property
from crossguard.readers import s3_bucket_types
from crossguard.readers.s3_access_points import ACCESS_POINT_TYPES, buckets_of_access_point, read_access_point
from crossguard.readers.s3_objects import OBJECT_COPY, OBJECT_TYPES, read_copy, read_object, source_bucket
from crossguard.readers.s3_settings import (
    COMPANION_READERS,
    OUTPOSTS_LIFECYCLE,
    public_access_block,
    read_inline_settings,
)
from crossguard.resource_types import ACCOUNT_PUBLIC_ACCESS_BLOCK, BUCKET, KMS_KEYS, TRAIL, v7_token
from crossguard.resources import PulumiResource
from hipaa_controls.model.data_class import DataClass, first_class
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import StackResource
from hipaa_controls.services.s3.facts import (
    AccessLogging,
    AccountPublicAccessBlock,
    Bucket,
    DeclaredSetting,
    list_destinations,
)


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


def read_before_creation(resource: PulumiResource, graph: Graph) -> list[Fact]:
    """Return what a bucket, a companion, an access point or an object declares before it exists.

    The uses of a bucket are known only at the end. Until then, an untagged bucket counts as OTHER, and so does the
    bucket of another resource unless it is tagged as PHI.
    """
    token = v7_token(resource.type)
    if token == BUCKET:
        data_class = graph.data_class_tag.declared_data_class(resource.own_tags) or DataClass.OTHER
        settings = read_inline_settings(resource, graph)
        settings += [setting for part in resource.parts for setting in _companion_settings(part, graph)]
        return [replace(_bucket(resource, data_class, settings, graph), complete=False)]
    if token in COMPANION_READERS:
        if _is_read_with_bucket_types(resource, graph):
            return []
        bucket = _general_purpose_bucket_of(resource, graph) or s3_bucket_types.special_bucket_of(resource, graph)
        data_class = _class_before_creation([bucket], graph)
        return [_companion_bucket(resource, bucket.urn if bucket else resource.urn, data_class, graph)]
    return [
        fact
        for reader in DEPENDENT_READERS
        if token in reader.types
        for fact in reader.read(resource, _class_before_creation(reader.buckets(resource, graph), graph), graph)
    ]


def _class_before_creation(buckets: Iterable[PulumiResource | None], graph: Graph) -> DataClass:
    declared = (graph.data_class_tag.declared_data_class(bucket.own_tags) for bucket in buckets if bucket)
    return DataClass.PHI if DataClass.PHI in declared else DataClass.OTHER


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
    for object_copy in graph.by_type.get(OBJECT_COPY, []):
        copy_target = graph.bucket_of(object_copy)
        if copy_target and _brings_phi(object_copy, copy_target, graph):
            uses.setdefault(copy_target.urn, set()).add(DataClass.REPLICA)
    return uses


def _brings_phi(copy: PulumiResource, target: PulumiResource, graph: Graph) -> bool:
    """Return whether a copy brings PHI to a bucket that has none by its own tags."""
    source = source_bucket(copy, graph)
    if source is None or s3_bucket_types.data_class_of(source, graph) is not DataClass.PHI:
        return False
    return s3_bucket_types.data_class_of(target, graph) in (DataClass.OTHER, DataClass.INVENTORY)


def _account_public_access_block(resource: PulumiResource, _: Graph) -> list[Fact]:
    return [AccountPublicAccessBlock(resource.urn, public_access_block(resource.inputs))]


def read_dependents(graph: Graph, buckets: list[Bucket]) -> list[Fact]:
    """Return the access points and objects, with the data class of their buckets: PHI if that isn't known."""
    data_classes = {bucket.resource: bucket.data_class for bucket in buckets}

    def data_class_of(bucket: PulumiResource | None) -> DataClass:
        if bucket is None:
            return DataClass.PHI
        return data_classes.get(bucket.urn) or s3_bucket_types.data_class_of(bucket, graph)

    return [
        fact
        for reader in DEPENDENT_READERS
        for token in sorted(reader.types)
        for resource in graph.by_type.get(token, [])
        for fact in reader.read(resource, first_class(map(data_class_of, reader.buckets(resource, graph))), graph)
    ]


@dataclass(frozen=True)
class DependentReader:
    """Reads resources that have the data class of a bucket.

    Attributes:
        types: The types of the resources.
        buckets: Returns the buckets, at least one; None stands for one that the graph doesn't have.
        read: Returns the facts of a resource, whose data class is known.
    """

    types: frozenset[str]
    buckets: Callable[[PulumiResource, Graph], list[PulumiResource | None]]
    read: Callable[[PulumiResource, DataClass, Graph], list[Fact]]


DEPENDENT_READERS = (
    DependentReader(ACCESS_POINT_TYPES, buckets_of_access_point, read_access_point),
    DependentReader(
        OBJECT_TYPES, lambda resource, graph: [s3_bucket_types.any_bucket_of(resource, graph)], read_object
    ),
    DependentReader(frozenset({OBJECT_COPY}), lambda copy, graph: [source_bucket(copy, graph)], read_copy),
)
READERS: Mapping[str, FactReader] = {
    ACCOUNT_PUBLIC_ACCESS_BLOCK: _account_public_access_block,
}
