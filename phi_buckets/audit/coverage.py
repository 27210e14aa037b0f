"""Accounts for every resource that AWS lists: it is judged, needs no judgment, or is not judged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from hipaa_controls.model.control import Control
from hipaa_controls.model.values import Unknown
from phi_buckets.audit.collected import ResourceListing
from phi_buckets.audit.judged_types import NO_JUDGMENT_NEEDED, controls_by_type
from phi_buckets.evidence.model import Coverage, JudgedType, NotJudged, ResourceSource, TypeWithoutJudgment

# AWS Config records these in several regions, each time the same resources.
# https://docs.aws.amazon.com/config/latest/developerguide/select-resources.html
GLOBAL_TYPES = ("AWS::IAM::", "AWS::RDS::GlobalCluster")
GLOBAL = "global"


@dataclass(frozen=True)
class AccountListings:
    """What the sources list in one account.

    Attributes:
        listings: The list of each source in each region.
        inaccessible: Why the account is inaccessible; empty if it was read.
    """

    listings: tuple[ResourceListing, ...]
    inaccessible: str = ""


def coverage_of_accounts(
    accounts: Mapping[str, AccountListings], controls: Iterable[Control], level: str, unread_types: Collection[str] = ()
) -> Coverage:
    """Return what was looked at and what wasn't.

    Args:
        accounts: What the sources list, by account ID.
        controls: The controls that were evaluated.
        level: `mandatory` if resources that aren't judged fail the audit, else `advisory`.
        unread_types: Types that no collector read, because of the scope of the audit.
    """
    judging = {name: ids for name, ids in controls_by_type(controls).items() if name not in unread_types}
    counts = {
        (account, region, type_name): count
        for account, read in accounts.items()
        for (region, type_name), count in _counts(read.listings).items()
    }
    totals: dict[str, int] = {}
    for (_, _, type_name), count in sorted(counts.items()):
        totals[type_name] = totals.get(type_name, 0) + count
    return Coverage(
        level=level,
        not_judged=tuple(
            NotJudged(account=account, region=region, type=type_name, count=count)
            for (account, region, type_name), count in sorted(counts.items(), key=lambda item: item[0][::-1])
            if type_name not in judging and type_name not in NO_JUDGMENT_NEEDED
        ),
        judged=tuple(
            JudgedType(type=type_name, count=totals[type_name], controls=judging[type_name])
            for type_name in sorted(totals.keys() & judging.keys())
        ),
        no_judgment_needed=tuple(
            TypeWithoutJudgment(type=type_name, count=totals[type_name], reason=NO_JUDGMENT_NEEDED[type_name])
            for type_name in sorted(totals.keys() & NO_JUDGMENT_NEEDED.keys())
        ),
        sources=tuple(source for account, read in accounts.items() for source in _sources(account, read)),
    )


def _counts(listings: Iterable[ResourceListing]) -> dict[tuple[str, str], int]:
    """Return the number of resources by region and type.

    Both sources can list the same resources, so it is the larger of their counts.
    """
    counts: dict[tuple[str, str], int] = {}
    for listing in listings:
        if isinstance(listing.counts, Unknown) or listing.counts is None:
            continue
        for type_name, count in listing.counts.items():
            key = (GLOBAL if type_name.startswith(GLOBAL_TYPES) else listing.region, type_name)
            if count:
                counts[key] = max(counts.get(key, 0), count)
    return counts


def _sources(account: str, read: AccountListings) -> list[ResourceSource]:
    if read.inaccessible:
        return [
            ResourceSource(
                account=account,
                region="",
                source="the account",
                resources=None,
                failed=True,
                limit=f"couldn't be read: {read.inaccessible}",
            )
        ]
    return [_source(account, listing) for listing in sorted(read.listings, key=lambda item: (item.region, item.source))]


def _source(account: str, listing: ResourceListing) -> ResourceSource:
    counts = listing.counts
    return ResourceSource(
        account=account,
        region=listing.region,
        source=listing.source,
        resources=None if counts is None or isinstance(counts, Unknown) else sum(counts.values()),
        failed=isinstance(counts, Unknown),
        limit=counts.reason if isinstance(counts, Unknown) else listing.limit,
    )
