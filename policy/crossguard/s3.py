"""The buckets of a stack, from its resources: pulumi-aws 7's types, and 6's with V2 in the name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from crossguard.resources import Inputs, Resource
from hipaa.facts import (
    AccessLogging,
    Bucket,
    BucketPolicy,
    Declared,
    DefaultEncryption,
    PublicAccessBlock,
    Role,
    Setting,
    StackKey,
    Unknown,
    Versioning,
)

BUCKET = "aws:s3/bucket:Bucket"
# What a program makes of KMS is the customer's: AWS keeps the aliases of its own keys to itself.
KEY_TYPES = {
    "aws:kms/key:Key",
    "aws:kms/alias:Alias",
    "aws:kms/externalKey:ExternalKey",
    "aws:kms/replicaKey:ReplicaKey",
    "aws:kms/replicaExternalKey:ReplicaExternalKey",
}
# Regions by their start; every other is of the partition `aws`.
# https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
PARTITIONS = {
    "cn-": "aws-cn",
    "eu-isoe-": "aws-iso-e",
    "eusc-": "aws-eusc",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
}
DATA_CLASS = "DataClass"
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


def v7_type(resource_type: str) -> str:
    """pulumi-aws 6 has aws:s3/bucketVersioningV2:BucketVersioningV2 for what 7 calls BucketVersioning."""
    return resource_type.replace("V2:", ":").removesuffix("V2")


def buckets(resources: Iterable[Resource], inputs: Inputs) -> list[Bucket]:
    """Every bucket of the stack with the settings that its companions declare, and the companions of no bucket here."""
    every = list(resources)
    of_type = [resource for resource in every if v7_type(resource.type) == BUCKET]
    joined: dict[str, list[Declared]] = {bucket.urn: [] for bucket in of_type}
    alone: list[tuple[Resource, Declared]] = []
    log_targets: set[str] = set()
    for resource in every:
        read = COMPANIONS.get(v7_type(resource.type))
        if read is None:
            continue
        bucket = joined_bucket(resource, "bucket", of_type)
        for setting in read(resource, of_type, inputs):
            declared = Declared(resource.urn, setting)
            if bucket is None:
                alone.append((resource, declared))
            else:
                joined[bucket.urn].append(declared)
            if isinstance(setting, AccessLogging) and (target := log_target(setting, resource, bucket)):
                log_targets.add(target)

    def receives_logs(bucket: Resource) -> bool:
        name = bucket.inputs.get("bucket")
        return bucket.urn in log_targets or (isinstance(name, str) and name in log_targets)

    here = [
        Bucket(bucket.urn, arn(bucket), role(bucket, receives_logs=receives_logs(bucket)), tuple(joined[bucket.urn]))
        for bucket in of_type
    ]
    elsewhere = [
        Bucket(
            resource.urn,
            arn(resource),
            Role.ACCESS_LOG if receives_logs(resource) else Role.PHI,
            (declared,),
            whole=False,
        )
        for resource, declared in alone
    ]
    return here + elsewhere


def log_target(logging: AccessLogging, companion: Resource, bucket: Resource | None) -> str | None:
    """The bucket that is a log bucket for this: none that logs to itself, nor that may, for all that is known."""
    own = bucket or companion
    name = own.inputs.get("bucket")
    if not isinstance(logging.target, str) or logging.target in (own.urn, name):
        return None
    return logging.target if bucket or isinstance(name, str) else None


def companion(resource: Resource, inputs: Inputs) -> Bucket | None:
    """The bucket that a companion sets, as far as the companion tells before it exists; None if it is no companion.

    What the bucket is for counts as told only by a PHI tag: how the bucket is used is seen at the end.
    """
    read = COMPANIONS.get(v7_type(resource.type))
    if read is None:
        return None
    bucket = joined_bucket(resource, "bucket", [each for each in inputs.all() if v7_type(each.type) == BUCKET])
    return Bucket(
        bucket.urn if bucket else resource.urn,
        arn(resource),
        Role.PHI if bucket and tagged_role(bucket) is Role.PHI else Role.OTHER,
        tuple(Declared(resource.urn, setting) for setting in read(resource, [], inputs)),
    )


def arn(resource: Resource) -> str | Unknown:
    """The ARN of a bucket or a companion's bucket; not known where Pulumi names the bucket and it doesn't exist yet."""
    name = resource.inputs.get("bucket")
    if not isinstance(name, str):
        return Unknown(f"{resource.name}.bucket")
    region = resource.region or ""
    partition = next((partition for start, partition in PARTITIONS.items() if region.startswith(start)), "aws")
    return f"arn:{partition}:s3:::{name}"


def role(bucket: Resource, *, receives_logs: bool) -> Role:
    """What a bucket is for. Use tells only where the tag doesn't: it must not take a control off what holds PHI."""
    tagged = tagged_role(bucket)
    if receives_logs and tagged in (None, Role.INVENTORY, Role.OTHER):
        return Role.ACCESS_LOG
    return tagged or Role.PHI


