"""Settings of a bucket that couldn't be read: whichever rule needs one answers `unverified`."""

from __future__ import annotations

from collections.abc import Callable

from hipaa.model.values import Document, Unknown
from hipaa.services.s3.facts import (
    AccessLogging,
    Acl,
    BucketPolicy,
    Cors,
    DefaultEncryption,
    Lifecycle,
    ObjectLock,
    ObjectOwnership,
    PublicAccessBlock,
    Replication,
    RequestMetrics,
    BucketSetting,
    Versioning,
    Website,
)

UNKNOWN_FACTORIES: dict[type[BucketSetting], Callable[[Unknown], BucketSetting]] = {
    PublicAccessBlock: lambda unknown: PublicAccessBlock(unknown, unknown, unknown, unknown),
    ObjectOwnership: ObjectOwnership,
    Acl: lambda unknown: Acl(unknown, (unknown,)),
    DefaultEncryption: lambda unknown: DefaultEncryption(unknown, unknown, unknown, (unknown,)),
    Versioning: Versioning,
    ObjectLock: lambda unknown: ObjectLock(unknown, unknown),
    Lifecycle: Lifecycle,
    AccessLogging: AccessLogging,
    Replication: Replication,
    Website: Website,
    Cors: lambda unknown: Cors((unknown,)),
    RequestMetrics: lambda unknown: RequestMetrics(unknown, unknown),
    BucketPolicy: lambda unknown: BucketPolicy(Document(unknown)),
}
# Those whose lack is a pass.
PASS_WHEN_ABSENT: tuple[type[BucketSetting], ...] = (Acl, BucketPolicy, Website, Cors, Lifecycle)


def unknown_setting(kind: type[BucketSetting], unknown: Unknown) -> BucketSetting:
    """A setting of this kind of which nothing is known."""
    return UNKNOWN_FACTORIES[kind](unknown)
