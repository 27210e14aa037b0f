"""The stack's KMS keys on mocks: their settings, and the uses that their policies allow."""

from __future__ import annotations

import pytest

from components.account import Account
from components.key_policy import key_policy, phi_key_statements
from hipaa_controls.evaluator import Principal
from tests.components.mocked_stack import ACCOUNT_ID, RecordingMonitor, run_main
from tests.components.policy_requests import (
    ALLOWED,
    ANONYMOUS,
    EXTERNAL_ROLE,
    IMPLICIT_DENY,
    OTHER_ACCOUNT_ID,
    ROOT,
    request_outcome,
    role,
    service,
)

APP = role("app")
PRIMARIES = {"replica-key": "phi-key", "replica-alerts-key": "audit-key"}
REGIONS = dict.fromkeys((*PRIMARIES.values(), "backup-key"), "us-east-1") | dict.fromkeys(PRIMARIES, "us-west-2")
PHI, TRAIL = (f"arn:aws:s3:::phi-prod-{purpose}-{ACCOUNT_ID}-us-east-1" for purpose in ("phi", "trail"))
REPLICA, TRAIL_REPLICA = (
    f"arn:aws:s3:::phi-prod-{purpose}-{ACCOUNT_ID}-us-west-2" for purpose in ("replica", "trail-replica")
)
BUCKETS = {"phi-key": PHI, "replica-key": REPLICA, "audit-key": TRAIL, "replica-alerts-key": TRAIL_REPLICA}
BUCKETS |= {"backup-key": PHI}  # which it isn't used for
PHI_KEYS, AUDIT_KEYS = ("phi-key", "replica-key"), ("audit-key", "replica-alerts-key")
USES = ("Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo")

VIA, CALLER = "kms:ViaService", "kms:CallerAccount"
S3_CONTEXT, TRAIL_CONTEXT, LOGS_CONTEXT, TOPIC_CONTEXT = (
    f"kms:EncryptionContext:aws:{key}" for key in ("s3:arn", "cloudtrail:arn", "logs:arn", "sns:topicArn")
)


@pytest.fixture(scope="module")
def prod():
    return run_main("prod")


def aws_resources(stack: RecordingMonitor, type_name: str):
    """Return the AWS resources of a type, without the components whose type has the same name."""
    return [resource for resource in stack.resources_of_type(type_name) if not resource.is_component]


def key_outcome(stack: RecordingMonitor, name: str, principal, action: str, context):
    """Return the outcome that a key's policy gives a request whose only condition keys are the context."""
    (key,) = [key for key in aws_resources(stack, "ReplicaKey" if name in PRIMARIES else "Key") if key.name == name]
    arn = f"arn:aws:kms:{REGIONS[name]}:{ACCOUNT_ID}:key/{name}"
    return request_outcome(key.policy, principal, f"kms:{action}", arn, context)


def via(name: str, service: str) -> dict[str, list[str]]:
    """Return the condition keys of a request through a service in the key's region."""
    return {VIA: [f"{service}.{REGIONS[name]}.amazonaws.com"], CALLER: [ACCOUNT_ID]}


# Administration.


@pytest.mark.parametrize("name", REGIONS)
@pytest.mark.parametrize("principal", [APP, ROOT, role("deployer"), role("phi-prod-break-glass")])
def test_key_policy_lets_principals_administer_but_not_use_the_key(prod, name, principal):
    for action in (
        "DescribeKey",
        "PutKeyPolicy",
        "ScheduleKeyDeletion",
        "EnableKeyRotation",
        "TagResource",
        "ListGrants",
        "RevokeGrant",
    ):
        assert key_outcome(prod, name, principal, action, {}) is ALLOWED
    not_via_a_service = {S3_CONTEXT: [BUCKETS[name]], CALLER: [ACCOUNT_ID]}
    for action in (*USES, "GenerateDataKeyPair", "CreateGrant", "Sign", "GenerateMac", "ImportKeyMaterial"):
        assert key_outcome(prod, name, principal, action, {}) is IMPLICIT_DENY
        assert key_outcome(prod, name, principal, action, not_via_a_service) is IMPLICIT_DENY


