"""The EventBridge rules that raise alerts, and the message of each.

A rule reports an event within seconds, and its message says who did what to which resource, and from where. But a rule
receives only the events of its own region, so each region has the same rules. IAM's events reach one region only. Where
the stack isn't in it, only the alarms on the trail's log report them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi_aws as aws

from components.account import Account
from components.alert_events import (
    ALERTING_EVENTS_BY_SERVICE,
    GRANT_EVENTS,
    KEY_CHANGED,
    KEY_CHANGING_EVENTS,
    SAFEGUARD_EVENTS_BY_SERVICE,
    TRAIL_CHANGING_EVENTS,
    names_without_prefix,
)
from hipaa_controls.model.partitions import GLOBAL_EVENT_REGIONS
from phi_buckets.scan_result import CLEAN

REQUEST = "$.detail.requestParameters"


@dataclass(frozen=True)
class EventRuleSpec:
    """An EventBridge rule that publishes a message for each event."""

    name: str
    description: str
    pattern: dict[str, Any]
    message: Mapping[str, Sequence[str]]
    """The lines of the message: the JSON paths of the values to show, by label. An event doesn't have all of them."""
    read_only: bool = False
    """Whether CloudTrail classes the event as read-only. EventBridge delivers it only to a rule that requests that."""


def event_rules(account: Account, phi_buckets: Sequence[str], break_glass_role_arn: str) -> list[EventRuleSpec]:
    """Return the EventBridge rules of one region.

    They match any key, trail, backup and security service of the account, because their ARNs aren't known before they
    exist. Other resources are matched by the start of their names.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html

    Args:
        account: The account, and the region of the rules.
        phi_buckets: The names of the PHI buckets, or of their replicas. PHI that Macie finds in them raises no alert.
        break_glass_role_arn: The ARN of the break-glass role.
    """
    name_prefix = account.name("")
    of_stack: list[Any] = [{"prefix": name_prefix}]
    rules = [
        EventRuleSpec(
            "kms-key-changed",
            KEY_CHANGED,
            _api_calls(
                ["kms"],
                {
                    "$or": [
                        {"eventName": list(KEY_CHANGING_EVENTS)},
                        {"eventName": list(GRANT_EVENTS), "userIdentity": {"invokedBy": [{"exists": False}]}},
                    ]
                },
            ),
            _api_call_message("keyId", "granteePrincipal"),
        ),
        EventRuleSpec(
            "bucket-changed",
            "The policy or a setting of a bucket was changed",
            # EventBridge delivers no read-only management events to this rule, so it needs no event names. The trail's
            # data events, which EventBridge delivers too, are reads and writes of objects.
            _api_calls(
                ["s3"],
                {
                    "eventCategory": ["Management"],
                    "requestParameters": {"bucketName": of_stack + names_without_prefix(name_prefix, phi_buckets)},
                },
            ),
            _api_call_message("bucketName"),
        ),
        EventRuleSpec(
            "cloudtrail-changed",
            "A trail was stopped or changed",
            _api_calls(["cloudtrail"], {"eventName": list(TRAIL_CHANGING_EVENTS)}),
            _api_call_message("name", "trailName"),
        ),
        EventRuleSpec(
            "break-glass-used",
            "The break-glass role was assumed",
            _api_calls(
                ["sts"],
                {"eventName": [{"prefix": "AssumeRole"}], "requestParameters": {"roleArn": [break_glass_role_arn]}},
            ),
            _api_call_message("roleArn"),
            read_only=True,
        ),
        EventRuleSpec(
            "alerting-changed",
            "An alarm, EventBridge rule, topic, subscription or log group of the alerts was changed",
            _api_calls(
                list(ALERTING_EVENTS_BY_SERVICE),
                {
                    "eventName": _names(ALERTING_EVENTS_BY_SERVICE),
                    "requestParameters": {
                        "$or": [
                            *({name: of_stack} for name in ("alarmName", "alarmNames", "name", "rule")),
                            {"muteTargets": {"alarmNames": of_stack}},
                            *(
                                {name: [{"prefix": account.arn("sns", name_prefix)}]}
                                for name in ("topicArn", "subscriptionArn", "resourceArn")
                            ),
                            *(
                                {name: [{"wildcard": f"*/{name_prefix}*"}]}
                                for name in ("logGroupName", "logGroupIdentifier", "resourceIdentifier")
                            ),
                        ]
                    },
                },
            ),
            _api_call_message(
                "alarmName",
                "alarmNames[0]",
                "muteTargets.alarmNames[0]",
                "name",
                "rule",
                "topicArn",
                "subscriptionArn",
                "resourceArn",
                "logGroupName",
                "logGroupIdentifier",
                "resourceIdentifier",
            ),
        ),
        EventRuleSpec(
            "safeguard-changed",
            "A backup, or a security service of the account, was stopped or changed",
            _api_calls(list(SAFEGUARD_EVENTS_BY_SERVICE), {"eventName": _names(SAFEGUARD_EVENTS_BY_SERVICE)}),
            _api_call_message(
                "backupVaultName",
                "backupPlanId",
                "recoveryPointArn",
                "destinationBackupVaultArn",
                "detectorId",
                "malwareProtectionPlanId",
                "configurationRecorderName",
                "deliveryChannelName",
                "conformancePackName",
                "configRuleName",
            ),
        ),
        _sign_in(),
        _backup_job_failed(),
        _security_finding(phi_buckets),
        _malware_found(),
    ]
    if account.region == GLOBAL_EVENT_REGIONS.get(account.partition):
        rules.append(
            EventRuleSpec(
                "iam-role-changed",
                "A role of the stack was changed or deleted",
                _api_calls(["iam"], {"requestParameters": {"roleName": of_stack}}),
                _api_call_message("roleName", "policyName", "policyArn", "permissionsBoundary"),
            )
        )
    return rules