def tagged_role(bucket: Resource) -> Role | None:
    """What the bucket's own tag says that it is for: None without one, PHI where it isn't known or no class of ours."""
    tag = _get(bucket.inputs.get("tags"), DATA_CLASS)
    if tag is None or tag == "":
        return None
    return ROLES.get(re.sub(r"[\W_]", "", tag).lower(), Role.PHI) if isinstance(tag, str) else Role.PHI


def joined_bucket(companion: Resource, prop: str, of_type: list[Resource]) -> Resource | None:
    """The bucket that a property names: by a name that is known, else by the one that its value comes from.

    A known name is the word: it may be made from one bucket's name and be another's.
    """
    value = companion.inputs.get(prop)
    sources = [source for source in companion.sources.get(prop, ()) if v7_type(source.type) == BUCKET]
    if isinstance(value, str):
        named = next((bucket for bucket in of_type if bucket.inputs.get("bucket") == value), None)
        if named:
            return named
        sources = [source for source in sources if not isinstance(source.inputs.get("bucket"), str)]
    return sources[0] if len(sources) == 1 else None


def _public_access_block(resource: Resource, *_: Any) -> list[Setting]:
    given = resource.inputs
    return [
        PublicAccessBlock(
            given.get("blockPublicAcls"),
            given.get("blockPublicPolicy"),
            given.get("ignorePublicAcls"),
            given.get("restrictPublicBuckets"),
        )
    ]


def _default_encryption(resource: Resource, *_: Any) -> list[Setting]:
    """One for each rule, since any of them may be the one that holds; one that says nothing where there is none."""
    rules = resource.inputs.get("rules")
    sources = resource.sources.get("rules", ())
    settings: list[Setting] = []
    for rule in rules if isinstance(rules, list) and rules else [rules]:
        default = _get(rule, "applyServerSideEncryptionByDefault")
        key: str | StackKey | Unknown | None = _text(_get(default, "kmsMasterKeyId"))
        if isinstance(key, Unknown) and sources and all(source.type in KEY_TYPES for source in sources):
            key = StackKey(sources[0].urn)
        settings.append(DefaultEncryption(_text(_get(default, "sseAlgorithm")), key))
    return settings


def _versioning(resource: Resource, *_: Any) -> list[Setting]:
    return [Versioning(_text(_get(resource.inputs.get("versioningConfiguration"), "status")))]


def _access_logging(resource: Resource, of_type: list[Resource], _: Inputs) -> list[Setting]:
    target = joined_bucket(resource, "targetBucket", of_type)
    return [AccessLogging(target.urn if target else _text(resource.inputs.get("targetBucket")))]


def _bucket_policy(resource: Resource, _: list[Resource], inputs: Inputs) -> list[Setting]:
    """The document as JSON or, while that isn't known, as its component declared it, with the structure known."""
    document = resource.inputs.get("policy")
    if isinstance(document, Unknown):
        component = inputs.get(resource.parent)
        while component and not isinstance(component.inputs.get("bucketPolicy"), Mapping):
            component = inputs.get(component.parent)
        document = component.inputs["bucketPolicy"] if component else document
    return [BucketPolicy(document if document is not None else "")]


def _text(value: Any) -> str | Unknown | None:
    """A text, or what isn't known; anything else says nothing."""
    return value if isinstance(value, str | Unknown) else None


def _get(value: Any, name: str) -> Any:
    """A property of an object; Unknown where the object is, None where there is no object."""
    if isinstance(value, Unknown):
        return value
    return value.get(name) if isinstance(value, Mapping) else None


COMPANIONS: dict[str, Callable[[Resource, list[Resource], Inputs], list[Setting]]] = {
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _public_access_block,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _default_encryption,
    "aws:s3/bucketVersioning:BucketVersioning": _versioning,
    "aws:s3/bucketLogging:BucketLogging": _access_logging,
    "aws:s3/bucketPolicy:BucketPolicy": _bucket_policy,
}
