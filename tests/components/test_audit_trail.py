"""The audit trail on mocks: the events it records, its deliveries, its retention, and the role that writes its logs."""

from __future__ import annotations

import json

import pytest

from components.account import Account
from components.audit_trail import AuditTrail
from tests.components.aws_events import CLOUDTRAIL, IAM_USER, OTHER_ACCOUNT, ROLE_SESSION, object_request
from tests.components.aws_events import ROOT as ROOT_USER
from tests.components.mocked_stack import ACCOUNT_ID, DEPLOYER, RecordingMonitor, run_main, run_program
from tests.components.policy_requests import (
    ALLOWED,
    ANONYMOUS,
    EXTERNAL_ROLE,
    IMPLICIT_DENY,
    ROOT,
    request_outcome,
    role,
    service,
)

PHI = f"arn:aws:s3:::phi-prod-phi-{ACCOUNT_ID}-us-east-1"
REPLICA = f"arn:aws:s3:::phi-prod-replica-{ACCOUNT_ID}-us-west-2"
TRAIL_BUCKET = f"arn:aws:s3:::phi-prod-trail-{ACCOUNT_ID}-us-east-1"
TRAIL_COPY = f"arn:aws:s3:::phi-prod-trail-replica-{ACCOUNT_ID}-us-west-2"
AUDIT_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/audit-key"
LOG_GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT_ID}:log-group:/audit/phi-prod-trail"
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/phi-prod-trail-cloudtrail-logs-role"


@pytest.fixture(scope="module")
def prod():
    return run_main("prod")


@pytest.fixture(scope="module")
def trail(prod):
    return prod.resource("Trail", "trail").inputs


def trail_stack(*, log_retention_days: int) -> RecordingMonitor:
    """Run a program that declares only the trail; return its resources."""

    def program() -> None:
        AuditTrail(
            "trail",
            {
                "account": Account(ACCOUNT_ID, "us-east-1", "aws", "amazonaws.com", DEPLOYER),
                "trail_name": "phi-dev-trail",
                "log_group_name": "/audit/phi-dev-trail",
                "bucket": "trail-bucket",
                "bucket_ready": [],
                "key_arn": AUDIT_KEY,
                "data_event_bucket_arns": [PHI],
                "trail_bucket_arn": TRAIL_BUCKET,
                "trail_copy_arns": [TRAIL_COPY],
                "log_retention_days": log_retention_days,
                "keeps_data": False,
                "permissions_boundary": None,
            },
        )

    return run_program(program)


def test_trail_is_multi_region_validated_encrypted_and_logging(trail):
    flags = ("isMultiRegionTrail", "includeGlobalServiceEvents", "enableLogFileValidation", "enableLogging")
    assert {flag: trail[flag] for flag in flags} == dict.fromkeys(flags, True)
    assert trail["kmsKeyId"] == AUDIT_KEY
    assert trail["s3BucketName"] == f"phi-prod-trail-{ACCOUNT_ID}-us-east-1"


def fields_of(selector):
    return {
        field["field"]: {key: field[key] for key in field if key != "field"} for field in selector["fieldSelectors"]
    }


OBJECT_EVENTS = {"eventCategory": {"equals": ["Data"]}, "resources.type": {"equals": ["AWS::S3::Object"]}}


def test_trail_records_management_events_and_all_object_events_of_phi(trail):
    """Neither selector leaves out reads, writes or the events of a service: they have no other fields."""
    management, phi = map(fields_of, trail["advancedEventSelectors"][:2])
    assert management == {"eventCategory": {"equals": ["Management"]}}
    assert phi == OBJECT_EVENTS | {"resources.ARN": {"startsWiths": [f"{PHI}/", f"{REPLICA}/"]}}
    assert "eventSelectors" not in trail  # CloudTrail accepts only one kind of selector


def selects(selector, record, object_arn: str) -> bool:
    """Return whether an advanced event selector records an event. A field that is absent fails its test."""
    values = {
        "eventCategory": record["eventCategory"],
        "resources.type": "AWS::S3::Object",
        "resources.ARN": object_arn,
        "readOnly": json.dumps(record["readOnly"]),
        "userIdentity.arn": record["userIdentity"].get("arn"),
    }
    return all(
        values[name] is not None
        and (values[name] in tests.get("equals", ()) or values[name].startswith(tuple(tests.get("startsWiths", ()))))
        for name, tests in fields_of(selector).items()
    )


