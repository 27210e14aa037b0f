"""The alarms on the log of the audit trail, as metric filter patterns.

The log of a multi-Region trail has the events of every region, a few minutes later than EventBridge. So it also has
what no EventBridge rule of the stack's regions receives: IAM and root's sign-in are recorded in one region only. An
alarm says only that something happened. Its description says where to look for who did it, and from where.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.alert_events import (
    BUCKET_CHANGING_EVENTS,
    GRANT_EVENTS,
    IAM_POLICY_CHANGING_EVENTS,
    KEY_CHANGED,
    KEY_CHANGING_EVENTS,
    TRAIL_CHANGING_EVENTS,
    names_without_prefix,
)
from hipaa_controls.services.cloudwatch.event_patterns import MAX_FILTER_LENGTH


@dataclass(frozen=True)
class LogAlarmSpec:
    """An alarm on an event in the trail's log: a metric counts the events, and the first one raises the alarm."""

    name: str
    description: str
    pattern: str
    """The log's metric filter pattern."""


def log_alarms(name_prefix: str, phi_buckets: Sequence[str], break_glass_role_arn: str) -> list[LogAlarmSpec]:
    """Return the alarms on the trail's log.

    Args:
        name_prefix: The start of the names of the stack's resources.
        phi_buckets: The names of the PHI buckets, some of which may not start with the prefix.
        break_glass_role_arn: The ARN of the break-glass role.

    Raises:
        pulumi.RunError: A pattern is longer than CloudWatch Logs allows.
    """
    alarms = _log_alarms(name_prefix, phi_buckets, break_glass_role_arn)
    for alarm in alarms:
        if len(alarm.pattern) > MAX_FILTER_LENGTH:
            raise pulumi.RunError(
                f"the metric filter {alarm.name} has {len(alarm.pattern)} characters; CloudWatch Logs allows at most "
                f"{MAX_FILTER_LENGTH}. It lists each bucket of phi:buckets that has a bucketName. Move some of them to "
                "another stack, created with: pulumi stack init"
            )
    return alarms


