"""The log groups and metric filters of a live account: the facts, the findings, and failed calls."""

from __future__ import annotations

import json

import pytest

from hipaa_controls.model.values import Location, StackResource, Unknown
from hipaa_controls.model.verdict import Status
from hipaa_controls.services.cloudtrail.facts import Trail
from hipaa_controls.services.logs.facts import LogGroup, MetricFilter
from phi_buckets.audit.calls import cloudtrail as cloudtrail_calls
from phi_buckets.audit.calls import logs as calls
from phi_buckets.audit.calls.resourcegroupstaggingapi import GET_RESOURCES
from phi_buckets.audit.collect import logs
from phi_buckets.audit.scope import Scope
from tests.phi_buckets.audit.sample_alert_pipeline import (
    ACCOUNT,
    FILTER_ARN,
    GROUP,
    GROUP_ARN,
    METRIC,
    NAMESPACE,
    OTHER_REGION,
    REGION,
    TRAIL,
    SampleAccount,
    assert_unverified,
    audit,
    create_compliant_account,
    denying,
    document,
    put_filter,
    responding,
)

GROUP_CONTROLS = {"logs-customer-managed-key", "logs-retention"}
ACCESS, DESTINATIONS = "logs-no-external-access", "logs-no-external-destinations"
FOREIGN = "444455556666"
OTHER_GROUP = "/app/other"
OTHER_GROUP_ARN = GROUP_ARN.replace(GROUP, OTHER_GROUP)
METRIC_TRANSFORMATION = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}


@pytest.fixture
def account(session) -> SampleAccount:
    return create_compliant_account(session)


def test_log_group_and_metric_filter_are_collected_with_their_settings(account):
    result = audit(account)
    assert result.fact(LogGroup, GROUP_ARN) == LogGroup(
        GROUP_ARN, True, StackResource(account.audit_key), 2557, Location("aws", REGION, ACCOUNT)
    )
    assert result.fact(MetricFilter, FILTER_ARN) == MetricFilter(
        FILTER_ARN,
        StackResource(GROUP_ARN),
        "",
        NAMESPACE,
        METRIC,
        dimensions=(),
        value="1",
        default_value=None,
        unit=None,
        location=Location("aws", REGION, ACCOUNT),
    )
    assert result.controls_with(Status.PASS) >= {
        *GROUP_CONTROLS,
        "cloudwatch-alarm-metric-exists",
        "cloudwatch-alarm-coverage",
    }
    assert result.blocking == set()


def set_retention(days: int):
    return lambda client: client.put_retention_policy(logGroupName=GROUP, retentionInDays=days)


@pytest.mark.parametrize(
    ("change", "controls"),
    [
        (set_retention(30), {"logs-retention"}),
        (set_retention(3653), set()),
        (lambda client: client.delete_retention_policy(logGroupName=GROUP), set()),
        (
            lambda client: client.delete_metric_filter(logGroupName=GROUP, filterName="phi-dev-everything"),
            {"cloudwatch-alarm-coverage"},
        ),
    ],
    ids=["30 days", "10 years", "forever", "no filter"],
)
def test_weak_setting_fails_only_its_controls(account, change, controls):
    change(account.client("logs"))
    result = audit(account)
    assert result.controls_with(Status.FAIL) == controls
    assert result.controls_with(Status.UNVERIFIED) == set()


@pytest.mark.parametrize(
    ("key", "control"),
    [(None, "logs-customer-managed-key"), ("phi_key", "kms-key-separation")],
    ids=["no key", "the key for PHI"],
)
def test_log_group_without_a_key_of_its_own_fails(account, key, control):
    client = account.client("logs")
    client.delete_log_group(logGroupName=GROUP)
    client.create_log_group(logGroupName=GROUP, **({"kmsKeyId": account.phi_key} if key else {}))
    put_filter(account)
    assert audit(account).controls_with(Status.FAIL) == {control}


@pytest.mark.parametrize(
    "change",
    [{"metricName": "another"}, {"metricNamespace": "another"}, {"dimensions": {"Who": "$.userIdentity.arn"}}],
)
def test_metric_filter_for_another_metric_than_the_alarms_fails(account, change):
    put_filter(account, **change)
    assert audit(account).controls_with(Status.FAIL) == {"cloudwatch-alarm-metric-exists", "cloudwatch-alarm-coverage"}


