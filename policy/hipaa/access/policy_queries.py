"""Questions that rules ask of a policy document.

A symbolic request stands for every request of a kind. `denied` asks whether all are refused, `lets_in` whether one may
be allowed: for what AWS leaves open (a header that the caller chooses), any value counts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from hipaa import evaluator
from hipaa.evaluator.patterns import UNKNOWN
from hipaa.model.values import Document, Unknown, iter_unknowns
from hipaa.model.verdict import Finding, failed, passed, unverified


@dataclass(frozen=True)
class Parsed:
    """A parsed document, and for each of its statements the values that aren't known yet."""

    policy: evaluator.Policy
    waiting: Mapping[int, tuple[Unknown, ...]]

    @property
    def statements(self) -> tuple[evaluator.Statement, ...]:
        return self.policy.statements

    @property
    def allows(self) -> list[evaluator.Statement]:
        return [each for each in self.statements if each.effect != "Deny"]


def read(document: Document) -> Parsed | Finding:
    """The document parsed; a finding where it can't be (a failure) or isn't known yet."""
    content = document.content
    if isinstance(content, Unknown):
        return unverified(content)
    try:
        return _of_text(content) if isinstance(content, str) else _of_structure(content)
    except evaluator.MalformedPolicy as error:
        return failed(f"the policy can't be parsed: {error}")


def read_resource_policy(document: Document) -> Parsed | Finding:
    """The same for a policy of a resource, which needs principals."""
    parsed = read(document)
    if isinstance(parsed, Parsed) and any(each.principals is None for each in parsed.statements):
        return failed("AWS refuses the policy: a statement has no Principal")
    return parsed


def read_bucket_policy(document: Document) -> Parsed | Finding:
    """The same for a bucket's or an access point's, which needs resources too."""
    parsed = read_resource_policy(document)
    if isinstance(parsed, Parsed):
        whole = [each for each in parsed.statements if each.effect in ("Allow", "Deny")]
        if any(each.resources is None for each in whole):
            return failed("S3 refuses the policy: a statement has no Resource")
    return parsed


def read_identity_policy(document: Document) -> Parsed | Finding:
    """The same for a policy of an identity, which is for that identity alone."""
    parsed = read(document)
    if isinstance(parsed, Parsed):
        whole = [each for each in parsed.statements if each.effect in ("Allow", "Deny")]
        if any(each.principals is not None for each in whole):
            return failed("IAM refuses the policy: a statement has a Principal")
    return parsed


def bound_by(parsed: Parsed, keys: Collection[str]) -> Parsed:
    """The document as if each Allow had only its conditions on these keys, in lower case, and those not known yet."""

    def kept(statement: evaluator.Statement) -> evaluator.Statement:
        conditions = (each for each in statement.conditions if each.key.casefold() in keys or each.key == UNKNOWN)
        return statement if statement.effect == "Deny" else replace(statement, conditions=tuple(conditions))

    return Parsed(evaluator.Policy(tuple(map(kept, parsed.statements))), parsed.waiting)


@lru_cache(maxsize=4096)
def _of_text(content: str) -> Parsed:
    return Parsed(evaluator.parse(content), {})


def _of_structure(content: Mapping[str, Any]) -> Parsed:
    policy = evaluator.parse(content)
    given = content.get("Statement")
    parts = given if isinstance(given, list) else [given]
    waiting = {
        statement.position: tuple(iter_unknowns(part))
        for statement, part in zip(policy.statements, parts, strict=False)
    }
    rest = tuple(iter_unknowns({name: value for name, value in content.items() if name != "Statement"}))
    return Parsed(policy, {position: (*found, *rest) for position, found in waiting.items()})


