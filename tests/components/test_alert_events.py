"""Each event of AWS, and the alerts that it raises on the declared stack: patterns, messages, and limits of AWS.

Events of EventBridge are matched twice, by moto and by the pack's own evaluation of event patterns.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pulumi
import pytest
from botocore.loaders import create_loader
from moto.events.models import EventPattern

from components.account import Account
from components.alert_events import ALERTING_EVENTS_BY_SERVICE, SAFEGUARD_EVENTS_BY_SERVICE
from components.alert_log_alarms import log_alarms
from components.alert_rules import event_rules
from components.regional_alerts import regional_alerts
from hipaa_controls.evaluator import Match
from hipaa_controls.services.cloudwatch.event_patterns import filter_matches, rule_matches
from sandbox.folder import ROOT as ROOT_FOLDER
from tests.components.aws_events import (
    BACKUP_ROLE_ARN,
    CLOUDTRAIL,
    EVENT_ID,
    IAM_USER,
    IP_ADDRESS,
    OTHER_ACCOUNT,
    PLAN_ARN,
    ROLE_ARN,
    ROLE_SESSION,
    ROLE_VIA_SERVICE,
    ROOT,
    SERVICE,
    TIME,
    VAULT_ARN,
    Event,
    api_call,
    backup_job,
    console_login,
    copy_job,
    guardduty_finding,
    in_event_bridge,
    macie_policy_finding,
    macie_sensitive_data_finding,
    malware_plan_status,
    malware_scan,
    malware_tagging_failed,
    object_request,
    restore_job,
)
from tests.components.mocked_stack import (
    ACCOUNT_ID,
    DEPLOYER,
    RecordingMonitor,
    RegisteredResource,
    run_main,
    run_program,
)

PHI, TRAIL, ACCESS_LOGS = (f"phi-prod-{purpose}-{ACCOUNT_ID}-us-east-1" for purpose in ("phi", "trail", "access-logs"))
REPLICA = f"phi-prod-replica-{ACCOUNT_ID}-us-west-2"
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TOPIC_ARN = f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:phi-prod-alerts"
LOG_GROUP_ARN = f"arn:aws:logs:us-east-1:{ACCOUNT_ID}:log-group:/audit/phi-prod-trail"
BREAK_GLASS_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/phi-prod-break-glass"
NOTHING: set[str] = set()


@pytest.fixture(scope="module")
def stack():
    return run_main("prod")


def rules_of_region(stack: RecordingMonitor, region: str = "us-east-1") -> dict[str, RegisteredResource]:
    """Return the EventBridge rules of a region, by name without the stack's prefix."""
    component = "alerts" if region == "us-east-1" else "replica"
    rules = stack.resources_of_type("EventRule", component)
    return {rule.inputs["name"].removeprefix("phi-prod-"): rule for rule in rules}


def alarms_on(stack: RecordingMonitor, record: Event) -> set[str]:
    """Return the metric filters that match a record in the trail's log."""
    return {
        log_filter.inputs["name"].removeprefix("phi-prod-")
        for log_filter in stack.resources_of_type("LogMetricFilter")
        if filter_matches(log_filter.inputs["pattern"], record) is Match.YES
    }


def rules_on(stack: RecordingMonitor, event: Event, region: str = "us-east-1") -> set[str]:
    """Return the EventBridge rules that match an event, and that EventBridge delivers it to.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html
    """
    names = set()
    is_read_only = event["detail"].get("readOnly") and event["detail"]["managementEvent"]
    for name, rule in rules_of_region(stack, region).items():
        pattern = rule.inputs["eventPattern"]
        matches = EventPattern.load(pattern).matches_event(event)
        assert rule_matches(pattern, event) is Match.from_bool(matches), name
        if matches and (rule.inputs["state"] != "ENABLED" or not is_read_only):
            names.add(name)
    return names


