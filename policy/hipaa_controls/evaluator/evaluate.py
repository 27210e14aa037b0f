"""Evaluation of a request against policies ("Policy evaluation logic").

A Deny that matches decides, then an Allow that matches; without either, the outcome is an implicit deny.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from hipaa_controls.evaluator.conditions import Condition, evaluate_condition
from hipaa_controls.evaluator.parse import Policy, Statement
from hipaa_controls.evaluator.patterns import (
    UNKNOWN,
    Alternatives,
    Match,
    any_match,
    ascii_lower,
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


def evaluate(policies: Iterable[Policy], request: Request) -> Decision:
    """Return the decision of all policies together, for every request that `request` stands for."""
    results = (
        (statement, *_match_statement(statement, request)) for policy in policies for statement in policy.statements
    )
    matching = [result for result in results if result[1] is not Match.NO]
    for statement, match, _ in matching:
        if statement.effect == "Deny" and match is Match.YES:
            return Decision(Outcome.EXPLICIT_DENY, statement)
    may_deny = [result for result in matching if result[0].effect != "Allow"]
    may_allow = [result for result in matching if result[0].effect != "Deny"]
    if not may_allow:
        return Decision(Outcome.IMPLICIT_DENY)
    certain_allows = (
        statement for statement, match, _ in may_allow if statement.effect == "Allow" and match is Match.YES
    )
    allowing = next(certain_allows, None)
    if allowing and not may_deny:
        return Decision(Outcome.ALLOWED, allowing)
    uncertain = may_deny if allowing else may_deny + may_allow
    reasons = dict.fromkeys(reason for _, _, reasons in uncertain for reason in reasons)
    return Decision(Outcome.INDETERMINATE, reasons=tuple(reasons))


def statement_matches(statement: Statement, request: Request) -> Match:
    """Return whether the statement, whatever its effect, applies to every request that `request` stands for."""
    return _match_statement(statement, request)[0]


def _match_statement(statement: Statement, request: Request) -> tuple[Match, list[str]]:
    """Return whether a statement matches a request, and the reasons why that may be uncertain."""
    match, reasons = Match.YES, []
    for element, result in _match_elements(statement, request):
        if result is Match.NO:  # one element that doesn't match decides, whatever the others are
            return Match.NO, []
        if result is Match.MAYBE:
            match = Match.MAYBE
            reasons.append(f"{statement.label}: {_reason(element, statement, request)}")
    if statement.effect == UNKNOWN:
        reasons.insert(0, f"{statement.label}: its Effect is not known yet")
    return match, reasons


def _match_elements(statement: Statement, request: Request) -> Iterator[tuple[str | Condition, Match]]:
    """Yield the name of each element of the statement, or one of its conditions, and whether it matches."""
    if statement.principals is not None and statement.not_principals:
        # NotPrincipal has rules of its own for the principals that it excludes.
        yield "NotPrincipal", ~not_principal_matches(statement.principals, request.principal)
    elif statement.principals is not None:
        yield "Principal", principal_matches(statement.principal_entries, request.principal)
    matches_action = _match_action(statement.action_patterns, request.action)
    yield ("NotAction", ~matches_action) if statement.not_actions else ("Action", matches_action)
    if statement.resources is not None:
        matches_resource = _match_resources(statement, request)
        yield ("NotResource", ~matches_resource) if statement.not_resources else ("Resource", matches_resource)
    for condition in statement.conditions:
        yield condition, evaluate_condition(condition, request, statement.supports_variables)


@lru_cache(maxsize=1 << 14)
def _match_action(patterns: Alternatives, action: str) -> Match:
    action = ascii_lower(action)
    return any_match(match_pattern(pattern, action) for pattern in patterns.candidates(action))


def _match_resources(statement: Statement, request: Request) -> Match:
    in_identity_policy = statement.principals is None
    match = _match_resource_patterns(statement.resource_patterns, request.resource, in_identity_policy)
    variables = statement.supports_variables
    for text in statement.resources_with_variables:
        pattern = expand_variables(text, request.variable_value, variables=variables, wildcards=True)
        if variables is not False and "${" in "".join(text.split(":", 5)[:5]):
            match |= Match.MAYBE  # It belongs after the fifth colon; AWS doesn't document the effect of one before it.
        elif pattern is not None:
            match |= match_resource(pattern, request.resource, in_identity_policy=in_identity_policy)
    return match


@lru_cache(maxsize=1 << 14)
def _match_resource_patterns(patterns: Alternatives, resource: str, in_identity_policy: bool) -> Match:
    return any_match(
        match_resource(pattern, resource, in_identity_policy=in_identity_policy)
        for pattern in patterns.candidates(resource)
    )


def _reason(element: str | Condition, statement: Statement, request: Request) -> str:
    """Return why it is uncertain whether an element of the statement, or a condition, matches."""
    if isinstance(element, Condition):
        return _reason_for_condition(element, request)
    values = {
        "Principal": [id_ for _, id_ in statement.principals or ()],
        "Action": statement.actions,
        "Resource": statement.resources or (),
    }[element.removeprefix("Not")]
    if any(UNKNOWN in value for value in values):
        return f"{element} is not known yet"
    return f"{element} matches some of these requests, perhaps not all"


def _reason_for_condition(condition: Condition, request: Request) -> str:
    name, key = condition.operator.name, condition.key
    if UNKNOWN in (key, *condition.values):
        return f"{' '.join(word for word in ('Condition', name, key) if word not in ('', UNKNOWN))} is not known yet"
    if request.get(key) is Unspecified.UNSPECIFIED:
        return f"condition key {key} is not specified"
    return f"{name} {key} is true for some of these requests, perhaps not all"
