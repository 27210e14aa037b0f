"""Collects S3 buckets with their settings, access points, and the account's public access block.

Each bucket needs about a dozen requests.
"""

from __future__ import annotations

from phi_buckets.audit.collect.s3.access_points import collect_access_points
from phi_buckets.audit.collect.s3.account_block import collect_account_block
from phi_buckets.audit.collect.s3.buckets import collect_buckets
from phi_buckets.audit.collect.s3.notifications import collect_inventory_targets
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader
from phi_buckets.audit.scope import Scope


def collect(reader: AccountReader, scope: Scope) -> Collected:
    """Collect the buckets in scope, their access points, and the account's public access block."""
    buckets = collect_buckets(reader, scope)
    account_regions = reader.account.regions if scope.buckets is None else ()
    regions = {bucket.location.region for bucket in buckets} | set(account_regions)
    access_points = collect_access_points(reader, scope, sorted(region for region in regions if region))
    return Collected(
        (*buckets, *access_points.facts, collect_account_block(reader)),
        tuple(collect_inventory_targets(reader, buckets)),
        access_points.access_point_buckets,
    )
