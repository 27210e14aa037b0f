"""Collects S3 buckets with their settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.values import Flag, Location, Unknown
from hipaa_controls.services.s3.facts import (
    AccessLogging,
    Acl,
    AnalyticsExport,
    Bucket,
    BucketPolicy,
    BucketSetting,
    Cors,
    DeclaredSetting,
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
from phi_buckets.audit.calls import Call
from phi_buckets.audit.calls import s3 as calls
from phi_buckets.audit.collect.s3 import settings, unknown_settings
from phi_buckets.audit.collect.s3.listing import BucketRegions, bucket_regions, call_for_bucket, list_for_bucket
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.scope import Scope

Parser = Callable[[Any], BucketSetting | tuple[BucketSetting, ...] | None]


def collect_buckets(reader: AccountReader, scope: Scope) -> list[Bucket]:
    """Return the buckets in scope.

    A bucket that was deleted since it was listed is left out. A bucket that the scope names must exist.
    """
    regions = bucket_regions(reader, scope)
    if isinstance(regions, FailedCall):
        return [_unknown_buckets(reader, regions.unknown)]
    return _read_buckets(reader, scope, regions)


def _read_buckets(reader: AccountReader, scope: Scope, regions: BucketRegions) -> list[Bucket]:
    regions_by_arn = {reader.account.bucket_arn(name): region for name, region in regions.items() if region}

    def read(name_and_region: tuple[str, str | None]) -> Bucket | None:
        bucket = _read_bucket(reader, *name_and_region, regions_by_arn)
        if bucket is None and scope.buckets is not None:
            return _missing_bucket(reader, *name_and_region)
        return bucket

    return [bucket for bucket in reader.map(regions.items(), read) if bucket]


def _read_bucket(
    reader: AccountReader, name: str, region: str | None, regions_by_arn: Mapping[str, str]
) -> Bucket | None:
    """Return a bucket; None if it doesn't exist.

    Args:
        reader: The account's reader.
        name: The bucket's name.
        region: The bucket's region; None if it isn't known.
        regions_by_arn: The region of each bucket, by ARN. Any of them may be the destination of its replication.
    """
    location = Location(reader.account.partition, region, reader.account.id)

    def call(api_call: Call) -> settings.Response | FailedCall | None:
        return call_for_bucket(reader, api_call, name, region)

    versioning = call(calls.GET_BUCKET_VERSIONING)
    if versioning is None:
        return None
    object_lock = call(calls.GET_OBJECT_LOCK_CONFIGURATION)
    tags = call(calls.GET_BUCKET_TAGGING)

    def list_all(api_call: Call, result_key: str) -> list[settings.Response] | FailedCall:
        return list_for_bucket(reader, api_call, result_key, name, region)

    metrics = list_all(calls.LIST_BUCKET_METRICS_CONFIGURATIONS, "MetricsConfigurationList")
    inventories = list_all(calls.LIST_BUCKET_INVENTORY_CONFIGURATIONS, "InventoryConfigurationList")
    analytics = list_all(calls.LIST_BUCKET_ANALYTICS_CONFIGURATIONS, "AnalyticsConfigurationList")
    ownership = _parse(ObjectOwnership, call(calls.GET_BUCKET_OWNERSHIP_CONTROLS), settings.parse_ownership)
    # With Object Ownership set to BucketOwnerEnforced, ACLs grant no access.
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
    acls_disabled = ObjectOwnership("BucketOwnerEnforced") in ownership
    acl = () if acls_disabled else _parse(Acl, call(calls.GET_BUCKET_ACL), settings.parse_acl)
    bucket_settings = (
        *_parse(Versioning, versioning, settings.parse_versioning),
        *_parse(ObjectLock, object_lock, settings.parse_object_lock),
        *_parse(RequestMetrics, metrics, settings.parse_request_metrics),
        *_parse(Inventory, inventories, settings.parse_inventories),
        *_parse(AnalyticsExport, analytics, settings.parse_analytics_exports),
        *_parse(
            EventNotifications,
            call(calls.GET_BUCKET_NOTIFICATION_CONFIGURATION),
            settings.parse_event_notifications,
        ),
        *ownership,
        *acl,
        *_parse(PublicAccessBlock, call(calls.GET_PUBLIC_ACCESS_BLOCK), settings.parse_public_access_block),
        *_parse(BucketPolicy, call(calls.GET_BUCKET_POLICY), settings.parse_policy),
        *_parse(
            DefaultEncryption,
            call(calls.GET_BUCKET_ENCRYPTION),
            lambda response: settings.parse_encryption(response, location),
        ),
        *_parse(Lifecycle, call(calls.GET_BUCKET_LIFECYCLE_CONFIGURATION), settings.parse_lifecycle),
        *_parse(
            AccessLogging,
            call(calls.GET_BUCKET_LOGGING),
            lambda response: settings.parse_access_logging(response, location.partition),
        ),
        *_parse(
            Replication,
            call(calls.GET_BUCKET_REPLICATION),
            lambda response: settings.parse_replication(response, regions_by_arn),
        ),
        *_parse(Website, call(calls.GET_BUCKET_WEBSITE), settings.parse_website),
        *_parse(Cors, call(calls.GET_BUCKET_CORS), settings.parse_cors),
    )
    return _bucket(
        reader.account.bucket_arn(name),
        location,
        bucket_settings,
        object_lock_enabled=object_lock.unknown if isinstance(object_lock, FailedCall) else object_lock is not None,
        tags=tags.unknown if isinstance(tags, FailedCall) else settings.parse_tags(tags or {}),
    )


def _parse(setting_type: type[BucketSetting], response: Any, parse: Parser) -> tuple[BucketSetting, ...]:
    """Return the settings in a response.

    Args:
        setting_type: The type of setting.
        response: The response; None if the bucket doesn't have the setting; a FailedCall if it couldn't be read.
        parse: Returns the settings in a response.
    """
    if isinstance(response, FailedCall):
        return (unknown_settings.unknown_setting(setting_type, response.unknown),)
    parsed = None if response is None else parse(response)
    if isinstance(parsed, tuple):
        return parsed
    return (parsed,) if parsed else ()


def _bucket(
    resource: str,
    location: Location,
    bucket_settings: Iterable[BucketSetting],
    *,
    object_lock_enabled: Flag,
    tags: Mapping[str, str] | Unknown,
    arn: str | Unknown | None = None,
) -> Bucket:
    return Bucket(
        resource,
        arn or resource,
        DataClass.OTHER,  # phi_buckets.audit.assemble sets it once all buckets are known
        tuple(DeclaredSetting(resource, setting) for setting in bucket_settings),
        location=location,
        declared_here=True,
        object_lock_enabled=object_lock_enabled,
        tags=tags,
    )


def _missing_bucket(reader: AccountReader, name: str, region: str | None) -> Bucket:
    """Return a bucket that stands for one that doesn't exist, and passes no control.

    It fails the controls that require a setting, and the others are unverified.
    """
    arn = reader.account.bucket_arn(name)
    missing = Unknown(arn, reason="doesn't exist, though the stack's outputs name it")
    return _bucket(
        arn,
        Location(reader.account.partition, region, reader.account.id),
        (unknown_settings.unknown_setting(setting_type, missing) for setting_type in unknown_settings.PASS_WHEN_ABSENT),
        object_lock_enabled=missing,
        tags=missing,
    )


def _unknown_buckets(reader: AccountReader, unknown: Unknown) -> Bucket:
    """Return a bucket that represents all buckets of an account whose buckets couldn't be listed."""
    return _bucket(
        reader.account.bucket_arn("*"),
        Location(reader.account.partition, None, reader.account.id),
        (
            unknown_settings.unknown_setting(setting_type, unknown)
            for setting_type in unknown_settings.UNKNOWN_FACTORIES
        ),
        object_lock_enabled=unknown,
        tags=unknown,
        arn=unknown,
    )
