"""The elements of a statement, each as a question about a request, and what a caller's text must match to answer it.

An answer is needed with one of two certainties. To find that there is no request, all that may hold counts: a
value that isn't known yet, an effect that AWS doesn't document. To find a witness, only what certainly holds counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from hipaa_controls import evaluator
from hipaa_controls.access.request_space import Caller
from hipaa_controls.access.text_search import Requirement, Template, pattern_set
from hipaa_controls.evaluator.conditions import Condition, evaluate_condition
from hipaa_controls.evaluator.patterns import (
    QUESTION_MARK,
    QUESTION_MARK_IN_SEGMENT,
    STAR,
    STAR_IN_SEGMENT,
    UNKNOWN,
    Match,
    any_match,
    ascii_lower,
    compile_wildcards,
    complete_arn,
    confine_wildcards,
    expand_variables,
    match_pattern,
)
from hipaa_controls.evaluator.principals import ACCOUNT_PRINCIPAL, ROLE_ARN, USER_ARN, not_principal_matches

_ARN_PARTS = 6

# Returns the value of a condition key that is the same for every caller, or UNKNOWN.
Lookup: TypeAlias = Callable[[str], str | None]


@dataclass(frozen=True)
class PrincipalElement:
    entries: tuple[tuple[str, str], ...]
    negated: bool


@dataclass(frozen=True)
class ActionElement:
    patterns: tuple[str, ...]
    negated: bool

    def match(self, action: str) -> Match:
        result = _match_action(self.patterns, ascii_lower(action))
        return ~result if self.negated else result


@dataclass(frozen=True)
class ResourceElement:
    patterns: tuple[str, ...]
    negated: bool
    supports_variables: bool | None


@dataclass(frozen=True)
class ConditionElement:
    condition: Condition
    supports_variables: bool | None

    @property
    def key(self) -> str:
        return self.condition.key.casefold()

    @property
    def is_null_check(self) -> bool:
        return self.condition.operator.name.endswith("Null")

    @property
    def compares_text(self) -> bool:
        return self.condition.operator.variables or self.is_null_check

    def requires_some(self, *, wanted: bool) -> bool:
        """Return whether an answer needs one of a key's values, whatever the others are."""
        return self.condition.operator.for_any_value if wanted else self.condition.operator.for_all_values

    @property
    def compares_addresses(self) -> bool:
        return "IpAddress" in self.condition.operator.name

    def match(self, value: str | None, lookup: Lookup) -> Match:
        """Return whether the condition is true if its key has a value, or is absent."""
        context = {key: lookup(key) for key in _variables(self.condition.values)}
        known = {key: text for key, text in context.items() if text != UNKNOWN and key.casefold() != self.key}
        request = evaluator.Request("*", "*", evaluator.ANYONE, {**known, self.condition.key: value})
        return evaluate_condition(self.condition, request, self.supports_variables)


Element: TypeAlias = PrincipalElement | ActionElement | ResourceElement | ConditionElement


@lru_cache(maxsize=1 << 14)
def _match_action(patterns: tuple[str, ...], action: str) -> Match:
    return any_match(match_pattern(ascii_lower(compile_wildcards(text)), action) for text in patterns)


def elements_of(statement: evaluator.Statement) -> Iterator[Element]:
    if statement.principals is not None:
        yield PrincipalElement(statement.principals, statement.not_principals)
    yield ActionElement(statement.actions, statement.not_actions)
    if statement.resources is not None:
        yield ResourceElement(statement.resources, statement.not_resources, statement.supports_variables)
    for condition in statement.conditions:
        yield ConditionElement(condition, statement.supports_variables)


def holds(match: Match, *, wanted: bool, certainly: bool) -> bool:
    """Return whether an answer is, or at least may be, the one that is wanted."""
    answer = match if wanted else ~match
    return answer is Match.YES if certainly else answer is not Match.NO


def require_principal(element: PrincipalElement, caller: Caller, *, wanted: bool, certainly: bool) -> Requirement:
    """Return what the principal's ID must match for an answer to a Principal or NotPrincipal element."""
    matches = wanted is not element.negated
    if element.negated and matches is certainly:
        patterns = _certainly_excluded(element.entries, caller.principal_kind)
    else:
        patterns = list(_listed(element.entries, caller.principal_kind, certainly=matches is certainly))
    return Requirement(caller.principal, pattern_set(patterns), matches)


def _listed(entries: Iterable[tuple[str, str]], kind: str, *, certainly: bool) -> Iterator[str]:
    """Yield patterns of the principals of a kind that a Principal element lists."""
    for entry_kind, id_ in entries:
        is_unknown = may_be_everyone(entry_kind, id_) or (entry_kind == kind and UNKNOWN in id_)
        # An account has both an AWS ID and a canonical user ID, and nothing here translates one into the other.
        may_be_the_same = {entry_kind, kind} == {"AWS", "CanonicalUser"}
        if (entry_kind, id_) == ("AWS", "*"):
            yield STAR
        elif is_unknown or may_be_the_same:
            yield from () if certainly else (STAR,)
        elif entry_kind == kind:
            yield from _aws_patterns(id_, certainly=certainly) if kind == "AWS" else (compile_wildcards(id_),)


def may_be_everyone(kind: str, id_: str) -> bool:
    """Return whether an entry of a Principal element isn't known at all, so that it may be `*`."""
    return kind == UNKNOWN or (kind, id_) == ("AWS", UNKNOWN)


