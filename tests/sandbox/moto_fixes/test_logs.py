from __future__ import annotations

from typing import Any

import boto3
import pytest

TRANSFORMATION = {"metricName": "refused", "metricNamespace": "phi", "metricValue": "1"}


def patterns(logs: Any) -> list[str]:
    metric_filters = logs.describe_metric_filters(logGroupName="audit")["metricFilters"]
    return [metric_filter["filterPattern"] for metric_filter in metric_filters]


def client_with_filter() -> Any:
    """Return a client after putting the same metric filter twice, with different patterns."""
    logs = boto3.client("logs", "us-east-1")
    logs.create_log_group(logGroupName="audit", tags={"DataClass": "AuditLog"})
    for pattern in ("one", "other"):
        logs.put_metric_filter(
            logGroupName="audit",
            filterName="refused",
            filterPattern=pattern,
            metricTransformations=[TRANSFORMATION],
        )
    return logs


def patterns_after_a_second_put() -> list[str]:
    return patterns(client_with_filter())


def tags_and_filters_of_a_group_with_a_reused_name() -> tuple[dict[str, str], int]:
    """Return its tags and its number of filters."""
    logs = client_with_filter()
    logs.delete_log_group(logGroupName="audit")
    logs.create_log_group(logGroupName="audit")
    arn = logs.describe_log_groups()["logGroups"][0]["logGroupArn"]
    return logs.list_tags_for_resource(resourceArn=arn)["tags"], len(patterns(logs))


def account_policies() -> list[Any]:
    logs = boto3.client("logs", "us-east-1")
    return logs.describe_account_policies(policyType="SUBSCRIPTION_FILTER_POLICY")["accountPolicies"]


@pytest.mark.parametrize(
    ("behavior", "in_moto", "in_aws"),
    [
        (patterns_after_a_second_put, ["one", "other"], ["other"]),
        (tags_and_filters_of_a_group_with_a_reused_name, ({"DataClass": "AuditLog"}, 2), ({}, 0)),
        (account_policies, NotImplementedError, []),
    ],
)
def test_fix_is_needed_and_works(in_both, behavior, in_moto, in_aws):
    assert in_both(behavior) == (in_moto, in_aws)
