"""The events that raise alerts: filters of the trail's log, and patterns of EventBridge rules.

An EventBridge rule reports an event within seconds and names the principal, but only in its own region. The log of a
multi-Region trail has the events of every region, including global ones such as the root user's, a few minutes later.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi_aws as aws

BUCKET_ACCESS_EVENTS = (
    "PutBucketPolicy",
    "DeleteBucketPolicy",
    "PutBucketPublicAccessBlock",
    "DeleteBucketPublicAccessBlock",
)
KEY_DISABLING_EVENTS = ("DisableKey", "ScheduleKeyDeletion")
TRAIL_CHANGING_EVENTS = ("StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors")


@dataclass(frozen=True)
class LogAlarmSpec:
    """An alarm on an event in the trail's log: a metric counts the events, and the first one raises the alarm."""

    name: str
    description: str
    pattern: str
    """The log's metric filter pattern."""


@dataclass(frozen=True)
class EventRuleSpec:
    """An EventBridge rule that publishes a message for each event."""

    name: str
    description: str
    pattern: dict[str, Any]
    event_fields: dict[str, str] = field(default_factory=dict)
    """The fields of the event that the message shows: JSON paths by label."""
    read_only: bool = False
    """Whether CloudTrail classes the event as read-only. EventBridge delivers it only to a rule that requests that."""


def log_alarms(buckets: Sequence[str], break_glass_role_arn: str) -> list[LogAlarmSpec]:
    """Return the alarms on the trail's log.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html

    Args:
        buckets: The names of the buckets to watch.
        break_glass_role_arn: The ARN of the break-glass role.
    """
    for_buckets = _any_of("requestParameters.bucketName", buckets)
    access_denied = _all_of(_is("eventSource", "s3.amazonaws.com"), _is("errorCode", "AccessDenied"), for_buckets)
    # Events that a service linked to the account invoked as root aren't the root user's.
    root_used = '{ ($.userIdentity.type = "Root") && ($.userIdentity.invokedBy NOT EXISTS) && '
    root_used += '($.eventType != "AwsServiceEvent") }'
    # Users of an identity provider use MFA there, and CloudTrail records "No" for them, so only IAM users count.
    sign_in_without_mfa = _all_of(
        _is("eventName", "ConsoleLogin"),
        _is("userIdentity.type", "IAMUser"),
        _is("responseElements.ConsoleLogin", "Success"),
        '($.additionalEventData.MFAUsed != "Yes")',
    )
    break_glass_used = _all_of(
        _is("eventSource", "sts.amazonaws.com"),
        _is("eventName", "AssumeRole*"),
        _is("requestParameters.roleArn", break_glass_role_arn),
    )
    return [
        LogAlarmSpec("access-denied", "A request to a bucket was denied", access_denied),
        LogAlarmSpec("root-used", "The account's root user was used", root_used),
        LogAlarmSpec("sign-in-without-mfa", "An IAM user signed in to the console without MFA", sign_in_without_mfa),
        LogAlarmSpec(
            "kms-key-disabled",
            "A KMS key was disabled or scheduled for deletion",
            _all_of(_is("eventSource", "kms.amazonaws.com"), _any_of("eventName", KEY_DISABLING_EVENTS)),
        ),
        LogAlarmSpec(
            "bucket-access-changed",
            "The policy or public access block of a bucket was changed",
            _all_of(_is("eventSource", "s3.amazonaws.com"), _any_of("eventName", BUCKET_ACCESS_EVENTS), for_buckets),
        ),
        LogAlarmSpec(
            "cloudtrail-changed",
            "A trail was stopped or changed",
            _all_of(_is("eventSource", "cloudtrail.amazonaws.com"), _any_of("eventName", TRAIL_CHANGING_EVENTS)),
        ),
        LogAlarmSpec("break-glass-used", "The break-glass role was assumed", break_glass_used),
    ]


def event_rules(buckets: Sequence[str], break_glass_role_arn: str) -> list[EventRuleSpec]:
    """Return the EventBridge rules for urgent events.

    They match any key and any trail, because the ARNs of the stack's own aren't known before they exist.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html

    Args:
        buckets: The names of the buckets to watch.
        break_glass_role_arn: The ARN of the break-glass role.
    """
    return [
        EventRuleSpec(
            "kms-key-disabled",
            "A KMS key was disabled or scheduled for deletion",
            _api_calls("kms", list(KEY_DISABLING_EVENTS)),
            {"key": "$.detail.requestParameters.keyId"},
        ),
        EventRuleSpec(
            "bucket-access-changed",
            "The policy or public access block of a bucket was changed",
            _api_calls("s3", list(BUCKET_ACCESS_EVENTS), bucketName=list(buckets)),
            {"bucket": "$.detail.requestParameters.bucketName"},
        ),
        EventRuleSpec(
            "cloudtrail-changed",
            "A trail was stopped or changed",
            _api_calls("cloudtrail", list(TRAIL_CHANGING_EVENTS)),
        ),
        EventRuleSpec(
            "break-glass-used",
            "The break-glass role was assumed",
            _api_calls("sts", [{"prefix": "AssumeRole"}], roleArn=[break_glass_role_arn]),
            {"role": "$.detail.requestParameters.roleArn"},
            read_only=True,
        ),
    ]


def input_transformer(rule: EventRuleSpec) -> aws.cloudwatch.EventTargetInputTransformerArgsDict:
    """Return the message of a rule, and the paths of its values in an event.

    It lists the fields one by one, because the content of a request, above all an object key, doesn't belong in a
    message. Readers find the rest in the trail, by the event ID.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
    """
    paths = {
        "event": "$.detail.eventName",
        "time": "$.time",
        "account": "$.account",
        "region": "$.region",
        "principal_type": "$.detail.userIdentity.type",
        "principal_arn": "$.detail.userIdentity.sessionContext.sessionIssuer.arn",
        "event_id": "$.detail.eventID",
        **rule.event_fields,
    }
    lines = [
        f"{rule.description}: <event>",
        *(f"{label}: <{label}>" for label in rule.event_fields),
        "by: <principal_type> <principal_arn>",
        "at: <time>, account <account>, region <region>",
        "CloudTrail event: <event_id>",
    ]
    return {"input_paths": paths, "input_template": "\n".join(json.dumps(line) for line in lines)}


def _api_calls(service: str, event_names: list[Any], **request_parameters: list[Any]) -> dict[str, Any]:
    """Return an event pattern of API calls that CloudTrail records, by name and by request parameters."""
    detail: dict[str, Any] = {"eventSource": [f"{service}.amazonaws.com"], "eventName": event_names}
    if request_parameters:
        detail["requestParameters"] = request_parameters
    return {"source": [f"aws.{service}"], "detail-type": ["AWS API Call via CloudTrail"], "detail": detail}


def _all_of(*terms: str) -> str:
    return f"{{ {' && '.join(terms)} }}"


def _any_of(field: str, values: Sequence[str]) -> str:
    return f"({' || '.join(_is(field, value) for value in values)})"


def _is(field: str, value: str) -> str:
    return f'($.{field} = "{value}")'
