"""Policy documents, parsed and queried for the rules.

A symbolic request stands for every request of a kind. `denied` checks that a policy denies all of them; `may_allow`
checks whether it can allow one. A condition key that the request leaves unspecified, such as a header that the caller
chooses, may have any value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from hipaa_controls import evaluator
from hipaa_controls.access.policy_size import BUCKET_OR_ACCESS_POINT_POLICY, SizeLimit, check_size
from hipaa_controls.evaluator.patterns import UNKNOWN
from hipaa_controls.model.values import Document, Unknown, iter_unknowns
from hipaa_controls.model.verdict import Finding, failed, passed, unverified


@dataclass(frozen=True)
class ParsedPolicy:
    """A parsed policy document.

    Attributes:
        policy: The policy.
        unknowns_by_statement: The values that aren't known yet, by the position of the statement that contains them.
    """

    policy: evaluator.Policy
    unknowns_by_statement: Mapping[int, tuple[Unknown, ...]]

    @property
    def statements(self) -> tuple[evaluator.Statement, ...]:
        return self.policy.statements

    @property
    def possible_allows(self) -> list[evaluator.Statement]:
        """The Allow statements, and those whose effect isn't known yet."""
        return [statement for statement in self.statements if statement.effect != "Deny"]


@dataclass(frozen=True)
class Denied:
    """The policy denies every one of the requests."""


@dataclass(frozen=True)
class NotDenied:
    """The policy doesn't deny every one of the requests."""


@dataclass(frozen=True)
class Allowed:
    """The policy allows at least one of the requests.

    Attributes:
        statement: A statement that allows it.
    """

    statement: evaluator.Statement


@dataclass(frozen=True)
class NotAllowed:
    """The policy allows none of the requests."""


@dataclass(frozen=True)
class Undetermined:
    """The result depends on values that aren't known yet.

    Attributes:
        unknowns: Those values.
    """

    unknowns: tuple[Unknown, ...]


def parse_policy(document: Document, limit: SizeLimit | None = None) -> ParsedPolicy | Finding:
    """Return the parsed document, or a finding if it is malformed, larger than the limit or not known yet."""
    content = document.content
    if isinstance(content, Unknown):
        return unverified(content)
    if limit and (too_large := check_size(limit, document)):
        return too_large
    try:
        return _parse_text(content) if isinstance(content, str) else _parse_structure(content)
    except evaluator.MalformedPolicy as error:
        return failed(f"the policy can't be parsed: {error}")


def parse_resource_policy(document: Document, limit: SizeLimit | None = None) -> ParsedPolicy | Finding:
    """Return the parsed policy of a resource, or a finding. Each statement needs a Principal."""
    parsed = parse_policy(document, limit)
    if isinstance(parsed, ParsedPolicy) and any(statement.principals is None for statement in parsed.statements):
        return failed("AWS rejects the policy: a statement has no Principal")
    return parsed


def parse_bucket_policy(document: Document) -> ParsedPolicy | Finding:
    """Return the parsed policy of a bucket or access point, or a finding. Each statement also needs a Resource."""
    parsed = parse_resource_policy(document, BUCKET_OR_ACCESS_POINT_POLICY)
    if isinstance(parsed, ParsedPolicy):
        known = [statement for statement in parsed.statements if statement.effect in ("Allow", "Deny")]
        if any(statement.resources is None for statement in known):
            return failed("S3 rejects the policy: a statement has no Resource")
    return parsed


def parse_identity_policy(document: Document) -> ParsedPolicy | Finding:
    """Return the parsed policy of an identity, or a finding. No statement may have a Principal."""
    parsed = parse_policy(document)
    if isinstance(parsed, ParsedPolicy):
        known = [statement for statement in parsed.statements if statement.effect in ("Allow", "Deny")]
        if any(statement.principals is not None for statement in known):
            return failed("IAM rejects the policy: a statement has a Principal")
    return parsed


