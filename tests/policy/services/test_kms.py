"""KMS keys: rotation, deletion, state, policies, and keys shared by data and its audit logs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hipaa_controls import evaluator
from hipaa_controls.model.control import Severity, Stage
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.values import Document, Location, StackResource, Unknown
from hipaa_controls.model.verdict import Finding, Status
from hipaa_controls.services.kms import rules
from hipaa_controls.services.kms.facts import Grant, Key, KeyPolicy
from tests.policy.assertions import failed_resources, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource
from tests.policy.services.live_facts import control_by_id

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"
TRAIL_ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit"
EXTERNAL_KEY, REPLICA_KEY = "aws:kms/externalKey:ExternalKey", "aws:kms/replicaKey:ReplicaKey"
REPLICA_EXTERNAL_KEY = "aws:kms/replicaExternalKey:ReplicaExternalKey"
ROTATION, DELETION_WINDOW, KEY_SEPARATION = "kms-rotation", "kms-deletion-window", "kms-key-separation"
NO_PUBLIC_PRINCIPAL, NO_EXTERNAL_ACCESS, CONFUSED_DEPUTY, KEY_ADMINISTRATOR = (
    "kms-no-public-principal",
    "kms-no-external-access",
    "kms-confused-deputy",
    "kms-key-administrator",
)
POLICY_CONTROLS = (NO_PUBLIC_PRINCIPAL, NO_EXTERNAL_ACCESS, CONFUSED_DEPUTY, KEY_ADMINISTRATOR)


def key(name: str = "key", token: str = "aws:kms/key:Key", **inputs: Any) -> Resource:
    """Return a key whose provider gives the stack's own account."""
    return Resource(token, name, inputs, provider_config={"allowedAccountIds": json.dumps([ACCOUNT])})


def allow(**change: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"} | change


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [allow(), *statements]})


def allow_service(name: str = "cloudtrail.amazonaws.com", **condition: Any) -> dict[str, Any]:
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
def test_key_that_rotates_or_cannot_rotate_passes(pack: PackProcess, inputs):
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
def test_key_without_sufficient_rotation_fails(pack: PackProcess, inputs):
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
def test_unknown_rotation_is_unverified(pack: PackProcess, inputs):
    assert unverified_resources(pack, ROTATION, [key(**inputs)]) == {"key"}


def test_key_with_imported_material_fails_and_replica_key_passes(pack: PackProcess):
    assert failed_resources(pack, ROTATION, [key(token=EXTERNAL_KEY)]) == {"key"}
    assert failed_resources(pack, ROTATION, [key(token=REPLICA_KEY, primaryKeyArn=KEY_ARN)]) == set()


@pytest.mark.parametrize("token", ["aws:kms/key:Key", EXTERNAL_KEY, REPLICA_KEY])
def test_deletion_window_below_30_days_fails(pack: PackProcess, token):
    stack = [
        key("short", token, deletionWindowInDays=29),
        key("longest", token, deletionWindowInDays=30),
        key("default", token),
    ]
    assert failed_resources(pack, DELETION_WINDOW, stack) == {"short"}
    assert unverified_resources(pack, DELETION_WINDOW, [key(token=token, deletionWindowInDays=UNKNOWN)]) == {"key"}


# Key policies, each with a statement for the account's root principal.


KEY_TYPES = ("aws:kms/key:Key", EXTERNAL_KEY, REPLICA_KEY, REPLICA_EXTERNAL_KEY)
FORMS = range(len(KEY_TYPES) + 1)


def in_every_form(policy: Any) -> list[list[Resource]]:
    """Return a stack for each way to declare a key policy: on each type of key, and as a resource."""
    key_policy = Resource(
        "aws:kms/keyPolicy:KeyPolicy", "policy", {"keyId": UNKNOWN, "policy": policy}, comes_from={"keyId": ["key"]}
    )
    return [*([key("policy", token, policy=policy)] for token in KEY_TYPES), [key(), key_policy]]


