"""The EventBridge rules of a live account: the facts, the findings, and rules that can't be read."""

from __future__ import annotations

import json

import pytest

from hipaa_controls.model.values import Location
from hipaa_controls.model.verdict import Status
from hipaa_controls.services.cloudwatch.facts import EventRule
from hipaa_controls.services.sns.facts import Topic
from phi_buckets.audit.calls import events as calls
from phi_buckets.audit.collect import events
from phi_buckets.audit.scope import Scope
from tests.phi_buckets.audit.sample_alert_pipeline import (
    ACCOUNT,
    FILTER,
    GROUP,
    OTHER_REGION,
    REGION,
    RULE_ARN,
    TOPIC_ARN,
    SampleAccount,
    assert_unverified,
    audit,
    create_compliant_account,
    denying,
    document,
    put_rule,
    responding,
)

NAME = "phi-dev-everything"
ACCESS, TARGETS = "events-no-external-access", "events-no-external-targets"
FOREIGN = "444455556666"
LOCATION = Location("aws", REGION, ACCOUNT)
# Matches every event for which an alert is required, including those of the root user, whose region is this one.
EVERY_EVENT = json.dumps({"account": [ACCOUNT]})
TARGET_WITHOUT_ROLE = {"Id": "alerts", "Arn": TOPIC_ARN}


@pytest.fixture
def account(session) -> SampleAccount:
    return create_compliant_account(session)


@pytest.fixture
def account_with_rule_only(account) -> SampleAccount:
    """The account, in which a rule raises the alerts instead of a metric filter."""
    account.client("logs").delete_metric_filter(logGroupName=GROUP, filterName=FILTER)
    put_rule(account, EventPattern=EVERY_EVENT)
    return account


def test_rule_is_collected_with_its_settings(account):
    rule = audit(account).fact(EventRule, RULE_ARN)
    assert rule == EventRule(RULE_ARN, '{"source": ["aws.kms"]}', True, True, True, LOCATION)


def test_rule_for_every_event_covers_all_alerts(account_with_rule_only):
    assert audit(account_with_rule_only).blocking == set()


def remove_targets(account: SampleAccount) -> None:
    account.client("events").remove_targets(Rule=NAME, Ids=["alerts"])


def move_to_another_bus(account: SampleAccount) -> None:
    client = account.client("events")
    client.create_event_bus(Name="another")
    remove_targets(account)
    client.delete_rule(Name=NAME)
    put_rule(account, EventPattern=EVERY_EVENT, EventBusName="another")


@pytest.mark.parametrize(
    "change",
    [
        lambda account: account.client("events").disable_rule(Name=NAME),
        lambda account: put_rule(account, EventPattern='{"source": ["aws.ec2"]}'),
        remove_targets,
        move_to_another_bus,
    ],
    ids=["disabled", "for another service", "without a target", "on another bus"],
)
def test_ineffective_rule_fails_alarm_coverage(account_with_rule_only, change):
    change(account_with_rule_only)
    result = audit(account_with_rule_only)
    assert result.controls_with(Status.FAIL) == {"cloudwatch-alarm-coverage"}
    assert result.controls_with(Status.UNVERIFIED) == set()


@pytest.mark.parametrize(
    ("call", "controls"),
    [
        # Only rules on the default bus raise alerts, but rules on any bus may publish to the topic.
        (calls.LIST_EVENT_BUSES, {"sns-customer-managed-key", ACCESS}),
        (calls.LIST_RULES, {"cloudwatch-alarm-coverage", "sns-customer-managed-key", TARGETS}),
        (calls.LIST_TARGETS_BY_RULE, {"cloudwatch-alarm-coverage", "sns-customer-managed-key", TARGETS}),
        (calls.LIST_API_DESTINATIONS, {TARGETS}),
    ],
    ids=lambda value: getattr(value, "operation", ""),
)
def test_denied_call_is_unverified_and_names_the_permission(account_with_rule_only, call, controls):
    assert_unverified(audit(denying(account_with_rule_only, call)), call, controls)


def test_target_without_a_role_makes_eventbridge_a_publisher(account):
    """The key policy of the sample account doesn't allow EventBridge, so the topic's key fails."""
    account.client("events").put_targets(Rule=NAME, Targets=[TARGET_WITHOUT_ROLE])
    result = audit(account)
    assert result.fact(Topic, TOPIC_ARN).publishers == ("cloudwatch.amazonaws.com", "events.amazonaws.com")
    assert result.controls_with(Status.FAIL) == {"sns-customer-managed-key"}


def test_rule_on_another_bus_publishes_too(account):
    move_to_another_bus(account)
    account.client("events").put_targets(Rule=NAME, EventBusName="another", Targets=[TARGET_WITHOUT_ROLE])
    assert audit(account).controls_with(Status.FAIL) == {"sns-customer-managed-key"}


