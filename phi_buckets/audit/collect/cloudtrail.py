"""Collects CloudTrail trails and the events that they record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.values import Location, Unknown
from hipaa_controls.services.cloudtrail.facts import EventSelector, FieldSelector, Trail
from phi_buckets.audit.arns import region_of
from phi_buckets.audit.calls.cloudtrail import DESCRIBE_TRAILS, GET_EVENT_SELECTORS, GET_TRAIL_STATUS
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.scope import Scope

OPERATORS = ("Equals", "NotEquals", "StartsWith", "NotStartsWith", "EndsWith", "NotEndsWith")
Response = Mapping[str, Any]
Selectors = Mapping[str, Sequence[Response]]


def collect(reader: AccountReader, scope: Scope) -> Collected:
    """Collect every trail that records the account in an audited region: its own trails and its organization's.

    AWS also returns shadow trails, which replicate a trail of another region or of the organization's management
    account: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html
    """
    account = reader.account
    listed = reader.map(
        account.regions,
        lambda region: reader.list_all(
            DESCRIBE_TRAILS, "trailList", account.arn("cloudtrail", region, "trail/*"), region, includeShadowTrails=True
        ),
    )
    unknown_trails: list[Trail] = []
    # By ARN: the region in which to read the trail, and its description.
    descriptions: dict[str, tuple[str, Response]] = {}
    for region, trails in zip(account.regions, listed, strict=True):
        if isinstance(trails, FailedCall):
            unknown_trails.append(_unknown_trail(trails.resource, trails.unknown, account.location(region)))
            continue
        for trail in trails:
            if scope.includes(trail["Name"]):
                # The home region may be outside the audit, but every region with a shadow trail accepts the ARN.
                read_region = trail["HomeRegion"] if trail["HomeRegion"] in account.regions else region
                descriptions.setdefault(trail["TrailARN"], (read_region, trail))
    facts = reader.map(descriptions.values(), lambda description: _trail(reader, *description))
    log_buckets = [
        account.bucket_arn(trail["S3BucketName"]) for _, trail in descriptions.values() if trail.get("S3BucketName")
    ]
    return Collected((*facts, *unknown_trails), tuple((bucket, DataClass.TRAIL_LOG) for bucket in log_buckets))


def _trail(reader: AccountReader, region: str, description: Response) -> Trail:
    arn = description["TrailARN"]
    status = reader.call(GET_TRAIL_STATUS, arn, region, Name=arn) or {}
    selectors = reader.call(GET_EVENT_SELECTORS, arn, region, TrailName=arn) or {}
    # The organization's trail delivers to a bucket of another account.
    bucket = reader.account.bucket_arn(description.get("S3BucketName", ""))
    is_own = arn.startswith(reader.account.arn("cloudtrail", region_of(arn), ""))
    return replace(parse_trail(description, status, selectors), bucket=bucket if is_own else None)


def parse_trail(description: Response, status: Response | FailedCall, selectors: Selectors | FailedCall) -> Trail:
    """Return a trail from the responses of DescribeTrails, GetTrailStatus and GetEventSelectors."""
    arn = description["TrailARN"]
    _, partition, _, region, account, _ = arn.split(":", 5)
    return Trail(
        arn,
        status.unknown if isinstance(status, FailedCall) else status.get("IsLogging", False),
        description.get("IsMultiRegionTrail", False),
        description.get("IncludeGlobalServiceEvents", False),
        description.get("LogFileValidationEnabled", False),
        description.get("KmsKeyId") or None,
        (description.get("CloudWatchLogsLogGroupArn") or "").removesuffix(":*") or None,
        selectors.unknown if isinstance(selectors, FailedCall) else parse_event_selectors(selectors),
        Location(partition, region, account),
        # A member account is shown the organization's trails, which record its events:
        # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-trail-organization.html
        description.get("IsOrganizationTrail") or None,
        topic=description.get("SnsTopicARN"),
    )


def parse_event_selectors(selectors: Selectors) -> tuple[EventSelector, ...]:
    basic, advanced = selectors.get("EventSelectors") or (), selectors.get("AdvancedEventSelectors") or ()
    return (*map(_basic_selector, basic), *map(_advanced_selector, advanced))


def _basic_selector(selector: Response) -> EventSelector:
    resources = [
        resource for resource in selector.get("DataResources") or () if resource.get("Type") == "AWS::S3::Object"
    ]
    arn_prefixes = tuple(value for resource in resources for value in resource.get("Values") or ())
    return EventSelector(
        selector.get("ReadWriteType", "All"),
        arn_prefixes,
        management_events=selector.get("IncludeManagementEvents"),
        excluded_sources=tuple(selector.get("ExcludeManagementEventSources") or ()),
    )


def _advanced_selector(selector: Response) -> EventSelector:
    fields = (FieldSelector(field["Field"], _operators(field)) for field in selector["FieldSelectors"])
    return EventSelector(field_selectors=tuple(fields))


def _operators(field: Response) -> dict[str, tuple[str, ...]]:
    return {name[0].lower() + name[1:]: tuple(field[name]) for name in OPERATORS if field.get(name)}


def _unknown_trail(arn: str, unknown: Unknown, location: Location) -> Trail:
    settings = (unknown, unknown, unknown, unknown, unknown, unknown, unknown)
    return Trail(arn, *settings, location, bucket=unknown, topic=unknown)
