"""Alerts on mocks: who publishes, what raises which alert, and that no alert tells what a request held."""

from __future__ import annotations

import json
import re

import pulumi
import pytest
from pulumi.runtime import rpc

from components.account import Account
from components.alert_dashboard import dashboard
from components.alert_patterns import log_alarms, input_transformer, event_rules
from components.alert_topic import topic_policy
from components.alerts import Alerts, publishing_policy, trust_policy
from components.stack_context import StackContext
from hipaa import evaluator
from hipaa.services.cloudwatch.event_patterns import filter_matches, rule_matches, in_envelope
from phi.stack.settings import Settings
from tests.components.mocked_stack import ACCOUNT_ID, DEPLOYER, RecordingMonitor, run_program

ACCOUNT = Account(ACCOUNT_ID, "us-east-1", "aws", "amazonaws.com", DEPLOYER)
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/audit"
TOPIC_ARN = f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:phi-dev-alerts"
PUBLISHER_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/phi-dev-alerts-publisher"
BREAK_GLASS_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/phi-dev-break-glass"
OTHER_ACCOUNT_ID = "444455556666"
PHI, TRAIL = (f"phi-dev-{each}-{ACCOUNT_ID}-us-east-1" for each in ("phi", "trail"))
SUBSCRIBERS = ["security@example.com", "https://alerts.example.com/hook?token=secret"]

ALLOWED, EXPLICIT_DENY, IMPLICIT_DENY = evaluator.Outcome.ALLOWED, evaluator.Outcome.EXPLICIT_DENY, evaluator.Outcome.IMPLICIT_DENY
CLOUDWATCH = evaluator.Principal("Service", "cloudwatch.amazonaws.com")
EVENTBRIDGE = evaluator.Principal("Service", "events.amazonaws.com")


def alerts_stack(*, preview: bool = False) -> RecordingMonitor:
    def program() -> None:
        Alerts(
            "alerts",
            {
                "site": StackContext(ACCOUNT, Settings("dev", "us-east-1", alert_subscribers=tuple(SUBSCRIBERS))),
                "key_arn": pulumi.Output.from_input(rpc.UNKNOWN if preview else KEY_ARN),
                "log_group_name": "trail-log",
                "buckets": [PHI, TRAIL],
            },
        )

    return run_program(program, preview=preview)


@pytest.fixture(scope="module")
def stack():
    return alerts_stack()


def resources_of_type(stack: RecordingMonitor, kind: str):
    return {each.name: each for each in stack.resources if each.type.rsplit(":", 1)[-1] == kind}


def only_resource(stack: RecordingMonitor, kind: str):
    (found,) = resources_of_type(stack, kind).values()
    return found


def request_outcome(document, action, resource, principal, context) -> evaluator.Outcome:
    request = evaluator.Request(action, resource, principal, context, context_is_complete=True)
    return evaluator.evaluate([evaluator.parse(document)], request).outcome


# Who publishes.

OVER_TLS = {"aws:SecureTransport": ["true"]}
BY_ALARM = OVER_TLS | {
    "aws:PrincipalIsAWSService": ["true"],
    "aws:SourceAccount": [ACCOUNT_ID],
    "aws:SourceArn": [f"arn:aws:cloudwatch:us-east-1:{ACCOUNT_ID}:alarm:phi-dev-root-used"],
}
ROLE = evaluator.Principal("AWS", f"arn:aws:iam::{ACCOUNT_ID}:role/app", ACCOUNT_ID)
BY_ROLE = OVER_TLS | {"aws:PrincipalIsAWSService": ["false"], "aws:PrincipalArn": [ROLE.id]}
FOREIGN = evaluator.Principal("AWS", f"arn:aws:iam::{OTHER_ACCOUNT_ID}:role/app", OTHER_ACCOUNT_ID)


