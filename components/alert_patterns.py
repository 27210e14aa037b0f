"""What raises an alert, by what CloudTrail records of it: filters of a trail's log, and patterns of EventBridge rules.

A rule tells within seconds who did what, in its own region alone. The log of a multi-region trail has the records of
every region, and those of none, such as root's, but some minutes later.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi_aws as aws

WEAKENS_A_BUCKET = (
    "PutBucketPolicy",
    "DeleteBucketPolicy",
    "PutBucketPublicAccessBlock",
    "DeleteBucketPublicAccessBlock",
)
ENDS_A_KEY = ("DisableKey", "ScheduleKeyDeletion")
ENDS_A_TRAIL = ("StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors")


@dataclass(frozen=True)
class Sign:
    """Something that a trail's log shows: a metric counts it, and one occurrence raises an alarm."""

    name: str
    what: str
    pattern: str
    """A filter of its log."""


@dataclass(frozen=True)
class Watch:
    """Something that an EventBridge rule tells of as it happens."""

    name: str
    what: str
    pattern: dict[str, Any]
    of: dict[str, str] = field(default_factory=dict)
    """What it happened to: a name for it, and where an event has that."""
    reads: bool = False
    """Whether AWS calls it read-only, which a rule sees only where it asks to."""


def signs(buckets: Sequence[str], break_glass_role_arn: str) -> list[Sign]:
    """The signs of trouble in a trail's log.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
    """
    of_buckets = _any_of("requestParameters.bucketName", buckets)
    refused = _all_of(_is("eventSource", "s3.amazonaws.com"), _is("errorCode", "AccessDenied"), of_buckets)
    # A service linked to the account may act as its root: that isn't somebody.
    root = '{ ($.userIdentity.type = "Root") && ($.userIdentity.invokedBy NOT EXISTS) && '
    root += '($.eventType != "AwsServiceEvent") }'
    # Who comes by an identity provider has shown a second factor there, and AWS says "No" of it.
    without_mfa = _all_of(
        _is("eventName", "ConsoleLogin"),
        _is("userIdentity.type", "IAMUser"),
        _is("responseElements.ConsoleLogin", "Success"),
        '($.additionalEventData.MFAUsed != "Yes")',
    )
    break_glass = (
        _is("eventSource", "sts.amazonaws.com"),
        _is("eventName", "AssumeRole*"),
        _is("requestParameters.roleArn", break_glass_role_arn),
    )
    return [
        Sign("access-denied", "Somebody was refused access to a bucket", refused),
        Sign("root-used", "The account's root was used", root),
        Sign("sign-in-without-mfa", "Somebody signed in to the console without a second factor", without_mfa),
        Sign(
            "kms-key-disabled",
            "A key was disabled or scheduled for deletion",
            _all_of(_is("eventSource", "kms.amazonaws.com"), _any_of("eventName", ENDS_A_KEY)),
        ),
        Sign(
            "bucket-access-changed",
            "The policy or public access block of a bucket was changed",
            _all_of(_is("eventSource", "s3.amazonaws.com"), _any_of("eventName", WEAKENS_A_BUCKET), of_buckets),
        ),
        Sign(
            "cloudtrail-changed",
            "A trail was stopped or changed",
            _all_of(_is("eventSource", "cloudtrail.amazonaws.com"), _any_of("eventName", ENDS_A_TRAIL)),
        ),
        Sign("break-glass-used", "The break-glass role was taken", _all_of(*break_glass)),
    ]


def watches(buckets: Sequence[str], break_glass_role_arn: str) -> list[Watch]:
    """The rules for what can't wait. Whatever the key or trail is: an ARN isn't known before it exists.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
    """
    return [
        Watch(
            "kms-key-disabled",
            "A key was disabled or scheduled for deletion",
            _calls("kms", list(ENDS_A_KEY)),
            {"key": "$.detail.requestParameters.keyId"},
        ),
        Watch(
            "bucket-access-changed",
            "The policy or public access block of a bucket was changed",
            _calls("s3", list(WEAKENS_A_BUCKET), bucketName=list(buckets)),
            {"bucket": "$.detail.requestParameters.bucketName"},
        ),
        Watch("cloudtrail-changed", "A trail was stopped or changed", _calls("cloudtrail", list(ENDS_A_TRAIL))),
        Watch(
            "break-glass-used",
            "The break-glass role was taken",
            _calls("sts", [{"prefix": "AssumeRole"}], roleArn=[break_glass_role_arn]),
            {"role": "$.detail.requestParameters.roleArn"},
            reads=True,
        ),
    ]


def told(watch: Watch) -> aws.cloudwatch.EventTargetInputTransformerArgsDict:
    """What a rule's message says, and where in an event it finds it.

    It names fields one by one: what a request holds, above all an object's key, doesn't belong in a message. The rest
    is in the trail, under the event's id.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
    """
    paths = {
        "event": "$.detail.eventName",
        "time": "$.time",
        "account": "$.account",
        "region": "$.region",
        "kind": "$.detail.userIdentity.type",
        "who": "$.detail.userIdentity.sessionContext.sessionIssuer.arn",
        "id": "$.detail.eventID",
        **watch.of,
    }
    lines = [
        f"{watch.what}: <event>",
        *(f"{name}: <{name}>" for name in watch.of),
        "by: <kind> <who>",
        "at: <time>, account <account>, region <region>",
        "CloudTrail event: <id>",
    ]
    return {"input_paths": paths, "input_template": "\n".join(json.dumps(line) for line in lines)}


def _calls(service: str, names: list[Any], **parameters: list[Any]) -> dict[str, Any]:
    """Calls of a service that CloudTrail records, by name and by parameters."""
    detail: dict[str, Any] = {"eventSource": [f"{service}.amazonaws.com"], "eventName": names}
    if parameters:
        detail["requestParameters"] = parameters
    return {"source": [f"aws.{service}"], "detail-type": ["AWS API Call via CloudTrail"], "detail": detail}


def _all_of(*terms: str) -> str:
    return f"{{ {' && '.join(terms)} }}"


def _any_of(field: str, values: Sequence[str]) -> str:
    return f"({' || '.join(_is(field, value) for value in values)})"


def _is(field: str, value: str) -> str:
    return f'($.{field} = "{value}")'