def test_unread_region_leaves_the_rules_of_the_others(account):
    result = audit(denying(account, calls.LIST_RULES, region=OTHER_REGION), (REGION, OTHER_REGION))
    assert {rule.location.region for rule in result.stack.facts_of_type(EventRule)} == {REGION, OTHER_REGION}
    assert result.statuses("cloudwatch-alarm-coverage") == {ACCOUNT: Status.PASS}


def test_stack_scope_includes_rules_by_name(account):
    put_rule(account, Name="another")
    assert len(audit(account).resources(EventRule)) == 2
    result = audit(account, (REGION,), Scope({}, "phi-dev-"))
    assert result.resources(EventRule) == [RULE_ARN]
    assert result.call_counts[calls.LIST_TARGETS_BY_RULE] == 1


def test_all_pages_are_read(account):
    put_rule(account, Name="another")
    rules = account.client("events").list_rules()["Rules"]
    responses = {
        calls.LIST_EVENT_BUSES: [{"EventBuses": [], "NextToken": "more"}, {"EventBuses": [{"Name": "default"}]}],
        calls.LIST_RULES: [{"Rules": rules[:1], "NextToken": "more"}, {"Rules": rules[1:]}],
    }
    result = audit(responding(account, responses))
    assert {arn.rsplit("/", 1)[-1] for arn in result.resources(EventRule)} == {NAME, "another"}


@pytest.mark.parametrize(
    ("state", "enabled"),
    [("ENABLED", True), ("ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", True), ("DISABLED", False)],
)
def test_parse_rule_follows_the_state_and_the_bus(state, enabled):
    description = {"Arn": RULE_ARN, "Name": NAME, "State": state, "ScheduleExpression": "rate(1 day)"}
    rule = events.parse_rule(description, "default", [{"Id": "1", "Arn": TOPIC_ARN}], LOCATION)
    assert rule == EventRule(RULE_ARN, None, enabled, True, True, LOCATION)
    assert events.parse_rule(description, "another", [], LOCATION).on_default_bus is False


def events_arn(resource: str) -> str:
    return f"arn:aws:events:{REGION}:{ACCOUNT}:{resource}"


@pytest.mark.parametrize(("principal", "status"), [(ACCOUNT, Status.PASS), (FOREIGN, Status.FAIL), ("*", Status.FAIL)])
def test_bus_policy_fails_only_if_it_grants_access_to_others(account, principal, status):
    client = account.client("events")
    client.create_event_bus(Name="phi-dev-records")
    policy = document(
        {
            "Sid": "put",
            "Effect": "Allow",
            "Principal": principal if principal == "*" else {"AWS": principal},
            "Action": "events:PutEvents",
            "Resource": events_arn("event-bus/phi-dev-records"),
        }
    )
    client.put_permission(EventBusName="phi-dev-records", Policy=policy)
    assert audit(account).statuses(ACCESS) == {events_arn("event-bus/phi-dev-records"): status}


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ({"Arn": TOPIC_ARN}, Status.PASS),
        ({"Arn": TOPIC_ARN.replace(ACCOUNT, FOREIGN)}, Status.FAIL),
        ({"Arn": TOPIC_ARN, "DeadLetterConfig": {"Arn": f"arn:aws:sqs:{REGION}:{FOREIGN}:dead"}}, Status.FAIL),
    ],
    ids=["own topic", "another account's topic", "another account's dead-letter queue"],
)
def test_target_fails_only_if_it_belongs_to_another_account(account, target, status):
    role = f"arn:aws:iam::{ACCOUNT}:role/phi-dev-alerts"
    account.client("events").put_targets(Rule=NAME, Targets=[{"Id": "alerts", "RoleArn": role, **target}])
    assert audit(account).statuses(TARGETS) == {f"{RULE_ARN}:target:alerts": status}


def test_target_of_a_rule_that_an_aws_service_manages_is_left_out(account):
    [rule] = account.client("events").list_rules()["Rules"]
    managed = {calls.LIST_RULES: [{"Rules": [rule | {"ManagedBy": "prod.vhs.events.aws.internal"}]}]}
    assert audit(responding(account, managed)).statuses(TARGETS) == {}


def test_api_destination_is_unverified_unless_its_host_is_trusted(account):
    arn = events_arn("api-destination/phi-dev-hook/0a1b2c3d")
    entry = {"ApiDestinationArn": arn, "Name": "phi-dev-hook", "InvocationEndpoint": "https://alerts.example.com"}
    result = audit(responding(account, {calls.LIST_API_DESTINATIONS: [{"ApiDestinations": [entry]}]}))
    assert result.statuses(TARGETS)[arn] is Status.UNVERIFIED