@pytest.mark.parametrize(
    ("principal", "action", "context", "expected"),
    [
        (CLOUDWATCH, "sns:Publish", BY_ALARM, ALLOWED),
        (CLOUDWATCH, "sns:Publish", BY_ALARM | {"aws:SourceAccount": [OTHER_ACCOUNT_ID]}, IMPLICIT_DENY),
        (
            CLOUDWATCH,
            "sns:Publish",
            BY_ALARM | {"aws:SourceArn": [f"arn:aws:cloudwatch:us-east-1:{ACCOUNT_ID}:alarm:other"]},
            IMPLICIT_DENY,
        ),
        (CLOUDWATCH, "sns:Publish", BY_ALARM | {"aws:SecureTransport": ["false"]}, EXPLICIT_DENY),
        (CLOUDWATCH, "sns:Subscribe", BY_ALARM | {"sns:Protocol": ["https"]}, IMPLICIT_DENY),
        (EVENTBRIDGE, "sns:Publish", BY_ALARM, IMPLICIT_DENY),
        (ROLE, "sns:Publish", BY_ROLE, EXPLICIT_DENY),
        # Not denied: what the role's own policy allows.
        (ROLE, "sns:Publish", BY_ROLE | {"aws:PrincipalArn": [PUBLISHER_ARN]}, IMPLICIT_DENY),
        (
            ROLE,
            "sns:Publish",
            BY_ROLE | {"aws:PrincipalArn": [PUBLISHER_ARN], "aws:SecureTransport": ["false"]},
            EXPLICIT_DENY,
        ),
        (ROLE, "sns:Subscribe", BY_ROLE | {"sns:Protocol": ["email"]}, ALLOWED),
        (ROLE, "sns:Subscribe", BY_ROLE | {"sns:Protocol": ["https"]}, ALLOWED),
        (ROLE, "sns:Subscribe", BY_ROLE | {"sns:Protocol": ["http"]}, EXPLICIT_DENY),
        (ROLE, "sns:SetTopicAttributes", BY_ROLE, ALLOWED),
        (ROLE, "sns:SetTopicAttributes", BY_ROLE | {"aws:SecureTransport": ["false"]}, EXPLICIT_DENY),
        (FOREIGN, "sns:Subscribe", BY_ROLE | {"sns:Protocol": ["https"]}, IMPLICIT_DENY),
    ],
)
def test_alarms_publish_and_the_account_administers(stack, principal, action, context, expected):
    assert request_outcome(only_resource(stack, "TopicPolicy").policy, action, TOPIC_ARN, principal, context) is expected


BY_RULE = {
    "aws:SourceAccount": [ACCOUNT_ID],
    "aws:SourceArn": [f"arn:aws:events:us-east-1:{ACCOUNT_ID}:rule/phi-dev-kms-key-disabled"],
}


@pytest.mark.parametrize(
    ("principal", "change", "expected"),
    [
        (EVENTBRIDGE, {}, ALLOWED),
        (EVENTBRIDGE, {"aws:SourceAccount": [OTHER_ACCOUNT_ID]}, IMPLICIT_DENY),
        (
            EVENTBRIDGE,
            {"aws:SourceArn": [f"arn:aws:events:us-east-1:{OTHER_ACCOUNT_ID}:rule/phi-dev-kms-key-disabled"]},
            IMPLICIT_DENY,
        ),
        (CLOUDWATCH, {}, IMPLICIT_DENY),
        (ROLE, {}, IMPLICIT_DENY),
    ],
)
def test_eventbridge_takes_the_publishers_role_for_the_stacks_rules(stack, principal, change, expected):
    document = json.loads(only_resource(stack, "Role").inputs["assumeRolePolicy"])
    assert request_outcome(document, "sts:AssumeRole", PUBLISHER_ARN, principal, BY_RULE | change) is expected