@pytest.mark.parametrize(
    "change", [{"metricValue": "0"}, {"defaultValue": 1}, {"defaultValue": -100.0}, {"metricValue": "-1"}]
)
def test_metric_filter_with_values_that_set_off_no_alarm_fails(account, change):
    put_filter(account, **change)
    result = audit(account)
    assert result.controls_with(Status.FAIL) == {"cloudwatch-alarm-coverage"}
    assert result.controls_with(Status.UNVERIFIED) == set()


def test_metric_filter_with_a_default_value_of_zero_passes(account):
    put_filter(account, defaultValue=0)
    assert audit(account).blocking == set()


def test_metric_filter_that_publishes_a_field_of_the_event_is_unverified(account):
    put_filter(account, metricValue="$.bytes")
    assert audit(account).blocking == audit(account).controls_with(Status.UNVERIFIED) == {"cloudwatch-alarm-coverage"}


def test_narrow_filter_pattern_fails_alarm_coverage(account):
    put_filter(account, '{ $.eventSource = "kms.amazonaws.com" }')
    assert audit(account).controls_with(Status.FAIL) == {"cloudwatch-alarm-coverage"}


@pytest.mark.parametrize(
    ("call", "controls"),
    [
        # The trail names its log group, so the filter on that group counts.
        (calls.DESCRIBE_LOG_GROUPS, {*GROUP_CONTROLS, "kms-key-separation", DESTINATIONS}),
        (calls.DESCRIBE_METRIC_FILTERS, {"cloudwatch-alarm-metric-exists", "cloudwatch-alarm-coverage"}),
        (GET_RESOURCES, set()),  # the trail already identifies the group
        (calls.DESCRIBE_SUBSCRIPTION_FILTERS, {DESTINATIONS}),
        (calls.DESCRIBE_RESOURCE_POLICIES, {ACCESS}),
        (calls.DESCRIBE_DESTINATIONS, {ACCESS, DESTINATIONS}),
        (calls.DESCRIBE_DELIVERY_DESTINATIONS, {ACCESS, DESTINATIONS}),
        (calls.DESCRIBE_ACCOUNT_POLICIES, {DESTINATIONS}),
    ],
    ids=lambda value: getattr(value, "operation", ""),
)
def test_denied_call_is_unverified_and_names_the_permission(account, call, controls):
    assert_unverified(audit(denying(account, call)), call, controls)


@pytest.mark.parametrize(
    ("tag", "holds_audit_logs"),
    [("AuditLog", True), ("cloudtrail-log", True), ("Other", False), (None, False)],
)
def test_data_class_tag_marks_a_log_group_with_audit_logs(account, tag, holds_audit_logs):
    tags = {"tags": {"DataClass": tag}} if tag else {}
    account.client("logs").create_log_group(logGroupName=OTHER_GROUP, **tags)
    result = audit(account)
    assert result.fact(LogGroup, OTHER_GROUP_ARN).holds_audit_logs is holds_audit_logs
    assert result.controls_with(Status.FAIL) == ({"logs-customer-managed-key"} if holds_audit_logs else set())


@pytest.mark.parametrize("call", [GET_RESOURCES, cloudtrail_calls.DESCRIBE_TRAILS], ids=lambda call: call.operation)
def test_log_group_that_may_hold_audit_logs_is_unverified_instead_of_failing(account, call):
    account.client("logs").create_log_group(logGroupName=OTHER_GROUP)
    result = audit(denying(account, call))
    assert result.statuses("logs-customer-managed-key")[OTHER_GROUP_ARN] is Status.UNVERIFIED
    assert result.statuses("logs-retention")[OTHER_GROUP_ARN] is Status.PASS  # keeps events forever
    assert result.controls_with(Status.FAIL) == set()


def test_metric_filter_is_unverified_if_neither_groups_nor_trails_can_be_read(account):
    result = audit(denying(account, calls.DESCRIBE_LOG_GROUPS, cloudtrail_calls.DESCRIBE_TRAILS))
    assert result.statuses("cloudwatch-alarm-coverage") == {ACCOUNT: Status.UNVERIFIED}
    assert result.controls_with(Status.FAIL) == set()