def keep_conditions(parsed: ParsedPolicy, keys: Collection[str]) -> ParsedPolicy:
    """Return the policy with only some of the conditions of its Allow statements.

    Args:
        parsed: The policy.
        keys: The condition keys to keep, in lower case. Conditions whose key isn't known yet are kept too.
    """

    def keep(statement: evaluator.Statement) -> evaluator.Statement:
        if statement.effect == "Deny":
            return statement
        conditions = tuple(
            condition
            for condition in statement.conditions
            if condition.key.casefold() in keys or condition.key == UNKNOWN
        )
        return replace(statement, conditions=conditions)

    return ParsedPolicy(evaluator.Policy(tuple(map(keep, parsed.statements))), parsed.unknowns_by_statement)


@lru_cache(maxsize=4096)
def _parse_text(content: str) -> ParsedPolicy:
    return ParsedPolicy(evaluator.parse(content), {})


def _parse_structure(content: Mapping[str, Any]) -> ParsedPolicy:
    policy = evaluator.parse(content)
    element = content.get("Statement")
    raw_statements = element if isinstance(element, list) else [element]
    # Values outside the statements, such as the version, affect every statement.
    shared = tuple(iter_unknowns({name: value for name, value in content.items() if name != "Statement"}))
    unknowns = {
        statement.position: (*iter_unknowns(raw), *shared)
        for statement, raw in zip(policy.statements, raw_statements, strict=False)
    }
    return ParsedPolicy(policy, unknowns)


def denied(parsed: ParsedPolicy, request: evaluator.Request) -> Denied | NotDenied | Undetermined:
    """Return whether the policy denies every request that `request` stands for."""
    if evaluator.evaluate([parsed.policy], request).outcome is evaluator.Outcome.EXPLICIT_DENY:
        return Denied()
    may_deny = [
        statement
        for statement in parsed.statements
        if statement.effect != "Allow" and _depends_on_unknowns(parsed, statement, request)
    ]
    unknowns = _unknowns_of(parsed, may_deny)
    return Undetermined(unknowns) if unknowns else NotDenied()


def require_denied(parsed: ParsedPolicy, request: evaluator.Request, failure: str) -> Finding:
    """Return a pass if every such request is denied, else a failure with this text, or unverified if it isn't known."""
    match denied(parsed, request):
        case Denied():
            return passed("")
        case NotDenied():
            return failed(failure)
        case Undetermined(unknowns):
            return unverified(*unknowns)


def may_allow(parsed: ParsedPolicy, request: evaluator.Request) -> Allowed | NotAllowed | Undetermined:
    """Return whether the policy can allow a request that `request` stands for."""
    if evaluator.evaluate([parsed.policy], request).outcome in (
        evaluator.Outcome.EXPLICIT_DENY,
        evaluator.Outcome.IMPLICIT_DENY,
    ):
        return NotAllowed()
    matching = [
        statement
        for statement in parsed.statements
        if evaluator.statement_matches(statement, request) is not evaluator.Match.NO
    ]
    undetermined = [statement for statement in matching if _depends_on_unknowns(parsed, statement, request)]
    allowing = [statement for statement in matching if statement.effect == "Allow" and statement not in undetermined]
    if allowing and all(statement.effect == "Allow" for statement in undetermined):
        return Allowed(allowing[0])
    return Undetermined(_unknowns_of(parsed, undetermined))


def _depends_on_unknowns(parsed: ParsedPolicy, statement: evaluator.Statement, request: evaluator.Request) -> bool:
    """Return whether values that aren't known yet decide if the statement matches the request, or with what effect."""
    return bool(parsed.unknowns_by_statement.get(statement.position)) and (
        statement.effect not in ("Allow", "Deny")
        or evaluator.statement_matches(statement, request) is evaluator.Match.MAYBE
    )


def _unknowns_of(parsed: ParsedPolicy, statements: Iterable[evaluator.Statement]) -> tuple[Unknown, ...]:
    return tuple(unknown for statement in statements for unknown in parsed.unknowns_by_statement[statement.position])


def condition_values(parsed: ParsedPolicy, *keys: str) -> set[str]:
    """Return every value that the policy's conditions compare with one of these keys."""
    wanted = {key.casefold() for key in keys}
    return {
        value
        for statement in parsed.statements
        for condition in statement.conditions
        if condition.key.casefold() in wanted
        for value in condition.values
    }