@pytest.mark.parametrize("name", REGIONS)
@pytest.mark.parametrize("principal", [EXTERNAL_ROLE, ANONYMOUS, service("s3"), service("backup"), service("ec2")])
@pytest.mark.parametrize("action", ["DescribeKey", "PutKeyPolicy", "ScheduleKeyDeletion", "Decrypt", "CreateGrant"])
def test_key_policy_allows_nothing_to_external_principals_and_other_services(prod, name, principal, action):
    context = via(name, "s3") | {S3_CONTEXT: [BUCKETS[name]], "kms:GrantIsForAWSResource": ["true"]}
    assert key_outcome(prod, name, principal, action, context) is IMPLICIT_DENY


# Use through S3.


@pytest.mark.parametrize("name", REGIONS)
@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({}, ALLOWED),
        ({S3_CONTEXT: "{bucket}/object"}, ALLOWED),
        ({S3_CONTEXT: "{bucket}-2"}, IMPLICIT_DENY),
        ({S3_CONTEXT: "{bucket}-2/object"}, IMPLICIT_DENY),
        ({S3_CONTEXT: "arn:aws:s3:::other"}, IMPLICIT_DENY),
        ({S3_CONTEXT: None}, IMPLICIT_DENY),
        ({VIA: "ec2.{region}.amazonaws.com"}, IMPLICIT_DENY),
        ({VIA: "s3.eu-west-1.amazonaws.com"}, IMPLICIT_DENY),
        ({VIA: "s3.{region}.amazonaws.com.cn"}, IMPLICIT_DENY),
        ({VIA: None}, IMPLICIT_DENY),
        ({CALLER: OTHER_ACCOUNT_ID}, IMPLICIT_DENY),
        ({CALLER: None}, IMPLICIT_DENY),
    ],
)
def test_key_policy_allows_use_via_s3_for_its_bucket_only(prod, name, overrides, expected):
    values = {"bucket": BUCKETS[name], "region": REGIONS[name]}
    formatted = {key: text and [text.format(**values)] for key, text in overrides.items()}
    context = via(name, "s3") | {S3_CONTEXT: [BUCKETS[name]]} | formatted
    actions = {"audit-key": {"Decrypt"}, "backup-key": set()}.get(name, {"Decrypt", "Encrypt", "GenerateDataKey"})
    for action in actions:
        assert key_outcome(prod, name, APP, action, context) is expected
    for action in {*USES, "CreateGrant"} - actions:  # only CloudTrail writes the trail
        assert key_outcome(prod, name, APP, action, context) is IMPLICIT_DENY


def test_readers_of_audit_data_cannot_use_the_key_for_phi_nor_the_reverse(prod):
    for name, other_bucket in (
        ("audit-key", PHI),
        ("phi-key", TRAIL),
        ("phi-key", REPLICA),
        ("replica-key", PHI),
        ("replica-key", TRAIL_REPLICA),
        ("replica-alerts-key", REPLICA),
    ):
        context = via(name, "s3") | {S3_CONTEXT: [other_bucket]}
        assert key_outcome(prod, name, APP, "Decrypt", context) is IMPLICIT_DENY


# Use through AWS Backup.

GRANT = {"kms:GrantIsForAWSResource": ["true"]}


@pytest.mark.parametrize(
    ("action", "overrides", "expected"),
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
        ("Decrypt", {VIA: ["s3.us-east-1.amazonaws.com"], S3_CONTEXT: [PHI]}, IMPLICIT_DENY),
    ],
)
def test_backup_key_policy_allows_use_via_backup_only(prod, action, overrides, expected):
    assert key_outcome(prod, "backup-key", APP, action, via("backup-key", "backup") | overrides) is expected


