"""The settings of a bucket, from AWS's answers as boto3 gives them.

What each answer holds: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hipaa.model.values import Document, Location
from hipaa.services.s3.facts import (
    AccessLogging,
    Acl,
    BucketPolicy,
    Cors,
    DefaultEncryption,
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

Answer = Mapping[str, Any]
YEAR = 365  # days, as S3 reckons a retention in years


def public_access_block(answer: Answer) -> PublicAccessBlock:
    """Of a bucket, an account or an access point."""
    given = answer.get("PublicAccessBlockConfiguration") or {}
    names = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    return PublicAccessBlock(*(given.get(name) for name in names))


def ownership(answer: Answer) -> ObjectOwnership:
    rules = (answer.get("OwnershipControls") or {}).get("Rules") or [{}]
    return ObjectOwnership(rules[0].get("ObjectOwnership"))


def acl(answer: Answer) -> Acl:
    """AWS tells no canned ACL, but what one grants."""
    uris = (grant.get("Grantee", {}).get("URI") for grant in answer.get("Grants") or [])
    return Acl(None, tuple(uri for uri in uris if uri))


def policy(answer: Answer) -> BucketPolicy:
    return BucketPolicy(Document(answer.get("Policy", "")))


def encryption(answer: Answer, place: Location) -> tuple[DefaultEncryption, ...]:
    """One for each rule. place: the bucket's, where its key is too."""
    return tuple(
        DefaultEncryption(
            default.get("SSEAlgorithm"),
            _key(default.get("KMSMasterKeyID"), place),
            rule.get("BucketKeyEnabled"),
            tuple((rule.get("BlockedEncryptionTypes") or {}).get("EncryptionType") or ()),
        )
        for rule in (answer.get("ServerSideEncryptionConfiguration") or {}).get("Rules") or [{}]
        for default in [rule.get("ApplyServerSideEncryptionByDefault") or {}]
    )


def _key(key: str | None, place: Location) -> str | None:
    """A key's ARN, also where it is told by its id alone."""
    by_id = re.fullmatch(r"[0-9a-f-]{36}|mrk-[0-9a-f]{32}", key or "", re.ASCII)
    if by_id and place.region and place.account:
        return f"arn:{place.partition}:kms:{place.region}:{place.account}:key/{key}"
    return key


def versioning(answer: Answer) -> Versioning:
    """A bucket that never had any is told without a status."""
    return Versioning(answer.get("Status", "Disabled"))


def object_lock(answer: Answer) -> ObjectLock | None:
    """None where versions may be locked, but aren't by default."""
    rule = (answer.get("ObjectLockConfiguration") or {}).get("Rule") or {}
    retention = rule.get("DefaultRetention")
    if retention is None:
        return None
    years = retention.get("Years")
    days = (
        years * YEAR if years else retention.get("Days")
    )  # one of them is told, but the emulator tells 0 of the other
    return ObjectLock(retention.get("Mode"), days)


def lifecycle(answer: Answer) -> Lifecycle:
    return Lifecycle(tuple(map(_lifecycle_rule, answer.get("Rules") or [])))


def _lifecycle_rule(rule: Answer) -> LifecycleRule:
    expiration = rule.get("Expiration") or {}
    days = expiration.get("Days")
    return LifecycleRule(
        enabled=rule.get("Status") == "Enabled",
        applies_to_all_objects=everywhere(rule),
        expires_current_versions=days is not None or expiration.get("Date") is not None,
        expiration_days=days,
        noncurrent_expiration_days=(rule.get("NoncurrentVersionExpiration") or {}).get("NoncurrentDays"),
        abort_multipart_days=(rule.get("AbortIncompleteMultipartUpload") or {}).get("DaysAfterInitiation"),
    )


def everywhere(rule: Answer) -> bool:
    """Whether a rule is for every object: no filter, or one that filters nothing, and no prefix."""
    return not any(leaf not in (None, "") for leaf in (rule.get("Prefix"), *_leaves(rule.get("Filter"))))


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [leaf for each in value.values() for leaf in _leaves(each)]
    return [leaf for each in value for leaf in _leaves(each)] if isinstance(value, list) else [value]


def logging(answer: Answer, partition: str) -> AccessLogging | None:
    """None where access isn't logged."""
    given = answer.get("LoggingEnabled")
    return AccessLogging(f"arn:{partition}:s3:::{given['TargetBucket']}") if given else None


def replication(answer: Answer, regions: Mapping[str, str]) -> Replication:
    """regions: those of buckets, by their ARNs, as far as they are known."""
    rules = (answer.get("ReplicationConfiguration") or {}).get("Rules") or []
    return Replication(tuple(_replication_rule(rule, regions) for rule in rules))


def _replication_rule(rule: Answer, regions: Mapping[str, str]) -> ReplicationRule:
    destination = rule.get("Destination") or {}
    target = destination.get("Bucket")
    key = (destination.get("EncryptionConfiguration") or {}).get("ReplicaKmsKeyID")
    selected = (rule.get("SourceSelectionCriteria") or {}).get("SseKmsEncryptedObjects") or {}
    return ReplicationRule(
        enabled=rule.get("Status") == "Enabled",
        applies_to_all_objects=everywhere(rule),
        destination=target,
        replica_kms_key=key,
        replicates_kms_objects=selected.get("Status") == "Enabled",
        destination_region=regions.get(target or ""),
        replica_key_region=key.split(":")[3] if key and key.startswith("arn:") else None,
    )


def website(_: Answer) -> Website:
    """Of whatever kind: one that redirects every request answers over plain HTTP too."""
    return Website()


def cors(answer: Answer) -> Cors:
    return Cors(tuple(origin for rule in answer.get("CORSRules") or [] for origin in rule.get("AllowedOrigins") or []))


def metrics(configurations: Sequence[Answer]) -> tuple[RequestMetrics, ...]:
    return tuple(RequestMetrics(each.get("Id"), everywhere(each)) for each in configurations)


def tags(answer: Answer) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in answer.get("TagSet") or []}


def region(answer: Answer) -> str:
    """Of a location: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html"""
    told = answer.get("LocationConstraint") or "us-east-1"
    return "eu-west-1" if told == "EU" else str(told)


def inventory_target(configuration: Answer) -> str | None:
    """The ARN of the bucket that an inventory's lists are written to."""
    destination = (configuration.get("Destination") or {}).get("S3BucketDestination") or {}
    target: str | None = destination.get("Bucket")
    return target
