"""Collects directory buckets with their encryption, policy, lifecycle rules and inventories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Document, Unknown
from hipaa_controls.services.s3.bucket_types import (
    BucketType,
    SpecialBucket,
    SpecialBucketEncryption,
    SpecialBucketPolicy,
)
from hipaa_controls.services.s3.facts import Bucket, DeclaredSetting, DefaultEncryption, Inventory, Lifecycle
from phi_buckets.audit.calls import Call
from phi_buckets.audit.calls import s3_bucket_types as calls
from phi_buckets.audit.collect.s3 import settings
from phi_buckets.audit.collect.s3_bucket_types.unread import unlisted_buckets
from phi_buckets.audit.reader import AccountReader, FailedCall

# Every directory bucket's name ends with it. An emulator may list other buckets too.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-bucket-naming-rules.html
NAME_SUFFIX = "--x-s3"


def collect_directory_buckets(reader: AccountReader) -> Iterator[Fact]:
    account = reader.account
    listed = reader.map(account.regions, lambda region: _list(reader, region))
    names: list[tuple[str, str]] = []
    for region, result in zip(account.regions, listed, strict=True):
        if isinstance(result, FailedCall):
            arn = account.arn("s3express", region, "bucket/*")
            unknown, location = result.unknown, account.location(region)
            yield from unlisted_buckets(arn, BucketType.DIRECTORY, unknown, location)
            unread = tuple(DeclaredSetting(arn, setting) for setting in (Lifecycle(unknown), Inventory(unknown)))
            yield Bucket(arn, arn, DataClass.PHI, unread, complete=False, location=location, tags=unknown)
        else:
            names += [(region, bucket["Name"]) for bucket in result if bucket["Name"].endswith(NAME_SUFFIX)]
    for facts in reader.map(names, lambda name: _read(reader, *name)):
        yield from facts


def _list(reader: AccountReader, region: str) -> list[Any] | FailedCall:
    resource = reader.account.arn("s3express", region, "bucket/*")
    return reader.list_all(calls.LIST_DIRECTORY_BUCKETS, "Buckets", resource, region)


def _read(reader: AccountReader, region: str, name: str) -> tuple[Fact, ...]:
    account = reader.account
    arn, location = account.arn("s3express", region, f"bucket/{name}"), account.location(region)

    def call(api_call: Call) -> Mapping[str, Any] | FailedCall | None:
        return reader.call(api_call, arn, region, Bucket=name)

    tags = _tags(reader, arn, region)
    encryption = call(calls.GET_DIRECTORY_BUCKET_ENCRYPTION)
    encryptions: tuple[DefaultEncryption | None, ...] = (None,)
    if isinstance(encryption, FailedCall):
        encryptions = (DefaultEncryption(encryption.unknown, encryption.unknown),)
    elif encryption:
        encryptions = settings.parse_encryption(encryption, location)
    facts: list[Fact] = [
        SpecialBucket(arn, BucketType.DIRECTORY, tags=tags, location=location),
        *(
            SpecialBucketEncryption(arn, BucketType.DIRECTORY, arn, None, default, location=location)
            for default in encryptions
        ),
    ]
    policy = call(calls.GET_DIRECTORY_BUCKET_POLICY)
    if policy is not None:
        document = policy.unknown if isinstance(policy, FailedCall) else policy.get("Policy", "")
        facts.append(SpecialBucketPolicy(arn, BucketType.DIRECTORY, arn, arn, Document(document), location))
    rest = tuple(DeclaredSetting(arn, setting) for setting in _other_settings(reader, arn, region, name))
    facts.append(Bucket(arn, arn, DataClass.OTHER, rest, complete=False, location=location, tags=tags))
    return tuple(facts)


def _tags(reader: AccountReader, arn: str, region: str) -> Mapping[str, str] | Unknown:
    response = reader.call(calls.LIST_DIRECTORY_BUCKET_TAGS, arn, region, AccountId=reader.account.id, ResourceArn=arn)
    if isinstance(response, FailedCall):
        return response.unknown
    return {tag["Key"]: tag["Value"] for tag in (response or {}).get("Tags") or []}


def _other_settings(reader: AccountReader, arn: str, region: str, name: str) -> Iterator[Lifecycle | Inventory]:
    """Yield the settings that are judged as those of a general purpose bucket."""
    lifecycle = reader.call(calls.GET_DIRECTORY_BUCKET_LIFECYCLE, arn, region, Bucket=name)
    if isinstance(lifecycle, FailedCall):
        yield Lifecycle(lifecycle.unknown)
    elif lifecycle:
        yield settings.parse_lifecycle(lifecycle)
    inventories = reader.list_all(
        calls.LIST_DIRECTORY_BUCKET_INVENTORIES, "InventoryConfigurationList", arn, region, Bucket=name
    )
    if isinstance(inventories, FailedCall):
        yield Inventory(inventories.unknown)
    else:
        yield from settings.parse_inventories(inventories)
