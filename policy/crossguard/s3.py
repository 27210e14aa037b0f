"""Buckets and access points, from their resources: companions and inline properties, of pulumi-aws 7 and 6."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from crossguard.graph import BUCKET, KEYS, Graph, arn_of_bucket, flag, get, items, number, text, v7_type
from crossguard.resources import Resource
from hipaa.facts import (
    AccessLogging,
    AccessPoint,
    AccountPublicAccessBlock,
    Acl,
    Bucket,
    BucketPolicy,
    Cors,
    Declared,
    DefaultEncryption,
    Fact,
    Here,
    Lifecycle,
    LifecycleRule,
    ObjectLock,
    Ownership,
    PublicAccessBlock,
    Replication,
    ReplicationRule,
    RequestMetrics,
    Role,
    Setting,
    Unknown,
    Versioning,
    Website,
)

ROLES = {
    "phi": Role.PHI,
    "replica": Role.REPLICA,
    "accesslog": Role.ACCESS_LOG,
    "traillog": Role.TRAIL_LOG,
    "inventory": Role.INVENTORY,
    "other": Role.OTHER,
    "public": Role.OTHER,
    "internal": Role.OTHER,
}
# What use tells of a bucket, the most first, where its tag tells nothing.
USES = {
    "aws:cloudtrail/trail:Trail": ("s3BucketName", Role.TRAIL_LOG),
    "aws:s3/bucketLogging:BucketLogging": ("targetBucket", Role.ACCESS_LOG),
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": ("rules", Role.REPLICA),
    "aws:s3/inventory:Inventory": ("destination", Role.INVENTORY),
}


@dataclass(frozen=True)
class DataClass:
    """How the pack's config has a bucket's role told: by which tag, and what a bucket without it is."""

    tag: str = "DataClass"
    untagged: Role = Role.PHI

    def role(self, bucket: Resource) -> Role | None:
        """What the bucket's own tag says: None without one, PHI where it isn't known or no class of ours."""
        tag = get(bucket.inputs.get("tags"), self.tag)
        if tag is None or tag == "":
            return None
        return ROLES.get(re.sub(r"[\W_]", "", tag).lower(), Role.PHI) if isinstance(tag, str) else Role.PHI


def buckets(graph: Graph, data_class: DataClass) -> list[Bucket]:
    """Every bucket of the stack with the settings that declare it, and the companions of no bucket here."""
    here = {bucket.urn: bucket for bucket in graph.by_type.get(BUCKET, [])}
    joined: dict[str, list[Declared]] = {urn: inline(bucket, graph) for urn, bucket in here.items()}
    alone: list[Bucket] = []
    used: dict[str, set[Role]] = {}
    for token, read in COMPANIONS.items():
        for companion in graph.by_type.get(token, []):
            bucket = graph.bucket(companion)
            declared = [Declared(companion.urn, setting) for setting in read(companion, graph)]
            if bucket:
                joined[bucket.urn].extend(declared)
            else:
                alone.append(_elsewhere(companion, declared, graph))
    for token, (prop, role) in USES.items():
        for user in graph.by_type.get(token, []):
            for target in _used(user, prop, graph):
                used.setdefault(target, set()).add(role)
    for urn, declared in joined.items():  # inline
        for each in declared:
            for target in _targets(each.setting) if each.resource == urn else ():
                if target != urn:
                    used.setdefault(target, set()).add(
                        Role.ACCESS_LOG if isinstance(each.setting, AccessLogging) else Role.REPLICA
                    )
    found = [
        _bucket(bucket, _role(bucket, used.get(urn, set()), data_class), tuple(joined[urn]), data_class, graph)
        for urn, bucket in here.items()
    ]
    every = [each for bucket in (*found, *alone) for each in bucket.declaring(AccessLogging)]
    log_targets = {target for setting in every for target in _targets(setting)}
    return found + [replace(each, role=Role.ACCESS_LOG) if each.name in log_targets else each for each in alone]


def one(resource: Resource, graph: Graph, data_class: DataClass) -> Bucket | None:
    """A bucket, or what a companion sets, as far as it tells before it exists; None of any other resource.

    What a bucket is for counts as told only by a PHI tag: how it is used is seen at the end.
    """
    token = v7_type(resource.type)
    if token == BUCKET:
        role = data_class.role(resource) or Role.OTHER
        return replace(_bucket(resource, role, tuple(inline(resource, graph)), data_class, graph), whole=False)
    read = COMPANIONS.get(token)
    if read is None:
        return None
    bucket = graph.bucket(resource)
    role = Role.PHI if bucket and data_class.role(bucket) is Role.PHI else Role.OTHER
    declared = tuple(Declared(resource.urn, setting) for setting in read(resource, graph))
    return Bucket(
        bucket.urn if bucket else resource.urn,
        arn_of_bucket(resource),
        role,
        declared,
        whole=False,
        place=graph.place(resource),
    )


def _elsewhere(companion: Resource, declared: list[Declared], graph: Graph) -> Bucket:
    return Bucket(
        companion.urn,
        arn_of_bucket(companion),
        Role.PHI,
        tuple(declared),
        whole=False,
        place=graph.place(companion),
    )


def _bucket(
    bucket: Resource, role: Role, declared: tuple[Declared, ...], data_class: DataClass, graph: Graph
) -> Bucket:
    tags = bucket.inputs.get("tags")
    return Bucket(
        bucket.urn,
        arn_of_bucket(bucket),
        role,
        declared,
        place=graph.place(bucket),
        exists=True,
        force_destroy=flag(bucket.inputs.get("forceDestroy")),
        lockable=flag(bucket.inputs.get("objectLockEnabled")),
        protected=bucket.protected,
        data_class=text(get(tags, data_class.tag)),
        tags=tags if isinstance(tags, Mapping | Unknown) else {},
    )


def _role(bucket: Resource, uses: set[Role], data_class: DataClass) -> Role:
    """What a bucket is for. Use tells only where the tag doesn't: it must not take a control off what holds PHI."""
    tagged = data_class.role(bucket)
    if tagged in (None, Role.INVENTORY, Role.OTHER):
        told = next((role for _, role in USES.values() if role in uses), None)
        return told or tagged or data_class.untagged
    return tagged


