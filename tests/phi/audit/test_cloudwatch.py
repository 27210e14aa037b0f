"""Alarms and event rules of a live account: what is read of them, what fails, and what can't be told."""

from __future__ import annotations

import json

import pytest

from hipaa.model.values import Location, StackResource
from hipaa.model.verdict import Status
from hipaa.services.cloudwatch.facts import Alarm, EventRule, Metric
from hipaa.services.sns.facts import Topic
from phi.audit.calls import cloudwatch as cloudwatch_calls
from phi.audit.calls import events as events_calls
from phi.audit.collect import cloudwatch
from phi.audit.scope import Scope
from tests.phi.audit.sample_alert_pipeline import (
    ACCOUNT,
    ALARM_ARN,
    FILTER,
    GROUP,
    METRIC,
    NAMESPACE,
    PHI,
    REGION,
    RULE_ARN,
    TOPIC_ARN,
    SampleAccount,
    responding,
    assert_unverified,
    audit,
    put_alarm,
    put_rule,
    denying,
    create_compliant_account,
)

WEST = "us-west-2"
NAME = "phi-dev-everything"
OF_ALARMS = {"cloudwatch-alarm-action", "cloudwatch-alarm-metric-exists", "cloudwatch-alarm-coverage"}
PLACE = Location("aws", REGION, ACCOUNT)
# All that must raise an alert, as a rule sees it; and what it must be told of root, which is recorded here.
EVERYTHING = json.dumps({"account": [ACCOUNT]})


@pytest.fixture
def world(session) -> SampleAccount:
    return create_compliant_account(session)


@pytest.fixture
def ruled(world) -> SampleAccount:
    """The same account, where a rule raises the alerts, and no filter."""
    world.client("logs").delete_metric_filter(logGroupName=GROUP, filterName=FILTER)
    put_rule(world, EventPattern=EVERYTHING)
    return world


def test_an_alarm_and_a_rule_are_read_as_they_are_set(world):
    found = audit(world)
    [metric] = found.fact(Alarm, ALARM_ARN).metrics
    assert (metric, metric.dimensions) == (Metric(NAMESPACE, METRIC, {}), {})
    assert found.fact(Alarm, ALARM_ARN) == Alarm(ALARM_ARN, (metric,), True, (StackResource(TOPIC_ARN),))
    assert found.fact(EventRule, RULE_ARN) == EventRule(RULE_ARN, '{"source": ["aws.kms"]}', True, True, True, PLACE)
    assert found.fact(Topic, TOPIC_ARN).publishers == ("cloudwatch.amazonaws.com",)
    assert found.controls_with(Status.PASS) >= OF_ALARMS
    assert found.controls_with(Status.FAIL) | found.controls_with(Status.UNVERIFIED) == set()


def dimensions(**values: str):
    return [{"Name": name, "Value": value} for name, value in values.items()]


@pytest.mark.parametrize(
    ("change", "controls"),
    [
        ({"ActionsEnabled": False}, {"cloudwatch-alarm-action", "cloudwatch-alarm-coverage"}),
        ({"AlarmActions": []}, {"cloudwatch-alarm-action", "cloudwatch-alarm-coverage"}),
        ({"AlarmActions": [], "OKActions": [TOPIC_ARN]}, {"cloudwatch-alarm-action", "cloudwatch-alarm-coverage"}),
        (
            {"AlarmActions": ["arn:aws:automate:us-east-1:ec2:stop"]},
            {"cloudwatch-alarm-action", "cloudwatch-alarm-coverage"},
        ),
        ({"MetricName": "another"}, {"cloudwatch-alarm-metric-exists", "cloudwatch-alarm-coverage"}),
        ({"Namespace": "another"}, {"cloudwatch-alarm-metric-exists", "cloudwatch-alarm-coverage"}),
        ({"Dimensions": dimensions(Who="somebody")}, {"cloudwatch-alarm-metric-exists", "cloudwatch-alarm-coverage"}),
    ],
)
def test_a_setting_that_is_wrong_fails_its_own_controls(world, change, controls):
    put_alarm(world, **change)
    found = audit(world)
    assert found.controls_with(Status.FAIL) == controls
    assert found.controls_with(Status.UNVERIFIED) == set()


@pytest.mark.parametrize(
    ("named", "status"),
    [
        ({"BucketName": PHI, "FilterId": "all"}, Status.PASS),
        ({"BucketName": PHI, "FilterId": "another"}, Status.FAIL),
        ({"BucketName": PHI}, Status.FAIL),
        ({"BucketName": "another-bucket", "FilterId": "all"}, Status.NOT_APPLICABLE),
    ],
)
def test_an_alarm_on_a_buckets_requests_names_its_metrics_configuration(world, named, status):
    metric = {"Namespace": "AWS/S3", "MetricName": "4xxErrors", "Dimensions": dimensions(**named)}
    put_alarm(world, AlarmName="phi-dev-errors", **metric)
    found = audit(world)
    assert found.statuses("cloudwatch-alarm-metric-exists")[ALARM_ARN.replace(NAME, "phi-dev-errors")] is status


