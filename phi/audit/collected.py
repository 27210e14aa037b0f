"""What a service tells of an account."""

from __future__ import annotations

from dataclasses import dataclass, field

from hipaa.model.data_class import DataClass
from hipaa.model.stack import Fact
from hipaa.model.values import Unknown

Publisher = tuple[str, str | Unknown]


@dataclass(frozen=True)
class Collected:
    """Facts whose references are ARNs as yet, and what they alone can't say.

    uses: ARNs of buckets, each with what something has it be used for: a trail its files, an inventory its lists.
    buckets_of: the ARN of each access point's bucket, by the point's resource.
    publishers: ARNs of topics (`…:*` for all of a region), each with a service that publishes to it, such as
    `s3.amazonaws.com`, or why it isn't known whether one does.
    """

    facts: tuple[Fact, ...] = ()
    bucket_uses: tuple[tuple[str, DataClass], ...] = ()
    access_point_buckets: dict[str, str] = field(default_factory=dict)
    publishers: tuple[Publisher, ...] = ()