def _used(user: Resource, prop: str, graph: Graph) -> list[str]:
    """The URNs of buckets that a resource sends something to: none that is its own, nor that may be."""
    own = graph.bucket(user) if "bucket" in user.inputs else None
    if "bucket" in user.inputs and own is None and not isinstance(user.inputs["bucket"], str):
        return []
    value = user.inputs.get(prop)
    names = (
        [get(value, "bucket", "bucketArn")]
        if prop == "destination"
        else [get(rule, "destination", "bucket") for rule in value]
        if prop == "rules" and isinstance(value, list)
        else [value]
    )
    targets = (graph.ref(user, name, prop, {BUCKET}, KEYS) for name in names)
    return [each.resource for each in targets if isinstance(each, Here) and (own is None or each.resource != own.urn)]


def _targets(setting: Setting) -> list[str]:
    if isinstance(setting, AccessLogging):
        refs = [setting.target]
    elif isinstance(setting, Replication) and not isinstance(setting.rules, Unknown):
        refs = [rule.target for rule in setting.rules]
    else:
        refs = []
    return [each.resource if isinstance(each, Here) else each for each in refs if isinstance(each, Here | str)]


# A setting, from the object that declares it: a companion's inputs, or an inline property of the bucket.


def _block(given: Mapping[str, Any]) -> PublicAccessBlock:
    names = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    return PublicAccessBlock(*(flag(given.get(name)) for name in names))


def _encryption(resource: Resource, rules: Any, prop: str, graph: Graph) -> list[Setting]:
    """One for each rule, since any of them may be the one that holds; one that says nothing where there is none."""
    settings: list[Setting] = []
    for rule in rules if isinstance(rules, list) and rules else [rules]:
        default = get(rule, "applyServerSideEncryptionByDefault")
        key = graph.ref(resource, get(default, "kmsMasterKeyId"), prop, KEYS)
        blocked = items(get(rule, "blockedEncryptionTypes"))
        settings.append(
            DefaultEncryption(
                text(get(default, "sseAlgorithm")),
                key,
                flag(get(rule, "bucketKeyEnabled")),
                (blocked,) if isinstance(blocked, Unknown) else tuple(map(text, blocked)),
            )
        )
    return settings


def _lock(retention: Any) -> ObjectLock:
    days, years = number(get(retention, "days")), number(get(retention, "years"))
    if isinstance(years, int | float):
        days = years * 365
    return ObjectLock(text(get(retention, "mode")), years if isinstance(years, Unknown) else days)


def _lifecycle(rules: Any) -> Lifecycle:
    """Of either form: status, filter and objects in a companion; enabled, prefix and plain days inline."""
    every = items(rules)
    return Lifecycle(every if isinstance(every, Unknown) else tuple(map(_lifecycle_rule, every)))