def denied(parsed: Parsed, request: evaluator.Request) -> bool | tuple[Unknown, ...]:
    """Whether every such request is denied; where that can't be told yet, the values that it depends on."""
    if evaluator.evaluate([parsed.policy], request).outcome is evaluator.Outcome.DENIED:
        return True
    may_deny = [each for each in parsed.statements if each.effect != "Allow" and _waits(parsed, each, request)]
    return tuple(unknown for each in may_deny for unknown in parsed.waiting[each.position]) or False


def must_be_denied(parsed: Parsed, request: evaluator.Request, otherwise: str) -> Finding:
    """A pass where every such request is denied, else a failure with these words, else what it depends on."""
    match denied(parsed, request):
        case True:
            return passed("")
        case False:
            return failed(otherwise)
        case unknown:
            return unverified(*unknown)


def lets_in(parsed: Parsed, request: evaluator.Request) -> evaluator.Statement | tuple[Unknown, ...] | None:
    """A statement that may let such a request in; None if no one gets in; else the values that it depends on."""
    if evaluator.evaluate([parsed.policy], request).outcome in (
        evaluator.Outcome.DENIED,
        evaluator.Outcome.NOT_ALLOWED,
    ):
        return None
    matching = [each for each in parsed.statements if evaluator.matches(each, request) is not evaluator.Match.NO]
    waiting = [each for each in matching if _waits(parsed, each, request)]
    allowing = [each for each in matching if each.effect == "Allow" and each not in waiting]
    if allowing and all(each.effect == "Allow" for each in waiting):
        return allowing[0]
    return tuple(unknown for each in waiting for unknown in parsed.waiting[each.position])


def _waits(parsed: Parsed, statement: evaluator.Statement, request: evaluator.Request) -> bool:
    """Whether it depends on a value that isn't known yet if the statement is about the request."""
    waiting = bool(parsed.waiting.get(statement.position))
    return waiting and (
        statement.effect not in ("Allow", "Deny") or evaluator.matches(statement, request) is evaluator.Match.MAYBE
    )


def requests(
    statement: evaluator.Statement, who: evaluator.Principal, context: Mapping[str, Any], resources: Iterable[str]
) -> Iterator[evaluator.Request]:
    """Every request by `who` that a statement is about, one for each of its actions and resources.

    Of any resource there is, those that it names: what else the document says of them, such as a Deny, then holds.
    """
    actions = ["*"] if statement.not_actions else statement.actions
    own = [evaluator.ANY] if statement.not_resources else [_any_of(each) for each in statement.resources or ["*"]]
    for action in actions:
        for resource in (each for given in resources for each in (own if given == evaluator.ANY else [given])):
            yield evaluator.Request(re.sub(r"\*+", evaluator.ANY, action), resource, who, context)


def _any_of(resource: str) -> str:
    """What stands for every resource that a pattern takes."""
    return evaluator.ANY if UNKNOWN in resource else re.sub(r"\$\{[^}]*\}|[*?]+", evaluator.ANY, resource)


def named(parsed: Parsed, *keys: str) -> set[str]:
    """Every value that a condition on one of these keys has, anywhere in the document."""
    wanted = {key.casefold() for key in keys}
    return {
        value
        for statement in parsed.statements
        for condition in statement.conditions
        if condition.key.casefold() in wanted
        for value in condition.values
    }


def accounts_allowed(document: Document, action: str) -> set[str]:
    """The accounts that a resource's policy names in an Allow of an action, whatever its conditions."""
    parsed = read(document)
    if not isinstance(parsed, Parsed):
        return set()
    allowing = [
        each
        for each in parsed.allows
        if evaluator.matches(
            evaluator.Statement(0, None, "Allow", None, each.actions, None, (), not_actions=each.not_actions),
            evaluator.Request(action, evaluator.ANY, evaluator.ANYONE, {}),
        )
        is evaluator.Match.YES
    ]
    ids = (id_ for each in allowing if not each.not_principals for kind, id_ in each.principals or () if kind == "AWS")
    return {found[0] for id_ in ids if (found := re.findall(r"\b\d{12}\b", id_, re.ASCII))}