def test_each_region_has_its_own_log_groups(account):
    group_in_other_region = GROUP_ARN.replace(REGION, OTHER_REGION)
    account.client("logs", OTHER_REGION).create_log_group(logGroupName=GROUP, tags={"DataClass": "AuditLog"})
    assert audit(account, (REGION, OTHER_REGION)).statuses("logs-customer-managed-key") == {
        GROUP_ARN: Status.PASS,
        group_in_other_region: Status.FAIL,
    }
    result = audit(denying(account, calls.DESCRIBE_LOG_GROUPS, region=OTHER_REGION), (REGION, OTHER_REGION))
    all_groups = group_in_other_region.replace(GROUP, "*")
    assert result.statuses("logs-customer-managed-key") == {GROUP_ARN: Status.PASS, all_groups: Status.UNVERIFIED}


def test_all_pages_are_read(account):
    filters = [
        {
            "filterName": name,
            "filterPattern": "",
            "logGroupName": GROUP,
            "metricTransformations": [METRIC_TRANSFORMATION],
        }
        for name in ("one", "two")
    ]
    groups = [{"logGroupName": name, "arn": f"{GROUP_ARN.replace(GROUP, name)}:*"} for name in (GROUP, OTHER_GROUP)]
    tagged = {"ResourceARN": f"{OTHER_GROUP_ARN}:*", "Tags": [{"Key": "DataClass", "Value": "AuditLog"}]}
    responses = {
        calls.DESCRIBE_LOG_GROUPS: [{"logGroups": groups[:1], "nextToken": "more"}, {"logGroups": groups[1:]}],
        calls.DESCRIBE_METRIC_FILTERS: [
            {"metricFilters": filters[:1], "nextToken": "more"},
            {"metricFilters": filters[1:]},
        ],
        GET_RESOURCES: [
            {"ResourceTagMappingList": [], "PaginationToken": "more"},
            {"ResourceTagMappingList": [tagged]},
        ],
    }
    result = audit(responding(account, responses))
    assert {group.resource: group.holds_audit_logs for group in result.stack.facts_of_type(LogGroup)} == {
        GROUP_ARN: True,
        OTHER_GROUP_ARN: True,
    }
    assert [arn.rsplit(":", 1)[-1] for arn in result.resources(MetricFilter)] == ["one", "two"]


def test_stack_scope_includes_log_groups_by_name(account):
    client = account.client("logs")
    client.create_log_group(logGroupName=OTHER_GROUP)
    client.put_metric_filter(
        logGroupName=OTHER_GROUP, filterName="x", filterPattern="", metricTransformations=[METRIC_TRANSFORMATION]
    )
    result = audit(account)
    assert len(result.resources(LogGroup)) == len(result.resources(MetricFilter)) == 2
    result = audit(account, (REGION,), Scope({}, "phi-dev-"))
    assert result.resources(LogGroup) == [GROUP_ARN]
    assert result.resources(MetricFilter) == [FILTER_ARN]