CALLER_IN_ACCOUNT = {"StringEquals": {"kms:CallerAccount": ACCOUNT}}
VIA_S3 = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
EVERYONE = {"AWS": "*"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("change", "fails"),
    [
        ({}, False),
        ({"Principal": "*"}, True),
        ({"Principal": EVERYONE}, True),
        ({"Principal": EVERYONE, "Condition": CALLER_IN_ACCOUNT}, False),
        ({"Principal": EVERYONE, "Condition": VIA_S3}, True),
        (
            {
                "Principal": EVERYONE,
                "Condition": {"StringEquals": VIA_S3["StringEquals"] | CALLER_IN_ACCOUNT["StringEquals"]},
            },
            False,
        ),
        ({"Principal": EVERYONE, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}}, False),
        ({"Principal": EVERYONE, "Condition": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdefghij"}}}, True),
        ({"Principal": EVERYONE, "Condition": {"StringNotEquals": {"kms:CallerAccount": OTHER_ACCOUNT}}}, True),
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
        ({"Principal": {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}}, False),
    ],
)
def test_key_policy_for_arbitrary_principals_fails(pack: PackProcess, change, fails, form):
    statement = {name: value for name, value in allow(**change).items() if value is not None}
    assert failed_resources(pack, NO_PUBLIC_PRINCIPAL, in_every_form(document(statement))[form]) == (
        {"policy"} if fails else set()
    )


@pytest.mark.parametrize("control", POLICY_CONTROLS)
@pytest.mark.parametrize("form", FORMS)
def test_malformed_policy_fails_and_unknown_policy_is_unverified(pack: PackProcess, control, form):
    for malformed in (
        "{",
        '{"Statement": []}',
        '{"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}',
    ):
        expected = set() if control != KEY_ADMINISTRATOR and malformed == '{"Statement": []}' else {"policy"}
        assert failed_resources(pack, control, in_every_form(malformed)[form]) == expected
    assert unverified_resources(pack, control, in_every_form(UNKNOWN)[form]) == {"policy"}


@pytest.mark.parametrize("control", POLICY_CONTROLS)
def test_key_without_policy_passes_with_the_default_policy(pack: PackProcess, control):
    assert failed_resources(pack, control, [key(), key("external", EXTERNAL_KEY), key("empty", policy="")]) == set()


def test_policy_with_unknown_element_is_unverified(pack: PackProcess):
    """The structure of the policy is known from the component that contains the key."""
    for statement, control in (
        (allow(Principal={"AWS": UNKNOWN}), NO_PUBLIC_PRINCIPAL),
        (allow_service(StringEquals={"aws:SourceArn": UNKNOWN}), CONFUSED_DEPUTY),
    ):
        key_policy = {"Version": "2012-10-17", "Statement": [allow(), statement]}
        component = Resource("phi:x:Key", "around", {"keyPolicy": key_policy})
        child = Resource(
            "aws:kms/key:Key", "key", {"policy": UNKNOWN}, parent="around", comes_from={"policy": ["role"]}
        )
        role = Resource("aws:iam/role:Role", "role", {})
        assert unverified_resources(pack, control, [role, component, child]) == {"key"}


EXTERNAL_ROOT, EXTERNAL_ROLE = (f"arn:aws:iam::{OTHER_ACCOUNT}:{name}" for name in ("root", "role/vendor"))
OWN_ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
ORGANIZATION = "o-abcdefghij"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("change", "fails"),
    [
        ({}, False),
        ({"Principal": {"AWS": OWN_ROLE}}, False),
        ({"Principal": EVERYONE, "Condition": CALLER_IN_ACCOUNT}, False),
        ({"Principal": {"Service": "cloudtrail.amazonaws.com"}}, False),
        ({"Principal": {"AWS": EXTERNAL_ROOT}}, True),
        ({"Principal": {"AWS": OTHER_ACCOUNT}}, True),
        ({"Principal": {"AWS": [OWN_ROLE, EXTERNAL_ROLE]}}, True),
        ({"Principal": {"AWS": EXTERNAL_ROOT}, "Action": "kms:DescribeKey"}, True),
        ({"Principal": {"AWS": EXTERNAL_ROOT}, "Action": "kms:CreateGrant"}, True),
        ({"Principal": {"AWS": EXTERNAL_ROOT}, "Condition": VIA_S3}, True),
        ({"Principal": {"AWS": EXTERNAL_ROOT}, "Effect": "Deny"}, False),
        ({"Principal": EVERYONE, "Condition": {"StringEquals": {"kms:CallerAccount": OTHER_ACCOUNT}}}, True),
        ({"Principal": EVERYONE, "Condition": {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}}, True),
    ],
)
def test_key_policy_for_another_account_fails(pack: PackProcess, change, fails, form):
    stack = in_every_form(document(allow(Action="kms:Decrypt") | change))[form]
    assert failed_resources(pack, NO_EXTERNAL_ACCESS, stack) == ({"policy"} if fails else set())