def grant(name: str, by: Event) -> Event:
    return api_call("kms", name, {"keyId": KEY_ARN, "granteePrincipal": ROLE_ARN}, by)


def bucket_call(name: str, bucket: str = PHI, **fields: Any) -> Event:
    return api_call("s3", name, {"bucketName": bucket, "Host": f"{bucket}.s3.amazonaws.com"}, **fields)


BUCKET_SETTINGS = (
    *("PutBucketPolicy", "DeleteBucketPolicy", "PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock"),
    *("PutBucketVersioning", "PutBucketObjectLockConfiguration", "PutObjectLockConfiguration", "PutBucketReplication"),
    *("DeleteBucketReplication", "PutBucketLifecycle", "DeleteBucketLifecycle", "PutBucketLogging"),
    *("PutBucketNotification", "PutBucketOwnershipControls", "DeleteBucketOwnershipControls", "PutBucketEncryption"),
    *("DeleteBucketEncryption", "PutBucketAcl", "PutBucketCors", "DeleteBucket"),
)
IAM_POLICY_CALLS = (
    *("PutRolePolicy", "DeleteRolePolicy", "AttachRolePolicy", "DetachRolePolicy", "UpdateAssumeRolePolicy"),
    *("PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"),
)
ALERTING_CALLS = [
    *(("monitoring", name, {"alarmName": "phi-prod-root-used"}) for name in ("PutMetricAlarm", "SetAlarmState")),
    *(("monitoring", name, {"alarmNames": ["phi-prod-root-used"]}) for name in ("DeleteAlarms", "DisableAlarmActions")),
    ("monitoring", "PutAlarmMuteRule", {"name": "quiet", "muteTargets": {"alarmNames": ["phi-prod-root-used"]}}),
    *(("events", name, {"name": "phi-prod-bucket-changed"}) for name in ("PutRule", "DeleteRule", "DisableRule")),
    *(("events", name, {"rule": "phi-prod-bucket-changed"}) for name in ("PutTargets", "RemoveTargets")),
    *(("sns", name, {"topicArn": TOPIC_ARN}) for name in ("DeleteTopic", "SetTopicAttributes", "Subscribe")),
    *(("sns", name, {"subscriptionArn": f"{TOPIC_ARN}:1"}) for name in ("Unsubscribe", "SetSubscriptionAttributes")),
    *(
        ("logs", name, {"logGroupName": "/audit/phi-prod-trail"})
        for name in ("DeleteLogGroup", "DeleteMetricFilter", "PutRetentionPolicy", "DisassociateKmsKey")
    ),
    *(
        ("logs", "PutDataProtectionPolicy", {"logGroupIdentifier": identifier})
        for identifier in ("/audit/phi-prod-trail", LOG_GROUP_ARN)
    ),
]


