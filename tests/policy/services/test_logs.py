"""CloudWatch log groups: which ones hold audit logs, their keys and their retention."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy.assertions import failed_resources, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource
from tests.policy.sample_stacks import ACCOUNT, KEY_ARN

CUSTOMER_MANAGED_KEY, RETENTION = "logs-customer-managed-key", "logs-retention"
GROUP_ARN = "arn:aws:logs:us-east-1:111122223333:log-group:/audit/trail"


def group(resource: str = "group", data_class: str | None = "AuditLog", **inputs: Any) -> Resource:
    tags = {"tags": {"DataClass": data_class}} if data_class else {}
    return Resource("aws:cloudwatch/logGroup:LogGroup", resource, tags | inputs, account=ACCOUNT)


def trail(log_group_arn: str, *sources: str) -> Resource:
    comes_from = {"cloudWatchLogsGroupArn": sources}
    return Resource(
        "aws:cloudtrail/trail:Trail", "trail", {"cloudWatchLogsGroupArn": log_group_arn}, comes_from=comes_from
    )


@pytest.mark.parametrize("days", [None, 0, 2192, 3653, "2192"])
def test_sufficient_retention_passes(pack: PackProcess, days):
    assert failed_resources(pack, RETENTION, [group(retentionInDays=days)]) == set()


@pytest.mark.parametrize("days", [1, 365, 1827, "90"])
def test_short_retention_fails(pack: PackProcess, days):
    assert failed_resources(pack, RETENTION, [group("right"), group(retentionInDays=days)]) == {"group"}


@pytest.mark.parametrize("key", [None, "", "alias/aws/logs", "hunter2"])
def test_audit_log_group_without_customer_managed_key_fails(pack: PackProcess, key):
    assert failed_resources(pack, CUSTOMER_MANAGED_KEY, [group("right", kmsKeyId=KEY_ARN), group(kmsKeyId=key)]) == {
        "group"
    }


def test_audit_log_group_with_a_key_of_the_stack_passes(pack: PackProcess):
    key = Resource("aws:kms/key:Key", "key", {})
    referring_group = Resource(group().type, "group", group(kmsKeyId=UNKNOWN).inputs, comes_from={"kmsKeyId": ["key"]})
    assert failed_resources(pack, CUSTOMER_MANAGED_KEY, [key, referring_group]) == set()


@pytest.mark.parametrize("data_class", ["AuditLog", "cloudtrail-log", "CloudTrailLog", "audit_log"])
def test_tagged_audit_log_group_is_checked_before_it_exists(pack: PackProcess, data_class):
    findings = pack.check_resource(group(data_class=data_class, retentionInDays=30))
    assert {finding.policy for finding in findings} == {CUSTOMER_MANAGED_KEY, RETENTION}


@pytest.mark.parametrize("data_class", [None, "PHI", "Internal"])
def test_other_log_group_is_not_checked(pack: PackProcess, data_class):
    for control in (CUSTOMER_MANAGED_KEY, RETENTION):
        assert failed_resources(pack, control, [group(data_class=data_class, retentionInDays=30)]) == set()


@pytest.mark.parametrize(
    ("name", "audit_trail"),
    [
        (None, trail(UNKNOWN, "group")),
        ("/audit/trail", trail(UNKNOWN, "group")),
        ("/audit/trail", trail(f"{GROUP_ARN}:*")),
        ("/audit/trail", trail(GROUP_ARN)),
        ("/audit/trail", trail("/audit/trail")),
    ],
)
def test_log_group_of_a_trail_is_checked(pack: PackProcess, name, audit_trail):
    audited = group(data_class=None, retentionInDays=30, **({"name": name} if name else {}))
    other = group("trail-app", data_class=None, retentionInDays=30, name="trail")
    for control in (CUSTOMER_MANAGED_KEY, RETENTION):
        assert failed_resources(pack, control, [audited, other, audit_trail]) == {"group"}


def test_log_group_named_like_the_end_of_a_trails_log_group_is_not_checked(pack: PackProcess):
    other = group(data_class=None, retentionInDays=30, name="trail")
    assert failed_resources(pack, RETENTION, [other, trail(GROUP_ARN)]) == set()


def test_unknown_key_or_retention_is_unverified(pack: PackProcess):
    assert unverified_resources(pack, RETENTION, [group(retentionInDays=UNKNOWN)]) == {"group"}
    assert unverified_resources(pack, CUSTOMER_MANAGED_KEY, [group(kmsKeyId=UNKNOWN)]) == {"group"}


def test_possible_audit_log_group_is_unverified_only_if_noncompliant(pack: PackProcess):
    short, unlimited = group("one", None, retentionInDays=30), group("other", None)
    assert unverified_resources(pack, RETENTION, [short, unlimited, trail(UNKNOWN, "one", "other")]) == {"one"}
    for tags in (UNKNOWN, {"DataClass": UNKNOWN}):
        assert unverified_resources(pack, RETENTION, [group(tags=tags, retentionInDays=30)]) == {"group"}
        assert unverified_resources(pack, RETENTION, [group(tags=tags)]) == set()