def _sign_in() -> EventRuleSpec:
    """Return the rule for sign-ins to the console that fail, are the root user's, or are an IAM user's without MFA.

    AWS records a sign-in in the region of the page that the user signs in at.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
    """
    return EventRuleSpec(
        "sign-in",
        "A sign-in to the console failed, or was the root user's, or without MFA",
        {
            "source": ["aws.signin"],
            "detail-type": ["AWS Console Sign In via CloudTrail"],
            "detail": {
                "eventName": ["ConsoleLogin"],
                "$or": [
                    {"responseElements": {"ConsoleLogin": ["Failure"]}},
                    {"userIdentity": {"type": ["Root"]}},
                    # Users of an identity provider use MFA there, and CloudTrail records "No" for them.
                    {"userIdentity": {"type": ["IAMUser"]}, "additionalEventData": {"MFAUsed": ["No"]}},
                ],
            },
        },
        {
            **_api_call_message(),
            "what": (
                "$.detail.eventName",
                "$.detail.responseElements.ConsoleLogin",
                "$.detail.errorMessage",
            ),
            "resource": ("$.detail.recipientAccountId",),
            "MFA": ("$.detail.additionalEventData.MFAUsed",),
        },
    )


def _backup_job_failed() -> EventRuleSpec:
    """Return the rule for backup, copy and restore jobs that didn't complete, or left something out.

    A job that couldn't back up some objects is COMPLETED with a status message. The message isn't shown: AWS Backup
    may name an object in it.
    https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html
    """
    failed = ["ABORTED", "EXPIRED", "FAILED", "PARTIAL"]
    return EventRuleSpec(
        "backup-job-failed",
        "A backup, copy or restore job failed, expired, was aborted or is incomplete",
        {
            "source": ["aws.backup"],
            "detail-type": ["Backup Job State Change", "Copy Job State Change", "Restore Job State Change"],
            "detail": {
                "resourceType": ["S3"],
                "$or": [
                    {"state": failed},  # of a backup or copy job
                    {"status": failed},  # of a restore job
                    {"state": ["COMPLETED"], "statusMessage": [{"anything-but": ""}]},
                ],
            },
        },
        {
            "what": ("$.detail-type", "$.detail.state", "$.detail.status"),
            "resource": ("$.detail.resourceArn", "$.detail.sourceResourceArn", "$.detail.createdResourceArn"),
            "vault": (
                "$.detail.backupVaultArn",
                "$.detail.sourceBackupVaultArn",
                "$.detail.destinationBackupVaultArn",
            ),
            "by": ("$.detail.iamRoleArn",),
            "from": ("$.source",),
            "job": ("$.detail.backupJobId", "$.detail.copyJobId", "$.detail.restoreJobId"),
        },
    )


def _security_finding(phi_buckets: Sequence[str]) -> EventRuleSpec:
    """Return the rule for findings of GuardDuty, and for findings of Macie except PHI in a PHI bucket.

    https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html
    https://docs.aws.amazon.com/macie/latest/user/findings-publish-event-schemas.html
    """
    api_call, actor = "$.detail.service.action.awsApiCallAction", "$.detail.policyDetails.actor"
    elsewhere = [{"anything-but": list(phi_buckets)}]
    return EventRuleSpec(
        "security-finding",
        "GuardDuty or Macie has a finding",
        {
            "source": ["aws.guardduty", "aws.macie"],
            "detail-type": ["GuardDuty Finding", "Macie Finding"],
            "detail": {
                "$or": [
                    {"service": {"serviceName": ["guardduty"]}},
                    {"type": [{"prefix": "Policy:"}]},
                    {"resourcesAffected": {"s3Bucket": {"name": elsewhere}}},
                ]
            },
        },
        {
            "what": ("$.detail.type", f"{api_call}.api", "$.detail.policyDetails.action.apiCallDetails.api"),
            "resource": (
                "$.detail.resource.resourceType",
                "$.detail.resource.s3BucketDetails[0].name",
                "$.detail.resourcesAffected.s3Bucket.name",
            ),
            "by": (
                "$.detail.resource.accessKeyDetails.userType",
                "$.detail.resource.accessKeyDetails.userName",
                f"{actor}.userIdentity.type",
                f"{actor}.userIdentity.assumedRole.arn",
                f"{actor}.userIdentity.iamUser.arn",
                f"{actor}.userIdentity.root.arn",
            ),
            "from": (f"{api_call}.remoteIpDetails.ipAddressV4", f"{actor}.ipAddressDetails.ipAddressV4"),
            "finding": ("$.detail.id",),
        },
    )