def test_parse_metric_filters_combines_event_and_system_dimensions():
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricFilter.html"""
    metric = {"metricName": "m", "metricNamespace": "n", "dimensions": {"Who": "$.userIdentity.arn"}}
    description = {
        "filterName": "f",
        "filterPattern": "{ $.a = 1 }",
        "metricTransformations": [metric],
        "emitSystemFieldDimensions": ["@aws.account"],
    }
    [metric_filter] = logs.parse_metric_filters(description, GROUP_ARN, GROUP_ARN, Location())
    assert (metric_filter.pattern, metric_filter.dimensions) == ("{ $.a = 1 }", ("Who", "@aws.account"))
    narrowed = {**description, "fieldSelectionCriteria": '@aws.account = "1"'}
    [metric_filter] = logs.parse_metric_filters(narrowed, GROUP_ARN, GROUP_ARN, Location())
    assert isinstance(metric_filter.pattern, Unknown)


def test_trail_without_a_log_group_marks_no_log_group(account):
    account.client("cloudtrail").update_trail(Name=TRAIL, CloudWatchLogsLogGroupArn="")
    result = audit(account)
    assert [trail.log_group for trail in result.stack.facts_of_type(Trail)] == [None]
    assert result.fact(LogGroup, GROUP_ARN).holds_audit_logs is False


def logs_arn(account: str, resource: str) -> str:
    return f"arn:aws:logs:{REGION}:{account}:{resource}"


@pytest.mark.parametrize("account_id", [ACCOUNT, FOREIGN])
def test_destinations_fail_only_if_they_belong_to_another_account(account, account_id):
    client, role = account.client("logs"), f"arn:aws:iam::{ACCOUNT}:role/phi-dev-logs"
    stream = f"arn:aws:kinesis:{REGION}:{account_id}:stream/logs"
    client.put_destination(destinationName="phi-dev-logs", targetArn=stream, roleArn=role)
    client.put_delivery_destination(
        name="phi-dev-delivery",
        deliveryDestinationConfiguration={"destinationResourceArn": logs_arn(account_id, "log-group:x")},
    )
    entry = {"filterName": "all", "destinationArn": logs_arn(account_id, "destination:logs")}
    filters = {calls.DESCRIBE_SUBSCRIPTION_FILTERS: [{"subscriptionFilters": [entry]}]}
    result = audit(responding(account, filters), (REGION,), Scope({}, "phi-dev-"))
    expected = Status.PASS if account_id == ACCOUNT else Status.FAIL
    assert result.statuses(DESTINATIONS) == {
        f"{GROUP_ARN}:subscription-filter:all": expected,
        logs_arn(ACCOUNT, "destination:phi-dev-logs"): expected,
        logs_arn(ACCOUNT, "delivery-destination:phi-dev-delivery"): expected,
    }


@pytest.mark.parametrize(
    ("condition", "status"), [({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, Status.PASS), ({}, Status.FAIL)]
)
def test_policies_fail_only_if_they_grant_access_to_others(account, condition, status):
    policy = document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "route53.amazonaws.com"},
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": logs_arn(ACCOUNT, "log-group:/aws/route53/*"),
            "Condition": condition,
        }
    )
    client = account.client("logs")
    client.put_resource_policy(policyName="phi-dev-dns", policyDocument=policy)
    stream, role = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/logs", f"arn:aws:iam::{ACCOUNT}:role/phi-dev-logs"
    client.put_destination(destinationName="phi-dev-logs", targetArn=stream, roleArn=role)
    client.put_destination_policy(destinationName="phi-dev-logs", accessPolicy=policy)
    configuration = {"destinationResourceArn": logs_arn(ACCOUNT, "log-group:x")}
    client.put_delivery_destination(name="phi-dev-delivery", deliveryDestinationConfiguration=configuration)
    client.put_delivery_destination(name="phi-dev-without-policy", deliveryDestinationConfiguration=configuration)
    client.put_delivery_destination_policy(deliveryDestinationName="phi-dev-delivery", deliveryDestinationPolicy=policy)
    assert audit(account).statuses(ACCESS) == {
        logs_arn(ACCOUNT, "delivery-destination:phi-dev-delivery"): status,
        logs_arn(ACCOUNT, "resource-policy:phi-dev-dns"): status,
        logs_arn(ACCOUNT, "destination:phi-dev-logs"): status,
    }


def test_denied_policy_of_a_delivery_destination_is_unverified(account):
    configuration = {"destinationResourceArn": logs_arn(ACCOUNT, "log-group:x")}
    account.client("logs").put_delivery_destination(name="d", deliveryDestinationConfiguration=configuration)
    call = calls.GET_DELIVERY_DESTINATION_POLICY
    assert_unverified(audit(denying(account, call)), call, {ACCESS})


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({"DestinationArn": logs_arn(ACCOUNT, "destination:all")}, Status.PASS),
        ({"DestinationArn": logs_arn(FOREIGN, "destination:all")}, Status.FAIL),
        ({}, Status.UNVERIFIED),
        ("not JSON", Status.UNVERIFIED),
    ],
)
def test_subscription_of_every_log_group_fails_only_if_it_is_to_another_account(account, document, status):
    text = document if isinstance(document, str) else json.dumps(document)
    policy = {"policyName": "everything", "policyDocument": text, "policyType": "SUBSCRIPTION_FILTER_POLICY"}
    responses = {calls.DESCRIBE_ACCOUNT_POLICIES: [{"accountPolicies": [policy]}]}
    result = audit(responding(account, responses), (REGION,), Scope({}, "phi-dev-"))
    assert result.statuses(DESTINATIONS) == {logs_arn(ACCOUNT, "account-policy:everything"): status}