def test_the_rule_alone_covers_everything(ruled):
    found = audit(ruled)
    assert found.controls_with(Status.FAIL) | found.controls_with(Status.UNVERIFIED) == set()


def no_targets(world: SampleAccount) -> None:
    world.client("events").remove_targets(Rule=NAME, Ids=["alerts"])


def on_another_bus(world: SampleAccount) -> None:
    events = world.client("events")
    events.create_event_bus(Name="another")
    no_targets(world)
    events.delete_rule(Name=NAME)
    put_rule(world, EventPattern=EVERYTHING, EventBusName="another")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda world: world.client("events").disable_rule(Name=NAME),
        lambda world: put_rule(world, EventPattern='{"source": ["aws.ec2"]}'),
        no_targets,
        on_another_bus,
    ],
    ids=["disabled", "of another service", "without a target", "on another bus"],
)
def test_a_rule_that_raises_nothing_fails(ruled, spoil):
    spoil(ruled)
    found = audit(ruled)
    assert found.controls_with(Status.FAIL) == {"cloudwatch-alarm-coverage"}
    assert found.controls_with(Status.UNVERIFIED) == set()


@pytest.mark.parametrize(
    "call", [cloudwatch_calls.DESCRIBE_ALARMS, cloudwatch_calls.DESCRIBE_LOG_ALARMS], ids=["alarms", "log alarms"]
)
def test_where_alarms_cant_be_read_nothing_is_known_of_them(world, call):
    assert_unverified(audit(denying(world, call)), call, {*OF_ALARMS, "sns-customer-managed-key"})


@pytest.mark.parametrize(
    ("call", "controls"),
    [
        # Only rules of the default bus raise alerts; those of another may publish to the topic too.
        (events_calls.LIST_EVENT_BUSES, {"sns-customer-managed-key"}),
        (events_calls.LIST_RULES, {"cloudwatch-alarm-coverage", "sns-customer-managed-key"}),
        (events_calls.LIST_TARGETS_BY_RULE, {"cloudwatch-alarm-coverage", "sns-customer-managed-key"}),
    ],
    ids=lambda value: getattr(value, "operation", ""),
)
def test_what_is_refused_of_rules_is_unverified(ruled, call, controls):
    assert_unverified(audit(denying(ruled, call)), call, controls)


def test_a_target_without_a_role_has_eventbridge_itself_publish(world):
    """Which the policy of the topic's key doesn't let it."""
    targets = [{"Id": "alerts", "Arn": TOPIC_ARN}]
    world.client("events").put_targets(Rule=NAME, Targets=targets)
    found = audit(world)
    assert found.fact(Topic, TOPIC_ARN).publishers == ("cloudwatch.amazonaws.com", "events.amazonaws.com")
    assert found.controls_with(Status.FAIL) == {"sns-customer-managed-key"}


def test_the_rules_of_every_bus_publish(world):
    on_another_bus(world)
    world.client("events").put_targets(Rule=NAME, EventBusName="another", Targets=[{"Id": "alerts", "Arn": TOPIC_ARN}])
    assert audit(world).controls_with(Status.FAIL) == {"sns-customer-managed-key"}


@pytest.mark.parametrize("action", ["OKActions", "InsufficientDataActions"])
def test_an_alarm_publishes_whatever_state_it_tells_of(world, action):
    world.client("cloudwatch").delete_alarms(AlarmNames=[NAME])
    assert audit(world).fact(Topic, TOPIC_ARN).publishers == ()
    put_alarm(world, AlarmActions=[], **{action: [TOPIC_ARN]})
    assert audit(world).fact(Topic, TOPIC_ARN).publishers == ("cloudwatch.amazonaws.com",)


def test_each_region_has_alarms_and_rules_of_its_own(world):
    there = ALARM_ARN.replace(REGION, WEST).replace(NAME, "*")
    found = audit(denying(world, cloudwatch_calls.DESCRIBE_ALARMS, region=WEST), (REGION, WEST))
    assert found.statuses("cloudwatch-alarm-action") == {ALARM_ARN: Status.PASS, there: Status.UNVERIFIED}
    # No alarm notifies a topic of another region.
    assert found.statuses("sns-customer-managed-key") == {TOPIC_ARN: Status.PASS}
    found = audit(denying(world, events_calls.LIST_RULES, region=WEST), (REGION, WEST))
    assert {each.location.region for each in found.stack.facts_of_type(EventRule)} == {REGION, WEST}
    assert found.statuses("cloudwatch-alarm-coverage") == {ACCOUNT: Status.PASS}