def _malware_found() -> EventRuleSpec:
    """Return the rule for objects that malware protection didn't find clean, and for scans that don't work.

    https://docs.aws.amazon.com/guardduty/latest/ug/monitor-with-eventbridge-s3-malware-protection.html
    """
    malware_protection = "GuardDuty Malware Protection"
    status = ("scanResultDetails", "scanResultStatus")
    return EventRuleSpec(
        "malware-found",
        "An object has malware, or wasn't scanned or tagged, or malware protection doesn't work",
        {
            "source": ["aws.guardduty"],
            "detail-type": [
                f"{malware_protection} Object Scan Result",
                f"{malware_protection} Post Scan Action Failed",
                f"{malware_protection} Resource Status Error",
                f"{malware_protection} Resource Status Warning",
            ],
            "detail": {status[0]: {status[1]: [{"anything-but": CLEAN}, {"exists": False}]}},
        },
        {
            "what": ("$.detail-type", f"$.detail.{status[0]}.{status[1]}", "$.detail.resourceStatus"),
            "resource": (
                "$.detail.s3ObjectDetails.bucketName",
                "$.detail.s3ObjectDetails.versionId",  # finds the object, whose key may not be in a message
                "$.detail.s3BucketDetails.bucketName",
            ),
            "by": ("$.resources[0]",),
            "from": ("$.source",),
        },
    )


def input_transformer(rule: EventRuleSpec) -> aws.cloudwatch.EventTargetInputTransformerArgsDict:
    """Return the message of a rule, and the paths of its values in an event.

    It lists the fields one by one, because the content of a request, above all an object key, doesn't belong in a
    message. Readers find the rest in the trail, by the event ID.

    "If you specify a variable to match a JSON path that doesn't exist in the event, that variable isn't created and
    won't appear in the output": the rest of the line stays. So a line shows all the places where a value can be.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
    """
    paths = {"time": "$.time", "account": "$.account", "region": "$.region"}
    lines = [rule.description]
    for label, label_paths in rule.message.items():
        variables = {f"{label}_{index}": path for index, path in enumerate(label_paths)}
        paths |= variables
        lines.append(f"{label}: {' '.join(f'<{variable}>' for variable in variables)}")
    lines.append("at: <time>, account <account>, region <region>")
    return {"input_paths": paths, "input_template": "\n".join(json.dumps(line) for line in lines)}


def _api_calls(services: Sequence[str], detail: dict[str, Any]) -> dict[str, Any]:
    """Return a pattern of API calls of some services that CloudTrail records.

    Only AWS can send an event whose source starts with `aws.`.
    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html
    """
    return {
        "source": [{"prefix": "aws."}],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {"eventSource": [f"{service}.amazonaws.com" for service in services], **detail},
    }


def _api_call_message(*resource_parameters: str) -> dict[str, Sequence[str]]:
    """Return the lines about an API call: the call and its error if it failed, resource, caller, source and event ID.

    A role's session, an IAM user and the root user have an ARN. A user who fails to sign in and a service have only a
    name, and another account's principal only its account. The issuer of a session is the role, with its path.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html

    Args:
        resource_parameters: The parameters of the request that name the resource.
    """
    identity = "$.detail.userIdentity"
    return {
        "what": ("$.detail.eventName", "$.detail.errorCode"),
        "resource": [f"{REQUEST}.{parameter}" for parameter in resource_parameters],
        "by": (
            f"{identity}.type",
            f"{identity}.arn",
            f"{identity}.userName",
            f"{identity}.sessionContext.sessionIssuer.arn",
            f"{identity}.accountId",
            f"{identity}.invokedBy",
        ),
        "from": ("$.detail.sourceIPAddress",),
        "event": ("$.detail.eventID",),
    }


def _names(events_by_service: Mapping[str, Sequence[str]]) -> list[str]:
    return [name for names in events_by_service.values() for name in names]
