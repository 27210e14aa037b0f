"""Readers of a bucket's settings, from companion resources and from inline properties, in pulumi-aws 7 and 6.

A companion is a resource that configures a bucket, such as BucketVersioning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crossguard.graph import Graph
from crossguard.property_values import as_flag, as_list, as_number, as_text, get_property
from crossguard.resource_types import BUCKET, BUCKET_METRIC, FUNCTION, IAM_ROLE, KMS_KEYS, QUEUE, TOPIC
from crossguard.resources import PulumiResource
from hipaa_controls.model.values import Unknown
from hipaa_controls.services.s3.facts import (
    AccessLogging,
    Acl,
    AnalyticsExport,
    BucketPolicy,
    BucketSetting,
    Cors,
    DeclaredSetting,
    DefaultEncryption,
    DeliveryTarget,
    EventNotifications,
    Inventory,
    Lifecycle,
    LifecycleRule,
    ObjectLock,
    ObjectOwnership,
    PublicAccessBlock,
    Replication,
    ReplicationRule,
    RequestMetrics,
    Versioning,
    Website,
)

# The inline properties that hold a list, even of one entry. In pulumi-aws 6 any other is a list of one object.
INLINE_LISTS = ("lifecycleRules", "corsRules")
# By property of BucketNotification: the name of the target's ARN in it, and the target's type.
NOTIFICATION_TARGETS = {
    "topics": ("topicArn", TOPIC),
    "queues": ("queueArn", QUEUE),
    "lambdaFunctions": ("lambdaFunctionArn", FUNCTION),
}


def public_access_block(value: Mapping[str, Any]) -> PublicAccessBlock:
    names = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    return PublicAccessBlock(*(as_flag(value.get(name)) for name in names))


def default_encryptions(resource: PulumiResource, rules: Any, prop: str, graph: Graph) -> list[DefaultEncryption]:
    """Return the default encryption of each rule, because any of them may apply, or an empty one without rules."""
    encryptions: list[DefaultEncryption] = []
    for rule in rules if isinstance(rules, list) and rules else [rules]:
        default = _first_of(rule, "applyServerSideEncryptionByDefault", "applyServerSideEncryptionByDefaults")
        kms_key = graph.resolve(resource, get_property(default, "kmsMasterKeyId"), prop, KMS_KEYS)
        blocked_types = as_list(get_property(rule, "blockedEncryptionTypes"))
        encryptions.append(
            DefaultEncryption(
                as_text(get_property(default, "sseAlgorithm")),
                kms_key,
                as_flag(get_property(rule, "bucketKeyEnabled")),
                (blocked_types,) if isinstance(blocked_types, Unknown) else tuple(map(as_text, blocked_types)),
            )
        )
    return encryptions


def _object_lock(retention: Any) -> ObjectLock:
    return ObjectLock(
        as_text(get_property(retention, "mode")),
        as_number(get_property(retention, "days")),
        as_number(get_property(retention, "years")),
    )


def _lifecycle(rules: Any) -> Lifecycle:
    """Return the lifecycle that a companion declares (status, filter, objects) or a bucket inline (enabled, prefix)."""
    entries = as_list(rules)
    return Lifecycle(entries if isinstance(entries, Unknown) else tuple(map(_lifecycle_rule, entries)))


def _lifecycle_rule(rule: Any) -> LifecycleRule:
    expiration = _first_of(rule, "expiration", "expirations")
    noncurrent = _first_of(rule, "noncurrentVersionExpiration", "noncurrentVersionExpirations")
    status = get_property(rule, "status")
    expires_after, expires_on = get_property(expiration, "days"), get_property(expiration, "date")
    unknown_expiration = next((value for value in (expires_after, expires_on) if isinstance(value, Unknown)), None)
    noncurrent_days = get_property(noncurrent, "noncurrentDays")
    abort_days = get_property(rule, "abortIncompleteMultipartUpload", "daysAfterInitiation")
    inline_noncurrent_days = get_property(noncurrent, "days")
    inline_abort_days = get_property(rule, "abortIncompleteMultipartUploadDays")
    return LifecycleRule(
        as_flag(get_property(rule, "enabled")) if status is None else _is_status_enabled(status),
        _applies_to_all_objects(rule),
        unknown_expiration or any(value not in (None, 0, "") for value in (expires_after, expires_on)),
        as_number(expires_after),
        as_number(inline_noncurrent_days if noncurrent_days is None else noncurrent_days),
        as_number(inline_abort_days if abort_days is None else abort_days),
    )


def _first_of(value: Any, *names: str) -> Any:
    """Return the first property that an object has, and of a list its first entry."""
    properties = (get_property(value, name) for name in names)
    first = next((prop for prop in properties if prop is not None), None)
    return first[0] if isinstance(first, list) and first else first


def _is_status_enabled(value: Any) -> bool | Unknown:
    return value if isinstance(value, Unknown) else value == "Enabled"


def _applies_to_all_objects(rule: Any) -> bool | Unknown:
    """Return whether a rule has no prefix and no filter, or only an empty one."""
    if isinstance(rule, Unknown):
        return rule
    filters = [*_leaves(get_property(rule, "filter")), *_leaves(get_property(rule, "filters"))]
    criteria = [get_property(rule, "prefix"), get_property(rule, "tags"), *filters]
    if any(value not in (None, "", {}, []) and not isinstance(value, Unknown) for value in criteria):
        return False
    return next((value for value in criteria if isinstance(value, Unknown)), True)


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    return [leaf for item in value for leaf in _leaves(item)] if isinstance(value, list) else [value]


def _replication(resource: PulumiResource, rules: Any, prop: str, graph: Graph) -> Replication:
    entries = as_list(rules)
    if isinstance(entries, Unknown):
        return Replication(entries)
    return Replication(tuple(_replication_rule(resource, rule, prop, graph) for rule in entries))


def _replication_rule(resource: PulumiResource, rule: Any, prop: str, graph: Graph) -> ReplicationRule:
    """Return a replication rule.

    One property holds the destination, its key and, in an inline rule, the role, so it may depend on all three.

    Args:
        resource: The companion, or the bucket for an inline rule.
        rule: The rule's value.
        prop: The property that holds it.
        graph: The resources of the stack.
    """
    destination = _first_of(rule, "destination", "destinations")
    bucket_ref = graph.resolve(resource, get_property(destination, "bucket"), prop, {BUCKET}, {*KMS_KEYS, IAM_ROLE})
    key_id = get_property(destination, "encryptionConfiguration", "replicaKmsKeyId")
    if key_id is None:
        key_id = get_property(destination, "replicaKmsKeyId")  # inline
    key_ref = graph.resolve(resource, key_id, prop, KMS_KEYS, {BUCKET, IAM_ROLE})
    criteria = _first_of(rule, "sourceSelectionCriteria", "sourceSelectionCriterias")
    kms_objects = _first_of(criteria, "sseKmsEncryptedObjects")
    kms_objects_enabled = get_property(kms_objects, "enabled")  # inline
    bucket, key = graph.resource_for(bucket_ref), graph.resource_for(key_ref)
    return ReplicationRule(
        _is_status_enabled(get_property(rule, "status")),
        _applies_to_all_objects(rule),
        bucket_ref,
        as_text(_first_of(destination, "account", "accountId")),
        key_ref,
        _is_status_enabled(get_property(kms_objects, "status"))
        if kms_objects_enabled is None
        else as_flag(kms_objects_enabled),
        bucket.region if bucket else None,
        key.region if key else None,
    )


def _acl(canned: Any, grants: Any) -> Acl:
    entries = as_list(grants)
    if isinstance(entries, Unknown):
        return Acl(as_text(canned), (entries,))
    uris = (
        get_property(grant, "grantee", "uri") if get_property(grant, "grantee") else get_property(grant, "uri")
        for grant in entries
    )
    return Acl(as_text(canned), tuple(as_text(uri) for uri in uris if uri is not None))


def _cors(rules: Any) -> Cors:
    entries = as_list(rules)
    if isinstance(entries, Unknown):
        return Cors((entries,))
    allowed_origins: list[str | Unknown | None] = []
    for rule in entries:
        origins = as_list(get_property(rule, "allowedOrigins"))
        allowed_origins += [origins] if isinstance(origins, Unknown) else map(as_text, origins)
    return Cors(tuple(allowed_origins))


OUTPOSTS_LIFECYCLE = "aws:s3control/bucketLifecycleConfiguration:BucketLifecycleConfiguration"

CompanionReader = Callable[[PulumiResource, Graph], list[BucketSetting]]


def _public_access_block_companion(companion: PulumiResource, _: Graph) -> list[BucketSetting]:
    return [public_access_block(companion.inputs)]


def _ownership_companion(companion: PulumiResource, _: Graph) -> list[BucketSetting]:
    return [ObjectOwnership(as_text(get_property(companion.inputs, "rule", "objectOwnership")))]


def _acl_companion(companion: PulumiResource, _: Graph) -> list[BucketSetting]:
    return [_acl(companion.inputs.get("acl"), get_property(companion.inputs, "accessControlPolicy", "grants"))]


def _encryption_companion(companion: PulumiResource, graph: Graph) -> list[BucketSetting]:
    return [*default_encryptions(companion, companion.inputs.get("rules"), "rules", graph)]


def _versioning_companion(companion: PulumiResource, _: Graph) -> list[BucketSetting]:
    return [Versioning(as_text(get_property(companion.inputs, "versioningConfiguration", "status")))]


def _object_lock_companion(companion: PulumiResource, _: Graph) -> list[BucketSetting]:
    return [_object_lock(get_property(companion.inputs, "rule", "defaultRetention"))]


def _lifecycle_companion(companion: PulumiResource, _: Graph) -> list[BucketSetting]:
    return [_lifecycle(companion.inputs.get("rules"))]


def _logging_companion(companion: PulumiResource, graph: Graph) -> list[BucketSetting]:
    target = graph.resolve(companion, companion.inputs.get("targetBucket"), "targetBucket", {BUCKET})
    return [AccessLogging(target)]


def _replication_companion(companion: PulumiResource, graph: Graph) -> list[BucketSetting]:
    return [_replication(companion, companion.inputs.get("rules"), "rules", graph)]


def _website_companion(_companion: PulumiResource, _: Graph) -> list[BucketSetting]:
    return [Website()]


def _cors_companion(companion: PulumiResource, _: Graph) -> list[BucketSetting]:
    return [_cors(companion.inputs.get("corsRules"))]


def _request_metrics_companion(companion: PulumiResource, _: Graph) -> list[BucketSetting]:
    applies_to_all_objects = _applies_to_all_objects({"filter": companion.inputs.get("filter")})
    return [RequestMetrics(as_text(companion.output("name")), applies_to_all_objects)]


def _inventory_companion(companion: PulumiResource, graph: Graph) -> list[BucketSetting]:
    destination = get_property(companion.inputs.get("destination"), "bucket")
    bucket = graph.resolve(companion, get_property(destination, "bucketArn"), "destination", {BUCKET}, KMS_KEYS)
    return [Inventory((DeliveryTarget(bucket, as_text(get_property(destination, "accountId"))),))]


def _analytics_companion(companion: PulumiResource, graph: Graph) -> list[BucketSetting]:
    """Return the export of a storage class analysis, which may have none."""
    prop = "storageClassAnalysis"
    destination = get_property(companion.inputs.get(prop), "dataExport", "destination", "s3BucketDestination")
    if destination is None or isinstance(destination, Unknown):
        return [AnalyticsExport(() if destination is None else destination)]
    bucket = graph.resolve(companion, get_property(destination, "bucketArn"), prop, {BUCKET})
    return [AnalyticsExport((DeliveryTarget(bucket, as_text(get_property(destination, "bucketAccountId"))),))]


def _notification_companion(companion: PulumiResource, graph: Graph) -> list[BucketSetting]:
    targets: list[DeliveryTarget] = []
    for prop, (arn, token) in NOTIFICATION_TARGETS.items():
        entries = as_list(companion.inputs.get(prop))
        if isinstance(entries, Unknown):
            return [EventNotifications(entries)]
        values = (get_property(entry, arn) for entry in entries)
        targets += [DeliveryTarget(graph.resolve_arn(companion, value, prop, {token})) for value in values]
    return [EventNotifications(tuple(targets))]


def _policy_companion(companion: PulumiResource, graph: Graph) -> list[BucketSetting]:
    return [BucketPolicy(graph.policy_document(companion, "policy", "bucketPolicy"))]


COMPANION_READERS: Mapping[str, CompanionReader] = {
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _public_access_block_companion,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _ownership_companion,
    "aws:s3/bucketAcl:BucketAcl": _acl_companion,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _encryption_companion,
    "aws:s3/bucketVersioning:BucketVersioning": _versioning_companion,
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": _object_lock_companion,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _lifecycle_companion,
    "aws:s3/bucketLogging:BucketLogging": _logging_companion,
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": _replication_companion,
    "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration": _website_companion,
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": _cors_companion,
    BUCKET_METRIC: _request_metrics_companion,
    "aws:s3/inventory:Inventory": _inventory_companion,
    "aws:s3/analyticsConfiguration:AnalyticsConfiguration": _analytics_companion,
    "aws:s3/bucketNotification:BucketNotification": _notification_companion,
    OUTPOSTS_LIFECYCLE: _lifecycle_companion,
    "aws:s3/bucketPolicy:BucketPolicy": _policy_companion,
}


def read_inline_settings(bucket: PulumiResource, graph: Graph) -> list[DeclaredSetting]:
    """Return the settings in a bucket's own properties: singular names in pulumi-aws 7, plural in 6's BucketV2."""
    inputs = bucket.inputs
    settings: list[BucketSetting] = []

    def first_property(*names: str) -> tuple[str, Any]:
        """Return the name and value of the first of these properties that isn't empty; an empty name if all are."""
        name = next((name for name in names if inputs.get(name) not in (None, [], {})), "")
        value = inputs.get(name) if name else None
        if isinstance(value, list) and len(value) == 1 and name not in INLINE_LISTS:
            value = value[0]
        return name, value

    prop, value = first_property("serverSideEncryptionConfiguration", "serverSideEncryptionConfigurations")
    if prop:
        rules = get_property(value, "rules")
        settings += default_encryptions(bucket, [get_property(value, "rule")] if rules is None else rules, prop, graph)
    prop, value = first_property("versioning", "versionings")
    if prop:
        enabled = as_flag(get_property(value, "enabled"))
        status = "Enabled" if enabled else "Suspended"
        settings.append(Versioning(enabled if isinstance(enabled, Unknown) else status))
    prop, value = first_property("logging", "loggings")
    if prop:
        settings.append(AccessLogging(graph.resolve(bucket, get_property(value, "targetBucket"), prop, {BUCKET})))
    prop, value = first_property("objectLockConfiguration")
    if prop:
        rule = _first_of(value, "rule", "rules")
        settings.append(_object_lock(_first_of(rule, "defaultRetention", "defaultRetentions")))
    prop, value = first_property("lifecycleRules")
    if prop:
        settings.append(_lifecycle(value))
    prop, value = first_property("replicationConfiguration", "replicationConfigurations")
    if prop:
        settings.append(_replication(bucket, get_property(value, "rules"), prop, graph))
    prop, value = first_property("website", "websites")
    if prop:
        settings.append(Website(value if isinstance(value, Unknown) else True))
    prop, value = first_property("corsRules")
    if prop:
        settings.append(_cors(value))
    if inputs.get("acl") is not None or inputs.get("grants"):
        settings.append(_acl(inputs.get("acl"), inputs.get("grants")))
    if inputs.get("policy") is not None:
        settings.append(BucketPolicy(graph.policy_document(bucket, "policy", "bucketPolicy")))
    return [DeclaredSetting(bucket.urn, setting) for setting in settings]
