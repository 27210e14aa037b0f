"""Trails and what they record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hipaa.model.data_class import DataClass
from hipaa.model.values import Flag, Location, Unknown
from hipaa.services.cloudtrail.facts import EventSelector, FieldSelector, Trail
from phi.audit.calls import Call, ResourceType
from phi.audit.collected import Collected
from phi.audit.reader import AccountReader, FailedCall
from phi.audit.scope import Scope

DESCRIBE_TRAILS = Call("cloudtrail", "describe_trails", "cloudtrail:DescribeTrails", ResourceType.ANY)
STATUS = Call("cloudtrail", "get_trail_status", "cloudtrail:GetTrailStatus", ResourceType.TRAIL)
SELECTORS = Call("cloudtrail", "get_event_selectors", "cloudtrail:GetEventSelectors", ResourceType.TRAIL)
CALLS = (DESCRIBE_TRAILS, STATUS, SELECTORS)

OPERATORS = ("Equals", "NotEquals", "StartsWith", "NotStartsWith", "EndsWith", "NotEndsWith")
Selectors = Mapping[str, Sequence[Mapping[str, Any]]]


def collect(reader: AccountReader, scope: Scope) -> Collected:
    """Every trail that records the account in one of the regions: its own, and its organization's.

    Where a trail is only a shadow, of another region or of the organization's own account, AWS tells it too:
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html
    """
    account = reader.account
    listed = reader.map(
        account.regions,
        lambda region: reader.pages(
            DESCRIBE_TRAILS, "trailList", account.arn("cloudtrail", region, "trail/*"), region, includeShadowTrails=True
        ),
    )
    unlisted: list[Trail] = []
    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for region, trails in zip(account.regions, listed, strict=True):
        if isinstance(trails, FailedCall):
            unlisted.append(_unknown(trails.subject, trails.unknown, account.location(region)))
            continue
        for each in trails:
            if scope.has(each["Name"]):
                # By its ARN it is told of in every region that sees it, and its home may not be among them.
                home = each["HomeRegion"] if each["HomeRegion"] in account.regions else region
                found.setdefault(each["TrailARN"], (home, each))
    facts = reader.map(found.values(), lambda seen: _trail(reader, *seen))
    # The account's own come first: whoever stops a trail of the organization does it in another account.
    facts.sort(key=lambda each: each.location.account != account.id)
    files = [account.bucket_arn(each["S3BucketName"]) for _, each in found.values() if each.get("S3BucketName")]
    return Collected((*facts, *unlisted), tuple((bucket, DataClass.TRAIL_LOG) for bucket in files))


def _trail(reader: AccountReader, region: str, described: Mapping[str, Any]) -> Trail:
    arn = described["TrailARN"]
    status = reader.call(STATUS, arn, region, Name=arn) or {}
    selectors = reader.call(SELECTORS, arn, region, TrailName=arn) or {}
    return trail(described, status, selectors)


def trail(described: Mapping[str, Any], status: Mapping[str, Any] | FailedCall, selectors: Selectors | FailedCall) -> Trail:
    """From the answers of DescribeTrails, GetTrailStatus and GetEventSelectors."""
    arn = described["TrailARN"]
    _, partition, _, region, account, _ = arn.split(":", 5)
    return Trail(
        arn,
        status.unknown if isinstance(status, FailedCall) else status.get("IsLogging", False),
        described.get("IsMultiRegionTrail", False),
        described.get("IncludeGlobalServiceEvents", False),
        described.get("LogFileValidationEnabled", False),
        described.get("KmsKeyId") or None,
        (described.get("CloudWatchLogsLogGroupArn") or "").removesuffix(":*") or None,
        selectors.unknown if isinstance(selectors, FailedCall) else data_events(selectors),
        selectors.unknown if isinstance(selectors, FailedCall) else management(selectors),
        Location(partition, region, account),
    )


def management(selectors: Selectors) -> bool:
    """Whether all management events are recorded, as they are where no selector is set.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html
    """
    basic, advanced = _both(selectors)
    if not basic and not advanced:
        return True
    return any(map(_manages, basic)) or any(map(_all_management, advanced))


def _manages(selector: Mapping[str, Any]) -> bool:
    everything = selector.get("ReadWriteType", "All") == "All" and not selector.get("ExcludeManagementEventSources")
    return everything and bool(selector.get("IncludeManagementEvents", True))


def _all_management(selector: Mapping[str, Any]) -> bool:
    """By the category alone: another field, such as readOnly or eventSource, leaves some out."""
    return [(each["Field"], _tests(each)) for each in selector["FieldSelectors"]] == [
        ("eventCategory", {"equals": ("Management",)})
    ]


def data_events(selectors: Selectors) -> tuple[EventSelector, ...]:
    basic, advanced = _both(selectors)
    return (*map(_basic, basic), *map(_advanced, advanced))


def _basic(selector: Mapping[str, Any]) -> EventSelector:
    objects = [each for each in selector.get("DataResources") or () if each.get("Type") == "AWS::S3::Object"]
    prefixes = tuple(value for each in objects for value in each.get("Values") or ())
    return EventSelector(selector.get("ReadWriteType", "All"), prefixes)


def _advanced(selector: Mapping[str, Any]) -> EventSelector:
    return EventSelector(field_selectors=tuple(FieldSelector(each["Field"], _tests(each)) for each in selector["FieldSelectors"]))


def _tests(field: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {name[0].lower() + name[1:]: tuple(field[name]) for name in OPERATORS if field.get(name)}


def _both(selectors: Selectors) -> tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]:
    return selectors.get("EventSelectors") or (), selectors.get("AdvancedEventSelectors") or ()


def _unknown(arn: str, unknown: Unknown, place: Location) -> Trail:
    told: Flag = unknown
    return Trail(arn, told, told, told, told, unknown, unknown, unknown, told, place)