@pytest.mark.parametrize(
    ("record", "alarms", "rules"),
    [
        (object_request("GetObject", PHI) | {"errorCode": "AccessDenied"}, {"access-denied"}, NOTHING),
        (object_request("GetObject", TRAIL) | {"errorCode": "AccessDenied"}, {"access-denied"}, NOTHING),
        (api_call("iam", "CreateAccessKey", {"userName": "bob"}, ROOT), {"root-used"}, NOTHING),
        (console_login(ROOT, succeeded=True, mfa=True), {"root-used"}, {"sign-in"}),
        (console_login(IAM_USER, succeeded=True, mfa=False), {"sign-in-without-mfa"}, {"sign-in"}),
        (console_login(IAM_USER, succeeded=False, mfa=False), {"sign-in-failed"}, {"sign-in"}),
        (console_login(ROOT, succeeded=False, mfa=True), {"sign-in-failed", "root-used"}, {"sign-in"}),
        *(
            (api_call("kms", name, {"keyId": KEY_ARN}), {"kms-key-changed"}, {"kms-key-changed"})
            for name in ("DisableKey", "ScheduleKeyDeletion", "PutKeyPolicy", "DisableKeyRotation", "ReplicateKey")
        ),
        *(
            (grant(name, by), {"kms-key-changed"}, {"kms-key-changed"})
            for name in ("CreateGrant", "RevokeGrant", "RetireGrant")
            for by in (ROLE_SESSION, IAM_USER, OTHER_ACCOUNT)
        ),
        (grant("CreateGrant", ROOT), {"root-used", "kms-key-changed"}, {"kms-key-changed"}),
        *((bucket_call(name), {"bucket-changed"}, {"bucket-changed"}) for name in BUCKET_SETTINGS),
        *(
            (bucket_call("PutBucketPolicy", bucket), {"bucket-changed"}, {"bucket-changed"})
            for bucket in (TRAIL, ACCESS_LOGS, REPLICA)
        ),
        # A denied change is an attempt.
        (
            bucket_call("PutBucketPolicy", errorCode="AccessDenied"),
            {"bucket-changed", "access-denied"},
            {"bucket-changed"},
        ),
        *(
            (object_request("DeleteObject", bucket, versionId="v1"), {"object-version-deleted"}, NOTHING)
            for bucket in (PHI, TRAIL, REPLICA)
        ),
        (object_request("DeleteObjects", PHI), {"object-version-deleted"}, NOTHING),
        (object_request("PutObjectLegalHold", PHI), {"legal-hold-changed"}, NOTHING),
        *(
            (api_call("cloudtrail", name, {"name": "phi-prod-trail"}), {"cloudtrail-changed"}, {"cloudtrail-changed"})
            for name in ("CreateTrail", "UpdateTrail", "StartLogging", "StopLogging")
        ),
        *(
            (api_call("cloudtrail", name, {"trailName": "a"}), {"cloudtrail-changed"}, {"cloudtrail-changed"})
            for name in ("PutEventSelectors", "PutInsightSelectors")
        ),
        *(
            (api_call("iam", name, {"roleName": "phi-prod-application"}), {"iam-policy-changed"}, {"iam-role-changed"})
            for name in IAM_POLICY_CALLS
        ),
        (api_call("iam", "DeleteRole", {"roleName": "phi-prod-application"}), NOTHING, {"iam-role-changed"}),
        *(
            (api_call("iam", name, {"userName": "bob"}), {"iam-policy-changed"}, NOTHING)
            for name in ("PutUserPolicy", "AttachUserPolicy", "DeleteUserPolicy", "PutUserPermissionsBoundary")
        ),
        (api_call("iam", "CreatePolicyVersion", {"policyArn": "a"}), {"iam-policy-changed"}, NOTHING),
        *(
            (api_call(service, name, parameters), {"alerting-changed"}, {"alerting-changed"})
            for service, name, parameters in ALERTING_CALLS
        ),
        *(
            (api_call(service, name, {parameter: arn}), NOTHING, {"alerting-changed"})
            for service, name, parameter, arn in (
                ("sns", "PutDataProtectionPolicy", "resourceArn", TOPIC_ARN),
                ("logs", "DisassociateKmsKey", "resourceIdentifier", LOG_GROUP_ARN),
            )
        ),
        *(
            (api_call(service, name, {}), NOTHING, {"safeguard-changed"})
            for service, names in SAFEGUARD_EVENTS_BY_SERVICE.items()
            for name in names
        ),
        *(
            (
                api_call("sts", name, {"roleArn": BREAK_GLASS_ARN, "roleSessionName": "a"}, readOnly=True),
                {"break-glass-used"},
                {"break-glass-used"},
            )
            for name in ("AssumeRole", "AssumeRoleWithSAML")
        ),
    ],
)
def test_api_call_raises_its_alerts(stack, record, alarms, rules):
    assert alarms_on(stack, record) == alarms
    assert rules_on(stack, in_event_bridge(record)) == rules


