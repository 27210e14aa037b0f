"""The stack's keys on mocks: who uses each, for what alone, and that who administers one can't use it."""

from __future__ import annotations

import pytest

from components import key_policy as statements
from components.account import Account
from components.customer_key import key_policy
from components.stack_context import StackContext
from hipaa.evaluator import Principal
from phi.stack.settings import Settings
from tests.components.mocked_stack import ACCOUNT_ID, RecordingMonitor, run_main
from tests.components.policy_requests import (
    ALLOWED,
    ANONYMOUS,
    IMPLICIT_DENY,
    OTHER_ACCOUNT_ID,
    EXTERNAL_ROLE,
    ROOT,
    request_outcome,
    role,
    service,
)

APP = role("app")
PRIMARIES = {"replica-key": "phi-key", "replica-alerts-key": "audit-key"}
REGIONS = dict.fromkeys(PRIMARIES.values(), "us-east-1") | dict.fromkeys(PRIMARIES, "us-west-2")
PHI, TRAIL = (f"arn:aws:s3:::phi-prod-{each}-{ACCOUNT_ID}-us-east-1" for each in ("phi", "trail"))
REPLICA = f"arn:aws:s3:::phi-prod-replica-{ACCOUNT_ID}-us-west-2"
BUCKETS = {"phi-key": PHI, "replica-key": REPLICA, "audit-key": TRAIL, "replica-alerts-key": REPLICA}
OF_PHI, OF_AUDIT = ("phi-key", "replica-key"), ("audit-key", "replica-alerts-key")
USES = ("Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo")

VIA, CALLER = "kms:ViaService", "kms:CallerAccount"
OF_S3, OF_TRAIL, OF_LOGS, OF_TOPIC = (
    f"kms:EncryptionContext:aws:{each}" for each in ("s3:arn", "cloudtrail:arn", "logs:arn", "sns:topicArn")
)


@pytest.fixture(scope="module")
def prod():
    return run_main("prod")


def key_outcome(stack: RecordingMonitor, name: str, principal, action: str, context):
    """The outcome of one of the key's policy; what isn't in `context` isn't told."""
    kind = "ReplicaKey" if name in PRIMARIES else "Key"
    (key,) = [each for each in stack.resources_of_type(kind) if each.name == name and each.type.startswith("aws:")]
    arn = f"arn:aws:kms:{REGIONS[name]}:{ACCOUNT_ID}:key/{name}"
    return request_outcome(key.policy, principal, f"kms:{action}", arn, context)


def through(name: str, service: str) -> dict[str, list[str]]:
    return {VIA: [f"{service}.{REGIONS[name]}.amazonaws.com"], CALLER: [ACCOUNT_ID]}


# Administration.


@pytest.mark.parametrize("name", REGIONS)
@pytest.mark.parametrize("principal", [APP, ROOT, role("deployer"), role("phi-prod-break-glass")])
def test_who_administers_a_key_cannot_use_it(prod, name, principal):
    for action in ("DescribeKey", "PutKeyPolicy", "ScheduleKeyDeletion", "EnableKeyRotation", "TagResource"):
        assert key_outcome(prod, name, principal, action, {}) is ALLOWED
    told = {OF_S3: [BUCKETS[name]], CALLER: [ACCOUNT_ID]}
    for action in (*USES, "GenerateDataKeyPair", "CreateGrant", "Sign", "GenerateMac", "ImportKeyMaterial"):
        assert key_outcome(prod, name, principal, action, {}) is IMPLICIT_DENY
        assert key_outcome(prod, name, principal, action, told) is IMPLICIT_DENY  # not through a service


@pytest.mark.parametrize("name", REGIONS)
@pytest.mark.parametrize("principal", [EXTERNAL_ROLE, ANONYMOUS, service("s3"), service("backup"), service("ec2")])
@pytest.mark.parametrize("action", ["DescribeKey", "PutKeyPolicy", "ScheduleKeyDeletion", "Decrypt", "CreateGrant"])
def test_nobody_else_has_anything_to_do_with_it(prod, name, principal, action):
    told = through(name, "s3") | {OF_S3: [BUCKETS[name]], "kms:GrantIsForAWSResource": ["true"]}
    assert key_outcome(prod, name, principal, action, told) is IMPLICIT_DENY


# Use through S3.


