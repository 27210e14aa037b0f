"""Collects S3 buckets with their settings, access points of every kind, Access Grants, and the account's block.

Objects aren't read one by one: a bucket may hold billions, and its policy decides what may be uploaded.

Each bucket needs about fifteen requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hipaa_controls.model.values import Unknown
from hipaa_controls.services.s3.facts import Bucket, EventNotifications
from phi_buckets.audit.collect.s3.access_grants import collect_access_grants
from phi_buckets.audit.collect.s3.access_points import collect_access_points
from phi_buckets.audit.collect.s3.account_block import collect_account_block
from phi_buckets.audit.collect.s3.buckets import collect_buckets
from phi_buckets.audit.collect.s3.multi_region import collect_multi_region_access_points
from phi_buckets.audit.collect.s3.object_lambda import collect_object_lambda_access_points
from phi_buckets.audit.collected import Collected, Publisher, merge
from phi_buckets.audit.reader import AccountReader
from phi_buckets.audit.scope import Scope

S3_SERVICE = "s3.amazonaws.com"


def collect(reader: AccountReader, scope: Scope) -> Collected:
    """Collect the buckets in scope, what gives access to them, and the account's public access block."""
    buckets = collect_buckets(reader, scope)
    account_regions = reader.account.regions if scope.buckets is None else ()
    regions = sorted({region for bucket in buckets if (region := bucket.location.region)} | set(account_regions))
    access_points = collect_access_points(reader, scope, regions)
    own = Collected(
        (*buckets, collect_account_block(reader)), publishers=tuple(dict.fromkeys(_publishers(reader, buckets)))
    )
    return merge(
        (
            own,
            access_points,
            collect_object_lambda_access_points(reader, scope, regions, access_points.access_point_buckets),
            collect_multi_region_access_points(reader, scope),
            collect_access_grants(reader, scope, regions),
        )
    )


def _publishers(reader: AccountReader, buckets: Iterable[Bucket]) -> Iterator[Publisher]:
    """Yield a publisher for each target of the buckets' notifications, some of which are topics.

    A bucket's topics are in its region, so one whose notifications couldn't be read may publish to any topic there.
    """
    for bucket in buckets:
        regions = [bucket.location.region] if bucket.location.region else reader.account.regions
        for notifications in bucket.settings_of(EventNotifications):
            if isinstance(notifications.targets, Unknown):
                yield from ((reader.account.arn("sns", region, "*"), notifications.targets) for region in regions)
            else:
                yield from (
                    (target.resource, S3_SERVICE)
                    for target in notifications.targets
                    if isinstance(target.resource, str)
                )
