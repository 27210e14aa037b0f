"""Builders of policy documents and requests, and shorthands to evaluate them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import settings

from hipaa_controls.evaluator import Match, Outcome, Principal, Request, evaluate, parse, statement_matches

YES, NO, MAYBE = Match.YES, Match.NO, Match.MAYBE
ALLOWED, INDETERMINATE = Outcome.ALLOWED, Outcome.INDETERMINATE
EXPLICIT_DENY, IMPLICIT_DENY = Outcome.EXPLICIT_DENY, Outcome.IMPLICIT_DENY

BUCKET = "arn:aws:s3:::phi"
OBJECTS = f"{BUCKET}/*"
ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
PATH_ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/app"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/one"
USER = f"arn:aws:iam::{ACCOUNT}:user/bob"
EXTERNAL_ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/app"
ANONYMOUS = Principal("Anonymous")
DAY = "2024-02-01T00:00:00Z"
EARLIER, LATER = "2024-01-31T23:59:59Z", "2024-02-01T00:00:01Z"
USERNAME_CONTEXT = {"aws:username": ["b*b"]}

deterministic = settings(derandomize=True, database=None, deadline=None, max_examples=150)


def statement(effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    """Return a statement for every principal, action and resource, overridden by `elements`; None omits an element."""
    overridden = {name.removeprefix("Not") for name in elements}
    defaults = {name: "*" for name in ("Principal", "Action", "Resource") if name not in overridden}
    return {"Effect": effect} | defaults | {name: value for name, value in elements.items() if value is not None}


def document(*statements: Any, version: str | None = "2012-10-17") -> dict[str, Any]:
    return {"Statement": list(statements)} | ({"Version": version} if version else {})


def request(
    action: str = "s3:GetObject",
    resource: str = f"{BUCKET}/record",
    principal: Principal = Principal("AWS", USER),  # noqa: B008 - frozen
    context: Mapping[str, Sequence[str] | None] | None = None,
    *,
    context_is_complete: bool = True,
) -> Request:
    return Request(action, resource, principal, context or {}, context_is_complete=context_is_complete)


def outcome_of(policy: dict[str, Any], request: Request) -> Outcome:
    return evaluate([parse(policy)], request).outcome


def match_statement(statement: dict[str, Any], request: Request, version: str | None = "2012-10-17") -> Match:
    return statement_matches(parse(document(statement, version=version)).statements[0], request)


def match_condition(
    operator: str,
    values: Any,
    request_values: Sequence[str] | None,
    other_keys: Mapping[str, Sequence[str]] | None = None,
    version: str | None = "2012-10-17",
) -> Match:
    """Evaluate the condition {operator: {"test:Key": values}} for a request.

    Args:
        operator: The condition operator.
        values: The values in the policy.
        request_values: The values of the key in the request; None if it is absent.
        other_keys: The other condition keys of the request.
        version: The version of the policy.
    """
    context = {"TEST:key": request_values, **(other_keys or {})}
    return match_statement(statement(Condition={operator: {"test:Key": values}}), request(context=context), version)


class UnknownValue:
    """A value that a preview doesn't know yet."""


def naive_match(pattern: str, text: str) -> bool:
    """Match `*` and `?` in the simplest way, however slow."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(naive_match(pattern[1:], text[i:]) for i in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and naive_match(pattern[1:], text[1:])