@pytest.mark.parametrize("name", [*PHI_KEYS, *AUDIT_KEYS])
def test_other_key_policies_deny_use_via_backup(prod, name):
    for action in ("Decrypt", "CreateGrant"):
        assert key_outcome(prod, name, APP, action, via(name, "backup") | GRANT) is IMPLICIT_DENY


# Use of the audit key by services.

CLOUDTRAIL, LOGS = service("cloudtrail"), service("logs.us-east-1")
TRAIL_ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT_ID}:trail/phi-prod-trail"
LOG_GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT_ID}:log-group:/audit/phi-prod-trail"
OTHER_TRAIL_ARN = TRAIL_ARN.replace(ACCOUNT_ID, OTHER_ACCOUNT_ID)
FOR_TRAIL = {"aws:SourceArn": [TRAIL_ARN], TRAIL_CONTEXT: [TRAIL_ARN]}


@pytest.mark.parametrize(
    ("principal", "action", "context", "expected"),
    [
        (CLOUDTRAIL, "GenerateDataKey", FOR_TRAIL, ALLOWED),
        (CLOUDTRAIL, "GenerateDataKey", FOR_TRAIL | {"aws:SourceArn": [f"{TRAIL_ARN}-2"]}, IMPLICIT_DENY),
        (CLOUDTRAIL, "GenerateDataKey", FOR_TRAIL | {"aws:SourceArn": None}, IMPLICIT_DENY),
        (
            CLOUDTRAIL,
            "GenerateDataKey",
            FOR_TRAIL | {TRAIL_CONTEXT: [OTHER_TRAIL_ARN]},
            IMPLICIT_DENY,
        ),
        (CLOUDTRAIL, "GenerateDataKey", FOR_TRAIL | {TRAIL_CONTEXT: None}, IMPLICIT_DENY),
        (CLOUDTRAIL, "DescribeKey", {"aws:SourceArn": [TRAIL_ARN]}, ALLOWED),
        (CLOUDTRAIL, "DescribeKey", {"aws:SourceArn": [f"{TRAIL_ARN}-2"]}, IMPLICIT_DENY),
        (CLOUDTRAIL, "Decrypt", FOR_TRAIL, IMPLICIT_DENY),
        *((LOGS, action, {LOGS_CONTEXT: [LOG_GROUP]}, ALLOWED) for action in (*USES, "DescribeKey")),
        (LOGS, "Decrypt", {LOGS_CONTEXT: [f"{LOG_GROUP}-2"]}, IMPLICIT_DENY),
        (LOGS, "Decrypt", {LOGS_CONTEXT: [LOG_GROUP.replace(ACCOUNT_ID, OTHER_ACCOUNT_ID)]}, IMPLICIT_DENY),
        (LOGS, "Decrypt", {}, IMPLICIT_DENY),
        (LOGS, "CreateGrant", {LOGS_CONTEXT: [LOG_GROUP]}, IMPLICIT_DENY),
        (service("logs.eu-west-1"), "Decrypt", {LOGS_CONTEXT: [LOG_GROUP]}, IMPLICIT_DENY),
    ],
)
def test_audit_key_policy_allows_the_trail_and_its_log_group_only(prod, principal, action, context, expected):
    assert key_outcome(prod, "audit-key", principal, action, context) is expected
    if expected is ALLOWED:
        for other_key in {*REGIONS} - {"audit-key"}:
            assert key_outcome(prod, other_key, principal, action, context) is IMPLICIT_DENY


# Use for alerts: CloudWatch alarms, and roles through SNS.

CLOUDWATCH = service("cloudwatch")
PUBLISHERS = (CLOUDWATCH, APP)


