"""Log groups and metric filters of a live account: what is read of them, what fails, and what can't be told."""

from __future__ import annotations

import pytest

from hipaa.model.values import StackResource, Unknown
from hipaa.model.verdict import Status
from hipaa.services.cloudtrail.facts import Trail
from hipaa.services.logs.facts import LogGroup, MetricFilter
from phi.audit.calls import cloudtrail as cloudtrail_calls
from phi.audit.calls import logs as logs_calls
from phi.audit.collect import cloudtrail, logs
from phi.audit.scope import Scope
from tests.phi.audit.sample_alert_pipeline import (
    ACCOUNT,
    FILTER_ARN,
    GROUP,
    GROUP_ARN,
    METRIC,
    NAMESPACE,
    REGION,
    TRAIL,
    SampleAccount,
    responding,
    assert_unverified,
    audit,
    put_filter,
    denying,
    create_compliant_account,
)

WEST = "us-west-2"
OF_GROUPS = {"logs-customer-managed-key", "logs-retention"}
OTHER = "/app/other"
OTHER_ARN = GROUP_ARN.replace(GROUP, OTHER)


@pytest.fixture
def world(session) -> SampleAccount:
    return create_compliant_account(session)


def test_a_group_and_its_filter_are_read_as_they_are_set(world):
    found = audit(world)
    assert found.fact(LogGroup, GROUP_ARN) == LogGroup(GROUP_ARN, True, StackResource(world.audit), 2557)
    assert found.fact(MetricFilter, FILTER_ARN) == MetricFilter(
        FILTER_ARN, StackResource(GROUP_ARN), "", NAMESPACE, METRIC, dimensions=()
    )
    assert found.controls_with(Status.PASS) >= {
        *OF_GROUPS,
        "cloudwatch-alarm-metric-exists",
        "cloudwatch-alarm-coverage",
    }
    assert found.controls_with(Status.FAIL) | found.controls_with(Status.UNVERIFIED) == set()


def kept(days: int):
    return lambda client: client.put_retention_policy(logGroupName=GROUP, retentionInDays=days)


@pytest.mark.parametrize(
    ("spoil", "controls"),
    [
        (kept(30), {"logs-retention"}),
        (kept(3653), set()),
        (lambda client: client.delete_retention_policy(logGroupName=GROUP), set()),  # for ever
        (
            lambda client: client.delete_metric_filter(logGroupName=GROUP, filterName="phi-dev-everything"),
            {"cloudwatch-alarm-coverage"},
        ),
    ],
    ids=["30 days", "10 years", "for ever", "no filter"],
)
def test_a_setting_that_is_wrong_fails_its_own_controls(world, spoil, controls):
    spoil(world.client("logs"))
    found = audit(world)
    assert found.controls_with(Status.FAIL) == controls
    assert found.controls_with(Status.UNVERIFIED) == set()


@pytest.mark.parametrize(
    ("key", "control"),
    [(None, "logs-customer-managed-key"), ("data", "kms-key-separation")],
    ids=["none", "that of the data"],
)
def test_a_group_under_another_key_fails(world, key, control):
    client = world.client("logs")
    client.delete_log_group(logGroupName=GROUP)
    client.create_log_group(logGroupName=GROUP, **({"kmsKeyId": world.data} if key else {}))
    put_filter(world)
    assert audit(world).controls_with(Status.FAIL) == {control}


@pytest.mark.parametrize(
    "change",
    [{"metricName": "another"}, {"metricNamespace": "another"}, {"dimensions": {"Who": "$.userIdentity.arn"}}],
)
def test_a_filter_of_another_metric_than_the_alarms_fails(world, change):
    put_filter(world, **change)
    assert audit(world).controls_with(Status.FAIL) == {"cloudwatch-alarm-metric-exists", "cloudwatch-alarm-coverage"}


def test_a_pattern_that_picks_out_less_covers_less(world):
    put_filter(world, '{ $.eventSource = "kms.amazonaws.com" }')
    assert audit(world).controls_with(Status.FAIL) == {"cloudwatch-alarm-coverage"}


@pytest.mark.parametrize(
    ("call", "controls"),
    [
        # The trail writes to the filter's group, so that the filter counts.
        (logs_calls.DESCRIBE_LOG_GROUPS, {*OF_GROUPS, "kms-key-separation"}),
        (logs_calls.DESCRIBE_METRIC_FILTERS, {"cloudwatch-alarm-metric-exists", "cloudwatch-alarm-coverage"}),
        (logs_calls.GET_RESOURCES, set()),  # what a trail writes to holds audit records, whatever its tag says
    ],
    ids=lambda value: getattr(value, "operation", ""),
)
def test_what_is_refused_is_unverified(world, call, controls):
    assert_unverified(audit(denying(world, call)), call, controls)


@pytest.mark.parametrize(("tag", "audit"), [("AuditLog", True), ("trail-log", True), ("Other", False), (None, False)])
def test_a_groups_tag_says_that_it_holds_audit_records(world, tag, audit):
    tags = {"tags": {"DataClass": tag}} if tag else {}
    world.client("logs").create_log_group(logGroupName=OTHER, **tags)
    found = audit(world)
    assert found.fact(LogGroup, OTHER_ARN).audit is audit
    assert found.controls_with(Status.FAIL) == ({"logs-customer-managed-key"} if audit else set())


