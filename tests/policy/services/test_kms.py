"""KMS: rotation, deletion, key policies, and keys that data and its audit share."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hipaa.catalogue import CONTROLS
from hipaa.model.control import Severity, Stage
from hipaa.model.rule import RuleContext
from hipaa.model.stack import Stack
from hipaa.model.values import Document, Location, StackResource, Unknown
from hipaa.model.verdict import Finding, Status
from hipaa.services.kms import rules
from hipaa.services.kms.facts import Key, KeyPolicy
from tests.policy.assertions import failed_resources, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource

ACCOUNT, OTHER = "111122223333", "444455556666"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"
EXTERNAL, REPLICA = "aws:kms/externalKey:ExternalKey", "aws:kms/replicaKey:ReplicaKey"
ROTATION, WINDOW, SEPARATION = "kms-rotation", "kms-deletion-window", "kms-key-separation"
PUBLIC, DEPUTY, ADMIN = "kms-no-public-principal", "kms-confused-deputy", "kms-key-administrator"


def key(name: str = "key", token: str = "aws:kms/key:Key", **inputs: Any) -> Resource:
    return Resource(token, name, inputs)


def allow(**change: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"} | change


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [allow(), *statements]})


def service(name: str = "cloudtrail.amazonaws.com", **condition: Any) -> dict[str, Any]:
    return allow(Principal={"Service": name}, Action=["kms:GenerateDataKey*"], Condition=condition)


@pytest.mark.parametrize(
    "inputs",
    [
        {"enableKeyRotation": True},
        {"enableKeyRotation": "true"},
        {"enableKeyRotation": True, "rotationPeriodInDays": 365},
        {"enableKeyRotation": True, "rotationPeriodInDays": 90},
        {"enableKeyRotation": True, "customerMasterKeySpec": "SYMMETRIC_DEFAULT", "keyUsage": "ENCRYPT_DECRYPT"},
        {"enableKeyRotation": True, "customerMasterKeySpec": UNKNOWN},
        {"customerMasterKeySpec": "RSA_4096"},
        {"customerMasterKeySpec": "HMAC_256", "keyUsage": "GENERATE_VERIFY_MAC"},
        {"customerMasterKeySpec": UNKNOWN, "keyUsage": "SIGN_VERIFY"},
        {"customKeyStoreId": "cks-1234567890abcdef0"},
    ],
)
def test_a_key_that_rotates_passes(pack: PackProcess, inputs):
    assert failed_resources(pack, ROTATION, [key(**inputs)]) == set()


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"enableKeyRotation": False},
        {"enableKeyRotation": "yes"},
        {"enableKeyRotation": True, "rotationPeriodInDays": 366},
        {"enableKeyRotation": False, "rotationPeriodInDays": UNKNOWN},
    ],
)
def test_a_key_that_rotates_seldom_or_never_fails(pack: PackProcess, inputs):
    assert failed_resources(pack, ROTATION, [key("good", enableKeyRotation=True), key(**inputs)]) == {"key"}


@pytest.mark.parametrize(
    "inputs",
    [
        {"enableKeyRotation": UNKNOWN},
        {"enableKeyRotation": True, "rotationPeriodInDays": UNKNOWN},
        {"customerMasterKeySpec": UNKNOWN},
        {"enableKeyRotation": True, "rotationPeriodInDays": 366, "keyUsage": UNKNOWN},
    ],
)
def test_a_rotation_that_is_not_known_is_told(pack: PackProcess, inputs):
    assert unverified_resources(pack, ROTATION, [key(**inputs)]) == {"key"}


def test_imported_material_does_not_rotate_and_a_replica_does_with_its_primary(pack: PackProcess):
    assert failed_resources(pack, ROTATION, [key(token=EXTERNAL)]) == {"key"}
    assert failed_resources(pack, ROTATION, [key(token=REPLICA, primaryKeyArn=KEY_ARN)]) == set()


@pytest.mark.parametrize("token", ["aws:kms/key:Key", EXTERNAL, REPLICA])
def test_the_deletion_window(pack: PackProcess, token):
    stack = [
        key("short", token, deletionWindowInDays=29),
        key("whole", token, deletionWindowInDays=30),
        key("own", token),
    ]
    assert failed_resources(pack, WINDOW, stack) == {"short"}
    assert unverified_resources(pack, WINDOW, [key(token=token, deletionWindowInDays=UNKNOWN)]) == {"key"}


# Each statement beside the account's own, as the key's own policy and as a resource of its own.


def companions(policy: Any) -> list[list[Resource]]:
    apart = Resource(
        "aws:kms/keyPolicy:KeyPolicy", "policy", {"keyId": UNKNOWN, "policy": policy}, comes_from={"keyId": ["key"]}
    )
    return [[key("policy", policy=policy)], [key("policy", EXTERNAL, policy=policy)], [key(), apart]]


CALLER = {"StringEquals": {"kms:CallerAccount": ACCOUNT}}
VIA = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
EVERYONE = {"AWS": "*"}


@pytest.mark.parametrize("at", range(3))
@pytest.mark.parametrize(
    ("change", "fails"),
    [
        ({}, False),
        ({"Principal": "*"}, True),
        ({"Principal": EVERYONE}, True),
        ({"Principal": EVERYONE, "Condition": CALLER}, False),
        ({"Principal": EVERYONE, "Condition": VIA}, True),
        ({"Principal": EVERYONE, "Condition": {"StringEquals": VIA["StringEquals"] | CALLER["StringEquals"]}}, False),
        ({"Principal": EVERYONE, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}}, False),
        ({"Principal": EVERYONE, "Condition": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdefghij"}}}, True),
        ({"Principal": EVERYONE, "Condition": {"StringNotEquals": {"kms:CallerAccount": OTHER}}}, True),
        ({"Principal": EVERYONE, "Condition": {"StringLike": {"kms:CallerAccount": "*"}}}, True),
        ({"Principal": EVERYONE, "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}}, True),
        (
            {"Principal": EVERYONE, "Condition": {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*"}}},
            False,
        ),
        ({"Principal": EVERYONE, "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, False),
        ({"NotPrincipal": {"AWS": ROOT}, "Principal": None}, True),
        ({"Principal": EVERYONE, "Effect": "Deny"}, False),
        ({"Principal": EVERYONE, "Action": "kms:DescribeKey"}, True),
        ({"Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"}}, False),
    ],
)
def test_a_key_open_to_everyone_fails(pack: PackProcess, change, fails, at):
    statement = {name: value for name, value in allow(**change).items() if value is not None}
    assert failed_resources(pack, PUBLIC, companions(document(statement))[at]) == ({"policy"} if fails else set())


@pytest.mark.parametrize("control", [PUBLIC, DEPUTY, ADMIN])
@pytest.mark.parametrize("at", range(3))
def test_a_policy_that_is_malformed_fails_and_one_that_is_not_known_is_told(pack: PackProcess, control, at):
    for malformed in (
        "{",
        '{"Statement": []}',
        '{"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}',
    ):
        expected = set() if control != ADMIN and malformed == '{"Statement": []}' else {"policy"}
        assert failed_resources(pack, control, companions(malformed)[at]) == expected
    assert unverified_resources(pack, control, companions(UNKNOWN)[at]) == {"policy"}


@pytest.mark.parametrize("control", [PUBLIC, DEPUTY, ADMIN])
def test_without_a_policy_a_key_has_the_default_one(pack: PackProcess, control):
    assert failed_resources(pack, control, [key(), key("external", EXTERNAL), key("empty", policy="")]) == set()


def test_a_policy_with_an_unknown_leaf_is_told(pack: PackProcess):
    """The component around the key declared the policy, with its structure known."""
    for statement, control in (
        (allow(Principal={"AWS": UNKNOWN}), PUBLIC),
        (service(StringEquals={"aws:SourceArn": UNKNOWN}), DEPUTY),
    ):
        declared = {"Version": "2012-10-17", "Statement": [allow(), statement]}
        around = Resource("phi:x:Key", "around", {"keyPolicy": declared})
        child = Resource(
            "aws:kms/key:Key", "key", {"policy": UNKNOWN}, parent="around", comes_from={"policy": ["role"]}
        )
        role = Resource("aws:iam/role:Role", "role", {})
        assert unverified_resources(pack, control, [role, around, child]) == {"key"}


TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit"
CONTEXT = "kms:EncryptionContext:aws:cloudtrail:arn"


@pytest.mark.parametrize("at", range(3))
@pytest.mark.parametrize(
    ("condition", "fails"),
    [
        ({}, True),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, False),
        ({"StringEquals": {"aws:SourceArn": TRAIL}}, False),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/*"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::data"}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::data/*"}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}, True),
        ({"StringLike": {CONTEXT: f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"}}, False),
        ({"StringLike": {CONTEXT: "arn:aws:cloudtrail:*:*:trail/*"}}, True),
        (
            {"StringLike": {CONTEXT: [f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*", "arn:aws:cloudtrail:*:*:trail/x"]}},
            True,
        ),
        ({"StringLike": {CONTEXT: f"arn:aws:cloudtrail:*:{OTHER}:trail/*"}}, True),
        ({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}, True),
        ({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com", "kms:CallerAccount": ACCOUNT}}, False),
        ({"StringEquals": {"kms:CallerAccount": OTHER}}, True),
        ({"StringEquals": {"aws:SourceAccount": [ACCOUNT, OTHER]}}, True),
        ({"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}}, False),
        ({"StringNotEquals": {"aws:SourceAccount": OTHER}}, True),
        ({"StringEquals": {"aws:SourceOrgID": "o-abcdefghij"}}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
    ],
)
def test_a_service_that_acts_for_others_fails(pack: PackProcess, condition, fails, at):
    assert failed_resources(pack, DEPUTY, companions(document(service(**condition)))[at]) == (
        {"policy"} if fails else set()
    )


@pytest.mark.parametrize(
    ("condition", "fails"),
    [
        ({"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}, False),
        ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, False),
        ({"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}, False),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, False),
        ({"Bool": {"aws:PrincipalIsAWSService": "true"}}, True),
    ],
)
def test_a_wildcard_is_for_services_too(pack: PackProcess, condition, fails):
    policy = document(allow(Principal="*", Condition=condition))
    assert failed_resources(pack, DEPUTY, [key(policy=policy)]) == ({"key"} if fails else set())


def test_a_service_is_bound_by_a_deny_too(pack: PackProcess):
    deny = service(StringNotEquals={"aws:SourceAccount": ACCOUNT}) | {"Effect": "Deny", "Action": "kms:*"}
    assert failed_resources(pack, DEPUTY, [key(policy=document(service(), deny))]) == set()
    assert failed_resources(pack, DEPUTY, [key(policy=document(service(), deny | {"Action": "kms:Decrypt"}))]) == {
        "key"
    }


@pytest.mark.parametrize("at", range(3))
@pytest.mark.parametrize(
    ("statements", "fails"),
    [
        ([allow()], False),
        ([allow(Action=["kms:Put*"])], False),
        ([allow(Principal={"AWS": ACCOUNT})], False),
        ([allow(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/admin"})], False),
        ([allow(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})], False),
        ([allow(Principal="*", Condition=CALLER)], False),
        ([allow(Action=["kms:Encrypt", "kms:Decrypt"])], True),
        ([allow(Principal={"Service": "s3.amazonaws.com"})], True),
        ([allow(Condition=VIA)], True),
        ([allow(), allow(Effect="Deny", Principal="*", Action="kms:PutKeyPolicy")], True),
        ([allow(), allow(Effect="Deny", Action="kms:Decrypt", Principal="*")], False),
        ([allow(NotAction="kms:PutKeyPolicy", Action=None)], True),
    ],
)
def test_a_key_whose_policy_nobody_may_change_fails(pack: PackProcess, statements, fails, at):
    given = [{name: value for name, value in each.items() if value is not None} for each in statements]
    policy = json.dumps({"Version": "2012-10-17", "Statement": given})
    assert failed_resources(pack, ADMIN, companions(policy)[at]) == ({"policy"} if fails else set())


def test_the_lockout_check_is_not_bypassed(pack: PackProcess):
    on = {"bypassPolicyLockoutSafetyCheck": True}
    assert failed_resources(pack, ADMIN, [key(**on), key("replica", REPLICA, **on)]) == {"key", "replica"}
    assert failed_resources(pack, ADMIN, [key(policy=document(), **on)]) == {"key"}
    assert failed_resources(pack, ADMIN, [key(bypassPolicyLockoutSafetyCheck=False)]) == set()
    assert unverified_resources(pack, ADMIN, [key(policy=document(), bypassPolicyLockoutSafetyCheck=UNKNOWN)]) == {
        "key"
    }


@pytest.mark.parametrize(
    ("condition", "options", "status"),
    [
        ({"aws:SourceAccount": OTHER}, {}, Status.FAIL),
        ({"aws:SourceAccount": OTHER}, {"accounts": [OTHER]}, Status.PASS),
        ({"aws:SourceOrgID": "o-abcdefghij"}, {}, Status.FAIL),
        ({"aws:SourceOrgID": "o-abcdefghij"}, {"organizations": ["o-abcdefghij"]}, Status.PASS),
    ],
)
def test_whom_the_config_trusts(condition, options, status):
    given = Document(document(service(StringEquals=condition)))
    policy = KeyPolicy("key", StackResource("key"), KEY_ARN, given, None, Location(account=ACCOUNT))
    assert rules.confused_deputy(policy, RuleContext(Stack(()), options)).status is status


@pytest.mark.parametrize(("days", "status"), [(90, Status.FAIL), (365, Status.PASS), (400, Status.PASS)])
def test_the_days_of_the_config(days, status):
    given = Key("key", KEY_ARN, "symmetric", True, 365, 30)
    assert rules.rotation(given, RuleContext(Stack(()), {"days": days})).status is status


# Separation: the data's bucket, and what audits it, with a key each.


def bucket(name: str, tag: str, key_id: Any, *comes_from: str) -> list[Resource]:
    default = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key_id}
    return [
        Resource("aws:s3/bucket:Bucket", name, {"bucket": name, "tags": {"DataClass": tag}}),
        Resource(
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
            f"{name}-encryption",
            {"bucket": name, "rules": [{"applyServerSideEncryptionByDefault": default}]},
            comes_from={"bucket": [name], "rules": comes_from},
        ),
    ]


ANOTHER_ARN = KEY_ARN.replace("0a1b", "ffff")


@pytest.mark.parametrize("tag", ["PHI", "Replica"])
@pytest.mark.parametrize(
    ("data", "log", "fails"),
    [
        ((UNKNOWN, "key"), (UNKNOWN, "key"), True),
        ((UNKNOWN, "key"), (UNKNOWN, "audit-key"), False),
        ((UNKNOWN, "key"), (UNKNOWN, "alias"), True),
        ((KEY_ARN,), (KEY_ARN,), True),
        ((KEY_ARN,), (KEY_ARN.rsplit("/", 1)[1],), True),
        ((KEY_ARN,), (ANOTHER_ARN,), False),
        ((UNKNOWN, "key"), (ANOTHER_ARN,), False),
        (("alias/data",), ("alias/data",), True),
    ],
)
def test_a_log_under_the_key_of_its_data_fails(pack: PackProcess, tag, data, log, fails):
    alias = Resource(
        "aws:kms/alias:Alias", "alias", {"name": "alias/x", "targetKeyId": UNKNOWN}, comes_from={"targetKeyId": ["key"]}
    )
    stack = [key(), key("audit-key"), alias, *bucket("data", tag, *data), *bucket("log", "CloudTrailLog", *log)]
    assert failed_resources(pack, SEPARATION, stack) == ({"log"} if fails else set())


def test_a_key_that_may_be_that_of_the_data_is_told(pack: PackProcess):
    for log in (UNKNOWN, "alias/audit"):
        stack = [*bucket("data", "PHI", KEY_ARN), *bucket("log", "CloudTrailLog", log)]
        assert unverified_resources(pack, SEPARATION, stack) == {"log"}


@pytest.mark.parametrize(("mine", "fails"), [("key", True), ("audit-key", False)])
def test_a_trail_and_its_log_group_under_the_key_of_the_data_fail(pack: PackProcess, mine, fails):
    under = {"kmsKeyId": UNKNOWN}
    group, plain = (
        Resource("aws:cloudwatch/logGroup:LogGroup", name, under, comes_from={"kmsKeyId": [mine]})
        for name in ("group", "plain")
    )
    trail = Resource(
        "aws:cloudtrail/trail:Trail",
        "trail",
        {**under, "s3BucketName": "log", "cloudWatchLogsGroupArn": UNKNOWN},
        comes_from={"kmsKeyId": [mine], "cloudWatchLogsGroupArn": ["group"]},
    )
    stack = [key(), key("audit-key"), *bucket("data", "PHI", UNKNOWN, "key"), group, plain, trail]
    assert failed_resources(pack, SEPARATION, stack) == ({"trail", "group"} if fails else set())
    tagged = Resource(plain.type, "plain", {**under, "tags": {"DataClass": UNKNOWN}}, comes_from=plain.comes_from)
    assert unverified_resources(pack, SEPARATION, [*stack[:4], tagged]) == ({"plain"} if fails else set())


def test_other_data_may_share_a_key(pack: PackProcess):
    stack = [key(), *bucket("data", "Internal", UNKNOWN, "key"), *bucket("log", "CloudTrailLog", UNKNOWN, "key")]
    assert failed_resources(pack, SEPARATION, stack) == set()


def live(state: Any) -> Finding:
    of_account = Key(KEY_ARN, KEY_ARN, "symmetric", True, 365, None, Location("aws", "us-east-1", ACCOUNT), state)
    return rules.key_enabled(of_account, RuleContext(Stack((of_account,)), {}))


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("Enabled", Status.PASS),
        ("Updating", Status.PASS),
        ("Disabled", Status.FAIL),
        ("PendingDeletion", Status.FAIL),
        ("PendingReplicaDeletion", Status.FAIL),
        ("PendingImport", Status.FAIL),
        ("Unavailable", Status.FAIL),
        ("Creating", Status.FAIL),
        (Unknown("key.state"), Status.UNVERIFIED),
        (None, Status.UNVERIFIED),
    ],
)
def test_a_live_key_that_cant_be_used_fails(state, status):
    assert live(state).status is status


def test_no_program_is_asked_for_the_state_of_its_keys(pack: PackProcess):
    control = next(each for each in CONTROLS if each.id == "kms-key-enabled")
    assert control.stages == {Stage.LIVE}
    assert control.severity is Severity.CRITICAL
    assert not [
        finding for finding in pack.evaluate_stack([key(enableKeyRotation=True)]) if finding.policy == control.id
    ]
