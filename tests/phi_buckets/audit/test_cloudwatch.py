"""The CloudWatch alarms of a live account: the facts, the findings, and alarms that can't be read."""

from __future__ import annotations

import pytest

from hipaa_controls.model.values import Location, StackResource
from hipaa_controls.model.verdict import Status
from hipaa_controls.services.cloudwatch.facts import Alarm, Metric, Trigger
from hipaa_controls.services.sns.facts import Topic
from phi_buckets.audit.calls import cloudwatch as calls
from phi_buckets.audit.collect import cloudwatch
from phi_buckets.audit.scope import Scope
from tests.phi_buckets.audit.sample_alert_pipeline import (
    ACCOUNT,
    ALARM_ARN,
    METRIC,
    NAMESPACE,
    OTHER_REGION,
    PHI_BUCKET,
    REGION,
    TOPIC_ARN,
    SampleAccount,
    assert_unverified,
    audit,
    create_compliant_account,
    denying,
    put_alarm,
    responding,
)

NAME = "phi-dev-everything"
ALARM_CONTROLS = {"cloudwatch-alarm-action", "cloudwatch-alarm-metric-exists", "cloudwatch-alarm-coverage"}
NO_ACTION = {"cloudwatch-alarm-action", "cloudwatch-alarm-coverage"}
NEVER_ON = {"cloudwatch-alarm-coverage"}
NO_METRIC = {"cloudwatch-alarm-metric-exists", "cloudwatch-alarm-coverage"}


@pytest.fixture
def account(session) -> SampleAccount:
    return create_compliant_account(session)


def test_alarm_is_collected_with_its_settings(account):
    result = audit(account)
    [metric] = result.fact(Alarm, ALARM_ARN).metrics
    assert (metric, metric.dimensions) == (Metric(NAMESPACE, METRIC, {}, "Sum", 60, None, True), {})
    assert result.fact(Alarm, ALARM_ARN) == Alarm(
        ALARM_ARN,
        (metric,),
        True,
        (StackResource(TOPIC_ARN),),
        NAME,
        None,
        Trigger("GreaterThanOrEqualToThreshold", 1, 1, None, None),
        Location("aws", REGION, ACCOUNT),
    )
    assert result.fact(Topic, TOPIC_ARN).publishers == ("cloudwatch.amazonaws.com",)
    assert result.controls_with(Status.PASS) >= ALARM_CONTROLS
    assert result.blocking == set()


@pytest.mark.parametrize(
    ("rule", "status"), [(f'ALARM("{NAME}") OR ALARM(x)', Status.PASS), (f"ALARM({NAME}) AND ALARM(x)", Status.FAIL)]
)
def test_alarm_without_an_action_passes_through_a_composite_alarm(account, rule, status):
    put_alarm(account, AlarmActions=[])
    [alarm] = account.client("cloudwatch").describe_alarms()["MetricAlarms"]
    composite = {
        "AlarmName": "any",
        "AlarmArn": ALARM_ARN.replace(NAME, "any"),
        "AlarmRule": rule,
        "AlarmActions": [TOPIC_ARN],
    }
    responses = [{"MetricAlarms": [alarm]}, {"CompositeAlarms": [composite]}, {}]
    result = audit(responding(account, {calls.DESCRIBE_ALARMS: responses}))
    assert result.statuses("cloudwatch-alarm-action")[ALARM_ARN] is status


def dimensions(**values: str):
    return [{"Name": name, "Value": value} for name, value in values.items()]


@pytest.mark.parametrize(
    ("change", "controls"),
    [
        ({"ActionsEnabled": False}, NO_ACTION),
        ({"AlarmActions": []}, NO_ACTION),
        ({"AlarmActions": [], "OKActions": [TOPIC_ARN]}, NO_ACTION),
        ({"AlarmActions": ["arn:aws:automate:us-east-1:ec2:stop"]}, NO_ACTION),
        ({"MetricName": "another"}, NO_METRIC),
        ({"Namespace": "another"}, NO_METRIC),
        ({"Dimensions": dimensions(Principal="someone")}, NO_METRIC),
        ({"Threshold": 1e12}, NEVER_ON),
        ({"Threshold": 2}, NEVER_ON),
        ({"ComparisonOperator": "LessThanThreshold", "Threshold": 0}, NEVER_ON),
        ({"EvaluationPeriods": 2}, NEVER_ON),
        ({"EvaluationPeriods": 3, "DatapointsToAlarm": 2}, NEVER_ON),
        ({"Period": 604800}, NEVER_ON),
        ({"Unit": "Bytes"}, NEVER_ON),
        ({"Threshold": 0}, NEVER_ON),
    ],
)
def test_weak_setting_fails_only_its_controls(account, change, controls):
    put_alarm(account, **change)
    result = audit(account)
    assert result.controls_with(Status.FAIL) == controls
    assert result.controls_with(Status.UNVERIFIED) == set()


@pytest.mark.parametrize("change", [{"Statistic": "Minimum"}, {"TreatMissingData": "breaching"}, {"Statistic": None}])
def test_alarm_that_may_not_go_off_is_unverified(account, change):
    put_alarm(account, **change)
    result = audit(account)
    assert result.blocking == result.controls_with(Status.UNVERIFIED) == {"cloudwatch-alarm-coverage"}