def test_a_stacks_alarms_and_rules_are_told_by_their_names(world):
    put_alarm(world, AlarmName="another")
    put_rule(world, Name="another")
    assert len(audit(world).stack.facts_of_type(Alarm)) == len(audit(world).stack.facts_of_type(EventRule)) == 2
    found = audit(world, (REGION,), Scope({}, "phi-dev-"))
    assert [each.resource for each in found.stack.facts_of_type(Alarm)] == [ALARM_ARN]
    assert [each.resource for each in found.stack.facts_of_type(EventRule)] == [RULE_ARN]
    assert found.call_counts[events_calls.LIST_TARGETS_BY_RULE] == 1


def test_all_pages_are_read(world):
    alarms = [{"AlarmName": name, "AlarmArn": ALARM_ARN.replace(NAME, name)} for name in ("one", "two")]
    kinds = [
        {"MetricAlarms": alarms[:1], "NextToken": "more"},
        {"MetricAlarms": alarms[1:]},
        {"CompositeAlarms": []},
        {"LogAlarms": []},
    ]
    buses = [{"EventBuses": [], "NextToken": "more"}, {"EventBuses": [{"Name": "default"}]}]
    put_rule(world, Name="another")
    rules = world.client("events").list_rules()["Rules"]
    pages = [{"Rules": rules[:1], "NextToken": "more"}, {"Rules": rules[1:]}]
    answers = {
        cloudwatch_calls.DESCRIBE_ALARMS: kinds,
        events_calls.LIST_EVENT_BUSES: buses,
        events_calls.LIST_RULES: pages,
    }
    found = audit(responding(world, answers))
    assert [each.resource.rsplit(":", 1)[-1] for each in found.stack.facts_of_type(Alarm)] == ["one", "two"]
    assert {each.resource.rsplit("/", 1)[-1] for each in found.stack.facts_of_type(EventRule)} == {NAME, "another"}


# As https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html answers.


def test_an_alarm_on_an_expression_is_on_the_metrics_in_it():
    stat = {"Metric": {"Namespace": "n", "MetricName": "m", "Dimensions": dimensions(BucketName=PHI)}, "Stat": "Sum"}
    described = {
        "AlarmArn": ALARM_ARN,
        "ActionsEnabled": False,
        "AlarmActions": [TOPIC_ARN],
        "Metrics": [{"Id": "a", "MetricStat": stat}, {"Id": "b", "Expression": "a * 2", "ReturnData": True}],
    }
    read = cloudwatch.parse_alarm(described)
    [metric] = read.metrics
    assert (metric.namespace, metric.name, metric.dimensions) == ("n", "m", {"BucketName": PHI})
    assert (read.actions_enabled, read.actions) == (False, (TOPIC_ARN,))


@pytest.mark.parametrize(
    ("state", "enabled"),
    [("ENABLED", True), ("ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", True), ("DISABLED", False)],
)
def test_a_rule_is_enabled_by_its_state(state, enabled):
    described = {"Arn": RULE_ARN, "Name": NAME, "State": state, "ScheduleExpression": "rate(1 day)"}
    read = cloudwatch.parse_rule(described, "default", [{"Id": "1", "Arn": TOPIC_ARN}], PLACE)
    assert read == EventRule(RULE_ARN, None, enabled, True, True, PLACE)
    assert cloudwatch.parse_rule(described, "another", [], PLACE).on_default_bus is False


@pytest.mark.parametrize("kind", ["CompositeAlarms", "LogAlarms"])
def test_an_alarm_of_another_kind_is_on_no_metric_and_must_tell_somebody_too(world, kind):
    """moto has neither."""
    told = {"AlarmName": "other", "AlarmArn": ALARM_ARN.replace(NAME, "other"), "ActionsEnabled": True}
    for actions, status in (([], Status.FAIL), ([TOPIC_ARN], Status.PASS)):
        alarms = {kind: [{**told, "AlarmActions": actions}]}
        answers = [{}, alarms if kind == "CompositeAlarms" else {}, alarms if kind == "LogAlarms" else {}]
        found = audit(responding(world, {cloudwatch_calls.DESCRIBE_ALARMS: answers}))
        assert found.statuses("cloudwatch-alarm-action") == {told["AlarmArn"]: status}
        assert found.statuses("cloudwatch-alarm-metric-exists") == {told["AlarmArn"]: Status.NOT_APPLICABLE}


def test_a_region_that_knows_no_log_alarms_has_none(world):
    unknown = {"Error": {"Code": "ValidationError", "Message": "no such enum value"}}
    read = [{"MetricAlarms": [{"AlarmName": NAME, "AlarmArn": ALARM_ARN}]}, {}]
    found = audit(responding(world, {cloudwatch_calls.DESCRIBE_ALARMS: [*read, unknown]}))
    assert [each.resource for each in found.stack.facts_of_type(Alarm)] == [ALARM_ARN]
    assert found.failed_calls == ()
    found = audit(responding(world, {cloudwatch_calls.DESCRIBE_ALARMS: [unknown, {}, {}]}))
    assert {each.error_code for each in found.failed_calls} == {"ValidationError"}
