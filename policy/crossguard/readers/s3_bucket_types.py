"""Readers of directory buckets, table buckets and Outposts buckets, and of Storage Lens exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossguard.graph import FactReader, Graph
from crossguard.property_values import as_flag, as_list, as_number, as_text, get_property
from crossguard.readers.s3_settings import default_encryptions
from crossguard.resource_types import BUCKET, DIRECTORY_BUCKET, KMS_KEYS
from crossguard.resources import PulumiResource
from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Ref, StackResource, Unknown
from hipaa_controls.services.s3.bucket_types import (
    BucketType,
    SpecialBucket,
    SpecialBucketEncryption,
    SpecialBucketPolicy,
    StorageLensExports,
    TableReplication,
    TableSnapshots,
)
from hipaa_controls.services.s3.facts import DefaultEncryption, DeliveryTarget

OUTPOSTS_BUCKET = "aws:s3control/bucket:Bucket"
TABLE_BUCKET = "aws:s3tables/tableBucket:TableBucket"
TABLE = "aws:s3tables/table:Table"
TABLE_BUCKET_REPLICATION = "aws:s3tables/tableBucketReplication:TableBucketReplication"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
BUCKET_ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
TYPES = {
    DIRECTORY_BUCKET: BucketType.DIRECTORY,
    TABLE_BUCKET: BucketType.TABLE,
    OUTPOSTS_BUCKET: BucketType.OUTPOSTS,
}
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-bucket-naming-rules.html
DIRECTORY_BUCKET_SUFFIX = "--x-s3"


def special_bucket_of(companion: PulumiResource, graph: Graph) -> PulumiResource | None:
    """Return the directory bucket or the Outposts bucket that a companion configures, if the stack declares it."""
    types = {DIRECTORY_BUCKET, OUTPOSTS_BUCKET}
    return graph.resource_for(
        graph.resolve(companion, companion.inputs.get("bucket"), "bucket", types, same_place=True)
    )


def any_bucket_of(resource: PulumiResource, graph: Graph) -> PulumiResource | None:
    """Return the bucket that a resource names, of any type, if the stack declares it."""
    return graph.bucket_of(resource) or special_bucket_of(resource, graph)


def is_of_directory_bucket(companion: PulumiResource, graph: Graph) -> bool:
    name = companion.inputs.get("bucket")
    if isinstance(name, str) and name.endswith(DIRECTORY_BUCKET_SUFFIX):
        return True
    bucket = special_bucket_of(companion, graph)
    return bucket is not None and bucket.type == DIRECTORY_BUCKET


def data_class_of(bucket: PulumiResource, graph: Graph) -> DataClass:
    return graph.data_class_tag.data_class_of(bucket.own_tags, ())


def _bucket(bucket: PulumiResource, graph: Graph) -> SpecialBucket:
    return SpecialBucket(
        bucket.urn,
        TYPES[bucket.type],
        data_class_of(bucket, graph),
        as_text(get_property(bucket.own_tags, graph.data_class_tag.name)),
        bucket.own_tags,
        as_flag(bucket.inputs.get("forceDestroy")),
        bucket.protected,
        graph.location_of(bucket),
    )


def _own_encryption(
    bucket: PulumiResource, encryption: DefaultEncryption | None, graph: Graph
) -> SpecialBucketEncryption:
    """Return the encryption that a bucket declares itself, if it does."""
    bucket_type, location = TYPES[bucket.type], graph.location_of(bucket)
    data_class, ref = data_class_of(bucket, graph), StackResource(bucket.urn)
    return SpecialBucketEncryption(bucket.urn, bucket_type, ref, data_class, encryption, location=location)


def _directory_or_outposts_bucket(bucket: PulumiResource, graph: Graph) -> list[Fact]:
    return [_bucket(bucket, graph), _own_encryption(bucket, None, graph)]


def _directory_bucket_encryption(companion: PulumiResource, graph: Graph) -> list[Fact]:
    if not is_of_directory_bucket(companion, graph):
        return []
    ref = graph.resolve(companion, companion.inputs.get("bucket"), "bucket", {DIRECTORY_BUCKET}, same_place=True)
    bucket = graph.resource_for(ref)
    data_class, location = data_class_of(bucket, graph) if bucket else None, graph.location_of(companion)
    return [
        SpecialBucketEncryption(companion.urn, BucketType.DIRECTORY, ref, data_class, encryption, location=location)
        for encryption in default_encryptions(companion, companion.inputs.get("rules"), "rules", graph)
    ]


def _directory_bucket_policy(policy: PulumiResource, graph: Graph) -> list[Fact]:
    if not is_of_directory_bucket(policy, graph):
        return []
    document = graph.policy_document(policy, "policy", "bucketPolicy")
    ref = graph.resolve(policy, policy.inputs.get("bucket"), "bucket", {DIRECTORY_BUCKET}, same_place=True)
    arn = _arn(graph.resource_for(ref) or policy, "s3express", "bucket", graph)
    return [SpecialBucketPolicy(policy.urn, BucketType.DIRECTORY, ref, arn, document, graph.location_of(policy))]


def _arn(bucket: PulumiResource, service: str, name_property: str, graph: Graph) -> str | Unknown:
    """Return a bucket's ARN, built from its name until AWS has returned it."""
    arn, name, location = bucket.output("arn"), bucket.inputs.get(name_property), graph.location_of(bucket)
    if isinstance(arn, str):
        return arn
    if isinstance(name, str) and location.region and location.account:
        return f"arn:{location.partition}:{service}:{location.region}:{location.account}:bucket/{name}"
    return Unknown(f"{bucket.name}.arn")


