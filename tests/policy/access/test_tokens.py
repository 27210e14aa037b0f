"""Tokens of other tenants, certificates and external IDs: each form by a trust policy that only it satisfies."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy.access.documents import FAIL, GITHUB, PARTNER_ROOT, PASS, trust, trust_status, trust_tokens
from tests.policy.access.generator import Statement
from tests.policy.access.parties import ACCOUNT, PARTNER

# How a subject begins, and what ends the name of the tenant in it
FORMS = {
    "GitHub": ("repo:", "/app:ref:refs/heads/main"),
    "GitHub's owner": ("repository_owner:", ""),
    "GitHub's owner ID": ("repository_owner_id:", ""),
    "GitHub's repository": ("repository:", "/app"),
    "GitHub's repository ID": ("repository_id:", ""),
    "GitLab": ("project_path:", "/app:ref_type:branch"),
    "Terraform Cloud and Buildkite": ("organization:", ":project:phi"),
    "Pulumi deployments": ("pulumi:deploy:org:", ":project:phi"),
    "Pulumi environments": ("pulumi:environments:org:", ":env:phi"),
    "Kubernetes": ("system:serviceaccount:", ":loader"),
    "CircleCI": ("org/", "/project/phi"),
    "Vercel": ("owner:", ":project:phi"),
    "Spacelift or similar": ("sc://", "/phi"),
    "a form that isn't known": ("tenant=", ";phi"),
}

OWN_PROVIDER = "oidc.hospital.example"


@pytest.mark.parametrize("form", FORMS)
def test_role_trust_subject_of_any_tenant_fails(form: str) -> None:
    start, end = FORMS[form]
    if form == "a form that isn't known":
        assert trust_status(trust_tokens(GITHUB, f"*{end}")) is FAIL
    else:
        assert trust_status(trust_tokens(GITHUB, f"{start}*{end}")) is FAIL


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("tenant", ["acme", "Acme"])
def test_role_trust_subject_of_one_tenant_passes(form: str, tenant: str) -> None:
    start, end = FORMS[form]
    provider = OWN_PROVIDER if form == "a form that isn't known" else GITHUB
    assert trust_status(trust_tokens(provider, f"{start}{tenant}{end}*" if end else f"{start}{tenant}")) is PASS


def test_role_trust_subject_of_one_tenant_in_any_case_passes() -> None:
    statement = trust_tokens(GITHUB, None)
    statement["Condition"]["StringEqualsIgnoreCase"] = {f"{GITHUB}:sub": "repo:ACME/app:ref:refs/heads/main"}
    assert trust_status(statement) is PASS


def test_role_trust_subject_that_is_only_a_pattern_of_a_tenant_fails() -> None:
    assert trust_status(trust_tokens(GITHUB, "repository_owner:acm?")) is FAIL


def test_role_trust_form_that_isnt_known_bound_to_its_beginning_passes() -> None:
    assert trust_status(trust_tokens(OWN_PROVIDER, "tenant=acme*")) is PASS


def test_role_trust_form_that_isnt_known_of_a_shared_provider_fails() -> None:
    assert trust_status(trust_tokens(GITHUB, "tenant=acme*")) is FAIL


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"repository_owner": "acme"}, PASS),
        ({"repository": "acme/*"}, PASS),
        ({"repository": "acme*"}, FAIL),
        ({"repository": "*/app"}, FAIL),
        ({"job_workflow_ref": "acme/app/.github/workflows/x.yml@main"}, FAIL),
    ],
)
def test_role_trust_bound_by_a_claim_of_the_tenant(claims: dict[str, str], status: Any) -> None:
    statement = trust_tokens(GITHUB, "*")
    statement["Condition"]["StringLike"] |= {f"{GITHUB}:{name}": text for name, text in claims.items()}
    assert trust_status(statement) is status


def _audience(condition: dict[str, Any]) -> Statement:
    statement = trust_tokens(GITHUB, "repo:acme/app:*")
    statement["Condition"] = {"StringLike": {f"{GITHUB}:sub": "repo:acme/app:*"} | condition}
    return statement


def test_role_trust_any_audience_fails() -> None:
    assert trust_status(_audience({})) is FAIL
    assert trust_status(_audience({f"{GITHUB}:aud": "sts*"})) is FAIL
    assert trust_status(_audience({f"{GITHUB}:aud": "sts.amazonaws.com"})) is PASS


COGNITO = "cognito-identity.amazonaws.com"


@pytest.mark.parametrize(("amr", "status"), [("authenticated", PASS), ("unauthenticated", FAIL), ("*", FAIL)])
def test_role_trust_guests_of_cognito_fail(amr: str, status: Any) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": COGNITO},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {f"{COGNITO}:aud": "us-east-1:pool"},
            "ForAnyValue:StringLike": {f"{COGNITO}:amr": amr},
        },
    }
    assert trust_status(statement) is status


# External IDs: only whoever agreed on one knows it

EXTERNAL_ID = "sts:ExternalId"


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({"Null": {EXTERNAL_ID: "true"}}, FAIL),
        ({"Null": {EXTERNAL_ID: "false"}}, FAIL),
        ({"StringLike": {EXTERNAL_ID: "a*"}}, FAIL),
        ({"StringEquals": {EXTERNAL_ID: ["one", "two"]}}, PASS),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-9999999999"}}, PASS),
    ],
)
def test_role_trust_partner_with_or_without_an_external_id(condition: dict[str, Any], status: Any) -> None:
    assert trust_status(trust(PARTNER_ROOT, **condition)) is status


def test_role_trust_unique_id_of_nobody_known_fails() -> None:
    assert trust_status(trust({"AWS": "AROAPARTNERROLE000001"})) is FAIL


# Certificates

ROLES_ANYWHERE = {"Service": "rolesanywhere.amazonaws.com"}
ANCHOR = f"arn:aws:rolesanywhere:us-east-1:{ACCOUNT}:trust-anchor/0a1b2c3d"


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({}, FAIL),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:rolesanywhere:*:{ACCOUNT}:trust-anchor/*"}}, FAIL),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, FAIL),
        ({"StringLike": {"aws:PrincipalTag/x509Subject/CN": "*"}}, FAIL),
        ({"StringLike": {"aws:PrincipalTag/x509Subject/CN": "loader-*"}}, FAIL),
        ({"ArnEquals": {"aws:SourceArn": ANCHOR}}, PASS),
        ({"StringEquals": {"aws:PrincipalTag/x509Subject/CN": "loader"}}, PASS),
        ({"StringEquals": {"aws:SourceAccount": PARTNER}}, PASS),
    ],
)
def test_role_trust_certificates(condition: dict[str, Any], status: Any) -> None:
    assert trust_status(trust(ROLES_ANYWHERE, **condition)) is status
