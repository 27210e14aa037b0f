"""Roles, policies and users of a live account: each thing that is wrong fails its own controls alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pytest

from hipaa.model.data_class import DataClass
from hipaa.model.values import Location
from hipaa.model.verdict import Status
from hipaa.services.iam.facts import IamRole, IdentityPolicy, UserAccess
from hipaa.services.s3.facts import Bucket
from phi.audit.calls import iam as iam_calls
from phi.audit.collect import iam
from phi.audit.reader import AuditedAccount
from phi.audit.scope import WHOLE_ACCOUNT, Scope
from tests.phi.audit.reader_helpers import AuditResult, session_with_response, assert_unverified, audit, session_denying
from tests.phi.conftest import ACCOUNT, REGION

CONTROLS = (
    *("iam-no-admin", "iam-no-broad-decrypt", "iam-least-privilege"),
    *("iam-role-trust-policy", "iam-condition-keys-apply", "iam-no-users"),
)
STACK = Scope({}, "phi-dev-")
BUCKET_ARN = "arn:aws:s3:::phi-dev-phi"
BUCKET = Bucket(
    BUCKET_ARN,
    BUCKET_ARN,
    DataClass.PHI,
    (),
    tags={"DataClass": "PHI"},
    location=Location("aws", REGION, ACCOUNT),
    declared_here=True,
)
READING = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": f"{BUCKET_ARN}/*"}
ALL_OF_IAM = {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}
EVERY_KEY = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
ALL_OF_PHI = {"Effect": "Allow", "Action": "s3:*", "Resource": BUCKET_ARN}
NEVER = READING | {"Condition": {"StringEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}}
OWN = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
ROLE, GROUP, POLICY = (
    f"arn:aws:iam::{ACCOUNT}:{each}" for each in ("role/phi-dev-app", "group/phi-dev-people", "policy/phi-dev-read")
)


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture
def client(session: boto3.Session) -> Any:
    """Of an account with a role, a group and a managed policy of the role, all as they should be."""
    client: Any = session.client("iam")
    client.create_role(RoleName="phi-dev-app", AssumeRolePolicyDocument=document(OWN))
    client.create_group(GroupName="phi-dev-people")
    client.create_policy(PolicyName="phi-dev-read", PolicyDocument=document(READING))
    client.attach_role_policy(RoleName="phi-dev-app", PolicyArn=POLICY)
    for_role(client, READING)
    for_group(client, READING)
    return client


def for_role(client: Any, *statements: dict[str, Any]) -> None:
    client.put_role_policy(RoleName="phi-dev-app", PolicyName="permissions", PolicyDocument=document(*statements))


def for_group(client: Any, *statements: dict[str, Any]) -> None:
    client.put_group_policy(GroupName="phi-dev-people", PolicyName="permissions", PolicyDocument=document(*statements))


def trust(client: Any, **change: Any) -> None:
    client.update_assume_role_policy(RoleName="phi-dev-app", PolicyDocument=document(OWN | change))


def version(client: Any, *, default: bool) -> None:
    client.create_policy_version(PolicyArn=POLICY, PolicyDocument=document(ALL_OF_IAM), SetAsDefault=default)


def user(client: Any) -> None:
    client.create_user(UserName="someone")


def powerful_user(client: Any) -> None:
    user(client)
    client.put_user_policy(UserName="someone", PolicyName="own", PolicyDocument=document(ALL_OF_IAM))


def judged(session: boto3.Session, scope: Scope = WHOLE_ACCOUNT) -> AuditResult:
    return audit(session, iam.collect, CONTROLS, [BUCKET], scope)


@pytest.mark.parametrize("scope", [WHOLE_ACCOUNT, STACK])
def test_what_is_right_passes(session, client, scope):
    found = judged(session, scope)
    assert (found.blocking, found.failed_calls) == ({}, ())
    assert found.findings(Status.PASS) == {
        **{control: {ROLE, GROUP, POLICY} for control in CONTROLS[:3]},
        "iam-role-trust-policy": {ROLE},
        "iam-condition-keys-apply": {ROLE, GROUP, POLICY},
    }


@pytest.mark.parametrize(
    ("change", "control", "resource"),
    [
        (lambda client: trust(client, Principal={"AWS": "*"}), "iam-role-trust-policy", ROLE),
        (
            lambda client: trust(client, Principal={"AWS": "arn:aws:iam::444455556666:root"}),
            "iam-role-trust-policy",
            ROLE,
        ),
        (lambda client: for_role(client, READING, ALL_OF_IAM), "iam-no-admin", ROLE),
        (lambda client: for_role(client, EVERY_KEY), "iam-no-broad-decrypt", ROLE),
        (lambda client: for_role(client, ALL_OF_PHI), "iam-least-privilege", ROLE),
        (lambda client: for_role(client, NEVER), "iam-condition-keys-apply", ROLE),
        (lambda client: for_group(client, ALL_OF_IAM), "iam-no-admin", GROUP),
        (lambda client: version(client, default=True), "iam-no-admin", POLICY),
        (user, "iam-no-users", f"arn:aws:iam::{ACCOUNT}:user/someone"),
    ],
)
def test_each_thing_that_is_wrong_fails_its_own_control(
    session: boto3.Session, client: Any, change: Callable[[Any], None], control: str, resource: str
):
    change(client)
    assert judged(session).findings(Status.FAIL) == {control: {resource}}


def test_a_users_own_policy_is_judged_too(session, client):
    powerful_user(client)
    arn = f"arn:aws:iam::{ACCOUNT}:user/someone"
    assert judged(session).findings(Status.FAIL) == {"iam-no-users": {arn}, "iam-no-admin": {arn}}


def test_a_version_that_isnt_the_default_isnt_in_force(session, client):
    version(client, default=False)
    assert judged(session).blocking == {}


@pytest.mark.parametrize("holder", ["role", "group", "user"])
def test_aws_own_managed_policies_count_where_they_are_attached(holder):
    arn = f"arn:aws:iam::{ACCOUNT}:{holder}/x"
    attached = [{"PolicyName": "IAMFullAccess", "PolicyArn": "arn:aws:iam::aws:policy/IAMFullAccess"}]
    held = {"Arn": arn, "Path": "/", f"{holder.title()}Name": "x", "AttachedManagedPolicies": attached}
    kinds = {name: [] for name in ("RoleDetailList", "GroupDetailList", "UserDetailList", "Policies")}
    trusted = {"AssumeRolePolicyDocument": document(OWN)}
    found = judged(
        session_with_response(
            iam_calls.GET_ACCOUNT_AUTHORIZATION_DETAILS, kinds | {f"{holder.title()}DetailList": [held | trusted]}
        )
    )
    assert found.findings(Status.FAIL)["iam-no-admin"] == {arn}


def test_what_aws_made_for_its_services_isnt_judged(session, client):
    path = "/aws-service-role/config.amazonaws.com/"
    anybody = document(OWN | {"Principal": {"AWS": "*"}})
    client.create_role(RoleName="AWSServiceRoleForConfig", Path=path, AssumeRolePolicyDocument=anybody)
    client.put_role_policy(
        RoleName="AWSServiceRoleForConfig", PolicyName="x", PolicyDocument=document(ALL_OF_IAM, EVERY_KEY)
    )
    found = judged(session)
    assert found.blocking == {}
    assert {each.resource for each in found.stack.facts_of_type(IamRole)} == {ROLE}


@pytest.mark.parametrize("path", ["/", "/aws-reserved/sso.amazonaws.com/", "/mine/aws-service-role/"])
def test_what_people_made_is_judged_wherever_it_is(session, client, path):
    client.create_role(
        RoleName="another", Path=path, AssumeRolePolicyDocument=document(OWN | {"Principal": {"AWS": "*"}})
    )
    assert judged(session).findings(Status.FAIL) == {
        "iam-role-trust-policy": {f"arn:aws:iam::{ACCOUNT}:role{path}another"}
    }


def test_of_a_stack_its_own_alone_are_judged(session, client):
    powerful_user(client)
    client.create_role(RoleName="other", AssumeRolePolicyDocument=document(OWN | {"Principal": {"AWS": "*"}}))
    client.create_policy(PolicyName="other", PolicyDocument=document(ALL_OF_IAM))
    client.create_group(GroupName="other")
    client.put_group_policy(GroupName="other", PolicyName="x", PolicyDocument=document(ALL_OF_IAM))
    found = judged(session, STACK)
    assert (found.blocking, found.stack.facts_of_type(UserAccess)) == ({}, [])
    assert set(judged(session).findings(Status.FAIL)) == {"iam-no-admin", "iam-no-users", "iam-role-trust-policy"}


def test_what_a_role_of_the_stack_may_do_by_anothers_policy_is_judged(session, client):
    arn = client.create_policy(PolicyName="other", PolicyDocument=document(ALL_OF_IAM))["Policy"]["Arn"]
    client.attach_role_policy(RoleName="phi-dev-app", PolicyArn=arn)
    assert judged(session, STACK).findings(Status.FAIL) == {"iam-no-admin": {arn}}


def test_what_bounds_a_role_lets_nobody_do_anything():
    account = AuditedAccount(ACCOUNT, "aws", (REGION,))
    versions = [{"IsDefaultVersion": True, "VersionId": "v1", "Document": json.loads(document(ALL_OF_IAM))}]
    policy = {"Arn": POLICY, "PolicyName": "phi-dev-read", "PolicyVersionList": versions}
    for bounding, attached, read in ((1, 0, 0), (1, 1, 1), (0, 0, 1), (0, 1, 1)):
        counted = policy | {"PermissionsBoundaryUsageCount": bounding, "AttachmentCount": attached}
        facts = iam.parse_details([], [], [counted], WHOLE_ACCOUNT, account)
        assert len(facts) == read, (bounding, attached)


def test_aws_own_policies_are_judged_by_their_names_alone():
    arn = "arn:aws-us-gov:iam::aws:policy/AdministratorAccess"
    versions = [{"IsDefaultVersion": True, "Document": json.loads(document(ALL_OF_IAM))}]
    own = {"Arn": arn, "PolicyName": "AdministratorAccess", "AttachmentCount": 1, "PolicyVersionList": versions}
    group = {"Arn": GROUP, "GroupName": "phi-dev-people", "AttachedManagedPolicies": [{"PolicyArn": arn}]}
    facts = iam.parse_details(
        [], [group], [own], WHOLE_ACCOUNT, AuditedAccount(ACCOUNT, "aws-us-gov", ("us-gov-west-1",))
    )
    assert [each.resource for each in facts] == [GROUP]


def test_what_has_no_document_is_no_pass():
    """AWS always tells one."""
    facts = iam.parse_details(
        [{"Arn": ROLE, "Path": "/", "RoleName": "phi-dev-app", "RolePolicyList": [{"PolicyName": "x"}]}],
        [],
        [{"Arn": POLICY, "PolicyName": "x", "PolicyVersionList": []}],
        WHOLE_ACCOUNT,
        AuditedAccount(ACCOUNT, "aws", (REGION,)),
    )
    role, inline, managed = facts
    assert isinstance(role, IamRole)
    assert isinstance(inline, IdentityPolicy)
    assert isinstance(managed, IdentityPolicy)
    assert [role.trust_policy.content, *(each.content for each in (*inline.documents, *managed.documents))] == [
        "",
        "",
        "",
    ]


def test_every_page_is_read(session):
    def page(asked: Mapping[str, Any]) -> dict[str, Any]:
        number = int(asked.get("Marker", 0)) + 1
        role = {"Arn": f"arn:aws:iam::{ACCOUNT}:role/{number}", "Path": "/", "RoleName": str(number)}
        listed = [role] if asked["Filter.member.1"] == "Role" else []
        return {"RoleDetailList": listed, "IsTruncated": number < 4, "Marker": str(number)}

    found = judged(session_with_response(iam_calls.GET_ACCOUNT_AUTHORIZATION_DETAILS, page))
    assert [each.resource.rsplit("/", 1)[-1] for each in found.stack.facts_of_type(IamRole)] == ["1", "2", "3", "4"]
    assert found.call_counts == {iam_calls.GET_ACCOUNT_AUTHORIZATION_DETAILS: 16}  # of four kinds, four pages each


def test_what_cant_be_read_is_unverified_and_names_the_permission(session, client):
    assert_unverified(
        judged(session_denying(iam_calls.GET_ACCOUNT_AUTHORIZATION_DETAILS)),
        iam_calls.GET_ACCOUNT_AUTHORIZATION_DETAILS,
        CONTROLS,
    )
    assert_unverified(
        judged(session_denying(iam_calls.GET_ACCOUNT_AUTHORIZATION_DETAILS), STACK),
        iam_calls.GET_ACCOUNT_AUTHORIZATION_DETAILS,
        set(CONTROLS) - {"iam-no-users"},
    )