THROUGH_SNS = {
    "kms:ViaService": ["sns.us-east-1.amazonaws.com"],
    "kms:EncryptionContext:aws:sns:topicArn": [TOPIC_ARN],
}


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        ("sns:Publish", TOPIC_ARN, {}, ALLOWED),
        ("sns:Publish", f"{TOPIC_ARN}-other", {}, IMPLICIT_DENY),
        ("sns:Subscribe", TOPIC_ARN, {}, IMPLICIT_DENY),
        ("kms:GenerateDataKey", KEY_ARN, THROUGH_SNS, ALLOWED),
        ("kms:Decrypt", KEY_ARN, THROUGH_SNS, ALLOWED),
        ("kms:Decrypt", f"{KEY_ARN}-other", THROUGH_SNS, IMPLICIT_DENY),
        ("kms:Decrypt", KEY_ARN, {}, IMPLICIT_DENY),
        (
            "kms:Decrypt",
            KEY_ARN,
            THROUGH_SNS | {"kms:EncryptionContext:aws:sns:topicArn": [f"{TOPIC_ARN}-other"]},
            IMPLICIT_DENY,
        ),
    ],
)
def test_the_publisher_does_nothing_but_publish(stack, action, resource, context, expected):
    publisher = evaluator.Principal("AWS", PUBLISHER_ARN, ACCOUNT_ID)
    assert request_outcome(only_resource(stack, "RolePolicy").policy, action, resource, publisher, context) is expected


def test_at_preview_the_publishers_policy_keeps_its_structure_where_only_the_key_is_unknown(stack):
    (publisher,) = [each for each in alerts_stack(preview=True).resources if each.type == "phi:access:Role"]
    declared = publisher.inputs["identityPolicy"]
    assert rpc.UNKNOWN in json.dumps(declared)
    assert json.loads(json.dumps(declared).replace(rpc.UNKNOWN, KEY_ARN)) == only_resource(stack, "RolePolicy").policy


def test_no_partition_is_written_in():
    gov = Account(ACCOUNT_ID, "us-gov-west-1", "aws-us-gov", "amazonaws.com", DEPLOYER)
    arn, role = gov.arn("sns", "alerts"), gov.role_arn("publisher")
    documents = (topic_policy(gov, arn, role), trust_policy(gov), publishing_policy(gov, arn, "key"))
    assert "arn:aws:" not in json.dumps(documents)


# What raises which alert.


def record(service: str, name: str, **fields):
    """A call of a role, as CloudTrail records it."""
    return {
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "eventType": "AwsApiCall",
        "eventID": "11111111-2222-3333-4444-555555555555",
        "awsRegion": "us-east-1",
        "recipientAccountId": ACCOUNT_ID,
        "userIdentity": {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"arn": ROLE.id}}},
        **fields,
    }


def on(bucket: str, **more):
    return {"requestParameters": {"bucketName": bucket, **more}}


REFUSED = record("s3", "GetObject", errorCode="AccessDenied", **on(PHI, key="patient-7"))
ROOT = {"type": "Root"}
USER = {"type": "IAMUser"}
SIGNED_IN = {"eventType": "AwsConsoleSignIn", "responseElements": {"ConsoleLogin": "Success"}}
WITH_MFA, WITHOUT_MFA = ({"additionalEventData": {"MFAUsed": answer}} for answer in ("Yes", "No"))
TAKEN = {"requestParameters": {"roleArn": BREAK_GLASS_ARN}}


