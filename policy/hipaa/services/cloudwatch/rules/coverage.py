"""What puts PHI at risk raises an alert: asked by events that CloudTrail would record, of all that watches for some.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hipaa import evaluator
from hipaa.model.partitions import GLOBAL_EVENT_REGIONS
from hipaa.model.rule import RuleContext
from hipaa.model.stack import Stack
from hipaa.model.three_valued import all_of, any_of
from hipaa.model.values import Flag, Location, Ref, StackResource, Text, Unknown, iter_unknowns
from hipaa.model.verdict import Finding, Status, failed, not_applicable, passed, unverified
from hipaa.services.cloudtrail.facts import Trail
from hipaa.services.cloudtrail.rules import phi_buckets
from hipaa.services.cloudwatch.event_patterns import WHATEVER, Event, by_filter, by_rule, enveloped
from hipaa.services.cloudwatch.facts import Alarm, EventRule, Metric
from hipaa.services.cloudwatch.rules.alarms import alarm_action, fires, publishes
from hipaa.services.kms.facts import Key
from hipaa.services.logs.facts import LogGroup, MetricFilter
from hipaa.services.s3.facts import Bucket, DefaultEncryption

# A metric, and whether its alarm tells somebody.
Heard = tuple[Metric, bool | Unknown]


@dataclass(frozen=True)
class Subject:
    """Something to be alerted on: in one of several ways, each by all of its events."""

    name: str
    ways: tuple[tuple[Event, ...], ...]
    bucket: Bucket | None = None


@dataclass(frozen=True)
class Watch:
    """What raises alerts on events of a pattern, and what isn't known of whether it does."""

    resource: str
    pattern: Text
    doubts: tuple[Unknown, ...]
    picks: Callable[[str, Event], evaluator.Match]

    def raises(self, event: Event) -> bool | Unknown:
        if not isinstance(self.pattern, str):
            return self.pattern or False
        match self.picks(self.pattern, event):
            case evaluator.Match.NO:
                return False
            case evaluator.Match.YES:
                return next(iter(self.doubts), True)
            case _:
                return Unknown(f"whether {self.resource.rsplit('::', 1)[-1]} picks out {event['eventName']}")


def alarm_coverage(stack: Stack, _: RuleContext) -> Finding:
    buckets = phi_buckets(stack)
    if not buckets:
        return not_applicable("the stack keeps no PHI")
    heard = list(_heard(stack))
    watches = [*_rules(stack), *_filters(heard, stack)]
    missing: dict[str, list[str]] = {}
    doubts: list[Unknown] = []
    for subject in _subjects(buckets, stack):
        measured = _measured(subject.bucket, heard, stack) if subject.bucket else False
        if measured is True:
            continue
        ways = [{str(event["eventName"]): _raised(event, watches) for event in way} for way in subject.ways]
        if any(all(answer is True for answer in way.values()) for way in ways):
            continue
        unknown = [each for way in ways if False not in way.values() for each in iter_unknowns(way)]
        if unknown or isinstance(measured, Unknown):
            doubts += [*unknown, *iter_unknowns(measured)]
        else:
            missing.setdefault(subject.name, []).extend(name for name, answer in ways[0].items() if answer is False)
    if missing:
        told = (f"{subject} ({', '.join(dict.fromkeys(names))})" for subject, names in missing.items())
        return failed(f"nothing raises an alert on {'; '.join(told)}")
    return unverified(*doubts) if doubts else passed("something raises an alert on each")


def _raised(event: Event, watches: list[Watch]) -> bool | Unknown:
    return any_of(watch.raises(event) for watch in watches)


# What watches.


def _rules(stack: Stack) -> Iterator[Watch]:
    """EventBridge rules that are enabled and send what they pick out somewhere."""
    for each in stack.facts_of_type(EventRule):
        needed = (each.enabled, each.has_targets, each.on_default_bus)
        if False not in needed and each.pattern is not None:
            yield Watch(each.resource, each.pattern, tuple(iter_unknowns(needed)), _in_region(each.location.region))


def _in_region(region: str | None) -> Callable[[str, Event], evaluator.Match]:
    """A rule sees what is recorded in its own region."""

    def picks(pattern: str, event: Event) -> evaluator.Match:
        there = event["awsRegion"]
        elsewhere = region is not None and isinstance(there, str) and there != region
        return evaluator.Match.NO if elsewhere else by_rule(pattern, enveloped(event))

    return picks