@pytest.mark.parametrize(
    "call", [logs_calls.GET_RESOURCES, cloudtrail_calls.DESCRIBE_TRAILS], ids=lambda call: call.operation
)
def test_a_group_that_may_hold_audit_records_is_unverified_where_it_would_fail(world, call):
    world.client("logs").create_log_group(logGroupName=OTHER)
    found = audit(denying(world, call))
    assert found.statuses("logs-customer-managed-key")[OTHER_ARN] is Status.UNVERIFIED
    assert found.statuses("logs-retention")[OTHER_ARN] is Status.PASS  # for ever
    assert found.controls_with(Status.FAIL) == set()


def test_a_filter_may_be_of_a_trails_log_where_neither_can_be_read(world):
    found = audit(denying(world, logs_calls.DESCRIBE_LOG_GROUPS, cloudtrail_calls.DESCRIBE_TRAILS))
    assert found.statuses("cloudwatch-alarm-coverage") == {ACCOUNT: Status.UNVERIFIED}
    assert found.controls_with(Status.FAIL) == set()


def test_each_region_has_groups_of_its_own(world):
    there = GROUP_ARN.replace(REGION, WEST)
    world.client("logs", WEST).create_log_group(logGroupName=GROUP, tags={"DataClass": "AuditLog"})
    assert audit(world, (REGION, WEST)).statuses("logs-customer-managed-key") == {
        GROUP_ARN: Status.PASS,
        there: Status.FAIL,
    }
    found = audit(denying(world, logs_calls.DESCRIBE_LOG_GROUPS, region=WEST), (REGION, WEST))
    everything = there.replace(GROUP, "*")
    assert found.statuses("logs-customer-managed-key") == {GROUP_ARN: Status.PASS, everything: Status.UNVERIFIED}


def test_all_pages_are_read(world):
    metric = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
    filters = [
        {"filterName": name, "filterPattern": "", "logGroupName": GROUP, "metricTransformations": [metric]}
        for name in ("one", "two")
    ]
    groups = [{"logGroupName": name, "arn": f"{GROUP_ARN.replace(GROUP, name)}:*"} for name in (GROUP, OTHER)]
    tagged = {"ResourceARN": f"{OTHER_ARN}:*", "Tags": [{"Key": "DataClass", "Value": "AuditLog"}]}
    answers = {
        logs_calls.DESCRIBE_LOG_GROUPS: [{"logGroups": groups[:1], "nextToken": "more"}, {"logGroups": groups[1:]}],
        logs_calls.DESCRIBE_METRIC_FILTERS: [
            {"metricFilters": filters[:1], "nextToken": "more"},
            {"metricFilters": filters[1:]},
        ],
        logs_calls.GET_RESOURCES: [
            {"ResourceTagMappingList": [], "PaginationToken": "more"},
            {"ResourceTagMappingList": [tagged]},
        ],
    }
    found = audit(responding(world, answers))
    assert {each.resource: each.holds_audit_logs for each in found.stack.facts_of_type(LogGroup)} == {
        GROUP_ARN: True,
        OTHER_ARN: True,
    }
    assert [each.resource.rsplit(":", 1)[-1] for each in found.stack.facts_of_type(MetricFilter)] == ["one", "two"]


def test_a_stacks_groups_are_told_by_their_names(world):
    client = world.client("logs")
    client.create_log_group(logGroupName=OTHER)
    metric = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
    client.put_metric_filter(logGroupName=OTHER, filterName="x", filterPattern="", metricTransformations=[metric])
    assert len(audit(world).stack.facts_of_type(LogGroup)) == len(audit(world).stack.facts_of_type(MetricFilter)) == 2
    found = audit(world, (REGION,), Scope({}, "phi-dev-"))
    assert [each.resource for each in found.stack.facts_of_type(LogGroup)] == [GROUP_ARN]
    assert [each.resource for each in found.stack.facts_of_type(MetricFilter)] == [FILTER_ARN]


def test_a_filters_dimensions_are_those_of_its_fields_and_of_its_origin():
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricFilter.html"""
    metric = {"metricName": "m", "metricNamespace": "n", "dimensions": {"Who": "$.userIdentity.arn"}}
    described = {
        "filterName": "f",
        "filterPattern": "{ $.a = 1 }",
        "metricTransformations": [metric],
        "emitSystemFieldDimensions": ["@aws.account"],
    }
    [read] = logs.parse_metric_filters(described, GROUP_ARN, GROUP_ARN)
    assert (read.pattern, read.dimensions) == ("{ $.a = 1 }", ("Who", "@aws.account"))
    narrowed = {**described, "fieldSelectionCriteria": '@aws.account = "1"'}
    [read] = logs.parse_metric_filters(narrowed, GROUP_ARN, GROUP_ARN)
    assert isinstance(read.pattern, Unknown)


def test_a_trail_that_goes_nowhere_else_makes_no_group_an_audit_log(world):
    world.client("cloudtrail").update_trail(Name=TRAIL, CloudWatchLogsLogGroupArn="")
    found = audit(world)
    assert [each.log_group for each in found.stack.facts_of_type(Trail)] == [None]
    assert found.fact(LogGroup, GROUP_ARN).audit is False
