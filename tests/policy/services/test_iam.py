"""IAM identity policies, role trust policies and users."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.values import Document, Location
from hipaa_controls.model.verdict import Status
from hipaa_controls.services.iam import managed_policies
from hipaa_controls.services.iam.facts import IamRole, UserAccess
from hipaa_controls.services.iam.rules import role_trust
from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource
from tests.policy.services import generate_managed_policies
from tests.policy.services.live_facts import UNREAD, status_for

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
NO_ADMIN, NO_BROAD_DECRYPT, LEAST_PRIVILEGE = "iam-no-admin", "iam-no-broad-decrypt", "iam-least-privilege"
NO_ESCALATION = "iam-no-privilege-escalation"
TRUST_POLICY, CONDITION_KEYS_APPLY, NO_USERS = "iam-role-trust-policy", "iam-condition-keys-apply", "iam-no-users"
POLICY = "aws:iam/policy:Policy"


def allow(actions: Any, resources: Any = "*", **change: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources} | change


def without_elements(statement: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in statement.items() if name not in names}


def document(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def in_every_form(*statements: Any) -> list[Resource]:
    """Return the policy in each form, with a compliant statement and, where possible, a compliant policy beside it."""
    text = json.dumps(document(allow("s3:GetObject", "arn:aws:s3:::other/*"), *statements))
    inline = [{"name": "right", "policy": json.dumps(document(allow("s3:GetObject")))}, {"name": "it", "policy": text}]
    return [
        Resource(POLICY, "managed", {"policy": text}),
        Resource("aws:iam/rolePolicy:RolePolicy", "of-role", {"role": "role", "policy": text}),
        Resource("aws:iam/groupPolicy:GroupPolicy", "of-group", {"group": "group", "policy": text}),
        Resource("aws:iam/userPolicy:UserPolicy", "of-user", {"user": "user", "policy": text}),
        Resource("aws:iam/role:Role", "inline", {"assumeRolePolicy": trust_policy_text(), "inlinePolicies": inline}),
        Resource("aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy", "set", {"inlinePolicy": text}),
    ]


def trust_policy_text(**change: Any) -> str:
    service = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return json.dumps(document(service | change))


ALL_FORMS = {resource.name for resource in in_every_form()}
KEY_ARN_PREFIX = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/"


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
        *((allow("s3:*", resource), True) for resource in ("arn:aws:s3:*/*", "*/*", "arn:*s:s3:::*", "arn:aws:s3:*")),
        (allow("kms:*", f"arn:aws:kms:us-*-1:{ACCOUNT}:key/*"), True),
        (allow("kms:*", "arn:aws:kms:us-east-?:*:key/*"), True),
        (allow("kms:*", f"{KEY_ARN_PREFIX}*"), True),
        *((allow(f"s3:{action}"), True) for action in ("?*", "*?", "*t*", "***", "?????????*", "*e*")),
        (allow(["s3:*Object*", "s3:*Bucket*"]), True),
        (allow(["s3:Get*", "s3:Put*", "s3:Delete*"]), True),
        (allow(["s3:Get*", "s3:Put*", "s3:List*"]), False),
        (
            allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutBucketPolicy"]),
            False,
        ),
        (allow(["iam:?*"]), True),
        (allow(["iam:*Role*", "iam:Get*"]), True),
        (allow("iam:*", "arn:aws:iam::*:role/*"), True),
        (allow("iam:*", "arn:aws:iam::*:role/*/*"), True),
        (allow("iam:*", "arn:aws:iam::*:role/app/*"), False),
        (allow("?ms:*"), True),
        (allow("kms:*e*"), True),
        *(
            (allow("kms:*", f"arn:aws:kms:*:*:key/{key}"), True)
            for key in ("?*", "*-*", "*a*", "a*", "*-4???-*", "mrk-*", "mrk-a*")
        ),
        (allow("kms:*", "arn:aws:kms:*:*:key/????????-????-????-????-????????????"), True),
        (allow("kms:*", [f"{KEY_ARN_PREFIX}{digit}*" for digit in "0123456789abcdef"]), True),
        (allow("kms:*", [f"{KEY_ARN_PREFIX}0a1b*", f"{KEY_ARN_PREFIX}*0a1b", f"{KEY_ARN_PREFIX}mrk-0a1b*"]), False),
        *(
            (allow("s3:*", f"arn:aws:s3:::{bucket}"), True)
            for bucket in ("?*", "*-*", "a*", "*/?*", "?*/*", "*/*/*", "*st*")
        ),
        *(
            (allow("s3:*", f"arn:aws:s3:::{bucket}"), False)
            for bucket in ("app-*", "hr-*", "*-prod", "a-1?", "*/phi/*")
        ),
        (allow("s3:*", "arn:aws:s3:::${aws:PrincipalTag/team}-*"), False),
        *(
            (allow("*", resource), True)
            for resource in ("arn:aws:s3", "arn:aws:kms", "arn:aws:iam", "arn:aws:kms:us-east-1")
        ),
        (allow("s3:*", "arn:aws:kms"), False),
        (allow("s3:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), True),
        (without_elements(allow("", NotAction="iam:*"), "Action"), True),
        (without_elements(allow("", NotAction=["s3:*", "kms:*", "iam:Put*"]), "Action"), True),
        (without_elements(allow("", NotAction=["s3:?*", "kms:***", "iam:*"]), "Action"), True),
        (without_elements(allow("s3:*", NotResource=["arn:aws:s3:::other", "arn:aws:s3:::other/*"]), "Resource"), True),
        (without_elements(allow("", NotAction=["s3:*", "kms:*", "iam:*"]), "Action"), False),
        (allow("s3:*", "arn:aws:s3:::other/*"), False),
        (allow("kms:*", f"{KEY_ARN_PREFIX}0a1b"), False),
        (allow("s3:Get*"), False),
        (allow("ec2:*"), False),
        (allow("*", Effect="Deny"), False),
    ],
)
def test_policy_with_administrative_access_fails(pack: PackProcess, statement, fails):
    assert failed_resources(pack, NO_ADMIN, in_every_form(statement)) == (ALL_FORMS if fails else set())


@pytest.mark.parametrize(
    ("statements", "fails"),
    [
        ([allow("s3:*Object*"), allow(["s3:*Bucket*", "ec2:*"], "arn:aws:s3:::*")], True),
        ([allow("s3:*Object*"), allow("s3:*Bucket*", "arn:aws:s3:::app-*")], False),
        ([allow("s3:*Object*"), allow("s3:*Bucket*", Effect="Deny")], False),
        ([allow("s3:Get*"), allow("s3:List*")], False),
        ([allow("s3:Get*"), without_elements(allow("", NotAction=["s3:*", "kms:*", "iam:*"]), "Action")], False),
    ],
)
def test_statements_that_together_grant_administrative_access_fail(pack: PackProcess, statements, fails):
    assert failed_resources(pack, NO_ADMIN, in_every_form(*statements)) == (ALL_FORMS if fails else set())


def test_finding_names_the_statements_that_together_allow_everything(pack: PackProcess):
    text = json.dumps(document(allow("ec2:*"), allow("s3:*Object*"), allow("s3:List*"), allow("s3:*Bucket*")))
    [finding] = findings_for(pack, NO_ADMIN, [Resource(POLICY, "it", {"policy": text})])
    assert "statements 2 and 4 together allow all of s3" in finding.message


VIA_S3 = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}


@pytest.mark.parametrize(
    "action", ["kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:GenerateDataKeyPair", "kms:*"]
)
@pytest.mark.parametrize(
    ("rest", "fails"),
    [
        ({}, True),
        ({"Resource": f"{KEY_ARN_PREFIX}*"}, True),
        ({"Resource": "arn:aws:kms:*:*:key/*"}, True),
        ({"Resource": f"{KEY_ARN_PREFIX}0a1b"}, False),
        ({"Condition": {"StringEquals": VIA_S3}}, False),
        ({"Condition": {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}}, False),
        *(
            ({"Condition": {"StringLike": {"kms:ViaService": service}}}, True)
            for service in (
                *("*", "*.amazonaws.com", "?*.amazonaws.com", "*amazonaws.com", "*.us-east-1.amazonaws.com"),
                *("s*.amazonaws.com", "*.eu-west-*.amazonaws.com", "*-*", "*.cn-north-1.amazonaws.com.cn"),
            )
        ),
        ({"Condition": {"StringLike": {"kms:ViaService": "dynamodb*.amazonaws.com"}}}, False),
        ({"Condition": {"StringNotLike": {"kms:ViaService": "s*.amazonaws.com"}}}, True),
        (
            {
                "Condition": {
                    "StringNotLike": {"kms:ViaService": "s*"},
                    "Null": {"kms:ViaService": "false"},
                }
            },
            True,
        ),
        ({"Condition": {"StringEquals": {"aws:ResourceTag/team": "x"}}}, False),
        ({"Condition": {"StringLike": {"aws:ResourceTag/team": "?*"}}}, True),
        ({"Condition": {"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/?*"}}}, True),
        ({"Condition": {"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/phi-*"}}}, False),
        (
            {
                "Condition": {
                    "StringEqualsIfExists": VIA_S3,
                    "ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/*"},
                }
            },
            True,
        ),
        *(({"Resource": f"{KEY_ARN_PREFIX}{key}"}, True) for key in ("?*", "*-*", "a*", "mrk-*")),
        ({"Resource": [f"{KEY_ARN_PREFIX}{digit}*" for digit in "0123456789abcdef"]}, True),
        ({"Resource": "arn:aws:kms:us-*:*:key/*"}, True),
        ({"Condition": {"StringEqualsIfExists": VIA_S3}}, True),
        ({"Condition": {"StringNotEquals": VIA_S3}}, True),
        ({"Condition": {"StringEquals": {"kms:RequestAlias": "alias/phi"}}}, False),
        ({"Condition": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/phi"}}}, False),
        ({"Condition": {"ForAllValues:StringEquals": {"kms:ResourceAliases": "alias/phi"}}}, True),
        ({"Condition": {"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/*"}}}, True),
        ({"Condition": {"StringEquals": {"aws:PrincipalTag/team": "x"}}}, True),
        ({"Effect": "Deny"}, False),
    ],
)
def test_policy_that_decrypts_with_every_key_fails(pack: PackProcess, action, rest, fails):
    assert failed_resources(pack, NO_BROAD_DECRYPT, in_every_form(allow(action) | rest)) == (
        ALL_FORMS if fails else set()
    )


def test_decryption_may_be_limited_by_a_deny(pack: PackProcess):
    deny = allow("kms:*", Effect="Deny", Condition={"StringNotEquals": VIA_S3})
    assert failed_resources(pack, NO_BROAD_DECRYPT, in_every_form(allow("kms:Decrypt"), deny)) == set()
    assert (
        failed_resources(
            pack, NO_BROAD_DECRYPT, in_every_form(allow("kms:Decrypt"), deny | {"Resource": f"{KEY_ARN_PREFIX}0a1b"})
        )
        == ALL_FORMS
    )
    but_one_key = without_elements(allow("kms:*", Effect="Deny", NotResource=f"{KEY_ARN_PREFIX}0a1b"), "Resource")
    assert failed_resources(pack, NO_BROAD_DECRYPT, in_every_form(allow("kms:Decrypt"), but_one_key)) == set()
    nothing = without_elements(allow("kms:*", Effect="Deny", NotResource="arn:aws:kms"), "Resource")
    assert failed_resources(pack, NO_BROAD_DECRYPT, in_every_form(allow("kms:Decrypt"), nothing)) == ALL_FORMS
    some_keys = allow("kms:*", f"{KEY_ARN_PREFIX}a*", Effect="Deny")
    assert failed_resources(pack, NO_BROAD_DECRYPT, in_every_form(allow("kms:Decrypt"), some_keys)) == ALL_FORMS
    assert failed_resources(pack, NO_BROAD_DECRYPT, in_every_form(allow("kms:Encrypt"))) == set()


def deny_except(resources: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": "*", "NotResource": resources}


BOUNDARY = {"iam:PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/boundary"}
ROLES, USERS = f"arn:aws:iam::{ACCOUNT}:role/*", f"arn:aws:iam::{ACCOUNT}:user/*"
ANY_POLICY, OWN_POLICY = "arn:aws:iam::*:policy/*", f"arn:aws:iam::{ACCOUNT}:policy/app"
FOR_AWS = {"Bool": {"kms:GrantIsForAWSResource": "true"}}


@pytest.mark.parametrize(
    "action",
    [
        *("iam:PutRolePolicy", "iam:PutUserPolicy", "iam:PutGroupPolicy", "iam:AttachRolePolicy"),
        *("iam:AttachUserPolicy", "iam:AttachGroupPolicy", "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"),
        *("iam:PutRolePermissionsBoundary", "iam:PutUserPermissionsBoundary", "iam:DeleteRolePermissionsBoundary"),
        *("iam:DeleteUserPermissionsBoundary", "iam:AddUserToGroup", "iam:CreateAccessKey", "iam:CreateLoginProfile"),
        *("iam:UpdateLoginProfile", "iam:UpdateAssumeRolePolicy", "iam:PassRole", "sts:AssumeRole"),
        *("kms:PutKeyPolicy", "kms:CreateGrant", "s3:PutBucketPolicy", "s3:PutAccessPointPolicy"),
    ],
)
def test_policy_by_which_an_identity_gives_itself_more_permissions_fails(pack: PackProcess, action):
    statement = allow(["s3:GetObject", action])
    assert failed_resources(pack, NO_ESCALATION, in_every_form(statement)) == ALL_FORMS
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    assert failed_resources(pack, NO_ESCALATION, in_every_form(statement | {"Condition": mfa})) == ALL_FORMS
    assert failed_resources(pack, NO_ESCALATION, in_every_form(statement, allow(action, Effect="Deny"))) == set()
    named = ["arn:aws:s3:::app", f"{KEY_ARN_PREFIX}0a1b", f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/app"]
    named += [f"arn:aws:iam::{ACCOUNT}:{kind}/app-*" for kind in ("role", "user", "group", "policy")]
    assert failed_resources(pack, NO_ESCALATION, in_every_form(statement | {"Resource": named})) == set()


@pytest.mark.parametrize(
    ("statements", "fails"),
    [
        ([allow("*")], True),
        ([allow("iam:*", ROLES)], True),
        ([allow("iam:P?ss*", ROLES)], True),
        ([allow("iam:PassRole", ["arn:aws:iam::*:role/?*"])], True),
        ([allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/service-role/*")], False),
        ([allow("iam:PassRole", USERS)], False),
        ([allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}})], True),
        ([allow("iam:PassRole", Condition={"StringEquals": {"iam:ResourceTag/team": "x"}})], False),
        ([allow("iam:PutRolePolicy", Condition={"StringEquals": BOUNDARY})], False),
        ([allow("iam:PutRolePolicy", Condition={"ArnLike": BOUNDARY})], False),
        ([allow("iam:PutRolePolicy", Condition={"StringEqualsIfExists": BOUNDARY})], True),
        ([allow("iam:PutRolePolicy", Condition={"StringNotEquals": BOUNDARY})], True),
        ([allow("iam:PutRolePolicy", Condition={"Null": {"iam:PermissionsBoundary": "false"}})], True),
        ([allow("iam:PutRolePolicy", Condition={"ArnLike": {"iam:PermissionsBoundary": ANY_POLICY}})], True),
        ([allow("iam:PutRolePolicy"), allow("iam:*", Effect="Deny", Condition={"StringNotEquals": BOUNDARY})], False),
        ([allow("iam:DeleteRolePermissionsBoundary", Condition={"StringEquals": BOUNDARY})], True),
        (
            [
                allow("iam:DeleteRolePermissionsBoundary"),
                allow("iam:*", Effect="Deny", Condition={"StringNotEquals": BOUNDARY}),
            ],
            True,
        ),
        ([allow("iam:PassRole"), deny_except("arn:aws:iam::*:role/app")], False),
        ([allow("iam:PassRole"), deny_except(f"arn:aws:iam::{ACCOUNT}:role/app-*")], False),
        ([allow("iam:PassRole"), deny_except(f"arn:aws:iam::{ACCOUNT}:role/a*")], True),
        ([allow("iam:PassRole"), allow("*", f"arn:aws:iam::{ACCOUNT}:role/a*", Effect="Deny")], True),
        ([allow("iam:PassRole"), allow("*", ROLES.replace(ACCOUNT, "*"), Effect="Deny")], False),
        ([allow("iam:PutGroupPolicy", Condition={"StringEquals": BOUNDARY})], False),  # never matches
        ([allow("iam:PutGroupPolicy", Condition={"StringEqualsIfExists": BOUNDARY})], True),
        ([allow("iam:CreatePolicyVersion", Condition={"StringEqualsIfExists": BOUNDARY})], True),
        ([allow("iam:AttachRolePolicy", Condition={"ArnEquals": {"iam:PolicyARN": OWN_POLICY}})], False),
        ([allow("iam:AttachRolePolicy", Condition={"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/*"}})], True),
        ([allow("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}")], False),
        ([allow("iam:PutUserPolicy", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}")], True),
        ([allow("iam:AttachUserPolicy", "arn:aws:iam::*:user/${aws:username}")], True),
        ([allow("iam:PassRole"), allow("*", Effect="Deny", Condition={"StringLike": {"aws:username": "*"}})], True),
        ([allow("sts:AssumeRole", "arn:aws:iam::*:role/reader")], False),
        ([allow("sts:*", ROLES)], True),
        ([allow("sts:GetCallerIdentity")], False),
        ([allow("kms:CreateGrant", Condition=FOR_AWS)], False),
        ([allow("kms:CreateGrant", Condition={"Bool": {"kms:GrantIsForAWSResource": "false"}})], True),
        ([allow("kms:CreateGrant", Condition={"StringEquals": VIA_S3})], False),
        ([allow("kms:PutKeyPolicy", Condition=FOR_AWS)], False),  # never matches
        ([allow("kms:CreateGrant", "arn:aws:kms:*:*:key/*-*")], True),
        ([allow("s3:Put*"), allow("s3:Put*Policy", ["arn:aws:s3:::*", "arn:aws:s3:*:*:*"], Effect="Deny")], False),
        ([allow("s3:Put*"), allow("s3:Put*Policy", "arn:aws:s3:::*", Effect="Deny")], True),
        ([allow("s3:PutBucketPolicy", "arn:aws:s3:::*-*")], True),
        ([allow("s3:Put*", "arn:aws:s3:::*/*")], False),
        ([allow("s3:PutBucketPolicy", ["arn:aws:s3:::a*", "arn:aws:s3:::app"])], True),
        ([without_elements(allow("", NotAction="s3:*"), "Action")], True),
        ([without_elements(allow("iam:PassRole", NotResource="arn:aws:iam::*:role/admin"), "Resource")], True),
        ([allow("iam:Get*"), allow("iam:List*"), allow("iam:CreateRole")], False),
    ],
)  # fmt: skip
def test_privilege_escalation_is_limited_by_names_conditions_and_denies(pack: PackProcess, statements, fails):
    assert failed_resources(pack, NO_ESCALATION, in_every_form(*statements)) == (ALL_FORMS if fails else set())


@pytest.mark.parametrize(
    ("kind", "statement", "fails"),
    [
        ("role", allow("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/team/app"), True),
        ("role", allow("iam:AttachRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/team/*"), True),
        ("role", allow("iam:PutRolePermissionsBoundary", "arn:aws:iam::*:role/*app"), True),
        ("role", allow("iam:DeleteRolePermissionsBoundary", f"arn:aws:iam::{ACCOUNT}:role/team/app"), True),
        ("role", allow("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/team/app-task"), False),
        ("role", allow("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/team/app"), False),
        ("role", allow("iam:PutUserPolicy", f"arn:aws:iam::{ACCOUNT}:user/team/app"), False),
        (
            "role",
            allow(
                "iam:PutRolePolicy",
                f"arn:aws:iam::{ACCOUNT}:role/team/app",
                Condition={"StringEquals": BOUNDARY},
            ),
            False,
        ),
        ("group", allow("iam:PutGroupPolicy", f"arn:aws:iam::{ACCOUNT}:group/team/app"), True),
        ("user", allow("iam:AttachUserPolicy", f"arn:aws:iam::{ACCOUNT}:user/team/app"), True),
    ],
)
def test_policy_by_which_a_named_identity_gives_itself_more_permissions_fails(pack, kind, statement, fails):
    text = json.dumps(document(statement))
    trust = {"assumeRolePolicy": trust_policy_text()} if kind == "role" else {}
    identity = Resource(f"aws:iam/{kind}:{kind.title()}", "app", {"name": "app", "path": "/team/", **trust})
    token = f"aws:iam/{kind}Policy:{kind.title()}Policy"
    by_name = Resource(token, "it", {kind: "app", "policy": text})
    by_reference = Resource(token, "it", {kind: UNKNOWN, "policy": text}, comes_from={kind: ["app"]})
    for policy in (by_name, by_reference):
        assert failed_resources(pack, NO_ESCALATION, [identity, policy]) == ({"it"} if fails else set())


def test_inline_policy_by_which_a_role_gives_itself_more_permissions_fails(pack: PackProcess):
    text = json.dumps(document(allow("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/app")))
    inputs = {"name": "app", "assumeRolePolicy": trust_policy_text(), "inlinePolicies": [{"policy": text}]}
    assert failed_resources(pack, NO_ESCALATION, [Resource("aws:iam/role:Role", "it", inputs)]) == {"it"}


def test_policy_with_more_denies_than_can_be_checked_fails(pack: PackProcess):
    services = [f"s3.us-region-{number}.amazonaws.com" for number in range(1, 10)]
    services += [f"s3.{a}{b}-region-1.amazonaws.com" for a in "abcde" for b in "abcdefgh"]
    principals = [f"arn:aws:iam::1111222233{number}:role/app" for number in range(10, 60)]
    limits = {"kms:ViaService": services, "kms:GranteePrincipal": principals}
    deny = allow("kms:*", Effect="Deny", Condition={"StringNotEquals": limits})
    text = json.dumps(document(allow("kms:CreateGrant"), deny))
    assert failed_resources(pack, NO_ESCALATION, [Resource(POLICY, "it", {"policy": text})]) == {"it"}


def test_finding_names_the_statement_and_what_it_allows(pack: PackProcess):
    text = json.dumps(document(allow("s3:GetObject"), allow(["iam:*", "sts:AssumeRole"])))
    [finding] = findings_for(pack, NO_ESCALATION, [Resource(POLICY, "it", {"policy": text})])
    found = "statement 2 allows iam:PutRolePolicy on every role, iam:PutUserPolicy on every user"
    assert found in finding.message
    own_user = json.dumps(document(allow("iam:PutUserPolicy", "arn:aws:iam::*:user/${aws:username}")))
    [finding] = findings_for(pack, NO_ESCALATION, [Resource(POLICY, "it", {"policy": own_user})])
    assert "statement 1 allows iam:PutUserPolicy on the user itself" in finding.message


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
def test_broad_aws_managed_policies_fail(pack: PackProcess, token, prop):
    def is_reported(control: str, arn: str, resources_of: Any = failed_resources) -> bool:
        rest = {"assumeRolePolicy": trust_policy_text()} if token.endswith(":Role") else {}
        value = ["arn:aws:iam::aws:policy/ReadOnlyAccess", arn] if prop.endswith("s") else arn
        comes_from = {prop: ["own"]} if arn == UNKNOWN and resources_of is failed_resources else {}
        own_policy = Resource(POLICY, "own", {"policy": json.dumps(document(allow("s3:GetObject")))})
        attachment = Resource(token, "it", {**rest, prop: value}, comes_from=comes_from)
        return resources_of(pack, control, [own_policy, attachment]) == {"it"}

    for name in ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess", "AmazonS3FullAccess"):
        assert is_reported(NO_ADMIN, f"arn:aws:iam::aws:policy/{name}")
    assert is_reported(NO_ADMIN, "arn:aws-us-gov:iam::aws:policy/AdministratorAccess")
    assert is_reported(NO_BROAD_DECRYPT, "arn:aws:iam::aws:policy/job-function/SystemAdministrator")
    assert is_reported(NO_ESCALATION, "arn:aws:iam::aws:policy/AWSLambda_FullAccess")
    for control in (NO_ADMIN, NO_BROAD_DECRYPT, NO_ESCALATION):
        assert not is_reported(control, "arn:aws:iam::aws:policy/ReadOnlyAccess")
        assert not is_reported(control, UNKNOWN)  # a policy of the stack
        assert is_reported(control, UNKNOWN, unverified_resources)
        assert is_reported(control, f"arn:aws:iam::{ACCOUNT}:policy/AdministratorAccess", unverified_resources)
        assert is_reported(control, "arn:aws:iam::aws:policy/service-role/NotYetKnown", unverified_resources)


def test_attached_policy_of_the_stack_is_evaluated_where_it_is_declared(pack: PackProcess):
    declared = Resource(POLICY, "own", {"name": "app", "policy": json.dumps(document(allow("iam:*")))})
    attachment = Resource(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "it", {"policyArn": f"arn:aws:iam::{ACCOUNT}:policy/app"}
    )
    stack = [replace(resource, account=ACCOUNT) for resource in (declared, attachment)]
    assert failed_resources(pack, NO_ADMIN, stack) == {"own"}
    other_account = [replace(resource, account="999999999999") for resource in stack]
    assert {finding.resource for finding in findings_for(pack, NO_ADMIN, other_account)} == {"own", "it"}


def test_aws_managed_policy_with_the_name_of_a_declared_one_is_not_taken_for_it(pack: PackProcess):
    declared = Resource(
        POLICY, "own", {"name": "AdministratorAccess", "policy": json.dumps(document(allow("s3:GetObject")))}
    )
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    attachment = Resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "it", {"policyArn": arn})
    assert failed_resources(pack, NO_ADMIN, [declared, attachment]) == {"it"}


@pytest.mark.parametrize("is_list", [False, True])
def test_customer_managed_policy_of_a_permission_set_is_evaluated_or_unverified(pack: PackProcess, is_list):
    def attachment(name: str) -> Resource:
        reference = {"name": name, "path": "/"}
        if is_list:
            token = "aws:ssoadmin/customerManagedPolicyAttachmentsExclusive:CustomerManagedPolicyAttachmentsExclusive"
            return Resource(token, "it", {"customerManagedPolicyReferences": [reference]})
        token = "aws:ssoadmin/customerManagedPolicyAttachment:CustomerManagedPolicyAttachment"
        return Resource(token, "it", {"customerManagedPolicyReference": reference})

    declared = Resource(POLICY, "own", {"name": "app", "policy": json.dumps(document(allow("s3:GetObject")))})
    assert failed_resources(pack, NO_ADMIN, [declared, attachment("app")]) == set()
    assert unverified_resources(pack, NO_ADMIN, [declared, attachment("other")]) == {"it"}
    assert unverified_resources(pack, NO_ADMIN, [declared, attachment(UNKNOWN)]) == {"it"}


def test_unverified_managed_policy_says_how_to_cure_it(pack: PackProcess):
    arn = f"arn:aws:iam::{ACCOUNT}:policy/team/app"
    attachment = Resource("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "it", {"policyArn": arn})
    [finding] = findings_for(pack, NO_ESCALATION, [attachment])
    assert "the content of the customer managed policy app isn't known" in finding.message
    assert "declare it here, or use an inline policy instead" in finding.message


def test_managed_policies_are_those_that_the_script_generates():
    assert Path(managed_policies.__file__).read_text() == generate_managed_policies.module_text()


@pytest.mark.parametrize("control", [NO_ADMIN, NO_BROAD_DECRYPT, NO_ESCALATION, LEAST_PRIVILEGE, CONDITION_KEYS_APPLY])
def test_malformed_policy_fails_and_unknown_policy_is_unverified(pack: PackProcess, control):
    for policy in ("{", {}, document(without_elements(allow("s3:GetObject"), "Resource"), allow("s3:GetObject"))):
        text = policy if isinstance(policy, str) else json.dumps(policy)
        assert failed_resources(pack, control, [Resource(POLICY, "it", {"policy": text})]) == {"it"}
    with_principal = document(allow("s3:GetObject", Principal="*"))
    assert failed_resources(pack, control, [Resource(POLICY, "it", {"policy": json.dumps(with_principal)})]) == {"it"}
    assert unverified_resources(pack, control, [Resource(POLICY, "it", {"policy": UNKNOWN})]) == {"it"}
    role = {"assumeRolePolicy": trust_policy_text(), "inlinePolicies": UNKNOWN}
    assert unverified_resources(pack, control, [Resource("aws:iam/role:Role", "it", role)]) == {"it"}


def policy_in_component(*statements: Any, comes_from: tuple[str, ...] = ()) -> list[Resource]:
    """Return an unknown policy in a component that declares its structure."""
    component = Resource("phi:x:Role", "around", {"identityPolicy": document(*statements)})
    return [component, Resource(POLICY, "it", {"policy": UNKNOWN}, "around", {"policy": comes_from})]


@pytest.mark.parametrize(
    ("control", "statement", "is_unverified"),
    [
        (NO_ADMIN, allow("s3:*", UNKNOWN), True),
        (NO_ADMIN, allow(UNKNOWN, "*"), True),
        (NO_ADMIN, allow("s3:*", Effect=UNKNOWN), True),
        (NO_ADMIN, UNKNOWN, True),
        (NO_ADMIN, without_elements(allow("", UNKNOWN, NotAction=["s3:*", UNKNOWN]), "Action"), True),
        (NO_ADMIN, allow(["s3:GetObject"], UNKNOWN), False),
        (NO_ADMIN, allow(["s3:*Object*", UNKNOWN]), True),
        (NO_ESCALATION, allow("iam:PassRole", UNKNOWN), True),
        (NO_ESCALATION, allow(UNKNOWN), True),
        (
            NO_ESCALATION,
            allow("iam:PutRolePolicy", Condition={"StringEquals": {"iam:PermissionsBoundary": UNKNOWN}}),
            True,
        ),
        (NO_ESCALATION, allow("s3:GetObject", UNKNOWN), False),
        (NO_BROAD_DECRYPT, allow("kms:Decrypt", UNKNOWN), True),
        (NO_BROAD_DECRYPT, allow("kms:Decrypt", Condition={"StringEquals": {"kms:ViaService": UNKNOWN}}), True),
        (NO_BROAD_DECRYPT, allow("kms:Decrypt", Condition=UNKNOWN), True),
        (NO_BROAD_DECRYPT, allow("kms:Encrypt", UNKNOWN), False),
        (LEAST_PRIVILEGE, allow("s3:*", UNKNOWN), True),
        (LEAST_PRIVILEGE, allow("s3:PutBucketPolicy", UNKNOWN), True),
        (LEAST_PRIVILEGE, allow(UNKNOWN, "arn:aws:s3:::data"), True),
        (LEAST_PRIVILEGE, allow("s3:GetObject", UNKNOWN), False),
        (CONDITION_KEYS_APPLY, allow(UNKNOWN, Condition={"StringEquals": {"s3:prefix": "x"}}), True),
    ],
)
def test_unknown_element_is_unverified_where_it_decides(pack: PackProcess, control, statement, is_unverified):
    assert unverified_resources(pack, control, [*bucket(), *policy_in_component(statement)]) == (
        {"it"} if is_unverified else set()
    )


def bucket(name: Any = "data", tag: str = "PHI") -> list[Resource]:
    return [Resource("aws:s3/bucket:Bucket", "data", {"bucket": name, "tags": {"DataClass": tag}})]


DATA, OBJECTS = "arn:aws:s3:::data", "arn:aws:s3:::data/*"
STATEMENTS_ON_PHI = [
    (allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], OBJECTS), False),
    (allow("s3:ListBucket", DATA), False),
    (allow("s3:Get*", [DATA, OBJECTS]), False),
    (allow("s3:*", OBJECTS), True),
    (allow("*", DATA), True),
    (allow("s3:*", f"{DATA}/reports/*"), True),
    (allow("s3:*", "arn:aws:s3:::d*"), True),
    *((allow(f"s3:{action}", OBJECTS), True) for action in ("?*", "*e*", "*?")),
    (allow(["s3:Get*", "s3:Put*", "s3:Delete*"], OBJECTS), True),
    (allow("s3:*", OBJECTS, Condition={"StringEquals": {"aws:PrincipalTag/team": "x"}}), True),
    (allow("s3:*", ["arn:aws:s3:::other", "arn:aws:s3:::other/*"]), False),
    (without_elements(allow("", OBJECTS, NotAction="s3:DeleteObject"), "Action"), True),
    (without_elements(allow("", OBJECTS, NotAction="s3:*"), "Action"), False),
    (without_elements(allow("", OBJECTS, NotAction=["s3:Put*", "s3:Delete*", "s3:Bypass*"]), "Action"), True),
    (without_elements(allow("s3:*", NotResource=[DATA, OBJECTS]), "Resource"), False),
    (without_elements(allow("s3:*", NotResource="arn:aws:s3:::other/*"), "Resource"), True),
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


@pytest.mark.parametrize(("statement", "fails"), STATEMENTS_ON_PHI)
def test_policy_beyond_named_object_actions_on_phi_fails(pack: PackProcess, statement, fails):
    stack = [*bucket(), Resource("aws:s3/bucket:Bucket", "other", {"bucket": "other", "tags": {"DataClass": "Other"}})]
    assert failed_resources(pack, LEAST_PRIVILEGE, [*stack, *in_every_form(statement)]) == (
        ALL_FORMS if fails else set()
    )


def test_policy_may_administer_bucket_without_phi(pack: PackProcess):
    assert (
        failed_resources(
            pack, LEAST_PRIVILEGE, [*bucket(tag="Internal"), *in_every_form(allow("s3:*", [DATA, OBJECTS]))]
        )
        == set()
    )
    assert failed_resources(pack, LEAST_PRIVILEGE, in_every_form(allow("s3:*", [DATA, OBJECTS]))) == set()


def test_bucket_of_unknown_name_is_found_by_reference(pack: PackProcess):
    unnamed_bucket = bucket(UNKNOWN)
    other = Resource("aws:s3/bucket:Bucket", "other", {"bucket": UNKNOWN, "tags": {"DataClass": "Other"}})
    for statement in (allow("s3:*", [UNKNOWN]), allow("s3:PutBucketPolicy", UNKNOWN)):
        assert failed_resources(
            pack, LEAST_PRIVILEGE, [*unnamed_bucket, *policy_in_component(statement, comes_from=("data",))]
        ) == {"it"}
        assert unverified_resources(
            pack,
            LEAST_PRIVILEGE,
            [*unnamed_bucket, other, *policy_in_component(statement, comes_from=("data", "other"))],
        ) == {"it"}
    assert (
        failed_resources(
            pack,
            LEAST_PRIVILEGE,
            [*unnamed_bucket, *policy_in_component(allow("s3:GetObject", UNKNOWN), comes_from=("data",))],
        )
        == set()
    )
    assert failed_resources(
        pack,
        LEAST_PRIVILEGE,
        [*unnamed_bucket, Resource(POLICY, "it", {"policy": json.dumps(document(allow("s3:*")))})],
    ) == {"it"}
    unnamed = document(allow("s3:*", "arn:aws:s3:::*-*"))
    assert unverified_resources(
        pack, LEAST_PRIVILEGE, [*unnamed_bucket, Resource(POLICY, "it", {"policy": json.dumps(unnamed)})]
    ) == {"it"}
    elsewhere = document(allow("s3:*", "arn:aws:s3:::elsewhere/*"))
    assert (
        failed_resources(
            pack, LEAST_PRIVILEGE, [*unnamed_bucket, Resource(POLICY, "it", {"policy": json.dumps(elsewhere)})]
        )
        == set()
    )


KMS_UPLOAD = {"StringEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}


@pytest.mark.parametrize(
    ("actions", "condition", "fails"),
    [
        ("s3:PutObject", KMS_UPLOAD, False),
        ("s3:GetObject", KMS_UPLOAD, True),
        (["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], KMS_UPLOAD, True),
        ("s3:Put*", KMS_UPLOAD, False),
        ("s3:GetObject", {"StringEqualsIfExists": KMS_UPLOAD["StringEquals"]}, False),
        ("s3:GetObject", {"StringNotEquals": KMS_UPLOAD["StringEquals"]}, False),
        ("s3:GetObject", {"Null": {"s3:x-amz-server-side-encryption": "true"}}, False),
        ("s3:GetObject", {"StringEquals": {"S3:X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": KEY_ARN_PREFIX}}, True),
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
        ("*", KMS_UPLOAD, False),
    ],
)
def test_condition_key_that_the_action_does_not_support_fails(pack: PackProcess, actions, condition, fails):
    stack = in_every_form(allow(actions, Condition=condition))
    assert failed_resources(pack, CONDITION_KEYS_APPLY, stack) == (ALL_FORMS if fails else set())
    assert not any(
        finding.mandatory for finding in pack.evaluate_stack(stack) if finding.policy == CONDITION_KEYS_APPLY
    )


# Role trust policies. A key's ARN gives the stack's own account.
KEY = Resource(
    "aws:kms/key:Key",
    "key",
    {"policy": json.dumps(document(allow("kms:*", Principal={"AWS": ROOT})))},
    outputs={"arn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234"},
)
OTHER_ACCOUNT_ROOT = {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}
GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
EKS = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/ABCD"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"
GITHUB_AUDIENCE = {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}
GITHUB_SUBJECT = "token.actions.githubusercontent.com:sub"


def role(**change: Any) -> Resource:
    return Resource("aws:iam/role:Role", "role", {"assumeRolePolicy": trust_policy_text(**change)})


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
        {"Principal": OTHER_ACCOUNT_ROOT, "Condition": {"StringEquals": {"sts:ExternalId": "x"}}},
        {"Principal": OTHER_ACCOUNT_ROOT, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}},
        {
            "Principal": OTHER_ACCOUNT_ROOT,
            "Condition": {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abcdefghij/*"}},
        },
        {"Principal": "*", "Effect": "Deny"},
        federated(GITHUB, StringEquals=GITHUB_AUDIENCE | {GITHUB_SUBJECT: "repo:org/app:ref:refs/heads/main"}),
        federated(GITHUB, StringEquals=GITHUB_AUDIENCE, StringLike={GITHUB_SUBJECT: "repo:org/app:*"}),
        federated(SAML, StringEquals={"SAML:aud": "https://signin.aws.amazon.com/saml"}),
        federated(
            EKS,
            StringEquals={
                "oidc.eks.us-east-1.amazonaws.com/id/ABCD:aud": "sts.amazonaws.com",
                "oidc.eks.us-east-1.amazonaws.com/id/ABCD:sub": "system:serviceaccount:bucket:app",
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
def test_role_for_named_principals_passes(pack: PackProcess, change):
    assert failed_resources(pack, TRUST_POLICY, [KEY, role(**change)]) == set()


@pytest.mark.parametrize(
    "change",
    [
        {"Principal": "*"},
        {"Principal": {"AWS": "*"}, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}},
        {"Principal": {"AWS": [ROOT, OTHER_ACCOUNT]}},
        {"Principal": OTHER_ACCOUNT_ROOT},
        {
            "Principal": OTHER_ACCOUNT_ROOT,
            "Condition": {"StringEquals": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER_ACCOUNT}:role/app"}},
        },
        {"Principal": OTHER_ACCOUNT_ROOT, "Condition": {"StringLike": {"sts:ExternalId": "*"}}},
        {"Principal": OTHER_ACCOUNT_ROOT, "Condition": {"StringEqualsIfExists": {"sts:ExternalId": "x"}}},
        {"Principal": OTHER_ACCOUNT_ROOT, "Condition": {"StringNotEquals": {"sts:ExternalId": "x"}}},
        {"Principal": OTHER_ACCOUNT_ROOT, "Condition": {"StringLike": {"aws:PrincipalOrgID": "o-*"}}},
        {"Principal": {"AWS": "AROA1234567890ABCDEF"}},
        federated(GITHUB),
        federated(GITHUB, StringEquals=GITHUB_AUDIENCE),
        federated(GITHUB, StringEquals={GITHUB_SUBJECT: "repo:org/app:ref:refs/heads/main"}),
        federated(GITHUB, StringEquals=GITHUB_AUDIENCE, StringLike={GITHUB_SUBJECT: "repo:*"}),
        federated(GITHUB, StringEquals=GITHUB_AUDIENCE, StringLike={GITHUB_SUBJECT: "*"}),
        federated(GITHUB, StringEquals=GITHUB_AUDIENCE, StringEqualsIfExists={"accounts.google.com:sub": "x"}),
        federated(SAML),
        federated("cognito-rules.amazonaws.com", StringEquals={"cognito-rules.amazonaws.com:aud": "pool"}),
    ],
)
def test_role_for_other_principals_fails(pack: PackProcess, change):
    assert failed_resources(pack, TRUST_POLICY, [KEY, role(**change)]) == {"role"}


def test_trust_policy_may_be_limited_by_a_deny(pack: PackProcess):
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
    condition = {"StringNotEquals": {"sts:ExternalId": "x"}}
    statements = [
        json.loads(trust_policy_text(Principal=OTHER_ACCOUNT_ROOT))["Statement"][0],
        deny | {"Condition": condition},
    ]
    limited_role = Resource("aws:iam/role:Role", "role", {"assumeRolePolicy": json.dumps(document(*statements))})
    assert failed_resources(pack, TRUST_POLICY, [KEY, limited_role]) == set()


def test_malformed_trust_policy_fails_and_unknown_one_is_unverified(pack: PackProcess):
    for text in ("{", "", json.dumps(document(allow("sts:AssumeRole")))):
        assert failed_resources(
            pack, TRUST_POLICY, [KEY, Resource("aws:iam/role:Role", "role", {"assumeRolePolicy": text})]
        ) == {"role"}
    assert unverified_resources(
        pack, TRUST_POLICY, [KEY, Resource("aws:iam/role:Role", "role", {"assumeRolePolicy": UNKNOWN})]
    ) == {"role"}
    for change in (
        {"Principal": {"AWS": UNKNOWN}},
        {"Principal": UNKNOWN},
        federated(UNKNOWN, StringEquals=GITHUB_AUDIENCE),
    ):
        component_inputs = {"trustPolicy": json.loads(trust_policy_text(**change))}
        child = Resource("aws:iam/role:Role", "role", {"assumeRolePolicy": UNKNOWN}, "around")
        assert unverified_resources(
            pack, TRUST_POLICY, [KEY, Resource("phi:x:Role", "around", component_inputs), child]
        ) == {"role"}


@pytest.mark.parametrize(("accounts", "status"), [((), Status.FAIL), ((OTHER_ACCOUNT,), Status.PASS)])
def test_trusted_accounts_of_the_config_need_no_condition(accounts, status):
    iam_role = IamRole("role", Document(trust_policy_text(Principal=OTHER_ACCOUNT_ROOT)), Location(account=ACCOUNT))
    assert role_trust.role_trust_policy(iam_role, RuleContext(Stack(()), {"accounts": accounts})).status is status


def test_role_is_unverified_while_the_stacks_account_is_unknown(pack: PackProcess):
    assert unverified_resources(pack, TRUST_POLICY, [role(Principal={"AWS": ROOT})]) == {"role"}
    assert (
        failed_resources(
            pack,
            TRUST_POLICY,
            [role(Principal=OTHER_ACCOUNT_ROOT, Condition={"StringEquals": {"sts:ExternalId": "x"}})],
        )
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
def test_user_resources_fail(pack: PackProcess, token):
    inputs = {"user": UNKNOWN, "policy": UNKNOWN, "policyArn": UNKNOWN}
    assert failed_resources(pack, NO_USERS, [role(), Resource(token, "it", inputs)]) == {"it"}


def test_policy_attachment_to_users_fails(pack: PackProcess):
    arn = {"policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    token = "aws:iam/policyAttachment:PolicyAttachment"
    stack = [Resource(token, "users", arn | {"users": ["x"]}), Resource(token, "roles", arn | {"roles": ["x"]})]
    assert failed_resources(pack, NO_USERS, stack) == {"users"}


def test_no_users_is_unverified_where_a_user_may_exist():
    assert status_for("iam-no-users", UserAccess("arn", UNREAD)) is Status.UNVERIFIED
    assert status_for("iam-no-users", UserAccess("arn", "an IAM user")) is Status.FAIL
