"""Policies and trust policies for tests, made of statements, with the findings about them."""

from __future__ import annotations

from typing import Any

from hipaa_controls.model.verdict import Finding, Status
from tests.policy.access.generator import GeneratedDocument, Statement
from tests.policy.access.harness import FAMILIES, TRUST
from tests.policy.access.parties import ACCOUNT, BUCKET, KEY, OBJECTS, PARTNER, TOPIC
from tests.policy.access.tampering import ACTIONS

FAIL, PASS, UNVERIFIED = Status.FAIL, Status.PASS, Status.UNVERIFIED
EVERYONE = "*"
PARTNER_ROOT = {"AWS": f"arn:aws:iam::{PARTNER}:root"}
RESOURCES = {"bucket": OBJECTS, "key": KEY, "topic": TOPIC}
ACTION_OF = {"bucket": "s3:GetObject", "key": "kms:Decrypt", "topic": "sns:Publish"}
CLOUDTRAIL = {"Service": "cloudtrail.amazonaws.com"}
SIGNED_BY_NO_SERVICE: dict[str, Any] = {"Bool": {"aws:PrincipalIsAWSService": "false"}}


def allow(principal: Any, kind: str = "bucket", **condition: Any) -> Statement:
    return statement_of("Allow", principal, ACTION_OF[kind], RESOURCES[kind], condition)


def deny(principal: Any = EVERYONE, **condition: Any) -> Statement:
    return statement_of("Deny", principal, "*", "*", condition)


def statement_of(effect: str, principal: Any, action: str, resource: str, condition: dict[str, Any]) -> Statement:
    conditions = {name.replace("__", ":"): block for name, block in condition.items()}
    statement = {"Effect": effect, "Principal": principal, "Action": action, "Resource": resource}
    return statement | ({"Condition": conditions} if conditions else {})


def findings_for(*statements: Statement, kind: str = "bucket", family: str = "resource") -> dict[str, Finding]:
    return FAMILIES[family].findings(generated(statements, kind))


def statuses_for(*statements: Statement, kind: str = "bucket", family: str = "resource") -> dict[str, Status]:
    return {control: finding.status for control, finding in findings_for(*statements, kind=kind, family=family).items()}


def generated(statements: tuple[Statement, ...], kind: str) -> GeneratedDocument:
    return GeneratedDocument(0, kind, {"Version": "2012-10-17", "Statement": list(statements)})


GITHUB, GITLAB, TERRAFORM = "token.actions.githubusercontent.com", "gitlab.com", "app.terraform.io"
CLUSTER = "oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
AUDIENCES = {
    GITHUB: "sts.amazonaws.com",
    GITLAB: "https://gitlab.com",
    TERRAFORM: "aws.workload.identity",
    CLUSTER: "sts.amazonaws.com",
}


def trust_tokens(provider: str, subject: str | None, **claims: str) -> Statement:
    equals = {f"{provider}:aud": AUDIENCES.get(provider, "sts.amazonaws.com")} | {
        f"{provider}:{name}": text for name, text in claims.items()
    }
    like = {"StringLike": {f"{provider}:sub": subject}} if subject else {}
    return {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": equals, **like},
    }


def trust(principal: Any, **condition: Any) -> Statement:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return statement | ({"Condition": condition} if condition else {})


def trust_status(*statements: Statement) -> Status:
    return statuses_for(*statements, kind="role", family="trust")[TRUST]


def protect(condition: dict[str, Any]) -> Statement:
    statement = {"Effect": "Deny", "Principal": "*", "Action": list(ACTIONS), "Resource": [BUCKET, OBJECTS]}
    return statement | ({"Condition": condition} if condition else {})