def _aws_patterns(id_: str, *, certainly: bool) -> Iterator[str]:
    """Yield patterns of the ARNs that the ID of an AWS principal stands for."""
    if account := ACCOUNT_PRINCIPAL.fullmatch(id_):
        account_id = account[1] or account[2]
        yield from (f"arn:{STAR_IN_SEGMENT}:{service}::{account_id}:{STAR}" for service in ("iam", "sts"))
        return
    yield id_
    if role := ROLE_ARN.fullmatch(id_):
        partition, account_id, name = role.groups()
        yield f"arn:{partition}:sts::{account_id}:assumed-role/{name}/{STAR}"
    if (user := USER_ARN.fullmatch(id_)) and not certainly:
        # A federated user has the permissions of a user that its own ARN doesn't name.
        partition, account_id = user.groups()
        yield f"arn:{partition}:sts::{account_id}:federated-user/{STAR}"


def _certainly_excluded(entries: tuple[tuple[str, str], ...], kind: str) -> list[str]:
    """Return the patterns of the principals that a NotPrincipal with these entries certainly excludes."""
    patterns = list(_listed(entries, kind, certainly=True))
    if kind != "AWS" or ("AWS", "*") in entries:
        return patterns
    accounts = [account[1] or account[2] for _, id_ in entries if (account := ACCOUNT_PRINCIPAL.fullmatch(id_))]
    roots = [f"arn:{STAR_IN_SEGMENT}:iam::{account}:root" for account in accounts]
    certain = [
        id_
        for entry_kind, id_ in entries
        if entry_kind == "AWS" and not_principal_matches(entries, evaluator.Principal("AWS", id_)) is Match.YES
    ]
    return [*roots, *certain]


def require_text(
    element: ConditionElement, template: Template, lookup: Lookup, *, wanted: bool, certainly: bool
) -> Requirement:
    """Return what a key's text, made after a template, must match for an answer to a condition on text."""
    operator = element.condition.operator
    matches = wanted is not operator.negated
    certain_match = matches is certainly
    ignore_case = operator.name.endswith(("IgnoreCase", "IgnoreCaseIfExists"))
    expanded = (
        expand_variables(
            value,
            lookup,
            variables=element.supports_variables and operator.variables,
            wildcards=operator.wildcards,
        )
        for value in element.condition.values
    )
    patterns = [pattern for pattern in expanded if pattern is not None]
    if "Arn" in operator.name:
        is_arn = isinstance(template[0], str) and template[0].startswith("arn:")
        patterns = [text for pattern in patterns for text in _arn_patterns(pattern, is_arn, certainly=certain_match)]
    if ignore_case:
        # AWS says "ignoring case" and no more, so a letter outside ASCII may equal any text.
        patterns = [re.sub(r"[^\x00-\x7f\ufdd0-\ufdef]", UNKNOWN, pattern) for pattern in patterns]
    if certain_match:
        patterns = [pattern for pattern in patterns if UNKNOWN not in pattern]
    return Requirement(template, pattern_set(patterns, ignore_case=ignore_case), matches)


def _arn_patterns(pattern: str, value_is_arn: bool, *, certainly: bool) -> list[str]:
    """Return the pattern with wildcards that stay within their part of the ARN, as the Arn operators compare."""
    parts = pattern.split(":", _ARN_PARTS - 1)
    if len(parts) == _ARN_PARTS and UNKNOWN not in "".join(parts[:-1]):
        within = [
            part.replace(STAR, STAR_IN_SEGMENT).replace(QUESTION_MARK, QUESTION_MARK_IN_SEGMENT) for part in parts[:-1]
        ]
        confined = ":".join([*within, parts[-1]])
        return [confined] if certainly or value_is_arn else [pattern]
    # AWS doesn't document how text that isn't an ARN compares, nor whether it completes an ARN here.
    return [] if certainly else list(dict.fromkeys((pattern, complete_arn(pattern))))


def require_resource(
    element: ResourceElement, template: Template, lookup: Lookup, *, wanted: bool, certainly: bool
) -> Requirement:
    """Return what the resource's ARN must match for an answer to a Resource or NotResource element."""
    matches = wanted is not element.negated
    certain_match = matches is certainly
    patterns: list[str] = []
    for text in element.patterns:
        if element.supports_variables is not False and "${" in "".join(text.split(":", _ARN_PARTS - 1)[:5]):
            # AWS replaces a variable only in the last part of an ARN, and doesn't document what it does with others.
            patterns += [] if certain_match else [STAR]
            continue
        pattern = expand_variables(text, lookup, variables=element.supports_variables, wildcards=True)
        if pattern is None:
            continue
        completed = complete_arn(pattern)
        if not certain_match:
            patterns += dict.fromkeys((pattern, completed))
        elif UNKNOWN not in pattern and completed == pattern:
            patterns.append(confine_wildcards(pattern))
    return Requirement(template, pattern_set(patterns), matches)


def _variables(texts: Iterable[str]) -> set[str]:
    return {match[1].strip() for text in texts for match in re.finditer(r"\$\{\s*([^,}']+)", text)}


def variables_of(statements: Iterable[evaluator.Statement]) -> list[str]:
    """Return the condition keys that the statements use as variables."""
    texts = (
        text
        for statement in statements
        for values in (statement.resources or (), *(condition.values for condition in statement.conditions))
        for text in values
    )
    return sorted(_variables(texts))
