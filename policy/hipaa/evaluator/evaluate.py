"""From statements to a decision (Policy evaluation logic): a Deny wins, else an Allow, else nothing allows it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from hipaa.evaluator.conditions import Condition, evaluate_condition
from hipaa.evaluator.parse import Policy, Statement
from hipaa.evaluator.patterns import UNKNOWN, Match, all_match, any_match, expand_variables, ascii_lower, match_pattern, match_resource, compile_wildcards
from hipaa.evaluator.principals import principal_matches, not_principal_matches
from hipaa.evaluator.requests import Unspecified, Request


class Outcome(Enum):
    """What a set of policies makes of a request.

    NOT_ALLOWED: no statement allows it. (Of a symbolic request, some may be denied besides.)
    """

    ALLOWED = "allowed"
    EXPLICIT_DENY = "denied"
    IMPLICIT_DENY = "not allowed"
    INDETERMINATE = "unsure"


@dataclass(frozen=True)
class Decision:
    """An outcome; for ALLOWED and DENIED the statement that decided, for UNSURE what is not known."""

    outcome: Outcome
    statement: Statement | None = None
    reasons: tuple[str, ...] = ()


def evaluate(policies: Iterable[Policy], request: Request) -> Decision:
    """What these policies, taken together, make of every request that `request` stands for."""
    judged = [(statement, *_judge(statement, request)) for policy in policies for statement in policy.statements]
    for statement, answer, _ in judged:
        if statement.effect == "Deny" and answer is Match.YES:
            return Decision(Outcome.EXPLICIT_DENY, statement)
    may_deny = [why for statement, answer, why in judged if statement.effect != "Allow" and answer is not Match.NO]
    allows = [one for one in judged if one[0].effect != "Deny" and one[1] is not Match.NO]
    surely = next((s for s, answer, _ in allows if s.effect == "Allow" and answer is Match.YES), None)
    if not allows:
        return Decision(Outcome.IMPLICIT_DENY)
    if surely and not may_deny:
        return Decision(Outcome.ALLOWED, surely)
    whys = may_deny if surely else may_deny + [why for _, _, why in allows]
    return Decision(Outcome.INDETERMINATE, reasons=tuple(dict.fromkeys(why for each in whys for why in each)))


def statement_matches(statement: Statement, request: Request) -> Match:
    """Whether the statement, whatever its effect, is about every request that `request` stands for."""
    return _judge(statement, request)[0]


def _judge(statement: Statement, request: Request) -> tuple[Match, tuple[str, ...]]:
    answers = list(_elements(statement, request))
    unsure = tuple(f"{statement.label}: {why}" for answer, why in answers if answer is Match.MAYBE)
    if statement.effect == UNKNOWN:
        unsure = (f"{statement.label}: its Effect is not known yet", *unsure)
    return all_match(answer for answer, _ in answers), unsure


def _elements(statement: Statement, request: Request) -> Iterator[tuple[Match, str]]:
    """Of each element whether it matches, and what to say if it only may."""
    entries = statement.principals
    if entries is not None:
        answer = (not_principal_matches if statement.not_principals else principal_matches)(entries, request.principal)
        yield _element("Principal", answer, [id_ for _, id_ in entries], opposite=statement.not_principals)
    answer = any_match(match_pattern(ascii_lower(compile_wildcards(each)), ascii_lower(request.action)) for each in statement.actions)
    yield _element("Action", answer, statement.actions, opposite=statement.not_actions)
    if statement.resources is not None:
        answer = any_match(_resource(each, statement, request) for each in statement.resources)
        yield _element("Resource", answer, statement.resources, opposite=statement.not_resources)
    for condition in statement.conditions:
        yield evaluate_condition(condition, request, statement.supports_variables), _why_condition(condition, request)


def _resource(text: str, statement: Statement, request: Request) -> Match:
    pattern = expand_variables(text, request.variable_value, variables=statement.supports_variables, wildcards=True)
    answer = Match.NO if pattern is None else match_resource(pattern, request.resource)
    # A variable has its place after the fifth colon; AWS doesn't say what one before it does.
    misplaced = statement.supports_variables is not False and "${" in "".join(text.split(":", 5)[:5])
    return Match.MAYBE if misplaced else answer


def _element(name: str, answer: Match, values: Iterable[str], *, opposite: bool) -> tuple[Match, str]:
    if opposite:
        name, answer = f"Not{name}", ~answer
    if any(UNKNOWN in value for value in values):
        return answer, f"{name} is not known yet"
    return answer, f"{name} covers some such requests, perhaps not all"


def _why_condition(condition: Condition, request: Request) -> str:
    name, key = condition.operator.name, condition.key
    if UNKNOWN in (key, *condition.values):
        return f"{' '.join(each for each in ('Condition', name, key) if each not in ('', UNKNOWN))} is not known yet"
    if request.get(key) is Unspecified.UNSPECIFIED:
        return f"condition key {key} is open"
    return f"{name} {key} holds for some such requests, perhaps not all"
