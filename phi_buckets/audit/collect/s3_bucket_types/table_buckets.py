"""Collects table buckets and their tables: encryption, policies, replication and the snapshots that S3 keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Document, Flag, Location, Number, Unknown
from hipaa_controls.services.s3.bucket_types import (
    BucketType,
    SpecialBucket,
    SpecialBucketEncryption,
    SpecialBucketPolicy,
    TableReplication,
    TableSnapshots,
)
from hipaa_controls.services.s3.facts import DefaultEncryption, DeliveryTarget
from phi_buckets.audit.arns import region_of
from phi_buckets.audit.calls import s3_bucket_types as calls
from phi_buckets.audit.collect.s3_bucket_types.unread import unlisted_buckets
from phi_buckets.audit.reader import AccountReader, FailedCall

Response = Mapping[str, Any] | FailedCall | None
TABLE = BucketType.TABLE


def collect_table_buckets(reader: AccountReader) -> Iterator[Fact]:
    account = reader.account
    listed = reader.map(account.regions, lambda region: _list(reader, region))
    arns: list[str] = []
    for region, result in zip(account.regions, listed, strict=True):
        if isinstance(result, FailedCall):
            arn = account.arn("s3tables", region, "bucket/*")
            yield from unlisted_buckets(arn, TABLE, result.unknown, account.location(region))
            yield TableReplication(arn, None, result.unknown, (), account.location(region))
        else:
            # Only AWS writes to its managed table bucket, which holds metadata of other buckets:
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-aws-managed-buckets.html
            arns += [bucket["arn"] for bucket in result if bucket.get("type") != "aws"]
    for facts in reader.map(arns, lambda arn: _bucket(reader, arn)):
        yield from facts
    tables = reader.map(arns, lambda arn: _list_tables(reader, arn))
    for bucket, unlisted in zip(arns, tables, strict=True):
        if isinstance(unlisted, FailedCall):
            yield from _unlisted_tables(bucket, unlisted.unknown, account.location(region_of(bucket)))
    entries = [
        (bucket, table)
        for bucket, result in zip(arns, tables, strict=True)
        if not isinstance(result, FailedCall)
        for table in result
    ]
    for facts in reader.map(entries, lambda entry: _table(reader, *entry)):
        yield from facts


def _list(reader: AccountReader, region: str) -> list[Any] | FailedCall:
    resource = reader.account.arn("s3tables", region, "bucket/*")
    return reader.list_all(calls.LIST_TABLE_BUCKETS, "tableBuckets", resource, region)


def _list_tables(reader: AccountReader, bucket: str) -> list[Any] | FailedCall:
    return reader.list_all(calls.LIST_TABLES, "tables", f"{bucket}/table/*", region_of(bucket), tableBucketARN=bucket)


def _bucket(reader: AccountReader, arn: str) -> tuple[Fact, ...]:
    region, parameters = region_of(arn), {"tableBucketARN": arn}
    location = reader.account.location(region)
    encryption = _encryption(reader.call(calls.GET_TABLE_BUCKET_ENCRYPTION, arn, region, **parameters))
    policy = reader.call(calls.GET_TABLE_BUCKET_POLICY, arn, region, **parameters)
    replication = reader.call(calls.GET_TABLE_BUCKET_REPLICATION, arn, region, **parameters)
    return (
        SpecialBucket(arn, TABLE, tags=_tags(reader, arn, region), location=location),
        SpecialBucketEncryption(arn, TABLE, arn, None, encryption, location=location),
        *_policy(arn, arn, policy, location),
        *_replication(arn, arn, replication, location),
    )


def _table(reader: AccountReader, bucket: str, entry: Mapping[str, Any]) -> tuple[Fact, ...]:
    region, arn = region_of(bucket), entry["tableARN"]
    location = reader.account.location(region)
    parameters = {"tableBucketARN": bucket, "namespace": entry["namespace"][0], "name": entry["name"]}
    encryption = _encryption(reader.call(calls.GET_TABLE_ENCRYPTION, arn, region, **parameters))
    policy = reader.call(calls.GET_TABLE_POLICY, arn, region, **parameters)
    maintenance = reader.call(calls.GET_TABLE_MAINTENANCE_CONFIGURATION, arn, region, **parameters)
    replication = reader.call(calls.GET_TABLE_REPLICATION, arn, region, tableArn=arn)
    tags = _tags(reader, arn, region)
    return (
        SpecialBucketEncryption(arn, TABLE, bucket, None, encryption, tags, location),
        TableSnapshots(arn, bucket, None, *_snapshots(maintenance), tags),
        *_policy(arn, bucket, policy, location),
        *_replication(arn, None, replication, location),
    )


def _unlisted_tables(bucket: str, unknown: Unknown, location: Location) -> tuple[Fact, ...]:
    """Return the facts that stand for all tables of a bucket whose tables couldn't be listed."""
    arn = f"{bucket}/table/*"
    return (
        SpecialBucketEncryption(arn, TABLE, bucket, None, DefaultEncryption(unknown, unknown), location=location),
        TableSnapshots(arn, bucket, None, unknown, unknown),
        SpecialBucketPolicy(arn, TABLE, bucket, bucket, Document(unknown), location),
        TableReplication(arn, None, unknown, (), location),
    )


def _encryption(response: Response) -> DefaultEncryption | None:
    if isinstance(response, FailedCall):
        return DefaultEncryption(response.unknown, response.unknown)
    configuration = (response or {}).get("encryptionConfiguration")
    if not configuration:
        return None
    return DefaultEncryption(configuration.get("sseAlgorithm"), configuration.get("kmsKeyArn"))


def _policy(resource: str, bucket: str, response: Response, location: Location) -> tuple[Fact, ...]:
    if response is None:
        return ()
    content = response.unknown if isinstance(response, FailedCall) else response.get("resourcePolicy", "")
    return (SpecialBucketPolicy(resource, TABLE, bucket, bucket, Document(content), location),)


def _replication(resource: str, bucket: str | None, response: Response, location: Location) -> tuple[Fact, ...]:
    if response is None:
        return ()
    if isinstance(response, FailedCall):
        return (TableReplication(resource, bucket, response.unknown, (), location),)
    rules = (response.get("configuration") or {}).get("rules") or []
    arns = [
        destination["destinationTableBucketARN"] for rule in rules for destination in rule.get("destinations") or []
    ]
    targets = tuple(DeliveryTarget(arn) for arn in arns)
    return (TableReplication(resource, bucket, targets, tuple(map(region_of, arns)), location),)


def _snapshots(response: Response) -> tuple[Flag, Number]:
    """Return whether S3 deletes old snapshots, and their maximum age in hours."""
    if isinstance(response, FailedCall):
        return response.unknown, response.unknown
    management = ((response or {}).get("configuration") or {}).get("icebergSnapshotManagement") or {}
    status = management.get("status")
    limits = (management.get("settings") or {}).get("icebergSnapshotManagement") or {}
    return None if status is None else status != "disabled", limits.get("maxSnapshotAgeHours")


def _tags(reader: AccountReader, arn: str, region: str) -> Mapping[str, str] | Unknown:
    response = reader.call(calls.LIST_TABLES_TAGS, arn, region, resourceArn=arn)
    return response.unknown if isinstance(response, FailedCall) else (response or {}).get("tags") or {}