@pytest.mark.parametrize(
    ("record", "is_recorded"),
    [
        (object_request("PutObject", "trail", CLOUDTRAIL), False),
        (object_request("CreateMultipartUpload", "trail", CLOUDTRAIL), False),
        *(
            (object_request(name, "trail", caller), True)
            for name in ("GetObject", "HeadObject", "PutObject", "DeleteObject")
            for caller in (ROLE_SESSION, IAM_USER, ROOT_USER)
        ),
        (object_request("GetObject", "trail", OTHER_ACCOUNT), True),
    ],
)
def test_trail_records_reads_and_writes_of_itself_except_its_own_deliveries(trail, record, is_recorded):
    """The record of a delivery would cause the next delivery."""
    object_arn = f"{TRAIL_BUCKET}/AWSLogs/{ACCOUNT_ID}/CloudTrail/us-east-1/file.json.gz"
    recorded = [selects(selector, record, object_arn) for selector in trail["advancedEventSelectors"]]
    assert any(recorded) is is_recorded


@pytest.mark.parametrize(("name", "is_recorded"), [("GetObject", True), ("HeadObject", True), ("PutObject", False)])
def test_trail_records_reads_of_its_copy_but_not_its_replication(trail, name, is_recorded):
    """The record of a replicated file would be in the next file."""
    record = object_request(name, "trail-replica", ROLE_SESSION)
    recorded = [selects(selector, record, f"{TRAIL_COPY}/file.json.gz") for selector in trail["advancedEventSelectors"]]
    assert any(recorded) is is_recorded


def test_trail_records_object_events_of_the_given_buckets_only():
    selectors = trail_stack(log_retention_days=2192).resource("Trail", "trail").inputs["advancedEventSelectors"]
    arns = {
        arn for selector in selectors for arn in fields_of(selector).get("resources.ARN", {}).get("startsWiths", ())
    }
    assert arns == {f"{PHI}/", f"{TRAIL_BUCKET}/", f"{TRAIL_COPY}/"}


def test_trail_has_insights_on_call_rates_and_error_rates(trail):
    insights = {selector["insightType"] for selector in trail["insightSelectors"]}
    assert insights == {"ApiCallRateInsight", "ApiErrorRateInsight"}


# The log group.


def test_trail_is_also_written_to_an_encrypted_log_group(prod, trail):
    group = prod.resource("LogGroup", "trail-logs").inputs
    assert (group["name"], group["kmsKeyId"]) == ("/audit/phi-prod-trail", AUDIT_KEY)
    assert (trail["cloudWatchLogsGroupArn"], trail["cloudWatchLogsRoleArn"]) == (f"{LOG_GROUP}:*", ROLE)
    assert not group.get("skipDestroy")


@pytest.mark.parametrize(
    ("days", "retention"),
    [(2192, 2192), (2193, 2557), (2557, 2557), (2558, 2922), (3000, 3288), (3653, 3653), (3654, 0), (36_525, 0)],
)
def test_log_group_retention_is_rounded_up_to_a_period_that_cloudwatch_accepts(days, retention):
    """0 means forever."""
    log_group = trail_stack(log_retention_days=days).resource("LogGroup", "trail-logs")
    assert log_group.inputs["retentionInDays"] == retention


def test_trail_waits_for_both_of_its_destinations(prod):
    dependencies = prod.resource("Trail", "trail").dependencies
    settings = ("policy", "encryption", "lock", "versioning", "public-access-block")
    bucket_settings = {f"trail-files-{setting}" for setting in settings}
    role = {"trail-cloudtrail-logs-role", "trail-cloudtrail-logs-role-permissions"}
    assert bucket_settings | {"trail-logs"} | role <= dependencies


# The role.


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        (service("cloudtrail"), ALLOWED),
        *(
            (principal, IMPLICIT_DENY)
            for principal in (service("logs"), service("ec2"), role("app"), ROOT, EXTERNAL_ROLE, ANONYMOUS)
        ),
    ],
)
def test_only_cloudtrail_assumes_the_role(prod, principal, expected):
    trust_policy = prod.resource("IamRole", "trail-cloudtrail-logs-role").inputs["trustPolicy"]
    assert request_outcome(trust_policy, principal, "sts:AssumeRole", ROLE) is expected


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
def test_role_writes_only_the_trails_log_streams(prod, action, resource, expected):
    permissions = prod.resource("RolePolicy", "trail-cloudtrail-logs-role-permissions").policy
    principal = role("phi-prod-trail-cloudtrail-logs-role")
    assert request_outcome(permissions, principal, f"logs:{action}", resource) is expected
