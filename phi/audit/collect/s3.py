"""Buckets with their settings, what they are used for, and what leads to them or stands before all of them.

A bucket takes a dozen requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hipaa.model.data_class import DataClass
from hipaa.model.values import Flag, Location, Unknown
from hipaa.services.s3.facts import (
    AccessLogging,
    Acl,
    Bucket,
    BucketPolicy,
    Cors,
    DeclaredSetting,
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
from phi.audit import unknown_settings
from phi.audit.calls import Call
from phi.audit.collect import s3_access, s3_calls, s3_listing
from phi.audit.collect import s3_settings as settings
from phi.audit.collect.s3_calls import CALLS
from phi.audit.collect.s3_notifications import inventory_targets
from phi.audit.collected import Collected
from phi.audit.reader import AccountReader, FailedCall
from phi.audit.scope import Scope

__all__ = ["CALLS", "collect"]

Parse = Callable[[Any], BucketSetting | tuple[BucketSetting, ...] | None]


def collect(reader: AccountReader, scope: Scope) -> Collected:
    """The buckets in scope, their access points, and the account's public access block.

    A bucket that is gone by the time it is read is left out, unless it is one that the scope names.
    """
    listed = s3_listing.regions(reader, scope)
    buckets = [_every_bucket(reader, listed.unknown)] if isinstance(listed, FailedCall) else _buckets(reader, scope, listed)
    regions = {each.location.region for each in buckets} | set(reader.account.regions if scope.buckets is None else ())
    points = s3_access.points(reader, scope, sorted(each for each in regions if each))
    return Collected(
        (*buckets, *points.facts, s3_access.account_block(reader)),
        tuple(inventory_targets(reader, buckets)),
        points.access_point_buckets,
    )


def _buckets(reader: AccountReader, scope: Scope, listed: s3_listing.Regions) -> list[Bucket]:
    regions = {reader.account.bucket_arn(name): region for name, region in listed.items() if region}

    def read(each: tuple[str, str | None]) -> Bucket | None:
        return _bucket(reader, *each, regions) or (_missing(reader, *each) if scope.buckets is not None else None)

    return [each for each in reader.map(listed.items(), read) if each]


def _bucket(reader: AccountReader, name: str, region: str | None, regions: Mapping[str, str]) -> Bucket | None:
    """None where there is no such bucket. regions: those of buckets by their ARNs."""
    place = Location(reader.account.partition, region, reader.account.id)

    def ask(call: Call) -> settings.Answer | FailedCall | None:
        return s3_listing.ask(reader, call, name, region)

    versioning = ask(s3_calls.VERSIONING)
    if versioning is None:
        return None
    lock = ask(s3_calls.LOCK)
    tags = ask(s3_calls.TAGS)
    metrics = s3_listing.pages(reader, s3_calls.METRICS, "MetricsConfigurationList", name, region)
    ownership = _made(ObjectOwnership, ask(s3_calls.OWNERSHIP), settings.ownership)
    # Where ACLs are off S3 lets nobody in by one.
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
    acl = () if ObjectOwnership("BucketOwnerEnforced") in ownership else _made(Acl, ask(s3_calls.ACL), settings.acl)
    found = (
        *_made(Versioning, versioning, settings.versioning),
        *_made(ObjectLock, lock, settings.object_lock),
        *_made(RequestMetrics, metrics, settings.metrics),
        *ownership,
        *acl,
        *_made(PublicAccessBlock, ask(s3_calls.PUBLIC_ACCESS_BLOCK), settings.public_access_block),
        *_made(BucketPolicy, ask(s3_calls.POLICY), settings.policy),
        *_made(DefaultEncryption, ask(s3_calls.ENCRYPTION), lambda answer: settings.encryption(answer, place)),
        *_made(Lifecycle, ask(s3_calls.LIFECYCLE), settings.lifecycle),
        *_made(AccessLogging, ask(s3_calls.LOGGING), lambda answer: settings.logging(answer, place.partition)),
        *_made(Replication, ask(s3_calls.REPLICATION), lambda answer: settings.replication(answer, regions)),
        *_made(Website, ask(s3_calls.WEBSITE), settings.website),
        *_made(Cors, ask(s3_calls.CORS), settings.cors),
    )
    return _fact(
        reader.account.bucket_arn(name),
        place,
        found,
        lockable=lock.unknown if isinstance(lock, FailedCall) else lock is not None,
        tags=tags.unknown if isinstance(tags, FailedCall) else settings.tags(tags or {}),
    )


def _made(kind: type[BucketSetting], answer: Any, parse: Parse) -> tuple[BucketSetting, ...]:
    """The settings of an answer: none where there is none, one made of Unknown where it couldn't be read."""
    if isinstance(answer, FailedCall):
        return (unknown_settings.setting(kind, answer.unknown),)
    made = None if answer is None else parse(answer)
    return made if isinstance(made, tuple) else (made,) if made else ()


def _fact(
    resource: str,
    place: Location,
    found: Iterable[BucketSetting],
    *,
    lockable: Flag,
    tags: Mapping[str, str] | Unknown,
    arn: str | Unknown | None = None,
) -> Bucket:
    return Bucket(
        resource,
        arn or resource,
        DataClass.OTHER,  # until all buckets are known
        tuple(DeclaredSetting(resource, each) for each in found),
        location=place,
        declared_here=True,
        object_lock_enabled=lockable,
        tags=tags,
    )


def _missing(reader: AccountReader, name: str, region: str | None) -> Bucket:
    """A bucket that should be there fails what every bucket must have, and passes nothing for having no more."""
    arn, place = reader.account.bucket_arn(name), Location(reader.account.partition, region, reader.account.id)
    gone = Unknown(arn, reason="doesn't exist, though the stack's outputs name it")
    return _fact(
        arn,
        place,
        (unknown_settings.setting(kind, gone) for kind in unknown_settings.BETTER_WITHOUT),
        lockable=gone,
        tags=gone,
    )


def _every_bucket(reader: AccountReader, unknown: Unknown) -> Bucket:
    """What stands for the account's buckets where not even their names can be read."""
    resource, place = reader.account.bucket_arn("*"), Location(reader.account.partition, None, reader.account.id)
    found = (unknown_settings.setting(kind, unknown) for kind in unknown_settings.MADE_OF)
    return _fact(resource, place, found, lockable=unknown, tags=unknown, arn=unknown)