@pytest.mark.parametrize(
    "record",
    [
        # The application's, and the client's.
        *(object_request(name, PHI) for name in ("GetObject", "PutObject", "HeadObject", "DeleteObject")),
        object_request("GetObject", PHI) | {"errorCode": "NoSuchKey"},
        object_request("GetObject", "other") | {"errorCode": "AccessDenied"},
        object_request("DeleteObject", "other", versionId="v1"),
        # Reads of settings, which the auditor makes.
        *(bucket_call(name, readOnly=True) for name in ("GetBucketPolicy", "GetBucketVersioning")),
        api_call("iam", "GetRole", {"roleName": "phi-prod-application"}, readOnly=True),
        api_call("cloudtrail", "GetTrailStatus", {"name": "phi-prod-trail"}, readOnly=True),
        # Services of AWS at work for the stack.
        *(grant(name, by) for name in ("CreateGrant", "RetireGrant") for by in (SERVICE, ROLE_VIA_SERVICE)),
        api_call("kms", "CreateGrant", {"keyId": KEY_ARN}, ROOT | {"invokedBy": "AWS Internal"}),
        api_call("logs", "CreateLogStream", {"logGroupName": "/audit/phi-prod-trail"}, CLOUDTRAIL),
        object_request("PutObject", TRAIL, CLOUDTRAIL),
        api_call("events", "PutRule", {"name": "DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3-1"}, ROLE_VIA_SERVICE),
        # Other teams of the account at work.
        bucket_call("PutBucketPolicy", "other"),
        api_call("iam", "CreateRole", {"roleName": "other"}),
        api_call("monitoring", "PutMetricAlarm", {"alarmName": "TargetTracking-other"}),
        api_call("events", "PutTargets", {"rule": "other"}),
        api_call("sns", "Subscribe", {"topicArn": f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:other"}),
        api_call("logs", "PutRetentionPolicy", {"logGroupName": "/aws/lambda/other"}),
        api_call("kms", "CancelKeyDeletion", {"keyId": KEY_ARN}),
        api_call("sts", "AssumeRole", {"roleArn": ROLE_ARN}, readOnly=True),
        console_login(IAM_USER, succeeded=True, mfa=True),
        console_login(ROLE_SESSION, succeeded=True, mfa=False),
    ],
)
def test_daily_work_raises_no_alert(stack, record):
    assert alarms_on(stack, record) == NOTHING
    assert rules_on(stack, in_event_bridge(record)) == NOTHING


@pytest.mark.parametrize(
    ("event", "rules"),
    [
        *((backup_job(PHI, state), {"backup-job-failed"}) for state in ("FAILED", "ABORTED", "EXPIRED", "PARTIAL")),
        (backup_job(PHI, "COMPLETED", statusMessage="1 object wasn't backed up"), {"backup-job-failed"}),
        *((backup_job(PHI, state, statusMessage=""), NOTHING) for state in ("CREATED", "PENDING", "RUNNING")),
        (backup_job(PHI, "COMPLETED"), NOTHING),
        (backup_job("other", "FAILED", resourceType="EBS"), NOTHING),
        (copy_job(PHI, "FAILED"), {"backup-job-failed"}),
        (copy_job(PHI, "RUNNING"), NOTHING),
        (restore_job(PHI, "FAILED"), {"backup-job-failed"}),
        (restore_job(PHI, "ABORTED"), {"backup-job-failed"}),
        (restore_job(PHI, "COMPLETED"), NOTHING),
        (guardduty_finding(PHI), {"security-finding"}),
        (macie_policy_finding(PHI), {"security-finding"}),
        (macie_sensitive_data_finding(ACCESS_LOGS), {"security-finding"}),
        (macie_sensitive_data_finding("other"), {"security-finding"}),
        (macie_sensitive_data_finding(PHI), NOTHING),
        *(
            (malware_scan(PHI, result), {"malware-found"})
            for result in ("THREATS_FOUND", "UNSUPPORTED", "ACCESS_DENIED", "FAILED")
        ),
        (malware_scan(PHI, "NO_THREATS_FOUND"), NOTHING),
        (malware_plan_status(PHI, "warning"), {"malware-found"}),
        (malware_plan_status(PHI, "error"), {"malware-found"}),
        (malware_plan_status(PHI, "active"), NOTHING),
        (malware_tagging_failed(PHI), {"malware-found"}),
    ],
)
def test_service_event_raises_its_alert(stack, event, rules):
    assert rules_on(stack, event) == rules


def test_bucket_that_existed_before_the_stack_raises_the_same_alerts():
    buckets = {"phi": {}, "imaging": {"bucketName": "acme-imaging"}}
    stack = run_main("prod", buckets=json.dumps(buckets))
    for record, alarms, rules in (
        (bucket_call("PutBucketPolicy", "acme-imaging"), {"bucket-changed"}, {"bucket-changed"}),
        (object_request("DeleteObject", "acme-imaging", versionId="v1"), {"object-version-deleted"}, NOTHING),
        (object_request("GetObject", "acme-imaging") | {"errorCode": "AccessDenied"}, {"access-denied"}, NOTHING),
        (bucket_call("PutBucketPolicy", "acme-imaging-2"), NOTHING, NOTHING),
        (bucket_call("PutBucketPolicy"), {"bucket-changed"}, {"bucket-changed"}),
    ):
        assert (alarms_on(stack, record), rules_on(stack, in_event_bridge(record))) == (alarms, rules)
    assert rules_on(stack, macie_sensitive_data_finding("acme-imaging")) == NOTHING


def test_replica_region_has_the_same_rules_except_for_the_global_service(stack):
    """IAM's events are recorded in us-east-1 only."""
    names, replica_names = set(rules_of_region(stack)), set(rules_of_region(stack, "us-west-2"))
    assert names - replica_names == {"iam-role-changed"}
    assert replica_names < names
    for name in replica_names - {"alerting-changed", "security-finding"}:
        patterns = {
            rules_of_region(stack, region)[name].inputs["eventPattern"] for region in ("us-east-1", "us-west-2")
        }
        assert len(patterns) == 1, name
    in_replica_region = {"topicArn": TOPIC_ARN.replace("us-east-1", "us-west-2")}
    record = in_event_bridge(api_call("sns", "DeleteTopic", in_replica_region))
    assert (rules_on(stack, record), rules_on(stack, record, "us-west-2")) == (NOTHING, {"alerting-changed"})
    assert rules_on(stack, macie_sensitive_data_finding(REPLICA), "us-west-2") == NOTHING


def test_each_region_publishes_with_its_own_role_to_its_own_topic(stack):
    for parent, region, role in (
        ("alerts", "us-east-1", "phi-prod-alerts-role"),
        ("replica", "us-west-2", "phi-prod-replica-alerts-role"),
    ):
        targets = [target.inputs for target in stack.resources_of_type("EventTarget", parent)]
        assert {target["roleArn"] for target in targets} == {f"arn:aws:iam::{ACCOUNT_ID}:role/{role}"}
        assert {target["arn"] for target in targets} == {TOPIC_ARN.replace("us-east-1", region)}
        assert {target["rule"] for target in targets} == {
            rule.inputs["name"] for rule in rules_of_region(stack, region).values()
        }
        # An alarm of the same region reports each rule that fails to publish.
        failures = {
            alarm.inputs["dimensions"]["RuleName"]: alarm.inputs["alarmActions"]
            for alarm in stack.resources_of_type("MetricAlarm", parent)
            if alarm.inputs["namespace"] == "AWS/Events"
        }
        assert failures == {target["rule"]: [target["arn"]] for target in targets}


# Messages.


def message_of(stack: RecordingMonitor, rule_name: str, event: Event) -> str:
    """Return the message that EventBridge makes of an event. A path that the event doesn't have leaves nothing.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
    """
    (target,) = [
        target
        for target in stack.resources_of_type("EventTarget", "alerts")
        if target.inputs["rule"] == f"phi-prod-{rule_name}"
    ]
    transformer = target.inputs["inputTransformer"]
    paths = transformer["inputPaths"]
    text = "\n".join(json.loads(line) for line in transformer["inputTemplate"].splitlines())
    assert set(re.findall(r"<([\w-]+)>", text)) == set(paths)
    return re.sub(r"<([\w-]+)>", lambda variable: value_at(paths[variable[1]], event), text)


def value_at(path: str, event: Event) -> str:
    value: Any = event
    for name, index in re.findall(r"\.([\w-]+)(?:\[(\d+)\])?", path):
        value = value.get(name) if isinstance(value, dict) else None
        if index and value is not None:
            value = value[int(index)]
    assert value is None or isinstance(value, str), f"{path} isn't a single field of the event"
    return value or ""


POLICY_ARN = "arn:aws:iam::aws:policy/ReadOnlyAccess"
OBJECT_VERSION = "d41d8cd98f00b204e9800998eEXAMPLE"


@pytest.mark.parametrize(
    ("rule", "event", "shown"),
    [
        *(
            ("kms-key-changed", in_event_bridge(api_call("kms", "PutKeyPolicy", {"keyId": KEY_ARN}, by)), shown)
            for by, shown in (
                (ROLE_SESSION, ("PutKeyPolicy", KEY_ARN, ROLE_ARN, ROLE_SESSION["arn"], IP_ADDRESS, EVENT_ID)),
                (IAM_USER, (IAM_USER["arn"], IP_ADDRESS)),
                (ROOT, ("Root", ROOT["arn"], IP_ADDRESS)),
                (OTHER_ACCOUNT, ("AWSAccount", "444455556666")),
                (SERVICE, ("AWSService", "backup.amazonaws.com")),
                (ROLE_VIA_SERVICE, (ROLE_ARN, "backup.amazonaws.com")),
            )
        ),
        ("kms-key-changed", in_event_bridge(grant("CreateGrant", IAM_USER)), (KEY_ARN, ROLE_ARN, IAM_USER["arn"])),
        (
            "bucket-changed",
            in_event_bridge(bucket_call("PutBucketVersioning", errorCode="AccessDenied")),
            ("PutBucketVersioning AccessDenied", PHI, ROLE_ARN, IP_ADDRESS),
        ),
        *(
            (
                "cloudtrail-changed",
                in_event_bridge(api_call("cloudtrail", name, {parameter: "a-trail"})),
                ("a-trail",),
            )
            for name, parameter in (("StopLogging", "name"), ("PutEventSelectors", "trailName"))
        ),
        (
            "break-glass-used",
            in_event_bridge(
                api_call("sts", "AssumeRole", {"roleArn": BREAK_GLASS_ARN, "roleSessionName": "patient-9"}, IAM_USER)
            ),
            ("AssumeRole", BREAK_GLASS_ARN, IAM_USER["arn"], IP_ADDRESS),
        ),
        (
            "iam-role-changed",
            in_event_bridge(
                api_call(
                    "iam",
                    "AttachRolePolicy",
                    {"roleName": "phi-prod-application", "policyArn": POLICY_ARN},
                )
            ),
            ("AttachRolePolicy", "phi-prod-application", POLICY_ARN, ROLE_ARN),
        ),
        *(
            (
                "alerting-changed",
                in_event_bridge(api_call(service, name, parameters)),
                (name, "phi-prod-", ROLE_ARN, IP_ADDRESS),
            )
            for service, name, parameters in ALERTING_CALLS
        ),
        (
            "sign-in",
            in_event_bridge(console_login(IAM_USER, succeeded=False, mfa=False)),
            ("ConsoleLogin Failure Failed authentication", "IAMUser", "bob", IP_ADDRESS, EVENT_ID),
        ),
        (
            "sign-in",
            in_event_bridge(console_login(ROOT, succeeded=True, mfa=True)),
            ("ConsoleLogin Success", "Root", ROOT["arn"], "MFA: Yes", IP_ADDRESS),
        ),
        (
            "safeguard-changed",
            in_event_bridge(api_call("backup", "DeleteBackupVaultLockConfiguration", {"backupVaultName": "vault"})),
            ("DeleteBackupVaultLockConfiguration", "vault", ROLE_ARN, IP_ADDRESS),
        ),
        (
            "backup-job-failed",
            backup_job(PHI, "COMPLETED", statusMessage="patient-7 wasn't backed up"),
            ("Backup Job State Change COMPLETED", PHI, VAULT_ARN, BACKUP_ROLE_ARN, "aws.backup", "34176239-"),
        ),
        ("backup-job-failed", copy_job(PHI, "FAILED"), ("Copy Job", "FAILED", PHI, VAULT_ARN, "47C8EF56-")),
        ("backup-job-failed", restore_job(PHI, "FAILED"), ("Restore Job", "FAILED", PHI, BACKUP_ROLE_ARN, "1B234A56-")),
        (
            "security-finding",
            guardduty_finding(PHI),
            ("Exfiltration:S3/AnomalousBehavior GetObject", PHI, "IAMUser bob", IP_ADDRESS, "16afba5c5c43e07c9"),
        ),
        (
            "security-finding",
            macie_policy_finding(PHI),
            ("Policy:IAMUser/S3BucketSharedExternally", "PutBucketPolicy", PHI, ROLE_SESSION["arn"], IP_ADDRESS),
        ),
        (
            "security-finding",
            macie_sensitive_data_finding("other"),
            ("SensitiveData:S3Object/Personal", "resource:   other", "4ed45d06-"),
        ),
        ("malware-found", malware_scan(PHI, "THREATS_FOUND"), ("THREATS_FOUND", PHI, OBJECT_VERSION, PLAN_ARN)),
        ("malware-found", malware_plan_status(PHI, "error"), ("ERROR", PHI, PLAN_ARN)),
        ("malware-found", malware_tagging_failed(PHI), ("Post Scan Action Failed", PHI, PLAN_ARN)),
    ],
)
def test_message_says_who_did_what_to_which_resource_from_where_and_no_content_of_a_request(stack, rule, event, shown):
    message = message_of(stack, rule, event)
    assert [text for text in (*shown, TIME, ACCOUNT_ID, "us-east-1") if text not in message] == []
    assert "patient" not in message


def test_alarm_on_the_log_says_where_to_find_who_did_it(stack):
    """A description has at most 1024 characters.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """
    alarms = [alarm.inputs for alarm in stack.resources_of_type("MetricAlarm")]
    descriptions = {alarm["name"]: alarm["alarmDescription"] for alarm in alarms}
    for log_filter in stack.resources_of_type("LogMetricFilter"):
        name = log_filter.inputs["name"]
        assert f"log group /audit/phi-prod-trail with the pattern of its metric filter {name}" in descriptions[name]
        assert len(descriptions[name]) <= 1024


def test_page_lists_every_rule_and_alarm_on_the_log(stack):
    page = (ROOT_FOLDER / "docs" / "alerts.md").read_text(encoding="utf-8")
    declared = [*stack.resources_of_type("EventRule"), *stack.resources_of_type("LogMetricFilter")]
    names = {resource.inputs["name"].removeprefix("phi-prod-") for resource in declared}
    assert {name for name in names if f"`{name}`" not in page} == NOTHING


# AWS's limits and names.

LONGEST_PREFIX = "p" * 28  # a bucket's name has at most 63 characters, with the purpose, account and region


def test_event_patterns_fit_for_twenty_phi_buckets_with_the_longest_names():
    """A pattern has at most 2048 characters, a bus 300 rules, and a message 8192 characters.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_InputTransformer.html
    """
    account = Account(ACCOUNT_ID, "us-gov-west-1", "aws-us-gov", "amazonaws.com", DEPLOYER)
    rules = event_rules(account, [f"{number:063}" for number in range(20)], BREAK_GLASS_ARN)
    assert max(len(json.dumps(rule.pattern)) for rule in rules) <= 2048
    assert len(rules) < 300


def test_event_pattern_that_lists_more_buckets_than_eventbridge_allows_is_refused():
    account = Account(ACCOUNT_ID, "us-east-1", "aws", "amazonaws.com", DEPLOYER)

    def program() -> None:
        rules = event_rules(account, [f"phi-dev-{number:055}" for number in range(40)], BREAK_GLASS_ARN)
        regional_alerts(
            "alerts",
            parent=pulumi.ComponentResource("phi:monitoring:Alerts", "alerts"),
            account=account,
            topic_name="phi-dev-alerts",
            key_arn=KEY_ARN,
            subscribers=[],
            rules=rules,
            permissions_boundary=None,
        )

    with pytest.raises(pulumi.RunError, match=r"rule security-finding has .* at most 2048\..* pulumi stack init"):
        run_program(program)


def test_filter_patterns_fit_for_four_existing_buckets_with_the_longest_names_and_more_are_refused():
    """A pattern has at most 1024 characters.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
    """
    names = [f"{number:063}" for number in range(5)]
    assert max(len(alarm.pattern) for alarm in log_alarms(LONGEST_PREFIX, names[:4], BREAK_GLASS_ARN)) <= 1024
    with pytest.raises(pulumi.RunError, match=r"bucket-changed has .* characters; .* at most 1024"):
        log_alarms(LONGEST_PREFIX, names, BREAK_GLASS_ARN)


# The names under which CloudTrail records calls of the S3 control API aren't those of the API.
SERVICE_OF_SOURCE = {"monitoring": "cloudwatch"}


@pytest.mark.parametrize(
    "source", sorted(({**ALERTING_EVENTS_BY_SERVICE, **SAFEGUARD_EVENTS_BY_SERVICE}).keys() - {"s3"})
)
def test_events_are_operations_of_their_services(source):
    names = {**ALERTING_EVENTS_BY_SERVICE, **SAFEGUARD_EVENTS_BY_SERVICE}[source]
    model = create_loader().load_service_model(SERVICE_OF_SOURCE.get(source, source), "service-2")
    assert set(names) <= set(model["operations"])


# The order of names that prowler's checks of metric filters require, as regular expressions.
SCANNERS_NAMES = {
    "bucket-changed": (
        *("PutBucketAcl", "PutBucketPolicy", "PutBucketCors", "PutBucketLifecycle", "PutBucketReplication"),
        *("DeleteBucketPolicy", "DeleteBucketCors", "DeleteBucketLifecycle", "DeleteBucketReplication"),
    ),
    "iam-policy-changed": (
        *("DeleteGroupPolicy", "DeleteRolePolicy", "DeleteUserPolicy", "PutGroupPolicy", "PutRolePolicy"),
        *("PutUserPolicy", "CreatePolicy", "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion"),
        *("AttachRolePolicy", "DetachRolePolicy", "AttachUserPolicy", "DetachUserPolicy", "AttachGroupPolicy"),
        "DetachGroupPolicy",
    ),
    "cloudtrail-changed": ("CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"),
    "kms-key-changed": ("DisableKey", "ScheduleKeyDeletion"),
    "sign-in-failed": ("ConsoleLogin",),
}


@pytest.mark.parametrize("name", SCANNERS_NAMES)
def test_filter_names_the_events_in_the_order_that_scanners_look_for(name):
    (alarm,) = [alarm for alarm in log_alarms("phi-prod-", [], BREAK_GLASS_ARN) if alarm.name == name]
    expression = ".+".join(rf'\$\.eventName\s*=\s*"{event}"' for event in SCANNERS_NAMES[name])
    assert re.search(expression, alarm.pattern)