@pytest.mark.parametrize("name", REGIONS)
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ALLOWED),
        ({OF_S3: "{bucket}/object"}, ALLOWED),
        ({OF_S3: "{bucket}-2"}, IMPLICIT_DENY),
        ({OF_S3: "{bucket}-2/object"}, IMPLICIT_DENY),
        ({OF_S3: "arn:aws:s3:::other"}, IMPLICIT_DENY),
        ({OF_S3: None}, IMPLICIT_DENY),
        ({VIA: "ec2.{region}.amazonaws.com"}, IMPLICIT_DENY),
        ({VIA: "s3.eu-west-1.amazonaws.com"}, IMPLICIT_DENY),
        ({VIA: "s3.{region}.amazonaws.com.cn"}, IMPLICIT_DENY),
        ({VIA: None}, IMPLICIT_DENY),
        ({CALLER: OTHER_ACCOUNT_ID}, IMPLICIT_DENY),
        ({CALLER: None}, IMPLICIT_DENY),
    ],
)
def test_a_key_serves_s3_for_its_bucket_alone(prod, name, change, expected):
    words = {"bucket": BUCKETS[name], "region": REGIONS[name]}
    changed = {key: text and [text.format(**words)] for key, text in change.items()}
    context = through(name, "s3") | {OF_S3: [BUCKETS[name]]} | changed
    may = {"audit-key": {"Decrypt"}, "replica-alerts-key": set()}.get(name, {"Decrypt", "Encrypt", "GenerateDataKey"})
    for action in may:
        assert key_outcome(prod, name, APP, action, context) is expected
    for action in {*USES, "CreateGrant"} - may:  # nobody but CloudTrail writes the trail
        assert key_outcome(prod, name, APP, action, context) is IMPLICIT_DENY


def test_who_reads_audit_data_is_not_who_reads_phi(prod):
    for name, other in (("audit-key", PHI), ("phi-key", TRAIL), ("phi-key", REPLICA), ("replica-key", PHI)):
        assert key_outcome(prod, name, APP, "Decrypt", through(name, "s3") | {OF_S3: [other]}) is IMPLICIT_DENY


# Use through AWS Backup.

GRANT = {"kms:GrantIsForAWSResource": ["true"]}


@pytest.mark.parametrize("name", OF_PHI)
@pytest.mark.parametrize(
    ("action", "change", "expected"),
    [
        ("Decrypt", {}, ALLOWED),
        ("GenerateDataKey", {}, ALLOWED),
        ("GenerateDataKeyWithoutPlaintext", {}, ALLOWED),
        ("Decrypt", {CALLER: [OTHER_ACCOUNT_ID]}, IMPLICIT_DENY),
        ("Decrypt", {VIA: ["backup.eu-west-1.amazonaws.com"]}, IMPLICIT_DENY),
        ("CreateGrant", GRANT, ALLOWED),
        ("CreateGrant", {}, IMPLICIT_DENY),
        ("CreateGrant", {"kms:GrantIsForAWSResource": ["false"]}, IMPLICIT_DENY),
        ("CreateGrant", GRANT | {CALLER: [OTHER_ACCOUNT_ID]}, IMPLICIT_DENY),
        ("CreateGrant", GRANT | {VIA: None}, IMPLICIT_DENY),
    ],
)
def test_a_key_of_phi_serves_its_backups(prod, name, action, change, expected):
    assert key_outcome(prod, name, APP, action, through(name, "backup") | change) is expected


@pytest.mark.parametrize("name", OF_AUDIT)
def test_a_key_of_audit_data_serves_no_backups(prod, name):
    for action in ("Decrypt", "CreateGrant"):
        assert key_outcome(prod, name, APP, action, through(name, "backup") | GRANT) is IMPLICIT_DENY


# Services that use the audit key themselves.

CLOUDTRAIL, LOGS = service("cloudtrail"), service("logs.us-east-1")
TRAIL_ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT_ID}:trail/phi-prod-trail"
LOG_GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT_ID}:log-group:/audit/phi-prod-trail"
BY_TRAIL = {"aws:SourceArn": [TRAIL_ARN], OF_TRAIL: [TRAIL_ARN]}


@pytest.mark.parametrize(
    ("principal", "action", "context", "expected"),
    [
        (CLOUDTRAIL, "GenerateDataKey", BY_TRAIL, ALLOWED),
        (CLOUDTRAIL, "GenerateDataKey", BY_TRAIL | {"aws:SourceArn": [f"{TRAIL_ARN}-2"]}, IMPLICIT_DENY),
        (CLOUDTRAIL, "GenerateDataKey", BY_TRAIL | {"aws:SourceArn": None}, IMPLICIT_DENY),
        (CLOUDTRAIL, "GenerateDataKey", BY_TRAIL | {OF_TRAIL: [TRAIL_ARN.replace(ACCOUNT_ID, OTHER_ACCOUNT_ID)]}, IMPLICIT_DENY),
        (CLOUDTRAIL, "GenerateDataKey", BY_TRAIL | {OF_TRAIL: None}, IMPLICIT_DENY),
        (CLOUDTRAIL, "DescribeKey", {"aws:SourceArn": [TRAIL_ARN]}, ALLOWED),
        (CLOUDTRAIL, "DescribeKey", {"aws:SourceArn": [f"{TRAIL_ARN}-2"]}, IMPLICIT_DENY),
        (CLOUDTRAIL, "Decrypt", BY_TRAIL, IMPLICIT_DENY),
        *((LOGS, action, {OF_LOGS: [LOG_GROUP]}, ALLOWED) for action in (*USES, "DescribeKey")),
        (LOGS, "Decrypt", {OF_LOGS: [f"{LOG_GROUP}-2"]}, IMPLICIT_DENY),
        (LOGS, "Decrypt", {OF_LOGS: [LOG_GROUP.replace(ACCOUNT_ID, OTHER_ACCOUNT_ID)]}, IMPLICIT_DENY),
        (LOGS, "Decrypt", {}, IMPLICIT_DENY),
        (LOGS, "CreateGrant", {OF_LOGS: [LOG_GROUP]}, IMPLICIT_DENY),
        (service("logs.eu-west-1"), "Decrypt", {OF_LOGS: [LOG_GROUP]}, IMPLICIT_DENY),
    ],
)
def test_the_audit_key_serves_the_trail_and_its_log_group(prod, principal, action, context, expected):
    assert key_outcome(prod, "audit-key", principal, action, context) is expected
    if expected is ALLOWED:
        for other in {*REGIONS} - {"audit-key"}:
            assert key_outcome(prod, other, principal, action, context) is IMPLICIT_DENY


