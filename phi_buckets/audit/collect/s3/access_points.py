"""Collects S3 access points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hipaa_controls.model.values import Document
from hipaa_controls.services.s3.facts import AccessPoint, AccessPointBuckets, DeliveryTarget
from phi_buckets.audit.calls import s3 as calls
from phi_buckets.audit.collect.s3 import settings
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.scope import Scope


def collect_access_points(reader: AccountReader, scope: Scope, regions: Sequence[str]) -> Collected:
    """Collect the access points of the buckets in scope.

    Args:
        reader: The account's reader.
        scope: The scope of the audit.
        regions: The regions of the buckets. An access point is in the same region as its bucket.
    """
    account = reader.account
    facts: list[AccessPoint | AccessPointBuckets] = []
    # By ARN, the region and the entry of ListAccessPoints.
    entries: dict[str, tuple[str, dict[str, Any]]] = {}
    for region, listed in zip(regions, reader.map(regions, lambda region: _list(reader, region)), strict=True):
        if isinstance(listed, FailedCall):
            facts += _unknown_access_point(reader, region, listed)
            continue
        for entry in listed:
            if scope.buckets is None or entry.get("Bucket") in scope.buckets:
                entries[entry["AccessPointArn"]] = region, entry
    read = reader.map(entries.values(), lambda region_and_entry: _access_point(reader, *region_and_entry))
    facts += [fact for access_point_facts in read for fact in access_point_facts]
    buckets: dict[str, tuple[str, ...]] = {
        arn: (account.bucket_arn(entry["Bucket"]),)
        for arn, (_, entry) in entries.items()
        if entry.get("BucketAccountId", account.id) == account.id
    }
    return Collected(tuple(facts), access_point_buckets=buckets)


def _list(reader: AccountReader, region: str) -> list[Any] | FailedCall:
    resource = f"the access points in {region}"
    return reader.list_all(calls.LIST_ACCESS_POINTS, "AccessPointList", resource, region, AccountId=reader.account.id)


def _unknown_access_point(
    reader: AccountReader, region: str, failed: FailedCall
) -> tuple[AccessPoint, AccessPointBuckets]:
    """Return the facts of an access point that represents all of a region, which couldn't be listed."""
    all_access_points = reader.account.arn("s3", region, "accesspoint/*")
    unknown, location = failed.unknown, reader.account.location(region)
    return (
        AccessPoint(all_access_points, unknown, None, unknown, Document(unknown), location),
        AccessPointBuckets(all_access_points, None, unknown, location),
    )


def _access_point(
    reader: AccountReader, region: str, entry: dict[str, Any]
) -> tuple[()] | tuple[AccessPoint, AccessPointBuckets]:
    """Return the facts of an access point; nothing if it was deleted since it was listed."""
    arn, account = entry["AccessPointArn"], reader.account
    parameters = {"AccountId": account.id, "Name": entry["Name"]}
    response = reader.call(calls.GET_ACCESS_POINT, arn, region, **parameters)
    if response is None:
        return ()
    policy = reader.call(calls.GET_ACCESS_POINT_POLICY, arn, region, **parameters)
    document: Document | None = None
    if isinstance(policy, FailedCall):
        document = Document(policy.unknown)
    elif policy and policy.get("Policy"):
        document = Document(policy["Policy"])
    block = response.unknown if isinstance(response, FailedCall) else settings.parse_public_access_block(response)
    owner, location = entry.get("BucketAccountId") or account.id, account.location(region)
    foreign = () if owner == account.id else (DeliveryTarget(entry.get("Bucket"), owner),)
    return (
        AccessPoint(arn, arn, None, block, document, location),
        AccessPointBuckets(arn, None, foreign, location),
    )