@pytest.mark.parametrize(
    ("event", "by_log", "at_once"),
    [
        (REFUSED, {"access-denied"}, set()),
        (record("s3", "GetObject", **on(PHI)), set(), set()),
        (record("s3", "GetObject", errorCode="NoSuchKey", **on(PHI)), set(), set()),
        (record("s3", "GetObject", errorCode="AccessDenied", **on("other")), set(), set()),
        (record("iam", "CreateAccessKey", userIdentity=ROOT), {"root-used"}, set()),
        (record("signin", "ConsoleLogin", userIdentity=ROOT, **SIGNED_IN, **WITH_MFA), {"root-used"}, set()),
        (record("kms", "CreateGrant", userIdentity=ROOT | {"invokedBy": "aws"}), set(), set()),
        (
            record("signin", "ConsoleLogin", userIdentity=USER, **SIGNED_IN, **WITHOUT_MFA),
            {"sign-in-without-mfa"},
            set(),
        ),
        (record("signin", "ConsoleLogin", userIdentity=USER, **SIGNED_IN, **WITH_MFA), set(), set()),
        (record("signin", "ConsoleLogin", **SIGNED_IN, **WITHOUT_MFA), set(), set()),
        *(
            (record("kms", name, requestParameters={"keyId": "k"}), {"kms-key-disabled"}, {"kms-key-disabled"})
            for name in ("DisableKey", "ScheduleKeyDeletion")
        ),
        (record("kms", "CancelKeyDeletion", requestParameters={"keyId": "k"}), set(), set()),
        *(
            (record("s3", name, **on(bucket)), {"bucket-access-changed"}, {"bucket-access-changed"})
            for bucket in (PHI, TRAIL)
            for name in (
                "PutBucketPolicy",
                "DeleteBucketPolicy",
                "PutBucketPublicAccessBlock",
                "DeleteBucketPublicAccessBlock",
            )
        ),
        (record("s3", "PutBucketPolicy", **on("other")), set(), set()),
        *(
            (record("cloudtrail", name), {"cloudtrail-changed"}, {"cloudtrail-changed"})
            for name in ("StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors")
        ),
        (record("cloudtrail", "GetTrailStatus"), set(), set()),
        *(
            (record("sts", name, **TAKEN), {"break-glass-used"}, {"break-glass-used"})
            for name in ("AssumeRole", "AssumeRoleWithSAML")
        ),
        (record("sts", "AssumeRole", requestParameters={"roleArn": ROLE.id}), set(), set()),
    ],
)
def test_each_danger_raises_its_alert_and_daily_work_raises_none(stack, event, by_log, at_once):
    filters = resources_of_type(stack, "LogMetricFilter").items()
    rules = resources_of_type(stack, "EventRule").items()
    raised = {name for name, each in filters if filter_matches(each.inputs["pattern"], event) is evaluator.Match.YES}
    ruled = {
        name for name, each in rules if rule_matches(each.inputs["eventPattern"], in_envelope(event)) is evaluator.Match.YES
    }
    assert raised == {f"alerts-{each}" for each in by_log}
    assert ruled == {f"alerts-{each}" for each in at_once}


def test_a_rule_sees_the_taking_of_a_role_which_aws_calls_read_only(stack):
    states = {name: each.inputs["state"] for name, each in resources_of_type(stack, "EventRule").items()}
    assert states.pop("alerts-break-glass-used") == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    assert set(states.values()) == {"ENABLED"}


def test_a_filter_of_seven_buckets_with_the_longest_names_is_one_that_aws_takes():
    """Of 1024 characters: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html"""
    longest = [f"{number}" * 63 for number in range(7)]
    assert max(len(each.pattern) for each in log_alarms(longest, BREAK_GLASS_ARN)) <= 1024


# What an alert tells.


def message(template: str, paths, event) -> str:
    def found(path: str) -> str:
        value = event
        for name in path.removeprefix("$.").split("."):
            value = value.get(name, "") if isinstance(value, dict) else ""
        assert isinstance(value, str), f"{path} is a part of the event as a whole"
        return value

    said = "\n".join(json.loads(line) for line in template.splitlines())
    return re.sub(r"<(\w+)>", lambda variable: found(paths[variable[1]]), said)


@pytest.mark.parametrize("watch", event_rules([PHI, TRAIL], BREAK_GLASS_ARN), ids=lambda watch: watch.name)
def test_a_message_tells_who_did_what_and_nothing_of_what_the_request_held(watch):
    parameters = {
        "bucketName": PHI,
        "keyId": "the-key",
        "roleArn": BREAK_GLASS_ARN,
        "key": "patient-7",
        "bucketPolicy": {"Statement": "patient-8"},
        "roleSessionName": "patient-9",
    }
    event = in_envelope(record("s3", "PutBucketPolicy", requestParameters=parameters)) | {"time": "2026-01-02T03:04:05Z"}
    transformer = input_transformer(watch)
    said = message(transformer["input_template"], transformer["input_paths"], event)
    for expected in (
        "PutBucketPolicy",
        "2026-01-02T03:04:05Z",
        ACCOUNT_ID,
        "us-east-1",
        ROLE.id,
        event["detail"]["eventID"],
    ):
        assert expected in said
    assert "patient" not in said
    assert (PHI in said, "the-key" in said, BREAK_GLASS_ARN in said) == (
        watch.name == "bucket-access-changed",
        watch.name == "kms-key-disabled",
        watch.name == "break-glass-used",
    )