def _lifecycle_rule(rule: Any) -> LifecycleRule:
    expiration = _first(rule, "expiration", "expirations")
    noncurrent = _first(rule, "noncurrentVersionExpiration", "noncurrentVersionExpirations")
    status = get(rule, "status")
    expires = [get(expiration, "days"), get(expiration, "date")]
    unknown = [each for each in expires if isinstance(each, Unknown)]
    days = get(noncurrent, "noncurrentDays")
    abort = get(rule, "abortIncompleteMultipartUpload", "daysAfterInitiation")
    return LifecycleRule(
        flag(get(rule, "enabled")) if status is None else _status(status),
        _everywhere(rule),
        unknown[0] if unknown else any(each not in (None, 0, "") for each in expires),
        number(expires[0]),
        number(get(noncurrent, "days") if days is None else days),
        number(get(rule, "abortIncompleteMultipartUploadDays") if abort is None else abort),
    )


def _first(rule: Any, *names: str) -> Any:
    """The first of an object's properties that there is; of a list its first entry."""
    value = next((found for name in names if (found := get(rule, name)) is not None), None)
    return value[0] if isinstance(value, list) and value else value


def _status(value: Any) -> bool | Unknown:
    return value if isinstance(value, Unknown) else value == "Enabled"


def _everywhere(rule: Any) -> bool | Unknown:
    """Whether a rule is for every object: no filter, or one that filters nothing, and no prefix."""
    if isinstance(rule, Unknown):
        return rule
    narrowed = [get(rule, "prefix"), get(rule, "tags"), *_leaves(get(rule, "filter"))]
    unknown = [each for each in narrowed if isinstance(each, Unknown)]
    if any(each not in (None, "", {}, []) and not isinstance(each, Unknown) for each in narrowed):
        return False
    return unknown[0] if unknown else True


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [leaf for each in value.values() for leaf in _leaves(each)]
    return [leaf for each in value for leaf in _leaves(each)] if isinstance(value, list) else [value]


def _replication(resource: Resource, rules: Any, prop: str, graph: Graph) -> Replication:
    every = items(rules)
    if isinstance(every, Unknown):
        return Replication(every)
    return Replication(tuple(_replication_rule(resource, rule, prop, graph) for rule in every))


def _replication_rule(resource: Resource, rule: Any, prop: str, graph: Graph) -> ReplicationRule:
    destination = get(rule, "destination")
    key = get(destination, "encryptionConfiguration", "replicaKmsKeyId")
    target = graph.ref(resource, get(destination, "bucket"), prop, {BUCKET}, KEYS)
    selected = get(rule, "sourceSelectionCriteria", "sseKmsEncryptedObjects")
    enabled = get(selected, "enabled")  # inline
    bucket = graph.at(target)
    return ReplicationRule(
        _status(get(rule, "status")),
        _everywhere(rule),
        target,
        graph.ref(resource, get(destination, "replicaKmsKeyId") if key is None else key, prop, KEYS, {BUCKET}),
        _status(get(selected, "status")) if enabled is None else flag(enabled),
        bucket.region if bucket else None,
    )


def _acl(canned: Any, grants: Any) -> Acl:
    every = items(grants)
    if isinstance(every, Unknown):
        return Acl(text(canned), (every,))
    grantees = (get(grant, "grantee", "uri") if get(grant, "grantee") else get(grant, "uri") for grant in every)
    return Acl(text(canned), tuple(text(each) for each in grantees if each is not None))


def _cors(rules: Any) -> Cors:
    every = items(rules)
    if isinstance(every, Unknown):
        return Cors((every,))
    origins = [items(get(rule, "allowedOrigins")) for rule in every]
    return Cors(tuple(o for each in origins for o in ([each] if isinstance(each, Unknown) else map(text, each))))


def _metrics(resource: Resource, _: Graph) -> list[Setting]:
    return [RequestMetrics(text(resource.output("name")), _everywhere({"filter": resource.inputs.get("filter")}))]


Reader = Callable[[Resource, Graph], list[Setting]]
COMPANIONS: dict[str, Reader] = {
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": lambda given, _: [_block(given.inputs)],
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": lambda given, _: [
        Ownership(text(get(given.inputs, "rule", "objectOwnership")))
    ],
    "aws:s3/bucketAcl:BucketAcl": lambda given, _: [
        _acl(given.inputs.get("acl"), get(given.inputs, "accessControlPolicy", "grants"))
    ],
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": lambda given, graph: (
        _encryption(given, given.inputs.get("rules"), "rules", graph)
    ),
    "aws:s3/bucketVersioning:BucketVersioning": lambda given, _: [
        Versioning(text(get(given.inputs, "versioningConfiguration", "status")))
    ],
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": lambda given, _: [
        _lock(get(given.inputs, "rule", "defaultRetention"))
    ],
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": lambda given, _: [
        _lifecycle(given.inputs.get("rules"))
    ],
    "aws:s3/bucketLogging:BucketLogging": lambda given, graph: [
        AccessLogging(graph.ref(given, given.inputs.get("targetBucket"), "targetBucket", {BUCKET}))
    ],
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": lambda given, graph: [
        _replication(given, given.inputs.get("rules"), "rules", graph)
    ],
    "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration": lambda *_: [Website()],
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": lambda given, _: [_cors(given.inputs.get("corsRules"))],
    "aws:s3/bucketMetric:BucketMetric": _metrics,
    "aws:s3/bucketPolicy:BucketPolicy": lambda given, graph: [
        BucketPolicy(graph.document(given, "policy", "bucketPolicy"))
    ],
}


