"""Collects the exports of Storage Lens configurations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hipaa_controls.model.stack import Fact
from hipaa_controls.services.s3.bucket_types import StorageLensExports
from hipaa_controls.services.s3.facts import DeliveryTarget
from phi_buckets.audit.arns import region_of
from phi_buckets.audit.calls import s3_bucket_types as calls
from phi_buckets.audit.reader import AccountReader, FailedCall

EXPORTS = ("DataExport", "ExpandedPrefixesDataExport")


def collect_storage_lens(reader: AccountReader) -> Iterator[Fact]:
    account = reader.account
    listed = reader.map(account.regions, lambda region: _list(reader, region))
    identifiers: dict[str, str] = {}  # by ARN: two regions may list the same configuration
    for region, result in zip(account.regions, listed, strict=True):
        if isinstance(result, FailedCall):
            arn = account.arn("s3", region, "storage-lens/*")
            yield StorageLensExports(arn, result.unknown, account.location(region))
        else:
            identifiers |= {entry["StorageLensArn"]: entry["Id"] for entry in result}
    for exports in reader.map(identifiers.items(), lambda item: _read(reader, *item)):
        if exports:
            yield exports


def _list(reader: AccountReader, region: str) -> list[Any] | FailedCall:
    return reader.list_all(
        calls.LIST_STORAGE_LENS_CONFIGURATIONS,
        "StorageLensConfigurationList",
        reader.account.arn("s3", region, "storage-lens/*"),
        region,
        AccountId=reader.account.id,
    )


def _read(reader: AccountReader, arn: str, identifier: str) -> StorageLensExports | None:
    """Return the exports of a configuration; None if it was deleted since it was listed."""
    region, account = region_of(arn), reader.account
    response = reader.call(calls.GET_STORAGE_LENS_CONFIGURATION, arn, region, AccountId=account.id, ConfigId=identifier)
    if response is None:
        return None
    location = account.location(region)
    if isinstance(response, FailedCall):
        return StorageLensExports(arn, response.unknown, location)
    return StorageLensExports(arn, tuple(_targets(response.get("StorageLensConfiguration") or {})), location)


def _targets(configuration: Mapping[str, Any]) -> Iterator[DeliveryTarget]:
    for export in EXPORTS if configuration.get("IsEnabled") else ():
        destination = (configuration.get(export) or {}).get("S3BucketDestination")
        if destination:
            yield DeliveryTarget(destination.get("Arn"), destination.get("AccountId"))
