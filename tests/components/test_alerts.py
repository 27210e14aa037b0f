"""Alerts on mocks: the publishers, the events that raise each alert, and messages without the content of requests."""

from __future__ import annotations

import json

import pulumi
import pytest
from pulumi.runtime import rpc

from components.account import Account
from components.alert_dashboard import dashboard
from components.alert_topic import topic_policy
from components.alerts import Alerts
from components.regional_alerts import publisher_permissions, publisher_trust
from hipaa_controls import evaluator
from tests.components.mocked_stack import ACCOUNT_ID, DEPLOYER, RecordingMonitor, run_program

ACCOUNT = Account(ACCOUNT_ID, "us-east-1", "aws", "amazonaws.com", DEPLOYER)
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/audit"
TOPIC_ARN = f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:phi-dev-alerts"
PUBLISHER_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/phi-dev-alerts-role"
BREAK_GLASS_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/phi-dev-break-glass"
OTHER_ACCOUNT_ID = "444455556666"
PHI = f"phi-dev-phi-{ACCOUNT_ID}-us-east-1"
SUBSCRIBERS = ["security@example.com", "https://alerts.example.com/hook?token=secret"]

ALLOWED, EXPLICIT_DENY, IMPLICIT_DENY = (
    evaluator.Outcome.ALLOWED,
    evaluator.Outcome.EXPLICIT_DENY,
    evaluator.Outcome.IMPLICIT_DENY,
)
CLOUDWATCH = evaluator.Principal("Service", "cloudwatch.amazonaws.com")
EVENTBRIDGE = evaluator.Principal("Service", "events.amazonaws.com")


def alerts_stack(*, preview: bool = False) -> RecordingMonitor:
    def program() -> None:
        Alerts(
            "alerts",
            {
                "account": ACCOUNT,
                "topic_name": "phi-dev-alerts",
                "key_arn": pulumi.Output.from_input(rpc.UNKNOWN if preview else KEY_ARN),
                "subscribers": SUBSCRIBERS,
                "phi_buckets": {"phi": PHI},
                "log_group_name": "trail-log",
                "break_glass_role_arn": BREAK_GLASS_ARN,
                "permissions_boundary": None,
            },
        )

    return run_program(program, preview=preview)


@pytest.fixture(scope="module")
def stack():
    return alerts_stack()


def resources_by_name(stack: RecordingMonitor, type_name: str):
    return {resource.name: resource for resource in stack.resources_of_type(type_name)}


def inputs_of_type(stack: RecordingMonitor, type_name: str):
    inputs = [resource.inputs for resource in stack.resources_of_type(type_name)]
    assert inputs, type_name
    return inputs


def only_resource(stack: RecordingMonitor, type_name: str):
    (resource,) = stack.resources_of_type(type_name)
    return resource


def request_outcome(document, action, resource, principal, context) -> evaluator.Outcome:
    request = evaluator.Request(action, resource, principal, context, context_is_complete=True)
    return evaluator.evaluate([evaluator.parse(document)], request).outcome


# Publishers.

TLS = {"aws:SecureTransport": ["true"]}
FOR_ALARM = TLS | {
    "aws:PrincipalIsAWSService": ["true"],
    "aws:SourceAccount": [ACCOUNT_ID],
    "aws:SourceArn": [f"arn:aws:cloudwatch:us-east-1:{ACCOUNT_ID}:alarm:phi-dev-root-used"],
}
ROLE = evaluator.Principal("AWS", f"arn:aws:iam::{ACCOUNT_ID}:role/app", ACCOUNT_ID)
FROM_ROLE = TLS | {"aws:PrincipalIsAWSService": ["false"], "aws:PrincipalArn": [ROLE.id]}
EXTERNAL_ROLE = evaluator.Principal("AWS", f"arn:aws:iam::{OTHER_ACCOUNT_ID}:role/app", OTHER_ACCOUNT_ID)


