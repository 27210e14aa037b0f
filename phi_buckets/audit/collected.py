"""The result of one collector."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Unknown
from phi_buckets.audit.reader import AuditedAccount, FailedCall

Publisher = tuple[str, str | Unknown]


@dataclass(frozen=True)
class ResourceListing:
    """The resources that a service lists in one region, whatever their type.

    Attributes:
        source: The service that lists them, such as `AWS Config`.
        counts: The number of resources by CloudFormation type; None if the service has no list; Unknown if it can't
            be read.
        limit: What the service doesn't list in this region, or why it has no list.
    """

    source: str
    region: str
    counts: Mapping[str, int] | Unknown | None
    limit: str = ""


@dataclass(frozen=True)
class Collected:
    """Facts of one service, and what they imply for facts of other services.

    Attributes:
        facts: The facts. Their references are still ARNs.
        bucket_uses: Pairs of a bucket's ARN and the class of the data that a trail delivers to it.
        access_point_buckets: The ARNs of each access point's buckets, by the access point's ARN. It is empty for a
            bucket of another account.
        publishers: Pairs of a topic's ARN (`…:*` for all topics of a region) and a service that publishes to it, such
            as `s3.amazonaws.com`. The service is Unknown if the call that shows it failed.
        listings: The resources of the account by type, which show what no control looks at.
    """

    facts: tuple[Fact, ...] = ()
    bucket_uses: tuple[tuple[str, DataClass], ...] = ()
    access_point_buckets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    publishers: tuple[Publisher, ...] = ()
    listings: tuple[ResourceListing, ...] = ()


def merge(results: Iterable[Collected]) -> Collected:
    """Return one result with the contents of all results, in order."""
    collected = list(results)
    return Collected(
        tuple(fact for result in collected for fact in result.facts),
        tuple(use for result in collected for use in result.bucket_uses),
        {arn: buckets for result in collected for arn, buckets in result.access_point_buckets.items()},
        tuple(publisher for result in collected for publisher in result.publishers),
        tuple(listing for result in collected for listing in result.listings),
    )


def unknown_publisher(account: AuditedAccount, region: str, failed: FailedCall) -> Publisher:
    """Return the publisher that stands for a failed call: an unknown service may publish to any topic of the region."""
    return account.arn("sns", region, "*"), failed.unknown
