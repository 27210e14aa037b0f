"""Buckets with their settings, what they are used for, and what stands before all of an account's buckets.

A bucket takes a dozen requests. Some are made only where they can matter: for its ACL where ACLs have an effect, and
for its inventories where some bucket takes what S3 delivers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from hipaa import iam
from hipaa.documents import Parsed, lets_in, read_bucket_policy
from hipaa.facts import (
    AccessLogging,
    Acl,
    Bucket,
    BucketPolicy,
    Cors,
    Declared,
    DefaultEncryption,
    Flag,
    Lifecycle,
    ObjectLock,
    Ownership,
    Place,
    PublicAccessBlock,
    Replication,
    RequestMetrics,
    Role,
    Setting,
    Unknown,
    Versioning,
    Website,
)
from phi.audit import unread
from phi.audit.calls import Call
from phi.audit.collect import s3_access, s3_calls
from phi.audit.collect import s3_settings as settings
from phi.audit.collect.s3_calls import CALLS
from phi.audit.reader import Reader, Unread
from phi.audit.scope import Scope
from phi.audit.told import Publisher, Told

__all__ = ["CALLS", "collect", "publishers"]

# With any parameter S3 tells the region of each bucket: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Bucket.html
PAGE = 1000
SERVICE = "s3.amazonaws.com"

Regions = Mapping[str, str | None]
Parse = Callable[[Any], Setting | tuple[Setting, ...] | None]


def collect(reader: Reader, scope: Scope) -> Told:
    """The buckets in scope, their access points, and the account's public access block.

    A bucket that is gone by the time it is read is left out, unless it is one that the scope names.
    """
    regions = _regions(reader, scope)
    if isinstance(regions, Unread):
        buckets, regions = [_every_bucket(reader, regions.unknown)], {}
    else:
        buckets = _buckets(reader, scope, regions)
    where = {*regions.values(), *(reader.account.regions if scope.buckets is None else ())} - {None}
    points = s3_access.points(reader, scope, sorted(each for each in where if each))
    return Told(
        (*buckets, *points.facts, s3_access.account_block(reader)),
        tuple(_inventory_targets(reader, buckets)),
        points.buckets_of,
    )


def publishers(reader: Reader, scope: Scope) -> tuple[Publisher, ...]:
    """The topics that S3 tells of what happens in buckets of the scope. Not part of `collect`: few can take it."""
    regions = _regions(reader, scope)
    if isinstance(regions, Unread):
        return tuple((reader.account.arn("sns", each, "*"), regions.unknown) for each in reader.account.regions)
    found = reader.each(regions.items(), lambda each: _topics(reader, *each))
    return tuple(dict.fromkeys(each for topics in found for each in topics))


def _topics(reader: Reader, name: str, region: str | None) -> list[Publisher]:
    """Of a bucket's own region, where they must be."""
    answer = _ask(reader, s3_calls.NOTIFICATIONS, name, region)
    if isinstance(answer, Unread):
        return [(reader.account.arn("sns", answer.region, "*"), answer.unknown)]
    return [(each["TopicArn"], SERVICE) for each in (answer or {}).get("TopicConfigurations") or []]


def _regions(reader: Reader, scope: Scope) -> Regions | Unread:
    """The region of each bucket by its name; None where it can't be read, and botocore finds it out by itself."""
    if scope.buckets is not None:
        return dict(scope.buckets)
    listed = reader.pages(s3_calls.LIST_BUCKETS, "Buckets", "the buckets of the account", MaxBuckets=PAGE)
    if isinstance(listed, Unread):
        return listed
    told: dict[str, str | None] = {each["Name"]: each.get("BucketRegion") for each in listed}
    untold = [name for name, region in told.items() if not region]
    for name, answer in zip(untold, reader.each(untold, lambda each: _location(reader, each)), strict=True):
        if answer is None:
            del told[name]
        else:
            told[name] = None if isinstance(answer, Unread) else settings.region(answer)
    return told


def _location(reader: Reader, name: str) -> settings.Answer | Unread | None:
    return _ask(reader, s3_calls.LOCATION, name, None)


def _ask(reader: Reader, call: Call, name: str, region: str | None) -> settings.Answer | Unread | None:
    """Of the account's own bucket: one that somebody else has made in its stead refuses."""
    owner = reader.account.id
    return reader.ask(call, reader.account.bucket_arn(name), region, Bucket=name, ExpectedBucketOwner=owner)


def _buckets(reader: Reader, scope: Scope, regions: Regions) -> list[Bucket]:
    by_arn = {reader.account.bucket_arn(name): region for name, region in regions.items() if region}

    def read(each: tuple[str, str | None]) -> Bucket | None:
        return _bucket(reader, *each, by_arn) or (_missing(reader, *each) if scope.buckets is not None else None)

    return [each for each in reader.each(regions.items(), read) if each]


