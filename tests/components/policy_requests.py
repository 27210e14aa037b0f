"""Requests of principals, and the outcome that a policy document gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hipaa_controls import evaluator
from hipaa_controls.evaluator import Outcome, Principal
from tests.components.mocked_stack import ACCOUNT_ID

ALLOWED, EXPLICIT_DENY, IMPLICIT_DENY = Outcome.ALLOWED, Outcome.EXPLICIT_DENY, Outcome.IMPLICIT_DENY
OTHER_ACCOUNT_ID = "444455556666"
TLS = {"aws:SecureTransport": ["true"], "s3:TlsVersion": ["1.3"]}

Context = Mapping[str, Sequence[str] | None]


def role(name: str, account: str = ACCOUNT_ID) -> Principal:
    return Principal("AWS", f"arn:aws:iam::{account}:role/{name}", account)


def service(name: str) -> Principal:
    return Principal("Service", f"{name}.amazonaws.com")


ROOT = Principal("AWS", f"arn:aws:iam::{ACCOUNT_ID}:root", ACCOUNT_ID)
EXTERNAL_ROLE = role("app", OTHER_ACCOUNT_ID)
ANONYMOUS = Principal("Anonymous")


def caller_context(principal: Principal) -> dict[str, list[str]]:
    """Return the condition keys that AWS sets for a caller."""
    if principal.kind == "AWS":
        return {
            "aws:PrincipalArn": [principal.id],
            "aws:PrincipalAccount": [str(principal.account)],
            "aws:PrincipalIsAWSService": ["false"],
        }
    return {"aws:PrincipalIsAWSService": ["true"]} if principal.kind == "Service" else {}


def request_outcome(
    document: Mapping[str, Any], principal: Principal, action: str, resource: str, context: Context | None = None
) -> Outcome:
    """Return the outcome of a request over TLS 1.3.

    Args:
        document: The policy document.
        principal: The caller, whose condition keys are set.
        action: The action, such as `s3:GetObject`.
        resource: The ARN of the resource.
        context: More condition keys; all others are absent from the request.
    """
    keys = TLS | caller_context(principal) | (context or {})
    request = evaluator.Request(action, resource, principal, keys, context_is_complete=True)
    return evaluator.evaluate([evaluator.parse(document)], request).outcome
