"""IAM: what identities may do, who may take a role, and users."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from hipaa.model.rule import RuleContext
from hipaa.model.stack import Stack
from hipaa.model.values import Document, Location
from hipaa.model.verdict import Status
from hipaa.services.iam.facts import IamRole, IdentityPolicy, UserAccess
from hipaa.services.iam.managed_policies import ADMIN_POLICIES, BROAD_DECRYPT_POLICIES
from hipaa.services.iam.rules import identity_policies, role_trust
from tests.policy.assertions import failed_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource
from tests.policy.services.live_facts import UNREAD, status_for

ACCOUNT, OTHER = "111122223333", "444455556666"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ADMIN, DECRYPT, LEAST = "iam-no-admin", "iam-no-broad-decrypt", "iam-least-privilege"
TRUST, APPLIES, USERS = "iam-role-trust-policy", "iam-condition-keys-apply", "iam-no-users"
POLICY = "aws:iam/policy:Policy"


def unknown(pack: PackProcess, control: str, stack: list[Resource]) -> set[str]:
    findings = [finding for finding in pack.evaluate_stack(stack) if finding.policy == control]
    assert all("known yet" in finding.message for finding in findings)
    assert all(finding.mandatory for finding in findings if control != APPLIES)
    return {finding.resource for finding in findings}


def allow(actions: Any, resources: Any = "*", **change: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources} | change


def without(statement: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in statement.items() if name not in names}


def document(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def forms(*statements: Any) -> list[Resource]:
    """The policy in each form that there is, beside one that is right."""
    text = json.dumps(document(allow("s3:GetObject", "arn:aws:s3:::other/*"), *statements))
    inline = [{"name": "right", "policy": json.dumps(document(allow("s3:GetObject")))}, {"name": "it", "policy": text}]
    return [
        Resource(POLICY, "managed", {"policy": text}),
        Resource("aws:iam/rolePolicy:RolePolicy", "of-role", {"role": "role", "policy": text}),
        Resource("aws:iam/groupPolicy:GroupPolicy", "of-group", {"group": "group", "policy": text}),
        Resource("aws:iam/userPolicy:UserPolicy", "of-user", {"user": "user", "policy": text}),
        Resource("aws:iam/role:Role", "inline", {"assumeRolePolicy": trust(), "inlinePolicies": inline}),
        Resource("aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy", "set", {"inlinePolicy": text}),
    ]


def trust(**change: Any) -> str:
    service = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return json.dumps(document(service | change))


EACH = {resource.name for resource in forms()}
KEYS = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/"


@pytest.mark.parametrize(
    ("statement", "fails"),
    [
        (allow("*"), True),
        (allow("*:*"), True),
        (allow("s3:*"), True),
        (allow(["ec2:Describe*", "kms:*"]), True),
        (allow("iam:*", f"arn:aws:iam::{ACCOUNT}:*"), True),
        (allow("s3:*", ["arn:aws:s3:::*", "arn:aws:s3:::*/*"]), True),
        (allow("s3:*", "arn:aws:s3:::*/*"), True),
        *((allow("s3:*", each), True) for each in ("arn:aws:s3:*/*", "*/*", "arn:*s:s3:::*", "arn:aws:s3:*")),
        (allow("kms:*", f"arn:aws:kms:us-*-1:{ACCOUNT}:key/*"), True),
        (allow("kms:*", "arn:aws:kms:us-east-?:*:key/*"), True),
        (allow("kms:*", f"{KEYS}*"), True),
        (allow("s3:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), True),
        (without(allow("", NotAction="iam:*"), "Action"), True),
        (without(allow("s3:*", NotResource=["arn:aws:s3:::other", "arn:aws:s3:::other/*"]), "Resource"), True),
        (without(allow("", NotAction=["s3:*", "kms:*", "iam:*"]), "Action"), False),
        (allow("s3:*", "arn:aws:s3:::other/*"), False),
        (allow("kms:*", f"{KEYS}0a1b"), False),
        (allow("s3:Get*"), False),
        (allow("ec2:*"), False),
        (allow("*", Effect="Deny"), False),
    ],
)
def test_a_policy_that_allows_everything_fails(pack: PackProcess, statement, fails):
    assert failed_resources(pack, ADMIN, forms(statement)) == (EACH if fails else set())


VIA = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}


@pytest.mark.parametrize(
    "action", ["kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:GenerateDataKeyPair", "kms:*"]
)
@pytest.mark.parametrize(
    ("rest", "fails"),
    [
        ({}, True),
        ({"Resource": f"{KEYS}*"}, True),
        ({"Resource": "arn:aws:kms:*:*:key/*"}, True),
        ({"Resource": f"{KEYS}0a1b"}, False),
        ({"Condition": {"StringEquals": VIA}}, False),
        ({"Condition": {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}}, False),
        ({"Condition": {"StringLike": {"kms:ViaService": "*"}}}, True),
        ({"Condition": {"StringEqualsIfExists": VIA}}, True),
        ({"Condition": {"StringNotEquals": VIA}}, True),
        ({"Condition": {"StringEquals": {"kms:RequestAlias": "alias/phi"}}}, False),
        ({"Condition": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/phi"}}}, False),
        ({"Condition": {"ForAllValues:StringEquals": {"kms:ResourceAliases": "alias/phi"}}}, True),
        ({"Condition": {"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/*"}}}, True),
        ({"Condition": {"StringEquals": {"aws:PrincipalTag/team": "x"}}}, True),
        ({"Effect": "Deny"}, False),
    ],
)
def test_a_policy_that_decrypts_with_every_key_fails(pack: PackProcess, action, rest, fails):
    assert failed_resources(pack, DECRYPT, forms(allow(action) | rest)) == (EACH if fails else set())


def test_a_use_of_every_key_may_be_bound_by_a_deny(pack: PackProcess):
    deny = allow("kms:*", Effect="Deny", Condition={"StringNotEquals": VIA})
    assert failed_resources(pack, DECRYPT, forms(allow("kms:Decrypt"), deny)) == set()
    assert failed_resources(pack, DECRYPT, forms(allow("kms:Decrypt"), deny | {"Resource": f"{KEYS}0a1b"})) == EACH
    assert failed_resources(pack, DECRYPT, forms(allow("kms:Encrypt"))) == set()


ATTACHMENTS = {
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "policyArn",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "policyArn",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": "policyArn",
    "aws:iam/policyAttachment:PolicyAttachment": "policyArn",
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": "policyArns",
    "aws:iam/role:Role": "managedPolicyArns",
    "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment": "managedPolicyArn",
}


@pytest.mark.parametrize(("token", "prop"), ATTACHMENTS.items())
def test_managed_policies_of_aws(pack: PackProcess, token, prop):
    def told(control: str, arn: str, judge: Any = failed_resources) -> bool:
        rest = {"assumeRolePolicy": trust()} if token.endswith(":Role") else {}
        given = ["arn:aws:iam::aws:policy/ReadOnlyAccess", arn] if prop.endswith("s") else arn
        comes_from = {prop: ["own"]} if arn == UNKNOWN and judge is failed_resources else {}
        own = Resource(POLICY, "own", {"policy": json.dumps(document(allow("s3:GetObject")))})
        return judge(pack, control, [own, Resource(token, "it", {**rest, prop: given}, comes_from=comes_from)]) == {
            "it"
        }

    for name in ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess", "AmazonS3FullAccess"):
        assert told(ADMIN, f"arn:aws:iam::aws:policy/{name}")
    assert told(ADMIN, "arn:aws-us-gov:iam::aws:policy/AdministratorAccess")
    assert told(DECRYPT, "arn:aws:iam::aws:policy/job-function/SystemAdministrator")
    for control in (ADMIN, DECRYPT):
        assert not told(control, "arn:aws:iam::aws:policy/ReadOnlyAccess")
        assert not told(control, f"arn:aws:iam::{ACCOUNT}:policy/AdministratorAccess")
        assert not told(control, UNKNOWN)  # but of a policy of the stack
        assert told(control, UNKNOWN, unknown)


@pytest.mark.parametrize(
    ("judge", "names"),
    [(identity_policies.no_admin, ADMIN_POLICIES), (identity_policies.no_broad_decrypt, BROAD_DECRYPT_POLICIES)],
)
def test_the_managed_policies_that_are_named_are_those_that_fail(judge, names):
    managed = json.loads(aws_managed_policies_data)
    for name in names:
        policy = IdentityPolicy("it", (Document(managed[name.rpartition("/")[2]]["Document"]),))
        assert judge(policy, RuleContext(Stack(()), {})).status is Status.FAIL, name


@pytest.mark.parametrize("control", [ADMIN, DECRYPT, LEAST, APPLIES])
def test_a_policy_that_is_malformed_fails_and_one_that_is_not_known_is_told(pack: PackProcess, control):
    for policy in ("{", {}, document(without(allow("s3:GetObject"), "Resource"), allow("s3:GetObject"))):
        text = policy if isinstance(policy, str) else json.dumps(policy)
        assert failed_resources(pack, control, [Resource(POLICY, "it", {"policy": text})]) == {"it"}
    with_principal = document(allow("s3:GetObject", Principal="*"))
    assert failed_resources(pack, control, [Resource(POLICY, "it", {"policy": json.dumps(with_principal)})]) == {"it"}
    assert unknown(pack, control, [Resource(POLICY, "it", {"policy": UNKNOWN})]) == {"it"}
    role = {"assumeRolePolicy": trust(), "inlinePolicies": UNKNOWN}
    assert unknown(pack, control, [Resource("aws:iam/role:Role", "it", role)]) == {"it"}


def structured(*statements: Any, comes_from: tuple[str, ...] = ()) -> list[Resource]:
    """A policy as the component around it declared it."""
    around = Resource("phi:x:Role", "around", {"identityPolicy": document(*statements)})
    return [around, Resource(POLICY, "it", {"policy": UNKNOWN}, "around", {"policy": comes_from})]


@pytest.mark.parametrize(
    ("control", "statement", "told"),
    [
        (ADMIN, allow("s3:*", UNKNOWN), True),
        (ADMIN, allow(UNKNOWN, "*"), True),
        (ADMIN, allow("s3:*", Effect=UNKNOWN), True),
        (ADMIN, UNKNOWN, True),
        (ADMIN, without(allow("", UNKNOWN, NotAction=["s3:*", UNKNOWN]), "Action"), True),
        (ADMIN, allow(["s3:GetObject"], UNKNOWN), False),
        (DECRYPT, allow("kms:Decrypt", UNKNOWN), True),
        (DECRYPT, allow("kms:Decrypt", Condition={"StringEquals": {"kms:ViaService": UNKNOWN}}), True),
        (DECRYPT, allow("kms:Decrypt", Condition=UNKNOWN), True),
        (DECRYPT, allow("kms:Encrypt", UNKNOWN), False),
        (LEAST, allow("s3:*", UNKNOWN), True),
        (LEAST, allow("s3:PutBucketPolicy", UNKNOWN), True),
        (LEAST, allow(UNKNOWN, "arn:aws:s3:::data"), True),
        (LEAST, allow("s3:GetObject", UNKNOWN), False),
        (APPLIES, allow(UNKNOWN, Condition={"StringEquals": {"s3:prefix": "x"}}), True),
    ],
)
def test_an_unknown_leaf_is_told_where_the_answer_depends_on_it(pack: PackProcess, control, statement, told):
    assert unknown(pack, control, [*phi(), *structured(statement)]) == ({"it"} if told else set())


def phi(name: Any = "data", tag: str = "PHI") -> list[Resource]:
    return [Resource("aws:s3/bucket:Bucket", "data", {"bucket": name, "tags": {"DataClass": tag}})]


DATA, OBJECTS = "arn:aws:s3:::data", "arn:aws:s3:::data/*"
REACHING = [
    (allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], OBJECTS), False),
    (allow("s3:ListBucket", DATA), False),
    (allow("s3:Get*", [DATA, OBJECTS]), False),
    (allow("s3:*", OBJECTS), True),
    (allow("*", DATA), True),
    (allow("s3:*", f"{DATA}/reports/*"), True),
    (allow("s3:*", "arn:aws:s3:::d*"), True),
    (allow("s3:*", OBJECTS, Condition={"StringEquals": {"aws:PrincipalTag/team": "x"}}), True),
    (allow("s3:*", ["arn:aws:s3:::other", "arn:aws:s3:::other/*"]), False),
    (without(allow("", OBJECTS, NotAction="s3:DeleteObject"), "Action"), True),
    (without(allow("", OBJECTS, NotAction="s3:*"), "Action"), False),
    (without(allow("", OBJECTS, NotAction=["s3:Put*", "s3:Delete*", "s3:Bypass*"]), "Action"), True),
    (without(allow("s3:*", NotResource=[DATA, OBJECTS]), "Resource"), False),
    (without(allow("s3:*", NotResource="arn:aws:s3:::other/*"), "Resource"), True),
    (allow("s3:*", OBJECTS, Effect="Deny"), False),
    (allow("s3:Put*", OBJECTS), False),
    (allow("s3:Put*", DATA), True),
    (allow("s3:BypassGovernanceRetention", OBJECTS), True),
    *((allow(f"s3:{action}", DATA), True) for action in (
        "PutBucketPolicy", "DeleteBucketPolicy", "PutBucketAcl", "PutEncryptionConfiguration", "PutBucketVersioning",
        "PutBucketPublicAccessBlock", "DeleteBucket", "PutReplicationConfiguration", "PutLifecycleConfiguration",
        "PutBucketLogging", "PutBucketObjectLockConfiguration", "PutBucketOwnershipControls",
    )),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "fails"), REACHING)
def test_more_than_named_actions_on_phi_fails(pack: PackProcess, statement, fails):
    stack = [*phi(), Resource("aws:s3/bucket:Bucket", "other", {"bucket": "other", "tags": {"DataClass": "Other"}})]
    assert failed_resources(pack, LEAST, [*stack, *forms(statement)]) == (EACH if fails else set())


def test_what_is_not_phi_may_be_administered(pack: PackProcess):
    assert failed_resources(pack, LEAST, [*phi(tag="Internal"), *forms(allow("s3:*", [DATA, OBJECTS]))]) == set()
    assert failed_resources(pack, LEAST, forms(allow("s3:*", [DATA, OBJECTS]))) == set()


def test_a_bucket_whose_name_is_not_known_is_joined_by_reference(pack: PackProcess):
    made = phi(UNKNOWN)
    other = Resource("aws:s3/bucket:Bucket", "other", {"bucket": UNKNOWN, "tags": {"DataClass": "Other"}})
    for statement in (allow("s3:*", [UNKNOWN]), allow("s3:PutBucketPolicy", UNKNOWN)):
        assert failed_resources(pack, LEAST, [*made, *structured(statement, comes_from=("data",))]) == {"it"}
        assert unknown(pack, LEAST, [*made, other, *structured(statement, comes_from=("data", "other"))]) == {"it"}
    assert (
        failed_resources(pack, LEAST, [*made, *structured(allow("s3:GetObject", UNKNOWN), comes_from=("data",))])
        == set()
    )
    assert failed_resources(
        pack, LEAST, [*made, Resource(POLICY, "it", {"policy": json.dumps(document(allow("s3:*")))})]
    ) == {"it"}
    elsewhere = document(allow("s3:*", "arn:aws:s3:::elsewhere/*"))
    assert failed_resources(pack, LEAST, [*made, Resource(POLICY, "it", {"policy": json.dumps(elsewhere)})]) == set()


SSE = {"StringEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}


@pytest.mark.parametrize(
    ("actions", "condition", "fails"),
    [
        ("s3:PutObject", SSE, False),
        ("s3:GetObject", SSE, True),
        (["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], SSE, True),
        ("s3:Put*", SSE, False),
        ("s3:GetObject", {"StringEqualsIfExists": SSE["StringEquals"]}, False),
        ("s3:GetObject", {"StringNotEquals": SSE["StringEquals"]}, False),
        ("s3:GetObject", {"Null": {"s3:x-amz-server-side-encryption": "true"}}, False),
        ("s3:GetObject", {"StringEquals": {"S3:X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": KEYS}}, True),
        ("s3:ListBucket", {"StringLike": {"s3:prefix": "x/*"}}, False),
        ("s3:GetObject", {"StringLike": {"s3:prefix": "x/*"}}, True),
        ("s3:GetObject", {"StringEquals": {"s3:delimiter": "/"}}, True),
        ("s3:GetObject", {"NumericLessThan": {"s3:max-keys": "10"}}, True),
        ("s3:PutObjectAcl", {"StringEquals": {"s3:x-amz-acl": "private"}}, False),
        ("s3:DeleteObject", {"StringEquals": {"s3:x-amz-acl": "private"}}, True),
        ("s3:PutObjectRetention", {"StringEquals": {"s3:object-lock-mode": "GOVERNANCE"}}, False),
        ("s3:DeleteObject", {"StringEquals": {"s3:object-lock-mode": "GOVERNANCE"}}, True),
        ("s3:GetObject", {"StringEquals": {"s3:ExistingObjectTag/class": "x"}}, False),
        ("s3:DeleteObject", {"StringEquals": {"s3:ExistingObjectTag/class": "x"}}, True),
        ("kms:Decrypt", {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}, False),
        ("s3:GetObject", {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}, True),
        ("kms:Generate*", {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": DATA}}, False),
        ("kms:DescribeKey", {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": DATA}}, True),
        ("s3:GetObject", {"StringEquals": {"aws:PrincipalTag/team": "x"}}, False),
        ("*", SSE, False),
    ],
)
def test_a_grant_that_never_applies_is_told(pack: PackProcess, actions, condition, fails):
    stack = forms(allow(actions, Condition=condition))
    assert failed_resources(pack, APPLIES, stack) == (EACH if fails else set())
    assert not any(finding.mandatory for finding in pack.evaluate_stack(stack) if finding.policy == APPLIES)


# Trust. A key tells the account.
KEY = Resource(
    "aws:kms/key:Key", "key", {"policy": json.dumps(document(allow("kms:*", Principal={"AWS": ROOT})))}
)  # fmt: skip
AWAY = {"AWS": f"arn:aws:iam::{OTHER}:root"}
HUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
EKS = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/ABCD"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"
AUDIENCE = {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}
SUBJECT = "token.actions.githubusercontent.com:sub"


def role(**change: Any) -> Resource:
    return Resource("aws:iam/role:Role", "role", {"assumeRolePolicy": trust(**change)})


def federated(provider: str, **condition: Any) -> dict[str, Any]:
    action = "sts:AssumeRoleWithSAML" if provider == SAML else "sts:AssumeRoleWithWebIdentity"
    return {"Principal": {"Federated": provider}, "Action": action, "Condition": condition}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"Principal": {"AWS": ROOT}},
        {"Principal": {"AWS": ACCOUNT}},
        {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/app"}},
        {"Principal": AWAY, "Condition": {"StringEquals": {"sts:ExternalId": "x"}}},
        {"Principal": AWAY, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}},
        {"Principal": AWAY, "Condition": {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abcdefghij/*"}}},
        {"Principal": "*", "Effect": "Deny"},
        federated(HUB, StringEquals=AUDIENCE | {SUBJECT: "repo:org/app:ref:refs/heads/main"}),
        federated(HUB, StringEquals=AUDIENCE, StringLike={SUBJECT: "repo:org/app:*"}),
        federated(SAML, StringEquals={"SAML:aud": "https://signin.aws.amazon.com/saml"}),
        federated(
            EKS,
            StringEquals={
                "oidc.eks.us-east-1.amazonaws.com/id/ABCD:aud": "sts.amazonaws.com",
                "oidc.eks.us-east-1.amazonaws.com/id/ABCD:sub": "system:serviceaccount:phi:app",
            },
        ),
        federated(
            "cognito-rules.amazonaws.com",
            **{
                "StringEquals": {"cognito-rules.amazonaws.com:aud": "us-east-1:pool"},
                "ForAnyValue:StringLike": {"cognito-rules.amazonaws.com:amr": "authenticated"},
            },
        ),
        federated("www.amazon.com", StringEquals={"www.amazon.com:app_id": "x", "www.amazon.com:user_id": "y"}),
    ],
)
def test_a_role_for_those_it_names_passes(pack: PackProcess, change):
    assert failed_resources(pack, TRUST, [KEY, role(**change)]) == set()


@pytest.mark.parametrize(
    "change",
    [
        {"Principal": "*"},
        {"Principal": {"AWS": "*"}, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}},
        {"Principal": {"AWS": [ROOT, OTHER]}},
        {"Principal": AWAY},
        {"Principal": AWAY, "Condition": {"StringEquals": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/app"}}},
        {"Principal": AWAY, "Condition": {"StringLike": {"sts:ExternalId": "*"}}},
        {"Principal": AWAY, "Condition": {"StringEqualsIfExists": {"sts:ExternalId": "x"}}},
        {"Principal": AWAY, "Condition": {"StringNotEquals": {"sts:ExternalId": "x"}}},
        {"Principal": AWAY, "Condition": {"StringLike": {"aws:PrincipalOrgID": "o-*"}}},
        {"Principal": {"AWS": "AROA1234567890ABCDEF"}},
        federated(HUB),
        federated(HUB, StringEquals=AUDIENCE),
        federated(HUB, StringEquals={SUBJECT: "repo:org/app:ref:refs/heads/main"}),
        federated(HUB, StringEquals=AUDIENCE, StringLike={SUBJECT: "repo:*"}),
        federated(HUB, StringEquals=AUDIENCE, StringLike={SUBJECT: "*"}),
        federated(HUB, StringEquals=AUDIENCE, StringEqualsIfExists={"accounts.google.com:sub": "x"}),
        federated(SAML),
        federated("cognito-rules.amazonaws.com", StringEquals={"cognito-rules.amazonaws.com:aud": "pool"}),
    ],
)
def test_a_role_for_others_fails(pack: PackProcess, change):
    assert failed_resources(pack, TRUST, [KEY, role(**change)]) == {"role"}


def test_a_deny_binds_a_trust_too(pack: PackProcess):
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
    condition = {"StringNotEquals": {"sts:ExternalId": "x"}}
    statements = [json.loads(trust(Principal=AWAY))["Statement"][0], deny | {"Condition": condition}]
    bound = Resource("aws:iam/role:Role", "role", {"assumeRolePolicy": json.dumps(document(*statements))})
    assert failed_resources(pack, TRUST, [KEY, bound]) == set()


def test_a_trust_that_is_malformed_fails_and_one_that_is_not_known_is_told(pack: PackProcess):
    for text in ("{", "", json.dumps(document(allow("sts:AssumeRole")))):
        assert failed_resources(
            pack, TRUST, [KEY, Resource("aws:iam/role:Role", "role", {"assumeRolePolicy": text})]
        ) == {"role"}
    assert unknown(pack, TRUST, [KEY, Resource("aws:iam/role:Role", "role", {"assumeRolePolicy": UNKNOWN})]) == {"role"}
    for change in ({"Principal": {"AWS": UNKNOWN}}, {"Principal": UNKNOWN}, federated(UNKNOWN, StringEquals=AUDIENCE)):
        declared = {"trustPolicy": json.loads(trust(**change))}
        child = Resource("aws:iam/role:Role", "role", {"assumeRolePolicy": UNKNOWN}, "around")
        assert unknown(pack, TRUST, [KEY, Resource("phi:x:Role", "around", declared), child]) == {"role"}


@pytest.mark.parametrize(("accounts", "status"), [((), Status.FAIL), ((OTHER,), Status.PASS)])
def test_accounts_that_the_config_trusts_need_no_binding(accounts, status):
    given = IamRole("role", Document(trust(Principal=AWAY)), Location(account=ACCOUNT))
    assert role_trust.role_trust_policy(given, RuleContext(Stack(()), {"accounts": accounts})).status is status


def test_whose_account_it_is_that_is_not_known_is_told(pack: PackProcess):
    assert unknown(pack, TRUST, [role(Principal={"AWS": ROOT})]) == {"role"}
    assert (
        failed_resources(pack, TRUST, [role(Principal=AWAY, Condition={"StringEquals": {"sts:ExternalId": "x"}})])
        == set()
    )


@pytest.mark.parametrize(
    "token",
    [
        "aws:iam/user:User",
        "aws:iam/accessKey:AccessKey",
        "aws:iam/userPolicy:UserPolicy",
        "aws:iam/userPolicyAttachment:UserPolicyAttachment",
        "aws:iam/userLoginProfile:UserLoginProfile",
        "aws:iam/userGroupMembership:UserGroupMembership",
        "aws:iam/groupMembership:GroupMembership",
        "aws:iam/sshKey:SshKey",
        "aws:iam/serviceSpecificCredential:ServiceSpecificCredential",
    ],
)
def test_users_fail(pack: PackProcess, token):
    given = {"user": UNKNOWN, "policy": UNKNOWN, "policyArn": UNKNOWN}
    assert failed_resources(pack, USERS, [role(), Resource(token, "it", given)]) == {"it"}


def test_a_policy_that_users_are_given_fails(pack: PackProcess):
    arn = {"policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    token = "aws:iam/policyAttachment:PolicyAttachment"
    stack = [Resource(token, "users", arn | {"users": ["x"]}), Resource(token, "roles", arn | {"roles": ["x"]})]
    assert failed_resources(pack, USERS, stack) == {"users"}


def test_no_users_is_unverified_where_a_user_may_exist():
    assert status_for("iam-no-users", UserAccess("arn", UNREAD)) is Status.UNVERIFIED
    assert status_for("iam-no-users", UserAccess("arn", "an IAM user")) is Status.FAIL