@pytest.mark.parametrize(
    ("dimension_values", "status"),
    [
        ({"BucketName": PHI_BUCKET, "FilterId": "all"}, Status.PASS),
        ({"BucketName": PHI_BUCKET, "FilterId": "another"}, Status.FAIL),
        ({"BucketName": PHI_BUCKET}, Status.FAIL),
        ({"BucketName": "another-bucket", "FilterId": "all"}, Status.NOT_APPLICABLE),
    ],
)
def test_alarm_on_request_metrics_must_name_a_metrics_configuration(account, dimension_values, status):
    metric = {"Namespace": "AWS/S3", "MetricName": "4xxErrors", "Dimensions": dimensions(**dimension_values)}
    put_alarm(account, AlarmName="phi-dev-errors", **metric)
    result = audit(account)
    assert result.statuses("cloudwatch-alarm-metric-exists")[ALARM_ARN.replace(NAME, "phi-dev-errors")] is status


@pytest.mark.parametrize("call", calls.CALLS, ids=["alarms", "log alarms"])
def test_denied_call_is_unverified_and_names_the_permission(account, call):
    assert_unverified(audit(denying(account, call)), call, {*ALARM_CONTROLS, "sns-customer-managed-key"})


@pytest.mark.parametrize("action", ["OKActions", "InsufficientDataActions"])
def test_alarm_publishes_for_every_state_with_an_action(account, action):
    account.client("cloudwatch").delete_alarms(AlarmNames=[NAME])
    assert audit(account).fact(Topic, TOPIC_ARN).publishers == ()
    put_alarm(account, AlarmActions=[], **{action: [TOPIC_ARN]})
    assert audit(account).fact(Topic, TOPIC_ARN).publishers == ("cloudwatch.amazonaws.com",)


def test_unread_region_leaves_the_alarms_and_topics_of_the_others(account):
    all_alarms = ALARM_ARN.replace(REGION, OTHER_REGION).replace(NAME, "*")
    result = audit(denying(account, calls.DESCRIBE_ALARMS, region=OTHER_REGION), (REGION, OTHER_REGION))
    assert result.statuses("cloudwatch-alarm-action") == {ALARM_ARN: Status.PASS, all_alarms: Status.UNVERIFIED}
    # An alarm can't notify a topic of another region.
    assert result.statuses("sns-customer-managed-key") == {TOPIC_ARN: Status.PASS}


def test_stack_scope_includes_alarms_by_name(account):
    put_alarm(account, AlarmName="another")
    assert len(audit(account).resources(Alarm)) == 2
    assert audit(account, (REGION,), Scope({}, "phi-dev-")).resources(Alarm) == [ALARM_ARN]


def test_all_pages_are_read(account):
    alarms = [{"AlarmName": name, "AlarmArn": ALARM_ARN.replace(NAME, name)} for name in ("one", "two")]
    pages = [
        {"MetricAlarms": alarms[:1], "NextToken": "more"},
        {"MetricAlarms": alarms[1:]},
        {"CompositeAlarms": []},
        {"LogAlarms": []},
    ]
    result = audit(responding(account, {calls.DESCRIBE_ALARMS: pages}))
    assert result.resources(Alarm) == [alarm["AlarmArn"] for alarm in alarms]


# Responses as in https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html


def test_parse_alarm_returns_the_metrics_of_metric_math():
    stat = {
        "Metric": {"Namespace": "n", "MetricName": "m", "Dimensions": dimensions(BucketName=PHI_BUCKET)},
        "Stat": "Sum",
        "Period": 60,
        "Unit": "Count",
    }
    description = {
        "AlarmArn": ALARM_ARN,
        "AlarmName": NAME,
        "ActionsEnabled": False,
        "AlarmActions": [TOPIC_ARN],
        "Metrics": [
            {"Id": "a", "MetricStat": stat, "ReturnData": False},
            {"Id": "b", "Expression": "a * 2", "ReturnData": True},
        ],
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 5.0,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "TreatMissingData": "ignore",
    }
    alarm = cloudwatch.parse_alarm(description, Location())
    [metric] = alarm.metrics
    assert metric == Metric("n", "m", {"BucketName": PHI_BUCKET}, "Sum", 60, "Count", False)
    assert alarm.trigger == Trigger("GreaterThanThreshold", 5.0, 3, 2, "ignore")
    assert (alarm.actions_enabled, alarm.actions) == (False, (TOPIC_ARN,))


@pytest.mark.parametrize("result_key", ["CompositeAlarms", "LogAlarms"])
def test_alarm_without_metrics_needs_only_an_action(account, result_key):
    """The responses are written out, because moto supports neither of these alarm types."""
    arn = ALARM_ARN.replace(NAME, "other")
    alarm = {"AlarmName": "other", "AlarmArn": arn, "ActionsEnabled": True}
    for actions, status in (([], Status.FAIL), ([TOPIC_ARN], Status.PASS)):
        alarms = {result_key: [{**alarm, "AlarmActions": actions}]}
        responses = [{}, *(alarms if key == result_key else {} for key in ("CompositeAlarms", "LogAlarms"))]
        result = audit(responding(account, {calls.DESCRIBE_ALARMS: responses}))
        assert result.statuses("cloudwatch-alarm-action") == {arn: status}
        assert result.statuses("cloudwatch-alarm-metric-exists") == {arn: Status.NOT_APPLICABLE}


def test_region_without_log_alarms_has_none(account):
    unknown_type = {"Error": {"Code": "ValidationError", "Message": "no such enum value"}}
    others = [{"MetricAlarms": [{"AlarmName": NAME, "AlarmArn": ALARM_ARN}]}, {}]
    result = audit(responding(account, {calls.DESCRIBE_ALARMS: [*others, unknown_type]}))
    assert result.resources(Alarm) == [ALARM_ARN]
    assert result.failed_calls == ()
    # For another alarm type, the same error is a failed call.
    result = audit(responding(account, {calls.DESCRIBE_ALARMS: [unknown_type, {}, {}]}))
    assert {failed.error_code for failed in result.failed_calls} == {"ValidationError"}
