"""The role of Batch Replication jobs on mocks: who assumes it, and what it may do."""

from __future__ import annotations

import pytest

from tests.components.mocked_stack import ACCOUNT_ID, run_main
from tests.components.policy_requests import (
    ALLOWED,
    EXTERNAL_ROLE,
    IMPLICIT_DENY,
    ROOT,
    request_outcome,
    role,
    service,
)

PHI_ARN, TRAIL_ARN, LOG_ARN = (
    f"arn:aws:s3:::phi-prod-{purpose}-{ACCOUNT_ID}-us-east-1" for purpose in ("phi", "trail", "access-logs")
)
REPLICA_ARN = f"arn:aws:s3:::phi-prod-replica-{ACCOUNT_ID}-us-west-2"
REPORT = f"{LOG_ARN}/batch-replication/job-1/results/report.csv"
BATCH_ROLE = role("phi-prod-batch-replication-role")


@pytest.fixture(scope="module")
def prod():
    return run_main("prod")


def test_stack_without_a_replica_has_no_role_for_batch_replication():
    dev = run_main("dev")
    assert dev.resources_of_type("BatchReplication") == []
    assert dev.exports["batch_replication_role_arn"] is None


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        (service("batchoperations.s3"), ALLOWED),
        *((principal, IMPLICIT_DENY) for principal in (service("s3"), role("app"), ROOT, EXTERNAL_ROLE)),
    ],
)
def test_only_batch_operations_assumes_the_role(prod, principal, expected):
    document = prod.resource("IamRole", "batch-replication-role").inputs["trustPolicy"]
    assert request_outcome(document, principal, "sts:AssumeRole", BATCH_ROLE.id) is expected


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("s3:InitiateReplication", f"{PHI_ARN}/object", ALLOWED),
        ("s3:GetReplicationConfiguration", PHI_ARN, ALLOWED),
        ("s3:PutInventoryConfiguration", PHI_ARN, ALLOWED),
        ("s3:PutObject", REPORT, ALLOWED),
        ("s3:InitiateReplication", f"{TRAIL_ARN}/object", IMPLICIT_DENY),
        ("s3:InitiateReplication", f"{REPLICA_ARN}/object", IMPLICIT_DENY),
        ("s3:PutInventoryConfiguration", TRAIL_ARN, IMPLICIT_DENY),
        ("s3:PutReplicationConfiguration", PHI_ARN, IMPLICIT_DENY),
        ("s3:GetObject", f"{PHI_ARN}/object", IMPLICIT_DENY),
        ("s3:GetObject", REPORT, IMPLICIT_DENY),
        ("s3:PutObject", f"{PHI_ARN}/object", IMPLICIT_DENY),
        ("s3:PutObject", f"{LOG_ARN}/access-log", IMPLICIT_DENY),
        ("s3:ReplicateObject", f"{REPLICA_ARN}/object", IMPLICIT_DENY),
        ("s3:DeleteObject", f"{PHI_ARN}/object", IMPLICIT_DENY),
        ("s3:DeleteObjectVersion", f"{PHI_ARN}/object", IMPLICIT_DENY),
    ],
)
def test_role_may_start_replications_and_write_reports_and_nothing_else(prod, action, resource, expected):
    permissions = prod.resource("RolePolicy", "batch-replication-role-permissions").policy
    assert request_outcome(permissions, BATCH_ROLE, action, resource) is expected


@pytest.mark.parametrize(
    ("name", "action", "resource"),
    [
        ("phi", "s3:InitiateReplication", f"{PHI_ARN}/object"),
        ("phi", "s3:GetReplicationConfiguration", PHI_ARN),
        ("phi", "s3:PutInventoryConfiguration", PHI_ARN),
        ("access-logs", "s3:PutObject", REPORT),
    ],
)
def test_bucket_policies_do_not_deny_what_a_job_does(prod, name, action, resource):
    document = prod.resource("BucketPolicy", f"{name}-policy").policy
    assert request_outcome(document, BATCH_ROLE, action, resource) is IMPLICIT_DENY
