"""Collects Multi-Region Access Points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipaa_controls.model.values import Document
from hipaa_controls.services.s3.facts import AccessPoint, AccessPointBuckets, DeliveryTarget
from phi_buckets.audit.calls import s3 as calls
from phi_buckets.audit.collect.s3 import settings
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.scope import Scope

# The only region that answers for them, and the only partition that has them:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPointRestrictions.html
CONTROL_REGION, PARTITION = "us-west-2", "aws"


def collect_multi_region_access_points(reader: AccountReader, scope: Scope) -> Collected:
    """Collect the Multi-Region Access Points of the buckets in scope."""
    account = reader.account
    if account.partition != PARTITION:
        return Collected()
    all_of_account = f"arn:{PARTITION}:s3::{account.id}:accesspoint/*.mrap"
    call = calls.LIST_MULTI_REGION_ACCESS_POINTS
    listed = reader.list_all(call, "AccessPoints", all_of_account, CONTROL_REGION, AccountId=account.id)
    if isinstance(listed, FailedCall):
        unknown = listed.unknown
        unread = AccessPoint(all_of_account, unknown, None, unknown, Document(unknown), account.location())
        return Collected((unread, AccessPointBuckets(all_of_account, None, unknown, account.location())))
    entries = {
        f"arn:{PARTITION}:s3::{account.id}:accesspoint/{entry['Alias']}": entry
        for entry in listed
        if entry.get("Alias") and _is_in_scope(entry, scope)
    }
    policies = reader.map(entries.items(), lambda item: _policy(reader, *item))
    facts: list[AccessPoint | AccessPointBuckets] = []
    buckets: dict[str, tuple[str, ...]] = {}
    for (arn, entry), document in zip(entries.items(), policies, strict=True):
        block = settings.parse_public_access_block(entry, "PublicAccessBlock")
        facts.append(AccessPoint(arn, arn, None, block, document, account.location()))
        facts.append(AccessPointBuckets(arn, None, _buckets_of_accounts(entry, account.id), account.location()))
        buckets[arn] = tuple(
            account.bucket_arn(region["Bucket"]) if _owner(region, account.id) == account.id else ""
            for region in entry.get("Regions", ())
        )
    return Collected(tuple(facts), access_point_buckets=buckets)


def _is_in_scope(entry: Mapping[str, Any], scope: Scope) -> bool:
    names = {region.get("Bucket") for region in entry.get("Regions", ())}
    return scope.buckets is None or not names.isdisjoint(scope.buckets)


def _owner(region: Mapping[str, Any], account_id: str) -> str:
    owner: str = region.get("BucketAccountId") or account_id
    return owner


def _buckets_of_accounts(entry: Mapping[str, Any], account_id: str) -> tuple[DeliveryTarget, ...]:
    return tuple(
        DeliveryTarget(region.get("Bucket"), owner)
        for region in entry.get("Regions", ())
        if (owner := _owner(region, account_id)) != account_id
    )


def _policy(reader: AccountReader, arn: str, entry: Mapping[str, Any]) -> Document | None:
    """Return the policy in effect. A proposed one has yet to reach every region, and then is in effect."""
    call = calls.GET_MULTI_REGION_ACCESS_POINT_POLICY
    response = reader.call(call, arn, CONTROL_REGION, AccountId=reader.account.id, Name=entry["Name"])
    if isinstance(response, FailedCall):
        return Document(response.unknown)
    policy = (response or {}).get("Policy", {})
    text = policy.get("Established", {}).get("Policy")
    return Document(text) if text else None