def _outposts_bucket_policy(policy: PulumiResource, graph: Graph) -> list[Fact]:
    """Return the policy of an Outposts bucket, which it names by ARN."""
    value = policy.inputs.get("bucket")
    ref = graph.resolve(policy, value, "bucket", {OUTPOSTS_BUCKET}, same_place=True)
    bucket = graph.resource_for(ref)
    arn = bucket.output("arn") if bucket and not isinstance(value, str) else value
    known_arn = arn if isinstance(arn, str) else Unknown(f"the ARN of the bucket of {policy.name}")
    document = graph.policy_document(policy, "policy", "bucketPolicy")
    return [SpecialBucketPolicy(policy.urn, BucketType.OUTPOSTS, ref, known_arn, document, graph.location_of(policy))]


def _table_bucket(bucket: PulumiResource, graph: Graph) -> list[Fact]:
    declared = bucket.inputs.get("encryptionConfiguration")
    encryption = None if declared is None else _table_encryption(bucket, declared, graph)
    return [_bucket(bucket, graph), _own_encryption(bucket, encryption, graph)]


def _table_encryption(resource: PulumiResource, declared: Any, graph: Graph) -> DefaultEncryption:
    prop = "encryptionConfiguration"
    key = graph.resolve(resource, get_property(declared, "kmsKeyArn"), prop, KMS_KEYS)
    return DefaultEncryption(as_text(get_property(declared, "sseAlgorithm")), key)


def _table(table: PulumiResource, graph: Graph) -> list[Fact]:
    """Return a table's snapshots, and its encryption if it isn't its bucket's."""
    ref = graph.resolve(table, table.inputs.get("tableBucketArn"), "tableBucketArn", {TABLE_BUCKET})
    bucket = graph.resource_for(ref)
    own_class = graph.data_class_tag.declared_data_class(table.own_tags)
    data_class = own_class or (data_class_of(bucket, graph) if bucket else None)
    management = get_property(table.inputs, "maintenanceConfiguration", "icebergSnapshotManagement")
    status = get_property(management, "status")
    facts: list[Fact] = [
        TableSnapshots(
            table.urn,
            ref,
            data_class,
            status if status is None or isinstance(status, Unknown) else status != "disabled",
            as_number(get_property(management, "settings", "maxSnapshotAgeHours")),
            table.own_tags,
        )
    ]
    declared = table.inputs.get("encryptionConfiguration")
    if declared is not None:
        encryption = _table_encryption(table, declared, graph)
        location = graph.location_of(table)
        facts.append(
            SpecialBucketEncryption(table.urn, BucketType.TABLE, ref, data_class, encryption, table.own_tags, location)
        )
    return facts