@pytest.mark.parametrize(
    ("principal", "action", "context", "expected"),
    [
        (CLOUDWATCH, "sns:Publish", FOR_ALARM, ALLOWED),
        (CLOUDWATCH, "sns:Publish", FOR_ALARM | {"aws:SourceAccount": [OTHER_ACCOUNT_ID]}, IMPLICIT_DENY),
        (
            CLOUDWATCH,
            "sns:Publish",
            FOR_ALARM | {"aws:SourceArn": [f"arn:aws:cloudwatch:us-east-1:{ACCOUNT_ID}:alarm:other"]},
            IMPLICIT_DENY,
        ),
        (CLOUDWATCH, "sns:Publish", FOR_ALARM | {"aws:SecureTransport": ["false"]}, EXPLICIT_DENY),
        (CLOUDWATCH, "sns:Subscribe", FOR_ALARM | {"sns:Protocol": ["https"]}, IMPLICIT_DENY),
        (EVENTBRIDGE, "sns:Publish", FOR_ALARM, IMPLICIT_DENY),
        (ROLE, "sns:Publish", FROM_ROLE, EXPLICIT_DENY),
        # Not denied: the role's own policy allows it.
        (ROLE, "sns:Publish", FROM_ROLE | {"aws:PrincipalArn": [PUBLISHER_ARN]}, IMPLICIT_DENY),
        (
            ROLE,
            "sns:Publish",
            FROM_ROLE | {"aws:PrincipalArn": [PUBLISHER_ARN], "aws:SecureTransport": ["false"]},
            EXPLICIT_DENY,
        ),
        (ROLE, "sns:Subscribe", FROM_ROLE | {"sns:Protocol": ["email"]}, ALLOWED),
        (ROLE, "sns:Subscribe", FROM_ROLE | {"sns:Protocol": ["https"]}, ALLOWED),
        (ROLE, "sns:Subscribe", FROM_ROLE | {"sns:Protocol": ["http"]}, EXPLICIT_DENY),
        (ROLE, "sns:SetTopicAttributes", FROM_ROLE, ALLOWED),
        (ROLE, "sns:SetTopicAttributes", FROM_ROLE | {"aws:SecureTransport": ["false"]}, EXPLICIT_DENY),
        (EXTERNAL_ROLE, "sns:Subscribe", FROM_ROLE | {"sns:Protocol": ["https"]}, IMPLICIT_DENY),
    ],
)
def test_topic_policy_lets_alarms_publish_and_the_account_administer(stack, principal, action, context, expected):
    assert (
        request_outcome(only_resource(stack, "TopicPolicy").policy, action, TOPIC_ARN, principal, context) is expected
    )


FOR_RULE = {
    "aws:SourceAccount": [ACCOUNT_ID],
    "aws:SourceArn": [f"arn:aws:events:us-east-1:{ACCOUNT_ID}:rule/phi-dev-kms-key-disabled"],
}


@pytest.mark.parametrize(
    ("principal", "overrides", "expected"),
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
def test_eventbridge_assumes_the_publisher_role_only_on_behalf_of_the_stacks_rules(
    stack, principal, overrides, expected
):
    document = json.loads(only_resource(stack, "Role").inputs["assumeRolePolicy"])
    context = FOR_RULE | overrides
    assert request_outcome(document, "sts:AssumeRole", PUBLISHER_ARN, principal, context) is expected


VIA_SNS = {
    "kms:ViaService": ["sns.us-east-1.amazonaws.com"],
    "kms:EncryptionContext:aws:sns:topicArn": [TOPIC_ARN],
}


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        ("sns:Publish", TOPIC_ARN, {}, ALLOWED),
        ("sns:Publish", f"{TOPIC_ARN}-other", {}, IMPLICIT_DENY),
        ("sns:Subscribe", TOPIC_ARN, {}, IMPLICIT_DENY),
        ("kms:GenerateDataKey", KEY_ARN, VIA_SNS, ALLOWED),
        ("kms:Decrypt", KEY_ARN, VIA_SNS, ALLOWED),
        ("kms:Decrypt", f"{KEY_ARN}-other", VIA_SNS, IMPLICIT_DENY),
        ("kms:Decrypt", KEY_ARN, {}, IMPLICIT_DENY),
        (
            "kms:Decrypt",
            KEY_ARN,
            VIA_SNS | {"kms:EncryptionContext:aws:sns:topicArn": [f"{TOPIC_ARN}-other"]},
            IMPLICIT_DENY,
        ),
    ],
)
def test_publisher_role_may_only_publish(stack, action, resource, context, expected):
    publisher = evaluator.Principal("AWS", PUBLISHER_ARN, ACCOUNT_ID)
    assert request_outcome(only_resource(stack, "RolePolicy").policy, action, resource, publisher, context) is expected


def test_publisher_policy_keeps_its_structure_at_preview_while_the_key_is_unknown(stack):
    document = only_resource(alerts_stack(preview=True), "IamRole").inputs["identityPolicy"]
    assert rpc.UNKNOWN in json.dumps(document)
    known_document = json.loads(json.dumps(document).replace(rpc.UNKNOWN, KEY_ARN))
    assert known_document == only_resource(stack, "RolePolicy").policy


def test_policies_contain_no_fixed_partition():
    gov = Account(ACCOUNT_ID, "us-gov-west-1", "aws-us-gov", "amazonaws.com", DEPLOYER)
    topic_arn, role_arn = gov.arn("sns", "alerts"), gov.role_arn("publisher")
    documents = (
        topic_policy(gov, topic_arn, role_arn),
        publisher_trust(gov),
        publisher_permissions(gov, topic_arn, "key"),
    )
    assert "arn:aws:" not in json.dumps(documents)


