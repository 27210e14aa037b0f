from __future__ import annotations

from typing import Any

import boto3
import pytest

TRANSFORMATION = {"metricName": "refused", "metricNamespace": "phi", "metricValue": "1"}


def patterns(logs: Any) -> list[str]:
    return [each["filterPattern"] for each in logs.describe_metric_filters(logGroupName="audit")["metricFilters"]]


def filtered() -> Any:
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


def changed() -> list[str]:
    return patterns(filtered())


def of_the_next_group() -> tuple[dict[str, str], int]:
    """Its tags, and how many filters it has."""
    logs = filtered()
    logs.delete_log_group(logGroupName="audit")
    logs.create_log_group(logGroupName="audit")
    arn = logs.describe_log_groups()["logGroups"][0]["logGroupArn"]
    return logs.list_tags_for_resource(resourceArn=arn)["tags"], len(patterns(logs))


@pytest.mark.parametrize(
    ("ask", "as_moto_has_it", "as_aws_has_it"),
    [
        (changed, ["one", "other"], ["other"]),
        (of_the_next_group, ({"DataClass": "AuditLog"}, 2), ({}, 0)),
    ],
)
def test_a_fix_is_needed_and_works(both, ask, as_moto_has_it, as_aws_has_it):
    assert both(ask) == (as_moto_has_it, as_aws_has_it)