@pytest.mark.parametrize(
    ("principal", "options", "status"),
    [
        ({"AWS": ROOT}, {}, Status.PASS),
        ({"AWS": EXTERNAL_ROOT}, {}, Status.FAIL),
        ({"AWS": EXTERNAL_ROOT}, {"accounts": [OTHER_ACCOUNT]}, Status.PASS),
    ],
)
def test_key_policy_that_gives_an_account_full_access_fails_unless_it_is_trusted(principal, options, status):
    policy_document = Document(document(allow(Principal=principal)))
    policy = KeyPolicy("key", StackResource("key"), KEY_ARN, policy_document, None, Location(account=ACCOUNT))
    assert rules.no_external_access(policy, RuleContext(Stack(()), options)).status is status


# Grants.


def grant(grantee: Any = EXTERNAL_ROLE, comes_from: str | None = None, **inputs: Any) -> Resource:
    """Return a grant of the key, whose grantee may come from another resource."""
    properties = {"keyId": KEY_ARN, "granteePrincipal": grantee, "operations": ["Decrypt"], **inputs}
    sources = {"granteePrincipal": [comes_from]} if comes_from else {}
    return Resource("aws:kms/grant:Grant", "grant", properties, comes_from=sources)


# A key that reveals the account.
OWN_KEY = key(policy=document())
DEPARTMENT = {"Department": "radiology"}


@pytest.mark.parametrize(
    "grantee",
    [
        OWN_ROLE,
        ROOT,
        f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0",
        "rds.us-east-1.amazonaws.com",
        "dynamodb.amazonaws.com",
    ],
)
def test_grant_to_the_account_or_to_a_service_passes(pack: PackProcess, grantee):
    assert failed_resources(pack, NO_EXTERNAL_ACCESS, [OWN_KEY, grant(grantee, retiringPrincipal=grantee)]) == set()


@pytest.mark.parametrize(
    "grantee",
    [
        EXTERNAL_ROLE,
        EXTERNAL_ROOT,
        f"arn:aws:iam::{OTHER_ACCOUNT}:user/vendor",
        f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/vendor/session",
        f"arn:aws:sts::{OTHER_ACCOUNT}:federated-user/vendor",
        f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0",
        f"arn:aws:iam::{OTHER_ACCOUNT}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS",
    ],
)
def test_grant_to_another_account_fails(pack: PackProcess, grantee):
    assert failed_resources(pack, NO_EXTERNAL_ACCESS, [OWN_KEY, grant(grantee)]) == {"grant"}
    with_retiring_principal = grant(OWN_ROLE, retiringPrincipal=grantee)
    assert failed_resources(pack, NO_EXTERNAL_ACCESS, [OWN_KEY, with_retiring_principal]) == {"grant"}


@pytest.mark.parametrize(
    "inputs",
    [
        {"operations": ["DescribeKey"]},
        {"operations": ["RetireGrant"]},
        {"operations": ["CreateGrant"]},
        {"operations": UNKNOWN},
        {"operations": [UNKNOWN]},
        {"operations": ["Decrypt", "DescribeKey"], "constraints": [{"encryptionContextEquals": DEPARTMENT}]},
        {"constraints": [{"encryptionContextSubset": DEPARTMENT}]},
        {"constraints": [{"encryptionContextSubset": {"aws:s3:arn": UNKNOWN}}]},
        {"constraints": [{"encryptionContextEquals": UNKNOWN}]},
        {"constraints": UNKNOWN},
        {"keyId": UNKNOWN},
        {"keyId": KEY_ARN.rsplit("/", 1)[-1]},
    ],
)
def test_grant_of_any_operation_with_any_constraint_to_another_account_fails(pack: PackProcess, inputs):
    assert failed_resources(pack, NO_EXTERNAL_ACCESS, [OWN_KEY, grant(**inputs)]) == {"grant"}
    assert failed_resources(pack, NO_EXTERNAL_ACCESS, [OWN_KEY, grant(OWN_ROLE, **inputs)]) == set()


