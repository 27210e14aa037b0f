"""What leads to buckets besides their names, access points, and what stands before all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hipaa.model.values import Document
from hipaa.services.s3.facts import AccessPoint, AccountPublicAccessBlock, PublicAccessBlock
from phi.audit.collect import s3_calls
from phi.audit.collect import s3_settings as settings
from phi.audit.collected import Collected
from phi.audit.reader import AccountReader, FailedCall
from phi.audit.scope import Scope


def account_block(reader: AccountReader) -> AccountPublicAccessBlock:
    """An account that has never said anything blocks nothing."""
    account = reader.account.id
    answer = reader.call(s3_calls.ACCOUNT_BLOCK, account, AccountId=account)
    if isinstance(answer, FailedCall):
        unknown = answer.unknown
        return AccountPublicAccessBlock(account, PublicAccessBlock(unknown, unknown, unknown, unknown))
    return AccountPublicAccessBlock(account, settings.public_access_block(answer or {}))


def points(reader: AccountReader, scope: Scope, regions: Sequence[str]) -> Collected:
    """The access points of buckets in scope, which are in their buckets' regions."""
    account = reader.account
    told: list[AccessPoint] = []
    listed: dict[str, tuple[str, dict[str, Any]]] = {}
    for region, found in zip(regions, reader.map(regions, lambda each: _listed(reader, each)), strict=True):
        if isinstance(found, FailedCall):
            told.append(_unread(reader, region, found))
        else:
            ours = [each for each in found if scope.buckets is None or each.get("Bucket") in scope.buckets]
            listed |= {each["AccessPointArn"]: (region, each) for each in ours}
    told += [each for each in reader.map(listed.values(), lambda each: _point(reader, *each)) if each]
    own = [each for _, each in listed.values() if each.get("BucketAccountId", account.id) == account.id]
    return Collected(tuple(told), access_point_buckets={each["AccessPointArn"]: account.bucket_arn(each["Bucket"]) for each in own})


def _listed(reader: AccountReader, region: str) -> list[Any] | FailedCall:
    about = f"the access points in {region}"
    return reader.pages(s3_calls.LIST_ACCESS_POINTS, "AccessPointList", about, region, AccountId=reader.account.id)


def _unread(reader: AccountReader, region: str, found: FailedCall) -> AccessPoint:
    """What stands for a region's access points where not even their names can be read."""
    every = reader.account.arn("s3", region, "accesspoint/*")
    unknown = found.unknown
    return AccessPoint(every, unknown, None, unknown, Document(unknown), reader.account.location(region))


def _point(reader: AccountReader, region: str, listed: dict[str, Any]) -> AccessPoint | None:
    """None where it is gone by now."""
    arn, name, account = listed["AccessPointArn"], listed["Name"], reader.account
    answer = reader.call(s3_calls.ACCESS_POINT, arn, region, AccountId=account.id, Name=name)
    if answer is None:
        return None
    policy = reader.call(s3_calls.ACCESS_POINT_POLICY, arn, region, AccountId=account.id, Name=name)
    document: Document | None = None
    if isinstance(policy, FailedCall):
        document = Document(policy.unknown)
    elif policy and policy.get("Policy"):
        document = Document(policy["Policy"])
    block = answer.unknown if isinstance(answer, FailedCall) else settings.public_access_block(answer)
    return AccessPoint(arn, arn, None, block, document, account.location(region))