def _table_policy(policy: PulumiResource, graph: Graph) -> list[Fact]:
    """Return the policy of a table bucket or of a table, which names the bucket by ARN."""
    value = policy.inputs.get("tableBucketArn")
    ref = graph.resolve(policy, value, "tableBucketArn", {TABLE_BUCKET}, same_place=True)
    bucket = graph.resource_for(ref)
    arn = _arn(bucket, "s3tables", "name", graph) if bucket and not isinstance(value, str) else value
    known_arn = arn if isinstance(arn, str) else Unknown(f"the ARN of the table bucket of {policy.name}")
    document = graph.policy_document(policy, "resourcePolicy", "resourcePolicy")
    return [SpecialBucketPolicy(policy.urn, BucketType.TABLE, ref, known_arn, document, graph.location_of(policy))]


def _table_replication(replication: PulumiResource, graph: Graph) -> list[Fact]:
    """Return the replication of a table bucket, or of one table."""
    bucket = None
    if replication.type == TABLE_BUCKET_REPLICATION:
        bucket = graph.resolve(replication, replication.inputs.get("tableBucketArn"), "tableBucketArn", {TABLE_BUCKET})
    location = graph.location_of(replication)
    destinations = as_list(get_property(replication.inputs, "rule", "destinations"))
    if isinstance(destinations, Unknown):
        return [TableReplication(replication.urn, bucket, destinations, (), location)]
    arns = [get_property(destination, "destinationTableBucketArn") for destination in destinations]
    refs = [graph.resolve(replication, arn, "rule", {TABLE_BUCKET}) for arn in arns]
    targets = (DeliveryTarget(graph.resolve_arn(replication, arn, "rule", {TABLE_BUCKET})) for arn in arns)
    regions = tuple(_region(arn, ref, graph) for arn, ref in zip(arns, refs, strict=True))
    return [TableReplication(replication.urn, bucket, tuple(targets), regions, location)]


def _region(arn: Any, ref: Ref, graph: Graph) -> str | None:
    """Return the region of a table bucket: the one in its ARN or, while that isn't known, the declared one."""
    if isinstance(arn, str):
        return arn.split(":")[3] if arn.count(":") == 5 else None
    table_bucket = graph.resource_for(ref)
    return table_bucket.region if table_bucket else None


def _storage_lens(configuration: PulumiResource, graph: Graph) -> list[Fact]:
    prop = "storageLensConfiguration"
    declared = configuration.inputs.get(prop)
    location = graph.location_of(configuration)
    if get_property(declared, "enabled") is False:
        return [StorageLensExports(configuration.urn, (), location)]
    targets: list[DeliveryTarget] = []
    for export in ("dataExport", "expandedPrefixesDataExport"):
        destination = get_property(declared, export, "s3BucketDestination")
        if isinstance(destination, Unknown):
            return [StorageLensExports(configuration.urn, destination, location)]
        if destination is not None:
            bucket = graph.resolve(configuration, get_property(destination, "arn"), prop, {BUCKET}, KMS_KEYS)
            targets.append(DeliveryTarget(bucket, as_text(get_property(destination, "accountId"))))
    return [StorageLensExports(configuration.urn, tuple(targets), location)]


READERS: Mapping[str, FactReader] = {
    DIRECTORY_BUCKET: _directory_or_outposts_bucket,
    BUCKET_ENCRYPTION: _directory_bucket_encryption,
    BUCKET_POLICY: _directory_bucket_policy,
    OUTPOSTS_BUCKET: _directory_or_outposts_bucket,
    "aws:s3control/bucketPolicy:BucketPolicy": _outposts_bucket_policy,
    TABLE_BUCKET: _table_bucket,
    "aws:s3tables/tableBucketPolicy:TableBucketPolicy": _table_policy,
    TABLE: _table,
    "aws:s3tables/tablePolicy:TablePolicy": _table_policy,
    TABLE_BUCKET_REPLICATION: _table_replication,
    "aws:s3tables/tableReplication:TableReplication": _table_replication,
    "aws:s3control/storageLensConfiguration:StorageLensConfiguration": _storage_lens,
}