def test_grant_that_is_partly_unknown_is_unverified(pack: PackProcess):
    for unknown in (
        grant(UNKNOWN),
        grant(UNKNOWN, comes_from="other"),
        grant(OWN_ROLE, retiringPrincipal=UNKNOWN),
    ):
        stack = [OWN_KEY, Resource("aws:ssm/parameter:Parameter", "other", {}), unknown]
        assert unverified_resources(pack, NO_EXTERNAL_ACCESS, stack) == {"grant"}


@pytest.mark.parametrize("token", ["role:Role", "user:User", "serviceLinkedRole:ServiceLinkedRole"])
def test_grant_to_a_principal_of_the_stack_passes_before_its_arn_is_known(pack: PackProcess, token):
    principal = Resource(f"aws:iam/{token}", "principal", {})
    assert failed_resources(pack, NO_EXTERNAL_ACCESS, [principal, grant(UNKNOWN, comes_from="principal")]) == set()


def test_grant_to_a_role_of_another_provider_passes_only_in_the_same_account(pack: PackProcess):
    role = Resource("aws:iam/role:Role", "role", {}, provider="other", provider_config={"profile": "other"})
    stack = [OWN_KEY, role, grant(UNKNOWN, comes_from="role")]
    assert unverified_resources(pack, NO_EXTERNAL_ACCESS, stack) == {"grant"}
    same_account, other_account = (
        Resource(
            "aws:kms/key:Key",
            "other",
            {},
            provider="other",
            provider_config={"allowedAccountIds": json.dumps([account])},
        )
        for account in (ACCOUNT, OTHER_ACCOUNT)
    )
    assert failed_resources(pack, NO_EXTERNAL_ACCESS, [*stack, same_account]) == set()
    assert unverified_resources(pack, NO_EXTERNAL_ACCESS, [*stack, other_account]) == {"grant"}


def test_grant_to_an_external_role_with_the_name_of_an_own_role_fails(pack: PackProcess):
    role = Resource("aws:iam/role:Role", "vendor", {"name": "vendor"})
    assert failed_resources(pack, NO_EXTERNAL_ACCESS, [OWN_KEY, role, grant(EXTERNAL_ROLE)]) == {"grant"}


def test_grant_is_unverified_while_the_own_account_is_unknown(pack: PackProcess):
    assert unverified_resources(pack, NO_EXTERNAL_ACCESS, [grant(OWN_ROLE)]) == {"grant"}


@pytest.mark.parametrize(
    ("operation", "encryption_context", "outcome"),
    [
        ("Decrypt", {"Department": "radiology", "Patient": "${aws:SourceArn}"}, evaluator.Outcome.ALLOWED),
        ("Decrypt", {"department": "radiology", "Patient": "${aws:SourceArn}", "a": "b"}, evaluator.Outcome.ALLOWED),
        ("Decrypt", {"Department": "Radiology", "Patient": "${aws:SourceArn}"}, evaluator.Outcome.IMPLICIT_DENY),
        ("Decrypt", {"Department": "radiology", "Patient": TRAIL_ARN}, evaluator.Outcome.IMPLICIT_DENY),
        ("Decrypt", {"Department": "radiology"}, evaluator.Outcome.IMPLICIT_DENY),
        ("DescribeKey", {}, evaluator.Outcome.ALLOWED),
        ("RetireGrant", {}, evaluator.Outcome.ALLOWED),
        ("Encrypt", {"Department": "radiology", "Patient": "${aws:SourceArn}"}, evaluator.Outcome.IMPLICIT_DENY),
    ],
)
def test_grantee_permissions_require_the_encryption_context_of_the_constraint(operation, encryption_context, outcome):
    """A grant has no variables, and the keys of its constraint aren't case-sensitive."""
    operations = ("Decrypt", "DescribeKey", "RetireGrant")
    constraint = {"Department": "radiology", "Patient": "${aws:SourceArn}"}
    constrained_grant = Grant("grant", KEY_ARN, OWN_ROLE, None, operations, constraint)
    elements = {"Effect": "Allow", "Principal": {"AWS": OWN_ROLE}, "Resource": "*"}
    statements = [elements | permission for permission in rules.grantee_permissions(constrained_grant)]
    policy = evaluator.parse({"Version": "2012-10-17", "Statement": statements})
    context = {f"kms:EncryptionContext:{name}": value for name, value in encryption_context.items()}
    context["aws:SourceArn"] = TRAIL_ARN
    request = evaluator.Request(
        f"kms:{operation}", KEY_ARN, evaluator.Principal("AWS", OWN_ROLE), context, context_is_complete=True
    )
    assert evaluator.evaluate([policy], request).outcome is outcome