def _log_alarms(name_prefix: str, phi_buckets: Sequence[str], break_glass_role_arn: str) -> list[LogAlarmSpec]:
    in_s3, in_iam, in_kms, in_cloudtrail, in_sts = (
        _is("eventSource", f"{service}.amazonaws.com") for service in ("s3", "iam", "kms", "cloudtrail", "sts")
    )
    of_bucket = _either(
        *(
            _is("requestParameters.bucketName", name)
            for name in (f"{name_prefix}*", *names_without_prefix(name_prefix, phi_buckets))
        )
    )
    is_sign_in = _is("eventName", "ConsoleLogin")
    return [
        LogAlarmSpec(
            "access-denied",
            "A request to a bucket was denied",
            _pattern(in_s3, _is("errorCode", "AccessDenied"), of_bucket),
        ),
        LogAlarmSpec(
            "root-used",
            "The account's root user was used",
            # Events that a service linked to the account invoked as root aren't the root user's.
            _pattern(
                _is("userIdentity.type", "Root"),
                "($.userIdentity.invokedBy NOT EXISTS)",
                '($.eventType != "AwsServiceEvent")',
            ),
        ),
        LogAlarmSpec(
            "sign-in-failed",
            "A sign-in to the console failed",
            _pattern(
                is_sign_in,
                _either(
                    _is("errorMessage", "Failed authentication"),
                    _is("responseElements.ConsoleLogin", "Failure"),
                ),
            ),
        ),
        LogAlarmSpec(
            "sign-in-without-mfa",
            "An IAM user signed in to the console without MFA",
            # Users of an identity provider use MFA there, and CloudTrail records "No" for them.
            _pattern(
                is_sign_in,
                _is("userIdentity.type", "IAMUser"),
                _is("responseElements.ConsoleLogin", "Success"),
                '($.additionalEventData.MFAUsed != "Yes")',
            ),
        ),
        LogAlarmSpec(
            "iam-policy-changed",
            "An IAM policy, a role's trust policy or a permissions boundary of the account was changed",
            _pattern(in_iam, _any_event(*IAM_POLICY_CHANGING_EVENTS, "*PermissionsBoundary")),
        ),
        LogAlarmSpec(
            "kms-key-changed",
            KEY_CHANGED,
            _pattern(
                in_kms,
                _either(
                    _any_event(*KEY_CHANGING_EVENTS),
                    f"({_any_event(*GRANT_EVENTS)} && ($.userIdentity.invokedBy NOT EXISTS))",
                ),
            ),
        ),
        LogAlarmSpec(
            "bucket-changed",
            "The policy or a setting of a bucket was changed",
            # The wildcards match every setting; scanners look for the names.
            _pattern(
                in_s3,
                _any_event(*BUCKET_CHANGING_EVENTS, "Put*", "Delete*"),
                _is("eventCategory", "Management"),
                of_bucket,
            ),
        ),
        LogAlarmSpec(
            "object-version-deleted",
            "A version of an object was deleted, or may have been",
            # CloudTrail doesn't record which objects or versions a DeleteObjects request names:
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
            _pattern(
                in_s3,
                of_bucket,
                _either(
                    f"({_is('eventName', 'DeleteObject')} && {_is('requestParameters.versionId', '*')})",
                    _is("eventName", "DeleteObjects"),
                ),
            ),
        ),
        LogAlarmSpec(
            "legal-hold-changed",
            "A legal hold was placed or removed",
            _pattern(in_s3, _is("eventName", "PutObjectLegalHold"), of_bucket),
        ),
        LogAlarmSpec(
            "cloudtrail-changed",
            "A trail was stopped or changed",
            _pattern(in_cloudtrail, _any_event(*TRAIL_CHANGING_EVENTS)),
        ),
        LogAlarmSpec(
            "alerting-changed",
            "An alarm, EventBridge rule, topic, subscription or log group of the alerts was changed",
            _alerting_changed(name_prefix),
        ),
        LogAlarmSpec(
            "break-glass-used",
            "The break-glass role was assumed",
            _pattern(in_sts, _is("eventName", "AssumeRole*"), _is("requestParameters.roleArn", break_glass_role_arn)),
        ),
    ]


def _alerting_changed(name_prefix: str) -> str:
    """Return a pattern of changes to what raises alerts, by the start of the event's name and by the resource's name.

    The names of all these events would be too long for a pattern. So would be the parameters by which few calls name a
    topic or a log group; the EventBridge rule has them.
    """
    in_events = _is("eventSource", "events.amazonaws.com")
    return _pattern(
        _any_event("Add*", "Delete*", "Dis*", "Put*", "Remove*", "Set*", "Subscribe", "Unsubscribe"),
        _either(
            _is("requestParameters.alarmName", f"{name_prefix}*"),
            _is("requestParameters.alarmNames[0]", f"{name_prefix}*"),
            _is("requestParameters.muteTargets.alarmNames[0]", f"{name_prefix}*"),
            f"({in_events} && {_is('requestParameters.name', f'{name_prefix}*')})",
            _is("requestParameters.rule", f"{name_prefix}*"),
            *(_is(f"requestParameters.{name}", f"*:{name_prefix}*") for name in ("topicArn", "subscriptionArn")),
            *(_is(f"requestParameters.{name}", f"*/{name_prefix}*") for name in ("logGroupName", "logGroupIdentifier")),
        ),
    )


def _pattern(*terms: str) -> str:
    return f"{{ {' && '.join(terms)} }}"


def _either(*terms: str) -> str:
    return f"({' || '.join(terms)})"


def _any_event(*names: str) -> str:
    return _either(*(_is("eventName", name) for name in names))


def _is(field: str, value: str) -> str:
    return f'($.{field} = "{value}")'