def _bucket(reader: Reader, name: str, region: str | None, by_arn: Mapping[str, str]) -> Bucket | None:
    """None where there is no such bucket. by_arn: the regions of buckets."""
    arn, place = reader.account.bucket_arn(name), _place(reader, region)

    def ask(call: Call) -> settings.Answer | Unread | None:
        return _ask(reader, call, name, region)

    versioning = ask(s3_calls.VERSIONING)
    if versioning is None:
        return None
    lock = ask(s3_calls.LOCK)
    tags = ask(s3_calls.TAGS)
    owner = reader.account.id
    metrics = reader.pages(
        s3_calls.METRICS, "MetricsConfigurationList", arn, region, Bucket=name, ExpectedBucketOwner=owner
    )
    ownership = _made(Ownership, ask(s3_calls.OWNERSHIP), settings.ownership)
    # Where ACLs are off S3 lets nobody in by one.
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
    acl = () if Ownership("BucketOwnerEnforced") in ownership else _made(Acl, ask(s3_calls.ACL), settings.acl)
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
        *_made(Replication, ask(s3_calls.REPLICATION), lambda answer: settings.replication(answer, by_arn)),
        *_made(Website, ask(s3_calls.WEBSITE), settings.website),
        *_made(Cors, ask(s3_calls.CORS), settings.cors),
    )
    return _fact(
        arn,
        place,
        found,
        lockable=lock.unknown if isinstance(lock, Unread) else lock is not None,
        tags=tags.unknown if isinstance(tags, Unread) else settings.tags(tags or {}),
    )


def _made(kind: type[Setting], answer: Any, parse: Parse) -> tuple[Setting, ...]:
    """The settings of an answer: none where there is none, one made of Unknown where it couldn't be read."""
    if isinstance(answer, Unread):
        return (unread.setting(kind, answer.unknown),)
    made = None if answer is None else parse(answer)
    return made if isinstance(made, tuple) else (made,) if made else ()


def _place(reader: Reader, region: str | None) -> Place:
    return Place(reader.account.partition, region, reader.account.id)


def _fact(
    arn: str,
    place: Place,
    found: Iterable[Setting],
    *,
    lockable: Flag,
    tags: Mapping[str, str] | Unknown,
    told_arn: str | Unknown | None = None,
) -> Bucket:
    return Bucket(
        arn,
        told_arn or arn,
        Role.OTHER,  # until all buckets are known
        tuple(Declared(arn, each) for each in found),
        place=place,
        exists=True,
        lockable=lockable,
        tags=tags,
    )


def _missing(reader: Reader, name: str, region: str | None) -> Bucket:
    """A bucket that should be there fails what every bucket must have, and passes nothing for having no more."""
    arn = reader.account.bucket_arn(name)
    gone = Unknown(arn, why="doesn't exist, though the stack's outputs name it")
    found = (unread.setting(kind, gone) for kind in unread.BETTER_WITHOUT)
    return _fact(arn, _place(reader, region), found, lockable=gone, tags=gone)


def _every_bucket(reader: Reader, unknown: Unknown) -> Bucket:
    """What stands for the account's buckets where not even their names can be read."""
    found = (unread.setting(kind, unknown) for kind in unread.MADE_OF)
    arn = reader.account.bucket_arn("*")
    return _fact(arn, _place(reader, None), found, lockable=unknown, tags=unknown, told_arn=unknown)


def _inventory_targets(reader: Reader, buckets: Iterable[Bucket]) -> Iterator[tuple[str, Role]]:
    """The buckets that inventories of others are written to."""
    read = [each for each in buckets if isinstance(each.arn, str)]
    if not any(_may_take_inventories(each) for each in read):
        return
    owner = reader.account.id

    def inventories(bucket: Bucket) -> list[Any] | Unread:
        name, where = str(bucket.name), bucket.place.region
        call = s3_calls.INVENTORIES
        return reader.pages(
            call, "InventoryConfigurationList", bucket.resource, where, Bucket=name, ExpectedBucketOwner=owner
        )

    for bucket, found in zip(read, reader.each(read, inventories), strict=True):
        for each in [] if isinstance(found, Unread) else found:
            target = settings.inventory_target(each)
            if target and target != bucket.resource:
                yield target, Role.INVENTORY


def _may_take_inventories(bucket: Bucket) -> bool:
    """Whether the bucket's policy lets S3 write to it: https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-inventory.html"""
    request = iam.Request("s3:PutObject", f"{bucket.arn}/{iam.ANY}", iam.Principal("Service", SERVICE), {})
    parsed = [read_bucket_policy(each.document) for each in bucket.declaring(BucketPolicy)]
    return any(not isinstance(each, Parsed) or lets_in(each, request) is not None for each in parsed)
