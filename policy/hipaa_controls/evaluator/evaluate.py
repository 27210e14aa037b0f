"""Evaluation of a request against policies ("Policy evaluation logic").

A Deny that matches decides, then an Allow that matches; without either, the outcome is an implicit deny.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from hipaa_controls.evaluator.conditions import Condition, evaluate_condition
from hipaa_controls.evaluator.parse import Policy, Statement
from hipaa_controls.evaluator.patterns import (
    UNKNOWN,
    Match,
    any_match,
    ascii_lower,
    compile_wildcards,
    expand_variables,
    match_pattern,
    match_resource,
)
from hipaa_controls.evaluator.principals import not_principal_matches, principal_matches
from hipaa_controls.evaluator.requests import Request, Unspecified


class Outcome(Enum):
    """The result of evaluating a request against policies.

    IMPLICIT_DENY means that no statement allows the request. For a symbolic request, it includes the case that some of
    the requests get an explicit deny.
    """

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicit deny"
    IMPLICIT_DENY = "implicit deny"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True)
class Decision:
    """The outcome for a request, and its cause.

    Attributes:
        outcome: The outcome.
        statement: For ALLOWED and EXPLICIT_DENY, the statement that decides.
        reasons: For INDETERMINATE, what is missing for a definite outcome.
    """

    outcome: Outcome
    statement: Statement | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class _StatementMatch:
    """Whether a statement matches a request, and the reasons why that may be uncertain."""

    statement: Statement
    match: Match
    reasons: tuple[str, ...]


def evaluate(policies: Iterable[Policy], request: Request) -> Decision:
    """Return the decision of all policies together, for every request that `request` stands for."""
    results = [_match_statement(statement, request) for policy in policies for statement in policy.statements]
    for result in results:
        if result.statement.effect == "Deny" and result.match is Match.YES:
            return Decision(Outcome.EXPLICIT_DENY, result.statement)
    matching = [result for result in results if result.match is not Match.NO]
    may_deny = [result for result in matching if result.statement.effect != "Allow"]
    may_allow = [result for result in matching if result.statement.effect != "Deny"]
    if not may_allow:
        return Decision(Outcome.IMPLICIT_DENY)
    certain_allows = (
        result.statement for result in may_allow if result.statement.effect == "Allow" and result.match is Match.YES
    )
    allowing = next(certain_allows, None)
    if allowing and not may_deny:
        return Decision(Outcome.ALLOWED, allowing)
    uncertain = may_deny if allowing else may_deny + may_allow
    reasons = dict.fromkeys(reason for result in uncertain for reason in result.reasons)
    return Decision(Outcome.INDETERMINATE, reasons=tuple(reasons))


def statement_matches(statement: Statement, request: Request) -> Match:
    """Return whether the statement, whatever its effect, applies to every request that `request` stands for."""
    return _match_statement(statement, request).match


def _match_statement(statement: Statement, request: Request) -> _StatementMatch:
    match, reasons = Match.YES, []
    for result, reason in _match_elements(statement, request):
        if result is Match.NO:  # one element that doesn't match decides, whatever the others are
            return _StatementMatch(statement, Match.NO, ())
        if result is Match.MAYBE:
            match = Match.MAYBE
            reasons.append(f"{statement.label}: {reason}")
    if statement.effect == UNKNOWN:
        reasons.insert(0, f"{statement.label}: its Effect is not known yet")
    return _StatementMatch(statement, match, tuple(reasons))


def _match_elements(statement: Statement, request: Request) -> Iterator[tuple[Match, str]]:
    """Yield whether each element of the statement matches and, if that is MAYBE, the reason to report."""
    entries = statement.principals
    if entries is not None:
        # NotPrincipal has rules of its own for the principals that it excludes. _element negates the result.
        matches_principal = not_principal_matches if statement.not_principals else principal_matches
        result = matches_principal(entries, request.principal)
        yield _element("Principal", result, [id_ for _, id_ in entries], negated=statement.not_principals)
    action = ascii_lower(request.action)
    result = any_match(match_pattern(ascii_lower(compile_wildcards(text)), action) for text in statement.actions)
    yield _element("Action", result, statement.actions, negated=statement.not_actions)
    if statement.resources is not None:
        result = any_match(_matches_resource(text, statement, request) for text in statement.resources)
        yield _element("Resource", result, statement.resources, negated=statement.not_resources)
    for condition in statement.conditions:
        result = evaluate_condition(condition, request, statement.supports_variables)
        yield result, _reason_for_condition(condition, request) if result is Match.MAYBE else ""


def _matches_resource(text: str, statement: Statement, request: Request) -> Match:
    pattern = expand_variables(text, request.variable_value, variables=statement.supports_variables, wildcards=True)
    in_identity_policy = statement.principals is None
    result = (
        Match.NO
        if pattern is None
        else match_resource(pattern, request.resource, in_identity_policy=in_identity_policy)
    )
    # A variable belongs after the fifth colon; AWS doesn't document the effect of one before it.
    misplaced = statement.supports_variables is not False and "${" in "".join(text.split(":", 5)[:5])
    return Match.MAYBE if misplaced else result


def _element(name: str, result: Match, values: Iterable[str], *, negated: bool) -> tuple[Match, str]:
    if negated:
        name, result = f"Not{name}", ~result
    if result is not Match.MAYBE:
        return result, ""
    if any(UNKNOWN in value for value in values):
        return result, f"{name} is not known yet"
    return result, f"{name} matches some of these requests, perhaps not all"


def _reason_for_condition(condition: Condition, request: Request) -> str:
    name, key = condition.operator.name, condition.key
    if UNKNOWN in (key, *condition.values):
        return f"{' '.join(word for word in ('Condition', name, key) if word not in ('', UNKNOWN))} is not known yet"
    if request.get(key) is Unspecified.UNSPECIFIED:
        return f"condition key {key} is not specified"
    return f"{name} {key} is true for some of these requests, perhaps not all"