def _filters(heard: list[Heard], stack: Stack) -> Iterator[Watch]:
    """Metric filters of a log group that a trail writes to, with an alarm on their metric that tells somebody."""
    trails = [each.log_group for each in stack.facts_of_type(Trail)]
    for each in stack.facts_of_type(MetricFilter):
        alarmed = any_of(all_of((publishes(each, metric), tells)) for metric, tells in heard)
        needed = (_of_trail(each.log_group, trails, stack), alarmed)
        if False not in needed:
            yield Watch(each.resource, each.pattern, tuple(iter_unknowns(needed)), by_filter)


def _of_trail(group: Ref, trails: list[Ref], stack: Stack) -> Flag:
    if isinstance(group, Unknown):
        return group
    if group is not None and group in trails:
        return True
    found = stack.fact(group.resource, LogGroup) if isinstance(group, StackResource) else None
    return (found.holds_audit_logs or False) if found else False


def _heard(stack: Stack) -> Iterator[Heard]:
    """The metrics of each alarm that tells somebody, or may."""
    for alarm in stack.facts_of_type(Alarm):
        tells = _answer(alarm_action(alarm, RuleContext(stack, {})))
        if tells is not False:
            metrics = alarm.metrics
            every = (Metric(metrics, metrics, metrics),) if isinstance(metrics, Unknown) else metrics
            yield from ((metric, tells) for metric in every)


def _measured(bucket: Bucket, heard: list[Heard], stack: Stack) -> bool | Unknown:
    """Whether an alarm on S3's own count of refused requests tells somebody: a refused one counts among 4xxErrors."""
    return any_of(all_of((_counts(metric, bucket, stack), tells)) for metric, tells in heard)


def _counts(metric: Metric, bucket: Bucket, stack: Stack) -> bool | Unknown:
    dimensions = metric.dimensions
    name = dimensions if isinstance(dimensions, Unknown) else dimensions.get("BucketName")
    told = (
        (metric.namespace, ("AWS/S3",)),
        (metric.name, ("4xxErrors",)),
        (name, (StackResource(bucket.resource), bucket.name)),
    )
    found = all_of(value if isinstance(value, Unknown) else value in wanted for value, wanted in told)
    return _answer(fires(metric, stack)) if found is True else found


def _answer(finding: Finding) -> bool | Unknown:
    return next(iter(finding.unknowns), finding.status is Status.PASS)


# What it watches for.


def _subjects(buckets: list[Bucket], stack: Stack) -> Iterator[Subject]:
    for bucket in buckets:
        yield Subject("refused access to PHI", (tuple(_refused(bucket)),), bucket)
    for bucket in buckets:
        yield Subject("a key disabled or scheduled for deletion", (tuple(_of_keys(bucket, stack)),))
    for bucket in buckets:
        yield Subject("a bucket policy or public access block changed", (tuple(_of_bucket(bucket)),))
    place = buckets[0].location
    trail = next((each.location for each in stack.facts_of_type(Trail)), place)
    name = {"requestParameters": {"name": Unknown("how a caller names the trail")}}
    stopped = tuple(
        _record("cloudtrail", each, trail, **name) for each in ("StopLogging", "DeleteTrail", "UpdateTrail")
    )
    yield Subject("a trail stopped or changed", (stopped,))
    yield Subject("a break-glass role used", _break_glass(place))
    yield Subject("root used", (_root(place),))


def _record(service: str, name: str, place: Location, **fields: Any) -> Event:
    return {
        "eventVersion": "1.11",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "eventType": "AwsApiCall",
        "eventCategory": "Management",
        "managementEvent": True,
        "readOnly": False,
        "awsRegion": place.region or Unknown("the region"),
        "recipientAccountId": _account(place),
        "sourceIPAddress": "203.0.113.7",
        "userAgent": "somebody",
        "userIdentity": _somebody(place),
        **fields,
    }


def _account(place: Location) -> str | Unknown:
    return place.account or Unknown("the account")


def _somebody(place: Location, role: object = "somebody") -> Event:
    """A role in session; one whose name is whatever a pattern asks for, if that is what it is called."""
    account, named = _account(place), isinstance(role, str) and place.account is not None
    at = f"arn:{place.partition}"
    unnamed = role if role is WHATEVER else account
    return {
        "type": "AssumedRole",
        "principalId": role if role is WHATEVER else "AROA0000000000000000:somebody",
        "arn": f"{at}:sts::{place.account}:assumed-role/{role}/somebody" if named else unnamed,
        "accountId": account,
        "sessionContext": {
            "attributes": {"mfaAuthenticated": "false"},
            "sessionIssuer": {
                "type": "Role",
                "principalId": role if role is WHATEVER else "AROA0000000000000000",
                "arn": f"{at}:iam::{place.account}:role/{role}" if named else unnamed,
                "accountId": account,
                "userName": role,
            },
        },
    }