def check_grant(grantee: str, retiring_principal: str | None = None, **options: Any) -> Finding:
    live_grant = Grant(
        f"{KEY_ARN}:1", KEY_ARN, grantee, retiring_principal, ("Decrypt",), {}, Location(account=ACCOUNT)
    )
    return rules.no_external_access(live_grant, RuleContext(Stack((live_grant,)), options))


def test_grant_to_a_trusted_account_of_the_config_passes():
    assert check_grant(EXTERNAL_ROLE).status is Status.FAIL
    assert check_grant(EXTERNAL_ROLE, EXTERNAL_ROOT, accounts=[OTHER_ACCOUNT]).status is Status.PASS


@pytest.mark.parametrize(
    ("grantee", "retiring_principal", "label", "action"),
    [
        (EXTERNAL_ROLE, None, "the grantee principal ", "kms:Decrypt"),
        (OWN_ROLE, EXTERNAL_ROLE, "the retiring principal ", "kms:RetireGrant"),
    ],
)
def test_grant_finding_names_the_untrusted_principal_and_shows_a_request(grantee, retiring_principal, label, action):
    finding = check_grant(grantee, retiring_principal)
    assert finding.text.startswith(label)
    assert finding.witness is not None
    request = {name: finding.witness.details[name] for name in ("caller", "account", "action", "resource")}
    assert request == {"caller": "role/vendor", "account": OTHER_ACCOUNT, "action": action, "resource": KEY_ARN}


@pytest.mark.parametrize("grantee", ["AROA1234567890EXAMPLE", OTHER_ACCOUNT, "*", "arn:aws:iam::*:role/vendor", ""])
def test_grantee_without_a_known_account_is_unverified(grantee):
    assert check_grant(grantee).status is Status.UNVERIFIED


