"""CloudWatch Logs: which log groups hold audit records, their key, and how long they are kept."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy.assertions import unverified_resources, failed_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource

KEY, RETENTION = "logs-customer-managed-key", "logs-retention"
KEY_ARN = "arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-0000-1111-2222-333344445555"
GROUP_ARN = "arn:aws:logs:us-east-1:111122223333:log-group:/audit/trail"


def group(resource: str = "group", data_class: str | None = "AuditLog", **inputs: Any) -> Resource:
    tags = {"tags": {"DataClass": data_class}} if data_class else {}
    return Resource("aws:cloudwatch/logGroup:LogGroup", resource, tags | inputs)


def trail(to: str, *sources: str) -> Resource:
    comes_from = {"cloudWatchLogsGroupArn": sources}
    return Resource("aws:cloudtrail/trail:Trail", "trail", {"cloudWatchLogsGroupArn": to}, comes_from=comes_from)


@pytest.mark.parametrize("days", [None, 0, 2192, 3653, "2192"])
def test_an_audit_log_that_is_kept_passes(pack: PackProcess, days):
    assert failed_resources(pack, RETENTION, [group(retentionInDays=days)]) == set()


@pytest.mark.parametrize("days", [1, 365, 1827, "90"])
def test_an_audit_log_that_isnt_kept_fails(pack: PackProcess, days):
    assert failed_resources(pack, RETENTION, [group("right"), group(retentionInDays=days)]) == {"group"}


@pytest.mark.parametrize("key", [None, "", "alias/aws/logs", "hunter2"])
def test_an_audit_log_without_a_customer_key_fails(pack: PackProcess, key):
    assert failed_resources(pack, KEY, [group("right", kmsKeyId=KEY_ARN), group(kmsKeyId=key)]) == {"group"}


def test_an_audit_log_with_a_key_of_the_stack_passes(pack: PackProcess):
    key = Resource("aws:kms/key:Key", "key", {})
    joined = Resource(group().type, "group", group(kmsKeyId=UNKNOWN).inputs, comes_from={"kmsKeyId": ["key"]})
    assert failed_resources(pack, KEY, [key, joined]) == set()


@pytest.mark.parametrize("data_class", ["AuditLog", "trail-log", "CloudTrailLog", "audit_log"])
def test_the_tag_says_that_it_holds_audit_records_before_it_exists(pack: PackProcess, data_class):
    told = pack.check_resource(group(data_class=data_class, retentionInDays=30))
    assert {each.policy for each in told} == {KEY, RETENTION}


@pytest.mark.parametrize("data_class", [None, "PHI", "Internal"])
def test_another_log_group_isnt_asked(pack: PackProcess, data_class):
    for control in (KEY, RETENTION):
        assert failed_resources(pack, control, [group(data_class=data_class, retentionInDays=30)]) == set()


@pytest.mark.parametrize(
    ("name", "given"),
    [
        (None, trail(UNKNOWN, "group")),
        ("/audit/trail", trail(UNKNOWN, "group")),
        ("/audit/trail", trail(f"{GROUP_ARN}:*")),
        ("/audit/trail", trail(GROUP_ARN)),
        ("/audit/trail", trail("/audit/trail")),
    ],
)
def test_a_log_group_that_a_trail_writes_to_is_asked(pack: PackProcess, name, given):
    audited = group(data_class=None, retentionInDays=30, **({"name": name} if name else {}))
    other = group("trail-app", data_class=None, retentionInDays=30, name="trail")
    for control in (KEY, RETENTION):
        assert failed_resources(pack, control, [audited, other, given]) == {"group"}


def test_a_log_group_whose_name_is_the_end_of_anothers_isnt_it(pack: PackProcess):
    given = group(data_class=None, retentionInDays=30, name="trail")
    assert failed_resources(pack, RETENTION, [given, trail(GROUP_ARN)]) == set()


def test_what_isnt_known_is_unverified(pack: PackProcess):
    assert unverified_resources(pack, RETENTION, [group(retentionInDays=UNKNOWN)]) == {"group"}
    assert unverified_resources(pack, KEY, [group(kmsKeyId=UNKNOWN)]) == {"group"}


def test_a_log_group_that_may_hold_audit_records_is_unverified_only_if_it_is_wrong(pack: PackProcess):
    one, other = group("one", None, retentionInDays=30), group("other", None)
    assert unverified_resources(pack, RETENTION, [one, other, trail(UNKNOWN, "one", "other")]) == {"one"}
    for tags in (UNKNOWN, {"DataClass": UNKNOWN}):
        assert unverified_resources(pack, RETENTION, [group(tags=tags, retentionInDays=30)]) == {"group"}
        assert unverified_resources(pack, RETENTION, [group(tags=tags)]) == set()