def _refused(bucket: Bucket) -> Iterator[Event]:
    objects = f"{bucket.arn}/somebody" if isinstance(bucket.arn, str) else bucket.arn
    for name in ("GetObject", "PutObject", "DeleteObject"):
        yield _record(
            "s3",
            name,
            bucket.location,
            eventCategory="Data",
            managementEvent=False,
            readOnly=name == "GetObject",
            errorCode="AccessDenied",
            errorMessage="Access Denied",
            requestParameters={"bucketName": bucket.name, "key": "somebody"},
            resources=[
                {"type": "AWS::S3::Object", "ARN": objects},
                {"type": "AWS::S3::Bucket", "ARN": bucket.arn, "accountId": _account(bucket.location)},
            ],
        )


def _of_keys(bucket: Bucket, stack: Stack) -> Iterator[Event]:
    keys: list[Ref] = [each.kms_key for each in bucket.settings_of(DefaultEncryption)]
    for arn in (_arn_of(key, stack) for key in keys or [None]):
        id_ = arn.rsplit("/", 1)[-1] if isinstance(arn, str) else arn
        for name, more in (("DisableKey", {}), ("ScheduleKeyDeletion", {"pendingWindowInDays": 7})):
            resources = [{"type": "AWS::KMS::Key", "ARN": arn, "accountId": _account(bucket.location)}]
            yield _record("kms", name, bucket.location, requestParameters={"keyId": id_, **more}, resources=resources)


def _arn_of(key: Ref, stack: Stack) -> str | Unknown:
    found = stack.fact(key.resource, Key) if isinstance(key, StackResource) else None
    arn = found.arn if found else key
    return arn if isinstance(arn, str) and ":key/" in arn else Unknown("the ARN of the key of PHI")


def _of_bucket(bucket: Bucket) -> Iterator[Event]:
    resources = [{"type": "AWS::S3::Bucket", "ARN": bucket.arn, "accountId": _account(bucket.location)}]
    for name in (
        "PutBucketPolicy",
        "DeleteBucketPolicy",
        "PutBucketPublicAccessBlock",
        "DeleteBucketPublicAccessBlock",
    ):
        parameters = {"bucketName": bucket.name}
        yield _record("s3", name, bucket.location, requestParameters=parameters, resources=resources)


def _break_glass(place: Location) -> tuple[tuple[Event, ...], ...]:
    """A role is taken; or whatever is done in it is told by its name, of which these two are far apart."""
    taken = _record(
        "sts",
        "AssumeRole",
        place,
        readOnly=True,
        requestParameters={"roleArn": WHATEVER, "roleSessionName": "somebody"},
        responseElements={"assumedRoleUser": {"arn": WHATEVER, "assumedRoleId": WHATEVER}},
        resources=[{"type": "AWS::IAM::Role", "ARN": WHATEVER, "accountId": _account(place)}],
    )
    role = _somebody(place, WHATEVER)
    used = (
        _record("s3", "PutObject", place, userIdentity=role),
        _record("iam", "CreateRole", _of_none(place), userIdentity=role),
    )
    return (taken,), used


def _root(place: Location) -> tuple[Event, ...]:
    account = _account(place)
    arn = f"arn:{place.partition}:iam::{account}:root" if isinstance(account, str) else account
    root = {"type": "Root", "principalId": account, "arn": arn, "accountId": account}
    signs_in = {
        "eventType": "AwsConsoleSignIn",
        "requestParameters": None,
        "responseElements": {"ConsoleLogin": "Success"},
        "additionalEventData": {"MFAUsed": "Yes", "MobileVersion": "No"},
    }
    return (
        _record("signin", "ConsoleLogin", _of_none(place), userIdentity=root, **signs_in),
        _record("iam", "CreateAccessKey", _of_none(place), userIdentity=root),
    )


def _of_none(place: Location) -> Location:
    """Where what is of no region is recorded."""
    return Location(place.partition, GLOBAL_EVENT_REGIONS.get(place.partition), place.account)
