"""Athena workgroups: the key and the bucket of query results, and whether a query may choose its own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"
WORKGROUP = "aws:athena/workgroup:Workgroup"
KEY, ENFORCED, EXTERNAL = "athena-customer-managed-key", "athena-settings-enforced", "athena-no-external-results"
CONTROLS = (KEY, ENFORCED, EXTERNAL)
SSE_KMS = {"encryptionOption": "SSE_KMS", "kmsKeyArn": KEY_ARN}
BUCKET = Resource("aws:s3/bucket:Bucket", "bucket", {"bucket": "results"})


def workgroup(name: str = "workgroup", tags: Any = None, results: Any = None, **configuration: Any) -> Resource:
    """Return a workgroup that is right, but for the configuration and the settings of results that are given."""
    result_configuration = {
        "outputLocation": "s3://results/athena/",
        "expectedBucketOwner": ACCOUNT,
        "encryptionConfiguration": SSE_KMS,
    } | (results or {})
    inputs = {
        "name": name,
        "tags": tags or {},
        "configuration": {"resultConfiguration": result_configuration} | configuration,
    }
    return Resource(WORKGROUP, name, inputs, account=ACCOUNT)


def test_workgroup_with_a_key_and_the_accounts_own_bucket_passes_every_control(pack: PackProcess):
    for control in CONTROLS:
        assert findings_for(pack, control, [workgroup()]) == [], control


# Customer managed key.


@pytest.mark.parametrize(
    ("encryption", "fails"),
    [
        (SSE_KMS, False),
        ({"encryptionOption": "CSE_KMS", "kmsKeyArn": KEY_ARN}, False),
        ({"encryptionOption": "SSE_KMS", "kmsKeyArn": "alias/reports"}, False),
        ({"encryptionOption": "SSE_KMS", "kmsKeyArn": "alias/aws/s3"}, True),
        ({"encryptionOption": "SSE_KMS"}, True),
        ({"encryptionOption": "SSE_S3"}, True),
        ({"encryptionOption": "SSE_S3", "kmsKeyArn": KEY_ARN}, True),
        (None, True),
        ({"encryptionOption": "SSE_KMS", "kmsKeyArn": KEY_ARN.replace(ACCOUNT, OTHER_ACCOUNT)}, True),
    ],
)
def test_results_without_a_customer_managed_key_fail(pack: PackProcess, encryption, fails):
    stack = [workgroup(results={"encryptionConfiguration": encryption})]
    assert failed_resources(pack, KEY, stack) == ({"workgroup"} if fails else set())


@pytest.mark.parametrize(
    ("managed", "fails"),
    [
        ({"enabled": True, "encryptionConfiguration": {"kmsKey": KEY_ARN}}, False),
        ({"enabled": True}, True),
        ({"enabled": False, "encryptionConfiguration": {"kmsKey": KEY_ARN}}, True),
    ],
)
def test_results_that_athena_stores_itself_need_a_key_too(pack: PackProcess, managed, fails):
    resource = Resource(
        WORKGROUP,
        "workgroup",
        {"name": "w", "configuration": {"managedQueryResultsConfiguration": managed}},
        account=ACCOUNT,
    )
    assert failed_resources(pack, KEY, [resource]) == ({"workgroup"} if fails else set())
    assert findings_for(pack, EXTERNAL, [resource]) == []


@pytest.mark.parametrize(
    ("data_class", "fails"),
    [("PHI", True), ("AuditLog", True), ("CloudTrailLog", True), (None, True), ("Internal", False)],
)
def test_data_class_decides_whether_a_key_is_required(pack: PackProcess, data_class, fails):
    tags = {"DataClass": data_class} if data_class else {}
    stack = [workgroup(tags=tags, results={"encryptionConfiguration": {"encryptionOption": "SSE_S3"}})]
    assert failed_resources(pack, KEY, stack) == ({"workgroup"} if fails else set())


@pytest.mark.parametrize(
    "configuration",
    [
        UNKNOWN,
        {"resultConfiguration": UNKNOWN},
        {"managedQueryResultsConfiguration": {"enabled": UNKNOWN}},
        {"resultConfiguration": {"encryptionConfiguration": {"encryptionOption": UNKNOWN}}},
        {"resultConfiguration": {"encryptionConfiguration": {"encryptionOption": "SSE_KMS", "kmsKeyArn": UNKNOWN}}},
    ],
)
def test_key_that_is_not_known_is_unverified(pack: PackProcess, configuration):
    resource = Resource(WORKGROUP, "workgroup", {"name": "w", "configuration": configuration})
    assert unverified_resources(pack, KEY, [resource]) == {"workgroup"}


def test_key_of_the_stack_passes_before_it_exists(pack: PackProcess):
    resource = Resource(
        WORKGROUP,
        "workgroup",
        workgroup(results={"encryptionConfiguration": {"encryptionOption": "SSE_KMS", "kmsKeyArn": UNKNOWN}}).inputs,
        comes_from={"configuration": ["key"]},
    )
    assert findings_for(pack, KEY, [Resource("aws:kms/key:Key", "key", {}), resource]) == []


def test_only_the_wrong_one_of_two_workgroups_fails(pack: PackProcess):
    wrong = workgroup("wrong", results={"encryptionConfiguration": None}, enforceWorkgroupConfiguration=False)
    for control in (KEY, ENFORCED):
        assert failed_resources(pack, control, [workgroup("right"), wrong]) == {"wrong"}


# Enforced settings.


@pytest.mark.parametrize(
    ("value", "fails"), [(True, False), ("true", False), (None, False), (False, True), ("false", True)]
)
def test_settings_that_a_query_can_override_fail(pack: PackProcess, value, fails):
    stack = [workgroup(enforceWorkgroupConfiguration=value)]
    assert failed_resources(pack, ENFORCED, stack) == ({"workgroup"} if fails else set())


def test_enforcement_that_is_not_known_is_unverified(pack: PackProcess):
    assert unverified_resources(pack, ENFORCED, [workgroup(enforceWorkgroupConfiguration=UNKNOWN)]) == {"workgroup"}


# The bucket of the results.


@pytest.mark.parametrize(
    ("owner", "stack", "fails"),
    [(ACCOUNT, [], False), (OTHER_ACCOUNT, [], True), (None, [BUCKET], False), (ACCOUNT, [BUCKET], False)],
)
def test_results_bucket_of_an_untrusted_account_fails(pack: PackProcess, owner, stack, fails):
    resources = [*stack, workgroup(results={"expectedBucketOwner": owner})]
    assert failed_resources(pack, EXTERNAL, resources) == ({"workgroup"} if fails else set())


@pytest.mark.parametrize("owner", [None, UNKNOWN])
def test_results_bucket_whose_owner_is_not_known_is_unverified(pack: PackProcess, owner):
    assert unverified_resources(pack, EXTERNAL, [workgroup(results={"expectedBucketOwner": owner})]) == {"workgroup"}


@pytest.mark.parametrize("location", [UNKNOWN, "results"])
def test_location_that_names_no_known_bucket_is_unverified(pack: PackProcess, location):
    resources = [workgroup(results={"outputLocation": location, "expectedBucketOwner": None})]
    assert unverified_resources(pack, EXTERNAL, resources) == {"workgroup"}


def test_workgroup_without_a_location_passes(pack: PackProcess):
    assert findings_for(pack, EXTERNAL, [workgroup(results={"outputLocation": None})]) == []


def test_logs_of_notebooks_leave_the_workgroup_unverified(pack: PackProcess):
    logs = {"s3LoggingConfiguration": {"enabled": True, "logLocation": "s3://logs/"}}
    assert unverified_resources(pack, KEY, [workgroup(monitoringConfiguration=logs)]) == {"workgroup"}
