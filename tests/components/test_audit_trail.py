"""The audit trail on mocks: what it records, where it goes, how long it stays, and the role that writes it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from components.account import Account
from components.audit_trail import AuditTrail
from components.stack_context import StackContext
from phi.stack.settings import Settings
from tests.components.mocked_stack import ACCOUNT_ID, DEPLOYER, RecordingMonitor, run_program, run_main
from tests.components.policy_requests import ALLOWED, ANONYMOUS, IMPLICIT_DENY, EXTERNAL_ROLE, ROOT, request_outcome, role, service

PHI = f"arn:aws:s3:::phi-prod-phi-{ACCOUNT_ID}-us-east-1"
REPLICA = f"arn:aws:s3:::phi-prod-replica-{ACCOUNT_ID}-us-west-2"
AUDIT_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/audit-key"
LOG_GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT_ID}:log-group:/audit/phi-prod-trail"
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/phi-prod-trail-writer"


@pytest.fixture(scope="module")
def prod():
    return run_main("prod")


@pytest.fixture(scope="module")
def trail(prod):
    return prod.resource("Trail", "trail").inputs


def alone(*, log_retention_days: int) -> RecordingMonitor:
    """The component by itself."""
    site = StackContext(
        Account(ACCOUNT_ID, "us-east-1", "aws", "amazonaws.com", DEPLOYER),
        Settings("dev", "us-east-1", log_retention_days=log_retention_days),
    )
    files = SimpleNamespace(bucket="files", ready=[])
    return run_program(lambda: AuditTrail("trail", {"site": site, "key_arn": AUDIT_KEY, "files": files, "watched": [PHI]}))


def test_the_trail_is_of_all_regions_validated_encrypted_and_on(trail):
    on = ("isMultiRegionTrail", "includeGlobalServiceEvents", "enableLogFileValidation", "enableLogging")
    assert {key: trail[key] for key in on} == dict.fromkeys(on, True)
    assert trail["kmsKeyId"] == AUDIT_KEY
    assert trail["s3BucketName"] == f"phi-prod-trail-{ACCOUNT_ID}-us-east-1"


def test_it_records_all_that_is_done_and_every_reading_and_writing_of_phi(trail):
    """Neither selector leaves out reads or writes, or a service's events: each has no field but these."""
    management, data = (
        {field["field"]: {key: field[key] for key in field if key != "field"} for field in selector["fieldSelectors"]}
        for selector in trail["advancedEventSelectors"]
    )
    assert management == {"eventCategory": {"equals": ["Management"]}}
    assert data == {
        "eventCategory": {"equals": ["Data"]},
        "resources.type": {"equals": ["AWS::S3::Object"]},
        "resources.ARN": {"startsWiths": [f"{PHI}/", f"{REPLICA}/"]},
    }
    assert "eventSelectors" not in trail  # CloudTrail takes the one kind or the other


def test_without_a_replica_the_one_bucket_is_watched():
    (_, data) = alone(log_retention_days=2192).resource("Trail", "trail").inputs["advancedEventSelectors"]
    assert {"field": "resources.ARN", "startsWiths": [f"{PHI}/"]} in data["fieldSelectors"]


def test_what_is_unusual_of_calls_and_of_errors_is_told(trail):
    assert {each["insightType"] for each in trail["insightSelectors"]} == {"ApiCallRateInsight", "ApiErrorRateInsight"}


# The log group.


def test_it_goes_to_an_encrypted_log_group_as_well(prod, trail):
    group = prod.resource("LogGroup", "trail-logs").inputs
    assert (group["name"], group["kmsKeyId"]) == ("/audit/phi-prod-trail", AUDIT_KEY)
    assert (trail["cloudWatchLogsGroupArn"], trail["cloudWatchLogsRoleArn"]) == (f"{LOG_GROUP}:*", ROLE)
    assert not group.get("skipDestroy")


@pytest.mark.parametrize(
    ("days", "kept"),
    [(2192, 2192), (2193, 2557), (2557, 2557), (2558, 2922), (3000, 3288), (3653, 3653), (3654, 0), (36_525, 0)],
)
def test_logs_are_kept_for_the_next_time_that_cloudwatch_knows(days, kept):
    """0 is for ever."""
    assert alone(log_retention_days=days).resource("LogGroup", "trail-logs").inputs["retentionInDays"] == kept


def test_the_trail_is_made_once_both_can_be_written(prod):
    after = prod.resource("Trail", "trail").dependencies
    files = {f"trail-files-{each}" for each in ("policy", "encryption", "lock", "versioning", "public-access-block")}
    assert files | {"trail-logs", "trail-writer", "trail-writer-permissions"} <= after


# The role.


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        (service("cloudtrail"), ALLOWED),
        *((each, IMPLICIT_DENY) for each in (service("logs"), service("ec2"), role("app"), ROOT, EXTERNAL_ROLE, ANONYMOUS)),
    ],
)
def test_cloudtrail_alone_takes_the_role(prod, principal, expected):
    (writer,) = [each for each in prod.resources if (each.type, each.name) == ("phi:access:Role", "trail-writer")]
    assert request_outcome(writer.inputs["trustPolicy"], principal, "sts:AssumeRole", ROLE) is expected


STREAM = f"{LOG_GROUP}:log-stream:{ACCOUNT_ID}_CloudTrail_us-east-1"


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("CreateLogStream", STREAM, ALLOWED),
        ("PutLogEvents", f"{STREAM}_2", ALLOWED),
        ("PutLogEvents", f"{LOG_GROUP}:log-stream:other", IMPLICIT_DENY),
        ("PutLogEvents", STREAM.replace("/audit/phi-prod-trail", "/audit/phi-prod-trail-2"), IMPLICIT_DENY),
        ("GetLogEvents", STREAM, IMPLICIT_DENY),
        ("DeleteLogStream", STREAM, IMPLICIT_DENY),
        ("DeleteLogGroup", LOG_GROUP, IMPLICIT_DENY),
        ("PutRetentionPolicy", LOG_GROUP, IMPLICIT_DENY),
    ],
)
def test_the_role_writes_the_trails_streams_and_does_nothing_else(prod, action, resource, expected):
    permissions = prod.resource("RolePolicy", "trail-writer-permissions").policy
    assert request_outcome(permissions, role("phi-prod-trail-writer"), f"logs:{action}", resource) is expected
