"""Bucket settings that couldn't be read. A rule that needs one returns `unverified`."""

from __future__ import annotations

from collections.abc import Callable

from hipaa_controls.model.values import Document, Unknown
from hipaa_controls.services.s3.facts import (
    AccessLogging,
    Acl,
    AnalyticsExport,
    BucketPolicy,
    BucketSetting,
    Cors,
    DefaultEncryption,
    EventNotifications,
    Inventory,
    Lifecycle,
    ObjectLock,
    ObjectOwnership,
    PublicAccessBlock,
    Replication,
    RequestMetrics,
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
    Inventory: Inventory,
    AnalyticsExport: AnalyticsExport,
    EventNotifications: EventNotifications,
    Website: Website,
    Cors: lambda unknown: Cors((unknown,)),
    RequestMetrics: lambda unknown: RequestMetrics(unknown, unknown),
    BucketPolicy: lambda unknown: BucketPolicy(Document(unknown)),
}
# Settings without which a bucket passes their controls, at least one for each control.
PASS_WHEN_ABSENT: tuple[type[BucketSetting], ...] = (
    Acl,
    BucketPolicy,
    Website,
    Cors,
    Lifecycle,
    Inventory,
    DefaultEncryption,
)


def unknown_setting(setting_type: type[BucketSetting], unknown: Unknown) -> BucketSetting:
    """Return a setting of a type, with Unknown in place of every value."""
    return UNKNOWN_FACTORIES[setting_type](unknown)