def test_each_rule_publishes_with_the_publishers_role(stack):
    targets, rules = resources_of_type(stack, "EventTarget"), resources_of_type(stack, "EventRule")
    topic = stack.outputs["alerts"]["topicArn"]
    assert {each.inputs["rule"] for each in targets.values()} == {each.inputs["name"] for each in rules.values()}
    assert {each.inputs["arn"] for each in targets.values()} == {topic}
    assert all(each.inputs["roleArn"].endswith("alerts-publisher") for each in targets.values())


def test_every_alarm_can_fire_and_tells_the_topic(stack):
    alarms = [each.inputs for each in resources_of_type(stack, "MetricAlarm").values()]
    transformations = [each.inputs["metricTransformation"] for each in resources_of_type(stack, "LogMetricFilter").values()]
    from_logs = {(each["namespace"], each["name"]) for each in transformations}
    rules = {each.inputs["name"] for each in resources_of_type(stack, "EventRule").values()}
    assert all(each["alarmActions"] == [stack.outputs["alerts"]["topicArn"]] for each in alarms)
    assert {each["treatMissingData"] for each in alarms} == {"notBreaching"}
    assert {(each["namespace"], each["metricName"]) for each in alarms if "dimensions" not in each} == from_logs
    measured = {each["metricName"]: each["dimensions"] for each in alarms if each["namespace"] == "AWS/S3"}
    assert measured == {name: {"BucketName": PHI, "FilterId": "EntireBucket"} for name in ("4xxErrors", "5xxErrors")}
    # A rule that can't publish is told of by an alarm, which can.
    failing = [each for each in alarms if each["namespace"] == "AWS/Events"]
    assert {each["metricName"] for each in failing} == {"FailedInvocations"}
    assert {each["dimensions"]["RuleName"] for each in failing} == rules


def test_what_publishes_has_a_name_that_the_policies_let_publish(stack):
    named = [*resources_of_type(stack, "MetricAlarm").values(), *resources_of_type(stack, "EventRule").values()]
    assert all(each.inputs["name"].startswith("phi-dev-") for each in named)


# The topic.


def test_the_topic_is_encrypted_and_has_the_name_of_its_arn(stack):
    topic = only_resource(stack, "Topic").inputs
    assert (topic["name"], topic["kmsMasterKeyId"]) == ("phi-dev-alerts", KEY_ARN)
    assert only_resource(stack, "TopicPolicy").policy["Statement"][0]["Resource"] == TOPIC_ARN


def test_subscribers_come_by_https_or_email_and_are_not_in_a_name(stack):
    subscriptions = resources_of_type(stack, "TopicSubscription")
    assert {each.inputs["endpoint"]: each.inputs["protocol"] for each in subscriptions.values()} == dict(
        zip(SUBSCRIBERS, ("email", "https"), strict=True)
    )
    assert not any("example" in name or "secret" in name for name in subscriptions)


def test_the_dashboard_shows_metrics_that_are_published(stack):
    body = json.loads(only_resource(stack, "Dashboard").inputs["dashboardBody"])
    assert body == dashboard("us-east-1", PHI, "EntireBucket", "phi-dev-alerts")
    shown = [metric for widget in body["widgets"] for metric in widget["properties"]["metrics"]]
    from_logs = {each.inputs["metricTransformation"]["name"] for each in resources_of_type(stack, "LogMetricFilter").values()}
    assert {name for namespace, name, *_ in shown if namespace == "phi-dev-alerts"} <= from_logs
    assert all(metric[2:4] == ["BucketName", PHI] for metric in shown if metric[0] == "AWS/S3")
    corners = {(widget["x"], widget["y"]) for widget in body["widgets"]}
    assert len(corners) == len(body["widgets"])


def test_every_child_is_the_components_and_it_registers_its_output_once(stack):
    children = [each for each in stack.resources if each.type.startswith("aws:")]
    assert {each.parent_name for each in children} == {"alerts", "alerts-publisher"}
    assert only_resource(stack, "Alerts").type == "phi:monitoring:Alerts"
    assert stack.output_registrations.count("alerts") == 1
