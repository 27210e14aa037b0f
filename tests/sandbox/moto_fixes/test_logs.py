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


def saved_queries() -> tuple[list[str], list[str]]:
    """Return the texts of the saved queries after one was replaced and another was deleted, and all with a prefix."""
    logs: Any = boto3.client("logs", "us-east-1")
    ids = [
        logs.put_query_definition(name=name, queryString="one", logGroupNames=["audit"])["queryDefinitionId"]
        for name in ("trail/who", "trail/when", "other")
    ]
    logs.put_query_definition(name="trail/who", queryString="two", queryDefinitionId=ids[0])
    assert logs.delete_query_definition(queryDefinitionId=ids[1])["success"]
    described = (
        logs.describe_query_definitions(**options)["queryDefinitions"]
        for options in ({}, {"queryDefinitionNamePrefix": "trail/"})
    )
    all_texts, texts = ([definition["queryString"] for definition in definitions] for definitions in described)
    return all_texts, texts


@pytest.mark.parametrize(
    ("behavior", "in_moto", "in_aws"),
    [
        (patterns_after_a_second_put, ["one", "other"], ["other"]),
        (tags_and_filters_of_a_group_with_a_reused_name, ({"DataClass": "AuditLog"}, 2), ({}, 0)),
        (account_policies, NotImplementedError, []),
        (saved_queries, NotImplementedError, (["two", "one"], ["two"])),
    ],
)
def test_fix_is_needed_and_works(in_both, behavior, in_moto, in_aws):
    assert in_both(behavior) == (in_moto, in_aws)