def test_only_the_rule_for_assume_role_receives_read_only_events(stack):
    states = {name: rule.inputs["state"] for name, rule in resources_by_name(stack, "EventRule").items()}
    assert states.pop("alerts-break-glass-used") == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    assert set(states.values()) == {"ENABLED"}


def test_every_rule_publishes_to_the_topic_with_the_publisher_role(stack):
    targets, rules = inputs_of_type(stack, "EventTarget"), inputs_of_type(stack, "EventRule")
    assert {target["rule"] for target in targets} == {rule["name"] for rule in rules}
    assert {target["arn"] for target in targets} == {stack.outputs["alerts"]["topicArn"]}
    assert all(target["roleArn"].endswith("alerts-role") for target in targets)


def test_every_alarm_has_a_published_metric_and_the_topic_as_action(stack):
    alarms = inputs_of_type(stack, "MetricAlarm")
    transformations = [log_filter["metricTransformation"] for log_filter in inputs_of_type(stack, "LogMetricFilter")]
    log_metrics = {(transformation["namespace"], transformation["name"]) for transformation in transformations}
    rules = {rule["name"] for rule in inputs_of_type(stack, "EventRule")}
    assert all(alarm["alarmActions"] == [stack.outputs["alerts"]["topicArn"]] for alarm in alarms)
    assert {alarm["treatMissingData"] for alarm in alarms} == {"notBreaching"}
    on_log_metrics = {(alarm["namespace"], alarm["metricName"]) for alarm in alarms if "dimensions" not in alarm}
    assert on_log_metrics == log_metrics
    request_metrics = {alarm["metricName"]: alarm["dimensions"] for alarm in alarms if alarm["namespace"] == "AWS/S3"}
    dimensions = {"BucketName": PHI, "FilterId": "EntireBucket"}
    assert request_metrics == {"4xxErrors": dimensions, "5xxErrors": dimensions}
    # An alarm reports each rule that fails to publish.
    delivery_alarms = [alarm for alarm in alarms if alarm["namespace"] == "AWS/Events"]
    assert {alarm["metricName"] for alarm in delivery_alarms} == {"FailedInvocations"}
    assert {alarm["dimensions"]["RuleName"] for alarm in delivery_alarms} == rules


def test_alarms_and_rules_have_names_that_the_policies_allow_to_publish(stack):
    publishers = [*inputs_of_type(stack, "MetricAlarm"), *inputs_of_type(stack, "EventRule")]
    assert all(publisher["name"].startswith("phi-dev-") for publisher in publishers)


# The topic.


def test_topic_is_encrypted_and_has_the_name_in_its_arn(stack):
    topic = only_resource(stack, "Topic").inputs
    assert (topic["name"], topic["kmsMasterKeyId"]) == ("phi-dev-alerts", KEY_ARN)
    assert only_resource(stack, "TopicPolicy").policy["Statement"][0]["Resource"] == TOPIC_ARN


def test_subscriptions_have_their_protocol_and_no_endpoint_in_their_names(stack):
    subscriptions = resources_by_name(stack, "TopicSubscription")
    inputs = [subscription.inputs for subscription in subscriptions.values()]
    assert {subscription["endpoint"]: subscription["protocol"] for subscription in inputs} == dict(
        zip(SUBSCRIBERS, ("email", "https"), strict=True)
    )
    assert not any("example" in name or "secret" in name for name in subscriptions)


def test_dashboard_shows_published_metrics_only(stack):
    body = json.loads(only_resource(stack, "Dashboard").inputs["dashboardBody"])
    assert body == dashboard("us-east-1", [PHI], "EntireBucket", "phi-dev-alerts")
    metrics = [metric for widget in body["widgets"] for metric in widget["properties"]["metrics"]]
    log_metrics = {
        log_filter["metricTransformation"]["name"] for log_filter in inputs_of_type(stack, "LogMetricFilter")
    }
    assert {name for namespace, name, *_ in metrics if namespace == "phi-dev-alerts"} <= log_metrics
    assert all(metric[2:4] == ["BucketName", PHI] for metric in metrics if metric[0] == "AWS/S3")
    corners = {(widget["x"], widget["y"]) for widget in body["widgets"]}
    assert len(corners) == len(body["widgets"])


def test_alerts_parent_their_resources_and_register_their_output_once(stack):
    resources = [resource for resource in stack.registered if resource.type.startswith("aws:")]
    assert {resource.parent_name for resource in resources} == {"alerts", "alerts-role"}
    assert only_resource(stack, "Alerts").type == "phi:monitoring:Alerts"
    assert stack.output_registrations.count("alerts") == 1
