"""The IAM roles, policies and users of a live account: the findings, and entities that can't be read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import boto3
import pytest

from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.values import Location
from hipaa_controls.model.verdict import Status
from hipaa_controls.services.iam.facts import IamRole, IdentityPolicy, UserAccess
from hipaa_controls.services.s3.facts import Bucket
from phi_buckets.audit.calls.iam import GET_ACCOUNT_AUTHORIZATION_DETAILS
from phi_buckets.audit.collect import iam
from phi_buckets.audit.reader import AuditedAccount
from phi_buckets.audit.scope import WHOLE_ACCOUNT, Scope
from tests.phi_buckets.audit.reader_helpers import (
    AuditResult,
    assert_unverified,
    audit,
    session_denying,
    session_with_response,
)
from tests.phi_buckets.emulated_account import ACCOUNT, REGION
from tests.policy.services.live_facts import verdicts_for

CONTROLS = (
    *("iam-no-admin", "iam-no-broad-decrypt", "iam-no-privilege-escalation", "iam-least-privilege"),
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
READ_PHI = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": f"{BUCKET_ARN}/*"}
ADMINISTER_IAM = {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}
BY_ADMINISTRATION = ("iam-no-admin", "iam-no-privilege-escalation")
PASS_ANY_ROLE = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
DECRYPT_WITH_ANY_KEY = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
ANYTHING_ON_PHI = {"Effect": "Allow", "Action": "s3:*", "Resource": BUCKET_ARN}
INAPPLICABLE_CONDITION = READ_PHI | {"Condition": {"StringEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}}
PUT_ON_ITSELF = {
    "Effect": "Allow",
    "Action": "iam:PutRolePolicy",
    "Resource": f"arn:aws:iam::{ACCOUNT}:role/phi-dev-app",
}
TRUST_ACCOUNT = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
ROLE, GROUP, POLICY = (
    f"arn:aws:iam::{ACCOUNT}:{path}" for path in ("role/phi-dev-app", "group/phi-dev-people", "policy/phi-dev-read")
)


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture
def client(session: boto3.Session) -> Any:
    """An account with a compliant role, group and managed policy, which is attached to the role."""
    client: Any = session.client("iam")
    client.create_role(RoleName="phi-dev-app", AssumeRolePolicyDocument=document(TRUST_ACCOUNT))
    client.create_group(GroupName="phi-dev-people")
    client.create_policy(PolicyName="phi-dev-read", PolicyDocument=document(READ_PHI))
    client.attach_role_policy(RoleName="phi-dev-app", PolicyArn=POLICY)
    put_role_policy(client, READ_PHI)
    put_group_policy(client, READ_PHI)
    return client


def put_role_policy(client: Any, *statements: dict[str, Any]) -> None:
    client.put_role_policy(RoleName="phi-dev-app", PolicyName="permissions", PolicyDocument=document(*statements))


def put_group_policy(client: Any, *statements: dict[str, Any]) -> None:
    client.put_group_policy(GroupName="phi-dev-people", PolicyName="permissions", PolicyDocument=document(*statements))


def update_trust(client: Any, **change: Any) -> None:
    client.update_assume_role_policy(RoleName="phi-dev-app", PolicyDocument=document(TRUST_ACCOUNT | change))


def add_admin_version(client: Any, *, default: bool) -> None:
    client.create_policy_version(PolicyArn=POLICY, PolicyDocument=document(ADMINISTER_IAM), SetAsDefault=default)


def create_user(client: Any) -> None:
    client.create_user(UserName="someone")


def create_admin_user(client: Any) -> None:
    create_user(client)
    client.put_user_policy(UserName="someone", PolicyName="own", PolicyDocument=document(ADMINISTER_IAM))


def audit_iam(session: boto3.Session, scope: Scope = WHOLE_ACCOUNT) -> AuditResult:
    return audit(session, iam.collect, CONTROLS, [BUCKET], scope)


@pytest.mark.parametrize("scope", [WHOLE_ACCOUNT, STACK], ids=["account", "stack"])
def test_compliant_entities_pass(session, client, scope):
    result = audit_iam(session, scope)
    assert (result.blocking, result.failed_calls) == ({}, ())
    assert result.findings(Status.PASS) == {
        **{control: {ROLE, GROUP, POLICY} for control in CONTROLS[:4]},
        "iam-role-trust-policy": {ROLE},
        "iam-condition-keys-apply": {ROLE, GROUP, POLICY},
    }


@pytest.mark.parametrize(
    ("change", "controls", "resource"),
    [
        (lambda client: update_trust(client, Principal={"AWS": "*"}), ["iam-role-trust-policy"], ROLE),
        (
            lambda client: update_trust(client, Principal={"AWS": "arn:aws:iam::444455556666:root"}),
            ["iam-role-trust-policy"],
            ROLE,
        ),
        (lambda client: put_role_policy(client, READ_PHI, ADMINISTER_IAM), BY_ADMINISTRATION, ROLE),
        (lambda client: put_role_policy(client, DECRYPT_WITH_ANY_KEY), ["iam-no-broad-decrypt"], ROLE),
        (lambda client: put_role_policy(client, PASS_ANY_ROLE), ["iam-no-privilege-escalation"], ROLE),
        (lambda client: put_role_policy(client, PUT_ON_ITSELF), ["iam-no-privilege-escalation"], ROLE),
        (lambda client: put_role_policy(client, ANYTHING_ON_PHI), ["iam-least-privilege"], ROLE),
        (lambda client: put_role_policy(client, INAPPLICABLE_CONDITION), ["iam-condition-keys-apply"], ROLE),
        (lambda client: put_group_policy(client, ADMINISTER_IAM), BY_ADMINISTRATION, GROUP),
        (lambda client: add_admin_version(client, default=True), BY_ADMINISTRATION, POLICY),
        (create_user, ["iam-no-users"], f"arn:aws:iam::{ACCOUNT}:user/someone"),
    ],
)
def test_excessive_permission_fails_only_its_controls(
    session: boto3.Session, client: Any, change: Callable[[Any], None], controls: Sequence[str], resource: str
):
    change(client)
    assert audit_iam(session).findings(Status.FAIL) == {control: {resource} for control in controls}


def test_inline_policy_of_a_user_is_evaluated(session, client):
    create_admin_user(client)
    arn = f"arn:aws:iam::{ACCOUNT}:user/someone"
    assert audit_iam(session).findings(Status.FAIL) == {
        control: {arn} for control in ("iam-no-users", *BY_ADMINISTRATION)
    }


def test_policy_version_that_isnt_the_default_is_ignored(session, client):
    add_admin_version(client, default=False)
    assert audit_iam(session).blocking == {}


@pytest.mark.parametrize("entity_type", ["role", "group", "user"])
def test_attached_aws_managed_policy_is_evaluated_by_name(entity_type):
    arn = f"arn:aws:iam::{ACCOUNT}:{entity_type}/x"
    attached = [{"PolicyName": "IAMFullAccess", "PolicyArn": "arn:aws:iam::aws:policy/IAMFullAccess"}]
    entity = {"Arn": arn, "Path": "/", f"{entity_type.title()}Name": "x", "AttachedManagedPolicies": attached}
    empty = {name: [] for name in ("RoleDetailList", "GroupDetailList", "UserDetailList", "Policies")}
    trusted = {"AssumeRolePolicyDocument": document(TRUST_ACCOUNT)}
    result = audit_iam(
        session_with_response(
            GET_ACCOUNT_AUTHORIZATION_DETAILS, empty | {f"{entity_type.title()}DetailList": [entity | trusted]}
        )
    )
    assert result.findings(Status.FAIL)["iam-no-admin"] == {arn}


def test_attached_policy_that_was_not_listed_is_unverified():
    attached = [{"PolicyName": "x", "PolicyArn": arn} for arn in (POLICY, "arn:aws:iam::aws:policy/NotYetKnown")]
    group = {"Arn": GROUP, "GroupName": "phi-dev-people", "AttachedManagedPolicies": attached}
    [policy] = iam.parse_details([], [group], [], WHOLE_ACCOUNT, AuditedAccount(ACCOUNT, "aws", (REGION,)))
    for control in ("iam-no-admin", "iam-no-broad-decrypt", "iam-no-privilege-escalation"):
        [verdict] = verdicts_for(control, policy)
        assert verdict.status is Status.UNVERIFIED
        assert len(verdict.finding.unknowns) == 1


def test_service_linked_role_is_left_out(session, client):
    path = "/aws-service-role/config.amazonaws.com/"
    trust_everyone = document(TRUST_ACCOUNT | {"Principal": {"AWS": "*"}})
    client.create_role(RoleName="AWSServiceRoleForConfig", Path=path, AssumeRolePolicyDocument=trust_everyone)
    client.put_role_policy(
        RoleName="AWSServiceRoleForConfig",
        PolicyName="x",
        PolicyDocument=document(ADMINISTER_IAM, DECRYPT_WITH_ANY_KEY),
    )
    result = audit_iam(session)
    assert result.blocking == {}
    assert {role.resource for role in result.stack.facts_of_type(IamRole)} == {ROLE}


@pytest.mark.parametrize("path", ["/", "/aws-reserved/sso.amazonaws.com/", "/mine/aws-service-role/"])
def test_role_with_another_path_is_evaluated(session, client, path):
    client.create_role(
        RoleName="another", Path=path, AssumeRolePolicyDocument=document(TRUST_ACCOUNT | {"Principal": {"AWS": "*"}})
    )
    assert audit_iam(session).findings(Status.FAIL) == {
        "iam-role-trust-policy": {f"arn:aws:iam::{ACCOUNT}:role{path}another"}
    }


def test_stack_scope_includes_only_its_own_entities(session, client):
    create_admin_user(client)
    client.create_role(RoleName="other", AssumeRolePolicyDocument=document(TRUST_ACCOUNT | {"Principal": {"AWS": "*"}}))
    client.create_policy(PolicyName="other", PolicyDocument=document(ADMINISTER_IAM))
    client.create_group(GroupName="other")
    client.put_group_policy(GroupName="other", PolicyName="x", PolicyDocument=document(ADMINISTER_IAM))
    result = audit_iam(session, STACK)
    assert (result.blocking, result.stack.facts_of_type(UserAccess)) == ({}, [])
    assert set(audit_iam(session).findings(Status.FAIL)) == {
        *BY_ADMINISTRATION,
        "iam-no-users",
        "iam-role-trust-policy",
    }


def test_stack_scope_includes_policies_attached_to_its_roles(session, client):
    arn = client.create_policy(PolicyName="other", PolicyDocument=document(ADMINISTER_IAM))["Policy"]["Arn"]
    client.attach_role_policy(RoleName="phi-dev-app", PolicyArn=arn)
    assert audit_iam(session, STACK).findings(Status.FAIL) == {control: {arn} for control in BY_ADMINISTRATION}


def test_policy_used_only_as_a_permissions_boundary_is_left_out():
    account = AuditedAccount(ACCOUNT, "aws", (REGION,))
    versions = [{"IsDefaultVersion": True, "VersionId": "v1", "Document": json.loads(document(ADMINISTER_IAM))}]
    policy = {"Arn": POLICY, "PolicyName": "phi-dev-read", "PolicyVersionList": versions}
    for boundaries, attachments, fact_count in ((1, 0, 0), (1, 1, 1), (0, 0, 1), (0, 1, 1)):
        counted = policy | {"PermissionsBoundaryUsageCount": boundaries, "AttachmentCount": attachments}
        facts = iam.parse_details([], [], [counted], WHOLE_ACCOUNT, account)
        assert len(facts) == fact_count, (boundaries, attachments)


def test_aws_managed_policy_is_not_a_fact_of_its_own():
    arn = "arn:aws-us-gov:iam::aws:policy/AdministratorAccess"
    versions = [{"IsDefaultVersion": True, "Document": json.loads(document(ADMINISTER_IAM))}]
    policy = {"Arn": arn, "PolicyName": "AdministratorAccess", "AttachmentCount": 1, "PolicyVersionList": versions}
    group = {"Arn": GROUP, "GroupName": "phi-dev-people", "AttachedManagedPolicies": [{"PolicyArn": arn}]}
    facts = iam.parse_details(
        [], [group], [policy], WHOLE_ACCOUNT, AuditedAccount(ACCOUNT, "aws-us-gov", ("us-gov-west-1",))
    )
    assert [fact.resource for fact in facts] == [GROUP]


def test_missing_policy_document_becomes_empty_text():
    """AWS always returns a document. The rules don't accept empty text, so a missing document can't pass."""
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
    assert [role.trust_policy.content, *(document.content for document in (*inline.documents, *managed.documents))] == [
        "",
        "",
        "",
    ]


def test_all_pages_are_read(session):
    def page(body: Mapping[str, Any]) -> dict[str, Any]:
        number = int(body.get("Marker", 0)) + 1
        role = {"Arn": f"arn:aws:iam::{ACCOUNT}:role/{number}", "Path": "/", "RoleName": str(number)}
        listed = [role] if body["Filter.member.1"] == "Role" else []
        return {"RoleDetailList": listed, "IsTruncated": number < 4, "Marker": str(number)}

    result = audit_iam(session_with_response(GET_ACCOUNT_AUTHORIZATION_DETAILS, page))
    assert [role.resource.rsplit("/", 1)[-1] for role in result.stack.facts_of_type(IamRole)] == ["1", "2", "3", "4"]
    assert result.call_counts == {GET_ACCOUNT_AUTHORIZATION_DETAILS: 16}  # four pages of each of the four entity types


def test_denied_call_is_unverified_and_names_the_permission(session, client):
    assert_unverified(
        audit_iam(session_denying(GET_ACCOUNT_AUTHORIZATION_DETAILS)),
        GET_ACCOUNT_AUTHORIZATION_DETAILS,
        CONTROLS,
    )
    assert_unverified(
        audit_iam(session_denying(GET_ACCOUNT_AUTHORIZATION_DETAILS), STACK),
        GET_ACCOUNT_AUTHORIZATION_DETAILS,
        set(CONTROLS) - {"iam-no-users"},
    )
