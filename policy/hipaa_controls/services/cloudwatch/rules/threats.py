"""The threats to PHI that must raise an alert, as the events that CloudTrail records for them.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hipaa_controls.model.partitions import GLOBAL_EVENT_REGIONS
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.values import Location, Ref, StackResource, Unknown
from hipaa_controls.services.cloudtrail.facts import Trail
from hipaa_controls.services.cloudwatch.event_patterns import ANY_VALUE, Event
from hipaa_controls.services.kms.facts import Key
from hipaa_controls.services.s3.facts import Bucket, DefaultEncryption

# Placeholder names, for the fields of an event that don't matter. No pattern is expected to contain them.
_NAME = "example"
_ROLE_ID, _USER_ID = "AROA0000000000000000", "AIDA0000000000000000"

# The names under which CloudTrail records changes of a bucket:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
ACCESS_EVENTS = (
    "PutBucketPolicy",
    "DeleteBucketPolicy",
    "PutBucketPublicAccessBlock",
    "DeleteBucketPublicAccessBlock",
)
COPY_EVENTS = (
    "PutBucketVersioning",
    "PutBucketReplication",
    "DeleteBucketReplication",
    "PutBucketLifecycle",
    "DeleteBucketLifecycle",
)


@dataclass(frozen=True)
class Threat:
    """A threat to PHI.

    Attributes:
        name: A noun phrase that follows "an alert on".
        event_sets: Alternative sets of events. The threat is covered if every event of one set raises an alert.
        bucket: For denied access, the bucket. S3's own metric for denied requests also covers that threat.
    """

    name: str
    event_sets: tuple[tuple[Event, ...], ...]
    bucket: Bucket | None = None


def threats(buckets: list[Bucket], stack: Stack) -> Iterator[Threat]:
    """Yield the threats to the PHI in these buckets."""
    for bucket in buckets:
        yield Threat("denied access to PHI", (_by_each_caller(_denied_access(bucket), bucket.location),), bucket)
    for bucket in buckets:
        disabled = _by_each_caller(_key_disabled(bucket, stack), bucket.location)
        yield Threat("a key disabled or scheduled for deletion", (disabled,))
    for bucket in buckets:
        policy_changed = _by_each_caller(_key_policy_changed(bucket, stack), bucket.location)
        yield Threat("a key policy changed", (policy_changed,))
    for bucket in buckets:
        yield Threat("a bucket policy or public access block changed", (_bucket_changed(bucket, ACCESS_EVENTS),))
    for bucket in buckets:
        yield Threat("bucket versioning, replication or lifecycle changed", (_bucket_changed(bucket, COPY_EVENTS),))
    location = buckets[0].location
    yield Threat("a trail stopped or changed", (_by_each_caller(_trail_changed(location, stack), location),))
    yield Threat("an IAM policy changed", (_by_each_caller(_iam_policy_changed(location), location),))
    yield Threat("a failed sign-in", (_sign_in_failed(location),))
    yield Threat("a break-glass role used", _break_glass_used(location))
    yield Threat("root user activity", (_root_used(location),))


def _record(service: str, name: str, location: Location, **fields: Any) -> Event:
    return {
        "eventVersion": "1.11",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "eventType": "AwsApiCall",
        "eventCategory": "Management",
        "managementEvent": True,
        "readOnly": False,
        "awsRegion": location.region or Unknown("the region"),
        "recipientAccountId": _account(location),
        "sourceIPAddress": "203.0.113.7",
        "userAgent": _NAME,
        "userIdentity": _role_session(location),
        **fields,
    }


def _account(location: Location) -> str | Unknown:
    return location.account or Unknown("the account")


def _role_session(location: Location, role: object = _NAME) -> dict[str, Any]:
    """Return the identity of a role session. The role ANY_VALUE has any name that a pattern contains."""
    account, is_named = _account(location), isinstance(role, str) and location.account is not None
    arn = f"arn:{location.partition}"
    unnamed = role if role is ANY_VALUE else account
    return {
        "type": "AssumedRole",
        "principalId": role if role is ANY_VALUE else f"{_ROLE_ID}:{_NAME}",
        "arn": f"{arn}:sts::{location.account}:assumed-role/{role}/{_NAME}" if is_named else unnamed,
        "accountId": account,
        "sessionContext": {
            "attributes": {"mfaAuthenticated": "false"},
            "sessionIssuer": {
                "type": "Role",
                "principalId": role if role is ANY_VALUE else _ROLE_ID,
                "arn": f"{arn}:iam::{location.account}:role/{role}" if is_named else unnamed,
                "accountId": account,
                "userName": role,
            },
        },
    }


def _by_each_caller(records: Iterable[Event], location: Location) -> tuple[Event, ...]:
    """Return each record once for each kind of caller, because a pattern may match some of them only."""
    without_mfa = _role_session(location)
    with_mfa = without_mfa | {
        "sessionContext": without_mfa["sessionContext"] | {"attributes": {"mfaAuthenticated": "true"}}
    }
    account = _account(location)
    user = {
        "type": "IAMUser",
        "principalId": _USER_ID,
        "arn": f"arn:{location.partition}:iam::{account}:user/{_NAME}" if isinstance(account, str) else account,
        "accountId": account,
        "userName": _NAME,
    }
    return tuple({**record, "userIdentity": caller} for record in records for caller in (without_mfa, with_mfa, user))


def _denied_access(bucket: Bucket) -> Iterator[Event]:
    object_arn = f"{bucket.arn}/{_NAME}" if isinstance(bucket.arn, str) else bucket.arn
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
            requestParameters={"bucketName": bucket.name, "key": _NAME},
            resources=[
                {"type": "AWS::S3::Object", "ARN": object_arn},
                {"type": "AWS::S3::Bucket", "ARN": bucket.arn, "accountId": _account(bucket.location)},
            ],
        )


def _key_disabled(bucket: Bucket, stack: Stack) -> Iterator[Event]:
    yield from _key_calls(bucket, stack, "DisableKey")
    yield from _key_calls(bucket, stack, "ScheduleKeyDeletion", pendingWindowInDays=7)


def _key_policy_changed(bucket: Bucket, stack: Stack) -> Iterator[Event]:
    yield from _key_calls(bucket, stack, "PutKeyPolicy", policyName="default", policy=_NAME)


def _key_calls(bucket: Bucket, stack: Stack, name: str, **parameters: Any) -> Iterator[Event]:
    """Yield a call of KMS for each key that encrypts a bucket."""
    keys: list[Ref] = [encryption.kms_key for encryption in bucket.settings_of(DefaultEncryption)]
    for arn in (_key_arn(key, stack) for key in keys or [None]):
        yield _record(
            "kms",
            name,
            bucket.location,
            requestParameters={"keyId": arn.rsplit("/", 1)[-1] if isinstance(arn, str) else arn, **parameters},
            resources=[{"type": "AWS::KMS::Key", "ARN": arn, "accountId": _account(bucket.location)}],
        )


def _key_arn(key: Ref, stack: Stack) -> str | Unknown:
    fact = stack.fact(key.resource, Key) if isinstance(key, StackResource) else None
    arn = fact.arn if fact else key
    return arn if isinstance(arn, str) and ":key/" in arn else Unknown("the ARN of the key that encrypts PHI")


def _bucket_changed(bucket: Bucket, names: Sequence[str]) -> tuple[Event, ...]:
    resources = [{"type": "AWS::S3::Bucket", "ARN": bucket.arn, "accountId": _account(bucket.location)}]
    parameters = {"bucketName": bucket.name}
    records = (
        _record("s3", name, bucket.location, requestParameters=parameters, resources=resources) for name in names
    )
    return _by_each_caller(records, bucket.location)


def _trail_changed(bucket_location: Location, stack: Stack) -> tuple[Event, ...]:
    location = next((trail.location for trail in stack.facts_of_type(Trail)), bucket_location)
    # A caller names a trail by its name or by its ARN.
    parameters = {"name": Unknown("how a caller names the trail")}
    names = ("StopLogging", "DeleteTrail", "UpdateTrail")
    return tuple(_record("cloudtrail", name, location, requestParameters=parameters) for name in names)


def _iam_policy_changed(location: Location) -> tuple[Event, ...]:
    """Return calls that give a principal more permissions, for each kind of principal and policy."""
    return tuple(
        _record("iam", name, _global_location(location), requestParameters=parameters)
        for name, parameters in (
            ("PutUserPolicy", {"userName": _NAME, "policyName": _NAME}),
            ("PutGroupPolicy", {"groupName": _NAME, "policyName": _NAME}),
            ("PutRolePolicy", {"roleName": _NAME, "policyName": _NAME}),
            ("AttachUserPolicy", {"userName": _NAME, "policyArn": _NAME}),
            ("AttachGroupPolicy", {"groupName": _NAME, "policyArn": _NAME}),
            ("AttachRolePolicy", {"roleName": _NAME, "policyArn": _NAME}),
            ("CreatePolicyVersion", {"policyArn": _NAME, "setAsDefault": True}),
        )
    )


def _sign_in_failed(location: Location) -> tuple[Event, ...]:
    """Return the failed sign-in of an IAM user. It has no ARN.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
    """
    return (
        _record(
            "signin",
            "ConsoleLogin",
            _global_location(location),
            userIdentity={"type": "IAMUser", "accountId": _account(location), "userName": _NAME, "accessKeyId": ""},
            eventType="AwsConsoleSignIn",
            errorMessage="Failed authentication",
            requestParameters=None,
            responseElements={"ConsoleLogin": "Failure"},
            additionalEventData={"MFAUsed": "No", "MobileVersion": "No"},
        ),
    )


def _break_glass_used(location: Location) -> tuple[tuple[Event, ...], ...]:
    """Return two alternatives: the assumption of the role, and calls of its session in two unrelated services."""
    assumed = _record(
        "sts",
        "AssumeRole",
        location,
        readOnly=True,
        requestParameters={"roleArn": ANY_VALUE, "roleSessionName": _NAME},
        responseElements={"assumedRoleUser": {"arn": ANY_VALUE, "assumedRoleId": ANY_VALUE}},
        resources=[{"type": "AWS::IAM::Role", "ARN": ANY_VALUE, "accountId": _account(location)}],
    )
    session = _role_session(location, ANY_VALUE)
    used = (
        _record("s3", "PutObject", location, userIdentity=session),
        _record("iam", "CreateRole", _global_location(location), userIdentity=session),
    )
    return (assumed,), used


def _root_used(location: Location) -> tuple[Event, ...]:
    account = _account(location)
    arn = f"arn:{location.partition}:iam::{account}:root" if isinstance(account, str) else account
    root = {"type": "Root", "principalId": account, "arn": arn, "accountId": account}
    sign_in = {
        "eventType": "AwsConsoleSignIn",
        "requestParameters": None,
        "responseElements": {"ConsoleLogin": "Success"},
        "additionalEventData": {"MFAUsed": "Yes", "MobileVersion": "No"},
    }
    return (
        _record("signin", "ConsoleLogin", _global_location(location), userIdentity=root, **sign_in),
        _record("iam", "CreateAccessKey", _global_location(location), userIdentity=root),
    )


def _global_location(location: Location) -> Location:
    """Return the location in which CloudTrail records global service events."""
    return Location(location.partition, GLOBAL_EVENT_REGIONS.get(location.partition), location.account)