def inline(bucket: Resource, graph: Graph) -> list[Declared]:
    """What a bucket's own properties set, in the singular of pulumi-aws 7 and the plural of 6's BucketV2."""
    given = bucket.inputs
    settings: list[Setting] = []

    def has(*names: str) -> tuple[str, Any]:
        name = next((name for name in names if given.get(name) not in (None, [], {})), "")
        value = given.get(name) if name else None
        return name, value[0] if isinstance(value, list) and len(value) == 1 and name not in _LISTS else value

    prop, value = has("serverSideEncryptionConfiguration", "serverSideEncryptionConfigurations")
    if prop:
        rules = get(value, "rules")
        settings += _encryption(bucket, [get(value, "rule")] if rules is None else rules, prop, graph)
    prop, value = has("versioning", "versionings")
    if prop:
        enabled = flag(get(value, "enabled"))
        status = "Enabled" if enabled else "Suspended"
        settings.append(Versioning(enabled if isinstance(enabled, Unknown) else status))
    prop, value = has("logging", "loggings")
    if prop:
        settings.append(AccessLogging(graph.ref(bucket, get(value, "targetBucket"), prop, {BUCKET})))
    prop, value = has("objectLockConfiguration")
    if prop:
        rule = get(value, "rule")
        retention = _first(get(value, "rules"), "defaultRetentions") if rule is None else get(rule, "defaultRetention")
        settings.append(_lock(retention))
    prop, value = has("lifecycleRules")
    if prop:
        settings.append(_lifecycle(value))
    prop, value = has("replicationConfiguration", "replicationConfigurations")
    if prop:
        settings.append(_replication(bucket, get(value, "rules"), prop, graph))
    if has("website", "websites")[0]:
        settings.append(Website())
    prop, value = has("corsRules")
    if prop:
        settings.append(_cors(value))
    if given.get("acl") is not None or given.get("grants"):
        settings.append(_acl(given.get("acl"), given.get("grants")))
    if given.get("policy") is not None:
        settings.append(BucketPolicy(graph.document(bucket, "policy", "bucketPolicy")))
    return [Declared(bucket.urn, setting) for setting in settings]


_LISTS = ("lifecycleRules", "corsRules")


def _account_block(resource: Resource, _: Graph) -> list[Fact]:
    return [AccountPublicAccessBlock(resource.urn, _block(resource.inputs))]


def access_points(graph: Graph, of: list[Bucket]) -> list[Fact]:
    """Every access point, with the role of the bucket that it leads to."""
    roles = {bucket.resource: bucket.role for bucket in of}
    found: list[Fact] = []
    for token, read in ACCESS_POINTS.items():
        for point in graph.by_type.get(token, []):
            bucket = graph.ref(point, point.inputs.get("bucket"), "bucket", {BUCKET})
            role = roles.get(bucket.resource, Role.PHI) if isinstance(bucket, Here) else Role.PHI
            found.append(read(point, role, graph))
    return found


def _access_point(point: Resource, role: Role | None, graph: Graph) -> AccessPoint:
    given = point.inputs.get("publicAccessBlockConfiguration")
    block = _block(given) if isinstance(given, Mapping) else given if isinstance(given, Unknown) else None
    policy = point.inputs.get("policy")
    document = None if policy in (None, "", "{}") else graph.document(point, "policy", "accessPointPolicy")
    return AccessPoint(point.urn, text(point.output("arn")), role, block, document, graph.place(point))


def _access_point_policy(policy: Resource, role: Role | None, graph: Graph) -> AccessPoint:
    document = graph.document(policy, "policy", "accessPointPolicy")
    return AccessPoint(policy.urn, None, role, None, document, graph.place(policy))


ACCESS_POINTS: dict[str, Callable[[Resource, Role | None, Graph], AccessPoint]] = {
    "aws:s3/accessPoint:AccessPoint": _access_point,
    "aws:s3control/accessPointPolicy:AccessPointPolicy": _access_point_policy,
}
READERS: dict[str, Callable[[Resource, Graph], list[Fact]]] = {
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock": _account_block,
}