# Alerts: CloudWatch's alarms, and roles through SNS.

CLOUDWATCH = service("cloudwatch")


@pytest.mark.parametrize("name", OF_AUDIT)
@pytest.mark.parametrize(
    ("principal", "action", "change", "expected"),
    [
        *((each, action, {}, ALLOWED) for each in (CLOUDWATCH, APP) for action in ("Decrypt", "GenerateDataKey")),
        *((each, "Encrypt", {}, IMPLICIT_DENY) for each in (CLOUDWATCH, APP)),
        *((each, "Decrypt", {OF_TOPIC: ["{topic}-2"]}, IMPLICIT_DENY) for each in (CLOUDWATCH, APP)),
        *((each, "Decrypt", {OF_TOPIC: None}, IMPLICIT_DENY) for each in (CLOUDWATCH, APP)),
        (CLOUDWATCH, "Decrypt", {"aws:SourceAccount": [OTHER_ACCOUNT_ID]}, IMPLICIT_DENY),
        (CLOUDWATCH, "Decrypt", {"aws:SourceAccount": None}, IMPLICIT_DENY),
        (APP, "Decrypt", {VIA: ["sqs.us-east-1.amazonaws.com"]}, IMPLICIT_DENY),
        (APP, "Decrypt", {VIA: None}, IMPLICIT_DENY),
        (APP, "Decrypt", {CALLER: [OTHER_ACCOUNT_ID]}, IMPLICIT_DENY),
        (service("events"), "Decrypt", {}, IMPLICIT_DENY),
    ],
)
def test_a_key_of_audit_data_serves_the_alerts_of_its_region(prod, name, principal, action, change, expected):
    topic = f"arn:aws:sns:{REGIONS[name]}:{ACCOUNT_ID}:phi-prod-alerts"
    by = through(name, "sns") if principal is APP else {"aws:SourceAccount": [ACCOUNT_ID]}
    changed = {key: values and [each.format(topic=topic) for each in values] for key, values in change.items()}
    context = by | {OF_TOPIC: [topic]} | changed
    assert key_outcome(prod, name, principal, action, context) is expected
    assert key_outcome(prod, "phi-key", principal, action, context) is IMPLICIT_DENY


def test_in_china_the_services_have_their_own_names(monkeypatch):
    monkeypatch.setattr("pulumi.get_project", lambda: "phi")
    monkeypatch.setattr("pulumi.get_stack", lambda: "dev")
    account = Account(ACCOUNT_ID, "cn-north-1", "aws-cn", "amazonaws.com.cn", f"arn:aws-cn:iam::{ACCOUNT_ID}:role/a")
    bucket = "arn:aws-cn:s3:::b"
    document = key_policy(account, statements.phi_statements(StackContext(account, Settings("dev", "cn-north-1")), bucket))
    somebody = Principal("AWS", f"arn:aws-cn:iam::{ACCOUNT_ID}:role/app", ACCOUNT_ID)
    context = {VIA: ["s3.cn-north-1.amazonaws.com.cn"], CALLER: [ACCOUNT_ID], OF_S3: [bucket]}
    assert request_outcome(document, somebody, "kms:Decrypt", "key", context) is ALLOWED


# What they are declared with.


@pytest.mark.parametrize("name", ["phi-key", "audit-key"])
def test_a_key_rotates_can_be_replicated_and_is_slow_to_go(prod, name):
    key = prod.resource("Key", name).inputs
    assert (key["enableKeyRotation"], key["rotationPeriodInDays"], key["multiRegion"]) == (True, 365, True)
    assert key["deletionWindowInDays"] == 30
    assert not key.get("bypassPolicyLockoutSafetyCheck")


@pytest.mark.parametrize(("name", "primary"), PRIMARIES.items())
def test_a_replica_is_of_its_primary_and_as_slow_to_go(prod, name, primary):
    (key,) = [each.inputs for each in prod.resources_of_type("ReplicaKey") if each.name == name and each.type.startswith("aws:")]
    assert key["primaryKeyArn"] == f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/{primary}"
    assert key["deletionWindowInDays"] == 30


def test_aliases(prod):
    told = {each.inputs["name"]: each.inputs["targetKeyId"] for each in prod.resources_of_type("Alias")}
    assert told == {f"alias/phi-prod-{name}": name for name in REGIONS}
