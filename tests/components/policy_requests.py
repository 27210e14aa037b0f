"""Requests of somebody, and what a policy document makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hipaa import evaluator
from hipaa.evaluator import Outcome, Principal
from tests.components.mocked_stack import ACCOUNT_ID

ALLOWED, DENIED, NOT_ALLOWED = Outcome.ALLOWED, Outcome.EXPLICIT_DENY, Outcome.IMPLICIT_DENY
OTHER = "444455556666"
TLS = {"aws:SecureTransport": ["true"], "s3:TlsVersion": ["1.3"]}

Context = Mapping[str, Sequence[str] | None]


def role(name: str, account: str = ACCOUNT_ID) -> Principal:
    return Principal("AWS", f"arn:aws:iam::{account}:role/{name}", account)


def service(name: str) -> Principal:
    return Principal("Service", f"{name}.amazonaws.com")


ROOT = Principal("AWS", f"arn:aws:iam::{ACCOUNT_ID}:root", ACCOUNT_ID)
OUTSIDER = role("app", OTHER)
ANONYMOUS = Principal("Anonymous")


def who(principal: Principal) -> dict[str, list[str]]:
    """What a request tells of its caller."""
    if principal.kind == "AWS":
        told = {"aws:PrincipalArn": [principal.id], "aws:PrincipalAccount": [str(principal.account)]}
        return told | {"aws:PrincipalIsAWSService": ["false"]}
    return {"aws:PrincipalIsAWSService": ["true"]} if principal.kind == "Service" else {}


def outcome(
    document: Mapping[str, Any], principal: Principal, action: str, resource: str, context: Context | None = None
) -> Outcome:
    """Of a request over TLS 1.3 that tells of its caller and what `context` has, and nothing else."""
    told = TLS | who(principal) | (context or {})
    return evaluator.evaluate(
        [evaluator.parse(document)], evaluator.Request(action, resource, principal, told, context_is_complete=True)
    ).outcome