@pytest.mark.parametrize("name", AUDIT_KEYS)
@pytest.mark.parametrize(
    ("principal", "action", "overrides", "expected"),
    [
        *((publisher, action, {}, ALLOWED) for publisher in PUBLISHERS for action in ("Decrypt", "GenerateDataKey")),
        *((publisher, "Encrypt", {}, IMPLICIT_DENY) for publisher in PUBLISHERS),
        *((publisher, "Decrypt", {TOPIC_CONTEXT: ["{topic}-2"]}, IMPLICIT_DENY) for publisher in PUBLISHERS),
        *((publisher, "Decrypt", {TOPIC_CONTEXT: None}, IMPLICIT_DENY) for publisher in PUBLISHERS),
        (CLOUDWATCH, "Decrypt", {"aws:SourceAccount": [OTHER_ACCOUNT_ID]}, IMPLICIT_DENY),
        (CLOUDWATCH, "Decrypt", {"aws:SourceAccount": None}, IMPLICIT_DENY),
        (APP, "Decrypt", {VIA: ["sqs.us-east-1.amazonaws.com"]}, IMPLICIT_DENY),
        (APP, "Decrypt", {VIA: None}, IMPLICIT_DENY),
        (APP, "Decrypt", {CALLER: [OTHER_ACCOUNT_ID]}, IMPLICIT_DENY),
        (service("events"), "Decrypt", {}, IMPLICIT_DENY),
    ],
)
def test_audit_key_policy_allows_publishers_to_the_topic_of_its_region(
    prod, name, principal, action, overrides, expected
):
    topic = f"arn:aws:sns:{REGIONS[name]}:{ACCOUNT_ID}:phi-prod-alerts"
    caller = via(name, "sns") if principal is APP else {"aws:SourceAccount": [ACCOUNT_ID]}
    formatted = {key: texts and [text.format(topic=topic) for text in texts] for key, texts in overrides.items()}
    context = caller | {TOPIC_CONTEXT: [topic]} | formatted
    assert key_outcome(prod, name, principal, action, context) is expected
    assert key_outcome(prod, "phi-key", principal, action, context) is IMPLICIT_DENY


def test_key_policy_uses_the_service_names_of_china():
    account = Account(ACCOUNT_ID, "cn-north-1", "aws-cn", "amazonaws.com.cn", f"arn:aws-cn:iam::{ACCOUNT_ID}:role/a")
    bucket = "arn:aws-cn:s3:::b"
    document = key_policy(account, phi_key_statements(account, [bucket]))
    app = Principal("AWS", f"arn:aws-cn:iam::{ACCOUNT_ID}:role/app", ACCOUNT_ID)
    context = {VIA: ["s3.cn-north-1.amazonaws.com.cn"], CALLER: [ACCOUNT_ID], S3_CONTEXT: [bucket]}
    assert request_outcome(document, app, "kms:Decrypt", "key", context) is ALLOWED


# Settings.


@pytest.mark.parametrize("name", ["phi-key", "audit-key", "backup-key"])
def test_key_is_rotated_multi_region_and_has_the_longest_deletion_window(prod, name):
    key = prod.resource("Key", name).inputs
    assert (key["enableKeyRotation"], key["rotationPeriodInDays"], key["multiRegion"]) == (True, 365, True)
    assert key["deletionWindowInDays"] == 30
    assert not key.get("bypassPolicyLockoutSafetyCheck")


@pytest.mark.parametrize(("name", "primary"), PRIMARIES.items())
def test_replica_key_has_its_primary_and_the_longest_deletion_window(prod, name, primary):
    (inputs,) = [key.inputs for key in aws_resources(prod, "ReplicaKey") if key.name == name]
    assert inputs["primaryKeyArn"] == f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/{primary}"
    assert inputs["deletionWindowInDays"] == 30


def test_keys_have_aliases(prod):
    aliases = {alias.inputs["name"]: alias.inputs["targetKeyId"] for alias in prod.resources_of_type("Alias")}
    assert aliases == {f"alias/phi-prod-{name}": name for name in REGIONS}
