"""Parses the settings of a bucket from boto3 responses.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hipaa_controls.model.values import Document, Location
from hipaa_controls.services.s3.facts import (
    AccessLogging,
    Acl,
    AnalyticsExport,
    BucketPolicy,
    Cors,
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
from phi_buckets.audit.arns import region_of

Response = Mapping[str, Any]
# By list of a notification configuration: the name of the target's ARN.
NOTIFICATION_TARGETS = {
    "TopicConfigurations": "TopicArn",
    "QueueConfigurations": "QueueArn",
    "LambdaFunctionConfigurations": "LambdaFunctionArn",
}


def parse_public_access_block(response: Response, key: str = "PublicAccessBlockConfiguration") -> PublicAccessBlock:
    """Return the public access block of a bucket, an account or an access point."""
    block = response.get(key) or {}
    names = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    return PublicAccessBlock(*(block.get(name) for name in names))


def parse_ownership(response: Response) -> ObjectOwnership:
    rules = (response.get("OwnershipControls") or {}).get("Rules") or [{}]
    return ObjectOwnership(rules[0].get("ObjectOwnership"))


def parse_acl(response: Response) -> Acl:
    """Return an ACL. AWS returns its grants, but not the canned ACL that they come from."""
    uris = (grant.get("Grantee", {}).get("URI") for grant in response.get("Grants") or [])
    return Acl(None, tuple(uri for uri in uris if uri))


def parse_policy(response: Response) -> BucketPolicy:
    return BucketPolicy(Document(response.get("Policy", "")))


def parse_encryption(response: Response, location: Location) -> tuple[DefaultEncryption, ...]:
    """Return the default encryption of each rule.

    Args:
        response: The response of GetBucketEncryption.
        location: The location of the bucket, and of its key.
    """
    return tuple(
        DefaultEncryption(
            default.get("SSEAlgorithm"),
            _key_arn(default.get("KMSMasterKeyID"), location),
            rule.get("BucketKeyEnabled"),
            tuple((rule.get("BlockedEncryptionTypes") or {}).get("EncryptionType") or ()),
        )
        for rule in (response.get("ServerSideEncryptionConfiguration") or {}).get("Rules") or [{}]
        for default in [rule.get("ApplyServerSideEncryptionByDefault") or {}]
    )


def _key_arn(key: str | None, location: Location) -> str | None:
    """Return the ARN of a key given by its ID. Any other form is returned as it is."""
    is_id = re.fullmatch(r"[0-9a-f-]{36}|mrk-[0-9a-f]{32}", key or "", re.ASCII)
    if is_id and location.region and location.account:
        return f"arn:{location.partition}:kms:{location.region}:{location.account}:key/{key}"
    return key


def parse_versioning(response: Response) -> Versioning:
    """Return the versioning state. AWS returns no status for a bucket on which versioning was never enabled."""
    return Versioning(response.get("Status", "Disabled"))


def parse_object_lock(response: Response) -> ObjectLock | None:
    """Return the default retention; None if Object Lock is enabled without one."""
    rule = (response.get("ObjectLockConfiguration") or {}).get("Rule") or {}
    retention = rule.get("DefaultRetention")
    if retention is None:
        return None
    return ObjectLock(retention.get("Mode"), retention.get("Days"), retention.get("Years"))


def parse_lifecycle(response: Response) -> Lifecycle:
    return Lifecycle(tuple(map(_lifecycle_rule, response.get("Rules") or [])))


def _lifecycle_rule(rule: Response) -> LifecycleRule:
    expiration = rule.get("Expiration") or {}
    days = expiration.get("Days")
    return LifecycleRule(
        enabled=rule.get("Status") == "Enabled",
        applies_to_all_objects=applies_to_all_objects(rule),
        expires_current_versions=days is not None or expiration.get("Date") is not None,
        expiration_days=days,
        noncurrent_expiration_days=(rule.get("NoncurrentVersionExpiration") or {}).get("NoncurrentDays"),
        abort_multipart_days=(rule.get("AbortIncompleteMultipartUpload") or {}).get("DaysAfterInitiation"),
    )


def applies_to_all_objects(rule: Response) -> bool:
    """Return whether a rule has no prefix, and no filter or an empty one."""
    return not any(leaf not in (None, "") for leaf in (rule.get("Prefix"), *_leaves(rule.get("Filter"))))


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    return [leaf for item in value for leaf in _leaves(item)] if isinstance(value, list) else [value]


def parse_access_logging(response: Response, partition: str) -> AccessLogging | None:
    """Return the access logging of a bucket; None if it is off."""
    logging = response.get("LoggingEnabled")
    return AccessLogging(f"arn:{partition}:s3:::{logging['TargetBucket']}") if logging else None


def parse_replication(response: Response, regions_by_arn: Mapping[str, str]) -> Replication:
    """Return the replication of a bucket.

    Args:
        response: The response of GetBucketReplication.
        regions_by_arn: The regions of buckets, by ARN, where they are known.
    """
    rules = (response.get("ReplicationConfiguration") or {}).get("Rules") or []
    return Replication(tuple(_replication_rule(rule, regions_by_arn) for rule in rules))


def _replication_rule(rule: Response, regions_by_arn: Mapping[str, str]) -> ReplicationRule:
    destination = rule.get("Destination") or {}
    bucket = destination.get("Bucket")
    key = (destination.get("EncryptionConfiguration") or {}).get("ReplicaKmsKeyID")
    kms_objects = (rule.get("SourceSelectionCriteria") or {}).get("SseKmsEncryptedObjects") or {}
    return ReplicationRule(
        enabled=rule.get("Status") == "Enabled",
        applies_to_all_objects=applies_to_all_objects(rule),
        destination=bucket,
        destination_account=destination.get("Account"),
        replica_kms_key=key,
        replicates_kms_objects=kms_objects.get("Status") == "Enabled",
        destination_region=regions_by_arn.get(bucket or ""),
        replica_key_region=region_of(key or "") or None,
    )


def parse_website(_: Response) -> Website:
    """Return a website for any configuration: even a website that redirects every request serves plain HTTP."""
    return Website()


def parse_cors(response: Response) -> Cors:
    rules = response.get("CORSRules") or []
    return Cors(tuple(origin for rule in rules for origin in rule.get("AllowedOrigins") or []))


def parse_request_metrics(configurations: Sequence[Response]) -> tuple[RequestMetrics, ...]:
    return tuple(
        RequestMetrics(configuration.get("Id"), applies_to_all_objects(configuration))
        for configuration in configurations
    )


def parse_tags(response: Response) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in response.get("TagSet") or []}


def parse_region(response: Response) -> str:
    """Return the region of a bucket from the response of GetBucketLocation.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
    """
    constraint = response.get("LocationConstraint") or "us-east-1"
    return "eu-west-1" if constraint == "EU" else str(constraint)


def parse_inventories(configurations: Sequence[Response]) -> tuple[Inventory, ...]:
    destinations = ((configuration.get("Destination") or {}) for configuration in configurations)
    return tuple(Inventory((_bucket_target(destination, "AccountId"),)) for destination in destinations)


def parse_analytics_exports(configurations: Sequence[Response]) -> tuple[AnalyticsExport, ...]:
    """Return the exports of storage class analyses. An analysis may have none."""
    exports = (
        (configuration.get("StorageClassAnalysis") or {}).get("DataExport") or {} for configuration in configurations
    )
    return tuple(
        AnalyticsExport((_bucket_target(export["Destination"], "BucketAccountId"),))
        for export in exports
        if export.get("Destination")
    )


def _bucket_target(destination: Response, account_name: str) -> DeliveryTarget:
    bucket = destination.get("S3BucketDestination") or {}
    return DeliveryTarget(bucket.get("Bucket"), bucket.get(account_name))


def parse_event_notifications(response: Response) -> EventNotifications | None:
    """Return the targets of a bucket's notifications; None if it sends none, or only to EventBridge in its account."""
    targets = tuple(
        DeliveryTarget(configuration.get(arn))
        for name, arn in NOTIFICATION_TARGETS.items()
        for configuration in response.get(name) or []
    )
    return EventNotifications(targets) if targets else None
