"""The settings of a bucket, from what declares them: companions, and inline properties, of pulumi-aws 7 and 6."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crossguard.graph import BUCKET, KEYS, Graph, flag, get, items, number, text
from crossguard.resources import Resource
from hipaa.model.values import Unknown
from hipaa.services.s3.facts import (
    AccessLogging,
    Acl,
    BucketPolicy,
    Cors,
    DeclaredSetting,
    DefaultEncryption,
    Lifecycle,
    LifecycleRule,
    ObjectLock,
    ObjectOwnership,
    PublicAccessBlock,
    Replication,
    ReplicationRule,
    RequestMetrics,
    BucketSetting,
    Versioning,
    Website,
)

ROLE = "aws:iam/role:Role"  # that copies: inline it is of the same property as where to, and by which key


def public_access_block(given: Mapping[str, Any]) -> PublicAccessBlock:
    names = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    return PublicAccessBlock(*(flag(given.get(name)) for name in names))


def _encryption(resource: Resource, rules: Any, prop: str, graph: Graph) -> list[BucketSetting]:
    """One for each rule, since any of them may be the one that holds; one that says nothing where there is none."""
    settings: list[BucketSetting] = []
    for rule in rules if isinstance(rules, list) and rules else [rules]:
        default = _first(rule, "applyServerSideEncryptionByDefault", "applyServerSideEncryptionByDefaults")
        key = graph.resolve(resource, get(default, "kmsMasterKeyId"), prop, KEYS)
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
    narrowed = [get(rule, "prefix"), get(rule, "tags"), *_leaves(get(rule, "filter")), *_leaves(get(rule, "filters"))]
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
    destination = _first(rule, "destination", "destinations")
    key = get(destination, "encryptionConfiguration", "replicaKmsKeyId")
    target = graph.resolve(resource, get(destination, "bucket"), prop, {BUCKET}, {*KEYS, ROLE})
    criteria = _first(rule, "sourceSelectionCriteria", "sourceSelectionCriterias")
    selected = _first(criteria, "sseKmsEncryptedObjects")
    enabled = get(selected, "enabled")  # inline
    key = graph.resolve(resource, get(destination, "replicaKmsKeyId") if key is None else key, prop, KEYS, {BUCKET, ROLE})
    bucket, of = graph.resource_for(target), graph.resource_for(key)
    return ReplicationRule(
        _status(get(rule, "status")),
        _everywhere(rule),
        target,
        key,
        _status(get(selected, "status")) if enabled is None else flag(enabled),
        bucket.region if bucket else None,
        of.region if of else None,
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


def _metrics(resource: Resource, _: Graph) -> list[BucketSetting]:
    return [RequestMetrics(text(resource.output("name")), _everywhere({"filter": resource.inputs.get("filter")}))]


Reader = Callable[[Resource, Graph], list[BucketSetting]]
COMPANIONS: dict[str, Reader] = {
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": lambda given, _: [public_access_block(given.inputs)],
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": lambda given, _: [
        ObjectOwnership(text(get(given.inputs, "rule", "objectOwnership")))
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
        AccessLogging(graph.resolve(given, given.inputs.get("targetBucket"), "targetBucket", {BUCKET}))
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


def inline(bucket: Resource, graph: Graph) -> list[DeclaredSetting]:
    """What a bucket's own properties set, in the singular of pulumi-aws 7 and the plural of 6's BucketV2."""
    given = bucket.inputs
    settings: list[BucketSetting] = []

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
        settings.append(AccessLogging(graph.resolve(bucket, get(value, "targetBucket"), prop, {BUCKET})))
    prop, value = has("objectLockConfiguration")
    if prop:
        rule = _first(value, "rule", "rules")
        settings.append(_lock(_first(rule, "defaultRetention", "defaultRetentions")))
    prop, value = has("lifecycleRules")
    if prop:
        settings.append(_lifecycle(value))
    prop, value = has("replicationConfiguration", "replicationConfigurations")
    if prop:
        settings.append(_replication(bucket, get(value, "rules"), prop, graph))
    prop, value = has("website", "websites")
    if prop:
        settings.append(Website(value if isinstance(value, Unknown) else True))
    prop, value = has("corsRules")
    if prop:
        settings.append(_cors(value))
    if given.get("acl") is not None or given.get("grants"):
        settings.append(_acl(given.get("acl"), given.get("grants")))
    if given.get("policy") is not None:
        settings.append(BucketPolicy(graph.document(bucket, "policy", "bucketPolicy")))
    return [DeclaredSetting(bucket.urn, setting) for setting in settings]


_LISTS = ("lifecycleRules", "corsRules")
