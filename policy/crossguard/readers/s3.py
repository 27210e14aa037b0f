"""Buckets and access points, from their resources, and what each bucket is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from crossguard.graph import BUCKET, KEYS, Graph, arn_of_bucket, flag, get, text, v7_type
from crossguard.readers.s3_settings import COMPANIONS, inline, public_access_block
from crossguard.resources import Resource
from hipaa.model.data_class import DataClass, DataClassTag
from hipaa.model.stack import Fact
from hipaa.model.values import StackResource, Unknown
from hipaa.services.s3.facts import AccessLogging, AccessPoint, AccountPublicAccessBlock, Bucket, DeclaredSetting, list_destinations


def buckets(graph: Graph, data_class: DataClassTag) -> list[Bucket]:
    """Every bucket of the stack with the settings that declare it, and the companions of no bucket here."""
    here = {bucket.urn: bucket for bucket in graph.by_type.get(BUCKET, [])}
    joined: dict[str, list[DeclaredSetting]] = {urn: inline(bucket, graph) for urn, bucket in here.items()}
    alone: list[Bucket] = []
    for token in COMPANIONS:
        for companion in graph.by_type.get(token, []):
            if bucket := graph.bucket(companion):
                joined[bucket.urn].extend(_declared(companion, graph))
            else:
                alone.append(_of_companion(companion, companion.urn, DataClass.PHI, graph))
    uses = _uses(joined, alone, graph)
    found = [
        _bucket(
            bucket, data_class.data_class_of(bucket.tags, uses.get(urn, set())), tuple(joined[urn]), data_class, graph
        )
        for urn, bucket in here.items()
    ]
    every = [each for bucket in (*found, *alone) for each in bucket.settings_of(AccessLogging)]
    log_targets = {target for setting in every for target, _ in list_destinations(setting)}
    return found + [
        replace(each, data_class=DataClass.ACCESS_LOG) if each.name in log_targets else each for each in alone
    ]


def one(resource: Resource, graph: Graph, data_class: DataClassTag) -> Bucket | AccessPoint | None:
    """A bucket, what a companion sets, or an access point, as far as it tells before it exists; else None.

    What a bucket is for counts as told only by a PHI tag: how it is used is seen at the end.
    """
    token = v7_type(resource.type)
    if token == BUCKET:
        role = data_class.tagged(resource.tags) or DataClass.OTHER
        return replace(_bucket(resource, role, tuple(inline(resource, graph)), data_class, graph), complete=False)
    if token not in COMPANIONS and token not in ACCESS_POINTS:
        return None
    bucket = graph.bucket(resource)
    role = DataClass.PHI if bucket and data_class.tagged(bucket.tags) is DataClass.PHI else DataClass.OTHER
    if token in ACCESS_POINTS:
        return ACCESS_POINTS[token](resource, role, graph)
    return _of_companion(resource, bucket.urn if bucket else resource.urn, role, graph)


def _of_companion(companion: Resource, urn: str, role: DataClass, graph: Graph) -> Bucket:
    """What a companion alone tells of a bucket."""
    declared = tuple(_declared(companion, graph))
    return Bucket(urn, arn_of_bucket(companion), role, declared, complete=False, location=graph.place(companion))


def _declared(companion: Resource, graph: Graph) -> list[DeclaredSetting]:
    return [DeclaredSetting(companion.urn, setting) for setting in COMPANIONS[v7_type(companion.type)](companion, graph)]


def _bucket(
    bucket: Resource, role: DataClass, declared: tuple[DeclaredSetting, ...], data_class: DataClassTag, graph: Graph
) -> Bucket:
    return Bucket(
        bucket.urn,
        arn_of_bucket(bucket),
        role,
        declared,
        location=graph.place(bucket),
        declared_here=True,
        force_destroy=flag(bucket.inputs.get("forceDestroy")),
        object_lock_enabled=flag(bucket.inputs.get("objectLockEnabled")),
        pulumi_protected=bucket.protected,
        data_class_tag=text(get(bucket.tags, data_class.name)),
        tags=bucket.tags,
    )


def _uses(joined: Mapping[str, list[DeclaredSetting]], alone: list[Bucket], graph: Graph) -> dict[str, set[DataClass]]:
    """What buckets are used for, by their URN: by another than the bucket itself, and none that may be it."""
    uses: dict[str, set[DataClass]] = {}
    users = [(urn, each.setting) for urn, declared in joined.items() for each in declared]
    users += [(each.resource, own.setting) for each in alone if isinstance(each.arn, str) for own in each.settings]
    for user, setting in users:
        for target, role in list_destinations(setting):
            if target != user:
                uses.setdefault(target, set()).add(role)
    for trail in graph.by_type.get("aws:cloudtrail/trail:Trail", []):
        files = graph.resolve(trail, trail.inputs.get("s3BucketName"), "s3BucketName", {BUCKET}, KEYS)
        if isinstance(files, StackResource):
            uses.setdefault(files.resource, set()).add(DataClass.TRAIL_LOG)
    for inventory in graph.by_type.get("aws:s3/inventory:Inventory", []):
        value = get(inventory.inputs.get("destination"), "bucket", "bucketArn")
        lists, own = graph.resolve(inventory, value, "destination", {BUCKET}, KEYS), graph.bucket(inventory)
        known = own or isinstance(inventory.inputs.get("bucket"), str)
        if isinstance(lists, StackResource) and known and not (own and own.urn == lists.resource):
            uses.setdefault(lists.resource, set()).add(DataClass.INVENTORY)
    return uses


def _account_block(resource: Resource, _: Graph) -> list[Fact]:
    return [AccountPublicAccessBlock(resource.urn, public_access_block(resource.inputs))]


def access_points(graph: Graph, of: list[Bucket]) -> list[Fact]:
    """Every access point, with the role of the bucket that it leads to."""
    roles = {bucket.resource: bucket.data_class for bucket in of}
    found: list[Fact] = []
    for token, read in ACCESS_POINTS.items():
        for point in graph.by_type.get(token, []):
            of_policy = graph.resource_for(graph.resolve(point, point.inputs.get("accessPointArn"), "accessPointArn", {ACCESS_POINT}))
            bucket = graph.bucket(of_policy or point)
            found.append(read(point, roles.get(bucket.urn, DataClass.PHI) if bucket else DataClass.PHI, graph))
    return found


def _access_point(point: Resource, role: DataClass | None, graph: Graph) -> AccessPoint:
    given = point.inputs.get("publicAccessBlockConfiguration")
    block = public_access_block(given) if isinstance(given, Mapping) else given if isinstance(given, Unknown) else None
    policy = point.inputs.get("policy")
    document = None if policy in (None, "", "{}") else graph.document(point, "policy", "accessPointPolicy")
    return AccessPoint(point.urn, text(point.output("arn")), role, block, document, graph.place(point))


def _access_point_policy(policy: Resource, role: DataClass | None, graph: Graph) -> AccessPoint:
    document = graph.document(policy, "policy", "accessPointPolicy")
    return AccessPoint(policy.urn, None, role, None, document, graph.place(policy))


ACCESS_POINT = "aws:s3/accessPoint:AccessPoint"
ACCESS_POINTS: dict[str, Callable[[Resource, DataClass | None, Graph], AccessPoint]] = {
    ACCESS_POINT: _access_point,
    "aws:s3control/accessPointPolicy:AccessPointPolicy": _access_point_policy,
}
READERS: dict[str, Callable[[Resource, Graph], list[Fact]]] = {
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock": _account_block,
}
