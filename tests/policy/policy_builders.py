"""Policy documents, requests and what the evaluator makes of them, in few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import settings

from hipaa.evaluator import Match, Outcome, Principal, Request, evaluate, statement_matches, parse

YES, NO, MAYBE = Match.YES, Match.NO, Match.MAYBE
ALLOWED, DENIED, NOT_ALLOWED, UNSURE = Outcome.ALLOWED, Outcome.EXPLICIT_DENY, Outcome.IMPLICIT_DENY, Outcome.INDETERMINATE

BUCKET = "arn:aws:s3:::phi"
OBJECTS = f"{BUCKET}/*"
ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
PATH_ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/app"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/one"
USER = f"arn:aws:iam::{ACCOUNT}:user/bob"
OUTSIDER = f"arn:aws:iam::{OTHER_ACCOUNT}:role/app"
ANONYMOUS = Principal("Anonymous")
DAY = "2024-02-01T00:00:00Z"
EARLIER, LATER = "2024-01-31T23:59:59Z", "2024-02-01T00:00:01Z"
NAMED = {"aws:username": ["b*b"]}

steady = settings(derandomize=True, database=None, deadline=None, max_examples=150)


def statement(effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    """A statement about everything, for everyone, unless `elements` say otherwise (None: leave it out)."""
    given_names = {name.removeprefix("Not") for name in elements}
    whole = {name: "*" for name in ("Principal", "Action", "Resource") if name not in given_names}
    return {"Effect": effect} | whole | {name: value for name, value in elements.items() if value is not None}


def document(*statements: Any, version: str | None = "2012-10-17") -> dict[str, Any]:
    return {"Statement": list(statements)} | ({"Version": version} if version else {})


def request(
    action: str = "s3:GetObject",
    resource: str = f"{BUCKET}/record",
    principal: Principal = Principal("AWS", USER),  # noqa: B008 - frozen
    context: Mapping[str, Sequence[str] | None] | None = None,
    *,
    closed: bool = True,
) -> Request:
    return Request(action, resource, principal, context or {}, context_is_complete=closed)


def answer(policy: dict[str, Any], asked: Request) -> Outcome:
    return evaluate([parse(policy)], asked).outcome


def matching(one: dict[str, Any], asked: Request, version: str | None = "2012-10-17") -> Match:
    return statement_matches(parse(document(one, version=version)).statements[0], asked)


def condition(
    operator: str,
    values: Any,
    found: Sequence[str] | None,
    also: Mapping[str, Sequence[str]] | None = None,
    version: str | None = "2012-10-17",
) -> Match:
    """Whether {operator: {test:key: values}} holds for a request with these values of the key."""
    block = {operator: {"test:Key": values}}
    return matching(statement(Condition=block), request(context={"TEST:key": found, **(also or {})}), version)


class Unknown:
    """A value that a preview does not know."""


def naive(pattern: str, text: str) -> bool:
    """What `*` and `?` mean, with no thought for speed."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(naive(pattern[1:], text[i:]) for i in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and naive(pattern[1:], text[1:])