TRAIL_CONTEXT_KEY = "kms:EncryptionContext:aws:cloudtrail:arn"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("condition", "fails"),
    [
        ({}, True),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, False),
        ({"StringEquals": {"aws:SourceArn": TRAIL_ARN}}, False),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/*"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::data"}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::data/*"}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}, True),
        ({"StringLike": {TRAIL_CONTEXT_KEY: f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"}}, False),
        ({"StringLike": {TRAIL_CONTEXT_KEY: "arn:aws:cloudtrail:*:*:trail/*"}}, True),
        (
            {
                "StringLike": {
                    TRAIL_CONTEXT_KEY: [f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*", "arn:aws:cloudtrail:*:*:trail/x"]
                }
            },
            True,
        ),
        ({"StringLike": {TRAIL_CONTEXT_KEY: f"arn:aws:cloudtrail:*:{OTHER_ACCOUNT}:trail/*"}}, True),
        ({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}, True),
        ({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com", "kms:CallerAccount": ACCOUNT}}, False),
        ({"StringEquals": {"kms:CallerAccount": OTHER_ACCOUNT}}, True),
        ({"StringEquals": {"aws:SourceAccount": [ACCOUNT, OTHER_ACCOUNT]}}, True),
        ({"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}}, True),  # a service may name no source
        ({"StringNotEquals": {"aws:SourceAccount": OTHER_ACCOUNT}}, True),
        ({"StringEquals": {"aws:SourceOrgID": "o-abcdefghij"}}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
    ],
)
def test_service_acting_for_other_accounts_fails(pack: PackProcess, condition, fails, form):
    assert failed_resources(pack, CONFUSED_DEPUTY, in_every_form(document(allow_service(**condition)))[form]) == (
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
def test_wildcard_principal_includes_services(pack: PackProcess, condition, fails):
    policy = document(allow(Principal="*", Condition=condition))
    assert failed_resources(pack, CONFUSED_DEPUTY, [key(policy=policy)]) == ({"key"} if fails else set())


@pytest.mark.parametrize(
    ("change", "fails"),
    [
        ({"Action": "kms:DescribeKey"}, False),
        ({"Action": ["KMS:describekey"]}, False),
        ({"Action": "kms:DescribeKey", "Principal": "*", "Condition": CALLER_IN_ACCOUNT}, False),
        ({"Action": ["kms:DescribeKey", "kms:Decrypt"]}, True),
        ({"Action": "kms:*"}, True),
        ({"Action": None, "NotAction": "kms:DescribeKey"}, True),
    ],
)
def test_service_may_describe_the_key_without_a_source_condition(pack: PackProcess, change, fails):
    statement = allow_service() | {"Condition": {}} | change
    policy = document({name: value for name, value in statement.items() if value is not None})
    assert failed_resources(pack, CONFUSED_DEPUTY, [key(policy=policy)]) == ({"key"} if fails else set())


def test_service_may_be_limited_by_a_deny(pack: PackProcess):
    deny = allow_service(StringNotEquals={"aws:SourceAccount": ACCOUNT}) | {"Effect": "Deny", "Action": "kms:*"}
    assert failed_resources(pack, CONFUSED_DEPUTY, [key(policy=document(allow_service(), deny))]) == set()
    assert failed_resources(
        pack, CONFUSED_DEPUTY, [key(policy=document(allow_service(), deny | {"Action": "kms:Decrypt"}))]
    ) == {"key"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("statements", "fails"),
    [
        ([allow()], False),
        ([allow(Action=["kms:Put*"])], False),
        ([allow(Principal={"AWS": ACCOUNT})], False),
        ([allow(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/admin"})], False),
        ([allow(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})], False),
        ([allow(Principal="*", Condition=CALLER_IN_ACCOUNT)], False),
        ([allow(Action=["kms:Encrypt", "kms:Decrypt"])], True),
        ([allow(Principal={"Service": "s3.amazonaws.com"})], True),
        ([allow(Condition=VIA_S3)], True),
        ([allow(), allow(Effect="Deny", Principal="*", Action="kms:PutKeyPolicy")], True),
        ([allow(), allow(Effect="Deny", Action="kms:Decrypt", Principal="*")], False),
        ([allow(NotAction="kms:PutKeyPolicy", Action=None)], True),
    ],
)
def test_key_policy_without_administrator_fails(pack: PackProcess, statements, fails, form):
    present = [{name: value for name, value in statement.items() if value is not None} for statement in statements]
    policy = json.dumps({"Version": "2012-10-17", "Statement": present})
    assert failed_resources(pack, KEY_ADMINISTRATOR, in_every_form(policy)[form]) == ({"policy"} if fails else set())


def test_bypassing_the_lockout_check_fails(pack: PackProcess):
    bypass = {"bypassPolicyLockoutSafetyCheck": True}
    assert failed_resources(pack, KEY_ADMINISTRATOR, [key(**bypass), key("replica", REPLICA_KEY, **bypass)]) == {
        "key",
        "replica",
    }
    assert failed_resources(pack, KEY_ADMINISTRATOR, [key(policy=document(), **bypass)]) == {"key"}
    assert failed_resources(pack, KEY_ADMINISTRATOR, [key(bypassPolicyLockoutSafetyCheck=False)]) == set()
    assert unverified_resources(
        pack, KEY_ADMINISTRATOR, [key(policy=document(), bypassPolicyLockoutSafetyCheck=UNKNOWN)]
    ) == {"key"}


@pytest.mark.parametrize(
    ("condition", "options", "status"),
    [
        ({"aws:SourceAccount": OTHER_ACCOUNT}, {}, Status.FAIL),
        ({"aws:SourceAccount": OTHER_ACCOUNT}, {"accounts": [OTHER_ACCOUNT]}, Status.PASS),
        ({"aws:SourceOrgID": "o-abcdefghij"}, {}, Status.FAIL),
        ({"aws:SourceOrgID": "o-abcdefghij"}, {"organizations": ["o-abcdefghij"]}, Status.PASS),
    ],
)
def test_trusted_accounts_and_organizations_of_the_config_pass(condition, options, status):
    policy_document = Document(document(allow_service(StringEquals=condition)))
    policy = KeyPolicy("key", StackResource("key"), KEY_ARN, policy_document, None, Location(account=ACCOUNT))
    assert rules.confused_deputy(policy, RuleContext(Stack(()), options)).status is status


@pytest.mark.parametrize(("days", "status"), [(90, Status.FAIL), (365, Status.PASS), (400, Status.PASS)])
def test_maximum_rotation_period_of_the_config_applies(days, status):
    yearly_rotated_key = Key("key", KEY_ARN, "symmetric", True, 365, 30)
    assert rules.rotation(yearly_rotated_key, RuleContext(Stack(()), {"days": days})).status is status


# Key separation: the key of a bucket with PHI, and the keys of the audit logs about it.


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
def test_log_bucket_with_the_key_of_the_data_fails(pack: PackProcess, tag, data, log, fails):
    alias = Resource(
        "aws:kms/alias:Alias", "alias", {"name": "alias/x", "targetKeyId": UNKNOWN}, comes_from={"targetKeyId": ["key"]}
    )
    stack = [key(), key("audit-key"), alias, *bucket("data", tag, *data), *bucket("log", "CloudTrailLog", *log)]
    assert failed_resources(pack, KEY_SEPARATION, stack) == ({"log"} if fails else set())


def test_log_bucket_that_may_have_the_key_of_the_data_is_unverified(pack: PackProcess):
    for log in (UNKNOWN, "alias/audit"):
        stack = [*bucket("data", "PHI", KEY_ARN), *bucket("log", "CloudTrailLog", log)]
        assert unverified_resources(pack, KEY_SEPARATION, stack) == {"log"}


@pytest.mark.parametrize(("audit_key", "fails"), [("key", True), ("audit-key", False)])
def test_trail_and_log_group_with_the_key_of_the_data_fail(pack: PackProcess, audit_key, fails):
    with_key = {"kmsKeyId": UNKNOWN}
    group, plain = (
        Resource("aws:cloudwatch/logGroup:LogGroup", name, with_key, comes_from={"kmsKeyId": [audit_key]})
        for name in ("group", "plain")
    )
    trail = Resource(
        "aws:cloudtrail/trail:Trail",
        "trail",
        {**with_key, "s3BucketName": "log", "cloudWatchLogsGroupArn": UNKNOWN},
        comes_from={"kmsKeyId": [audit_key], "cloudWatchLogsGroupArn": ["group"]},
    )
    stack = [key(), key("audit-key"), *bucket("data", "PHI", UNKNOWN, "key"), group, plain, trail]
    assert failed_resources(pack, KEY_SEPARATION, stack) == ({"trail", "group"} if fails else set())
    tagged = Resource(plain.type, "plain", {**with_key, "tags": {"DataClass": UNKNOWN}}, comes_from=plain.comes_from)
    assert unverified_resources(pack, KEY_SEPARATION, [*stack[:4], tagged]) == ({"plain"} if fails else set())


def test_data_without_phi_may_share_its_key_with_logs(pack: PackProcess):
    stack = [key(), *bucket("data", "Internal", UNKNOWN, "key"), *bucket("log", "CloudTrailLog", UNKNOWN, "key")]
    assert failed_resources(pack, KEY_SEPARATION, stack) == set()


def finding_for_state(state: Any) -> Finding:
    live_key = Key(KEY_ARN, KEY_ARN, "symmetric", True, 365, None, Location("aws", "us-east-1", ACCOUNT), state)
    return rules.key_enabled(live_key, RuleContext(Stack((live_key,)), {}))


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
def test_live_key_that_is_not_usable_fails(state, status):
    assert finding_for_state(state).status is status


def test_key_state_is_not_checked_in_a_program(pack: PackProcess):
    control = control_by_id("kms-key-enabled")
    assert control.stages == {Stage.LIVE}
    assert control.severity is Severity.CRITICAL
    assert control.id not in {policy.name for policy in pack.policies()}
