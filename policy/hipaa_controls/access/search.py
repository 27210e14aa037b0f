"""The search for a request that a policy allows, made by callers of one kind.

Such a request is a witness. The search starts with what an Allow statement requires. It solves
each group of condition keys and evaluates the result. If a Deny statement refuses it, one of that statement's elements
must not hold: the search adds each in turn and solves again. It ends with a request that no Deny refuses, or with the
certainty that there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from hipaa_controls import evaluator
from hipaa_controls.access.addresses import Addresses, contains_ipv4
from hipaa_controls.access.elements import (
    ActionElement,
    ConditionElement,
    Element,
    Lookup,
    PrincipalElement,
    ResourceElement,
    elements_of,
    holds,
    require_principal,
    require_resource,
    require_text,
)
from hipaa_controls.access.free_keys import free_variants
from hipaa_controls.access.request_space import Caller, Model, Variant
from hipaa_controls.access.targets import Target
from hipaa_controls.access.text_search import (
    Budget,
    Requirement,
    SearchTooLong,
    Segment,
    Template,
    find_segments,
    pattern_set,
)
from hipaa_controls.evaluator.patterns import UNKNOWN, Match

MAX_NODES = 2_000

# The number of an element, and whether it must hold.
Literal: TypeAlias = tuple[int, bool]
# The value of a condition key, or its values; None if the key is absent.
Values: TypeAlias = str | tuple[str, ...] | None
_REQUEST = "request"


@dataclass(frozen=True)
class Witness:
    """A request that a policy allows, or may allow.

    Attributes:
        request: The request, with every condition key that it has.
        caller: Who makes it.
        statement: The statement that allows it.
    """

    request: evaluator.Request
    caller: Caller
    statement: evaluator.Statement


@dataclass(frozen=True)
class Question:
    """What is searched for.

    Attributes:
        statements: The policy.
        targets: The resources that the policy controls access to, with the actions on each.
        lookup: The values of variables that are the same in every request, by condition key; UNKNOWN for another.
        constants: Condition keys with the value that every request has, in lower case.
        minimum_addresses: By IP version: the conditions on aws:SourceIp must leave more addresses than this.
        certainly: Whether the policy must certainly allow the request; else it is enough that it may.
        variables: The condition keys that the policy uses as variables, in lower case.
        pinned: Values that some of them must have, so that text which contains them can be searched for.
    """

    statements: tuple[evaluator.Statement, ...]
    targets: tuple[Target, ...]
    lookup: Lookup
    constants: Mapping[str, str]
    minimum_addresses: Mapping[int, int]
    certainly: bool
    variables: tuple[str, ...] = ()
    pinned: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class _Solution:
    """The values of the keys of a group, and the texts of its segments."""

    values: Mapping[str, Values]
    texts: Mapping[str, str]


class Search:
    """The search for requests by callers of one kind."""

    def __init__(self, question: Question, caller: Caller) -> None:
        self._question = question
        self._caller = caller
        self._certainly = question.certainly
        self._elements: list[Element] = []
        self._numbers: dict[Element, int] = {}
        self._groups: list[str] = []
        self._solutions: dict[tuple[str, frozenset[Literal]], _Solution | None] = {}
        self._nodes = 0
        self._budget = Budget()
        self._denies = [
            (statement, self._from_anywhere(statement), [self._number(element) for element in elements_of(statement)])
            for statement in question.statements
            # A Deny whose effect isn't known doesn't certainly refuse, but it may.
            if statement.effect == "Deny" or (self._certainly and statement.effect == UNKNOWN)
        ]

    def witness(self, allow: evaluator.Statement) -> Witness | None:
        """Return a request that this statement allows, or may allow, and no Deny refuses; None if there is none.

        Raises:
            SearchTooLong: The search was given up.
        """
        literals = frozenset((self._number(element), True) for element in elements_of(allow))
        request = self._explore(literals)
        if request is None:
            return None
        if self._certainly and evaluator.statement_matches(allow, request) is not Match.YES:
            return None
        return Witness(request, self._caller, allow)

    def _number(self, element: Element) -> int:
        if element not in self._numbers:
            self._numbers[element] = len(self._elements)
            self._elements.append(element)
            self._groups.append(self._group_of(element))
        return self._numbers[element]

    def _group_of(self, element: Element) -> str:
        if isinstance(element, PrincipalElement):
            return "who"
        if isinstance(element, ActionElement | ResourceElement):
            return _REQUEST
        return self._caller.group_of_key.get(element.key, element.key)

    def _explore(self, literals: frozenset[Literal]) -> evaluator.Request | None:
        while True:
            self._nodes += 1
            if self._nodes > MAX_NODES:
                raise SearchTooLong
            request = self._request(literals)
            if request is None:
                return None
            ways_out = []
            for statement, from_anywhere, elements in self._denies:
                is_avoided = any((number, False) in literals for number in elements)
                if not self._refuses(statement if is_avoided else from_anywhere, request):
                    continue
                if is_avoided:
                    # What should keep the statement from matching isn't certain to, because of a variable.
                    return None if self._certainly else request
                ways_out.append([number for number in elements if self._can_add(literals, (number, False))])
                if not ways_out[-1]:
                    return None
            if not ways_out:
                return request
            only_ways = frozenset((ways[0], False) for ways in ways_out if len(ways) == 1)
            if only_ways:
                literals |= only_ways
                continue
            fewest = min(ways_out, key=len)
            for index, number in enumerate(fewest):
                # Of the addresses that a request stands for, a range may contain some.
                earlier = (other for other in fewest[:index] if not self._stands_for_many(self._elements[other]))
                branch = {(number, False), *((other, True) for other in earlier)}
                if found := self._explore(literals | branch):
                    return found
            return None

    def _from_anywhere(self, statement: evaluator.Statement) -> evaluator.Statement:
        """Return a Deny without its conditions on the address, if that of a request stands for many."""
        elements = (ConditionElement(condition, statement.supports_variables) for condition in statement.conditions)
        others = tuple(element.condition for element in elements if not self._stands_for_many(element))
        return replace(statement, conditions=others) if len(others) < len(statement.conditions) else statement

    def _stands_for_many(self, element: Element) -> bool:
        """Return whether an element is about the address, and that of a request stands for a minimum of addresses."""
        is_about_address = isinstance(element, ConditionElement) and element.key == "aws:sourceip"
        return is_about_address and bool(self._question.minimum_addresses)

    def _refuses(self, statement: evaluator.Statement, request: evaluator.Request) -> bool:
        match = evaluator.statement_matches(statement, request)
        return match is not Match.NO if self._certainly else match is Match.YES

    def _can_add(self, literals: frozenset[Literal], literal: Literal) -> bool:
        number, wanted = literal
        if (number, not wanted) in literals:
            return False
        group = self._groups[number]
        same_group = {other for other in literals if self._groups[other[0]] == group}
        return self._solve(group, frozenset(same_group | {literal})) is not None

    def _request(self, literals: frozenset[Literal]) -> evaluator.Request | None:
        """Return a request for which all literals hold; None if there is none."""
        free_keys = (key for key in self._question.pinned if key not in self._caller.group_of_key)
        by_group: dict[str, set[Literal]] = {name: set() for name in (_REQUEST, *self._caller.groups, *free_keys)}
        for literal in literals:
            if (literal[0], not literal[1]) in literals:
                return None
            by_group.setdefault(self._groups[literal[0]], set()).add(literal)
        context: dict[str, Values] = {key: self._question.lookup(key) for key in self._question.variables}
        texts: dict[str, str] = {}
        for group, group_literals in by_group.items():
            solution = self._solve(group, frozenset(group_literals))
            if solution is None:
                return None
            context.update(solution.values)
            texts.update(solution.texts)
        action, resource = (str(context.pop(name)) for name in ("action", "resource"))
        id_ = _render(self._caller.principal, texts)
        account = context.get("aws:principalaccount")
        principal = evaluator.Principal(self._caller.principal_kind, id_, str(account) if account else None)
        present = {key: value for key, value in context.items() if value not in (None, UNKNOWN)}
        return evaluator.Request(action, resource, principal, present, context_is_complete=True)

    def _solve(self, group: str, literals: frozenset[Literal]) -> _Solution | None:
        key = (group, literals)
        if key not in self._solutions:
            ordered = [(self._elements[number], wanted) for number, wanted in sorted(literals)]
            solutions = self._solve_request(ordered) if group == _REQUEST else self._solve_keys(group, ordered)
            self._solutions[key] = next(solutions, None)
        return self._solutions[key]

    def _solve_request(self, literals: Sequence[tuple[Element, bool]]) -> Iterator[_Solution]:
        for target in self._question.targets:
            actions = [
                action
                for action in target.actions
                if all(
                    holds(element.match(action), wanted=wanted, certainly=self._certainly)
                    for element, wanted in literals
                    if isinstance(element, ActionElement)
                )
            ]
            if not actions:
                continue
            requirements = [
                require_resource(element, target.template, self._lookup, wanted=wanted, certainly=self._certainly)
                for element, wanted in literals
                if isinstance(element, ResourceElement)
            ]
            texts = find_segments(target.segments, requirements, self._budget)
            if texts is not None:
                yield _Solution({"action": actions[0], "resource": _render(target.template, texts)}, {})

    def _solve_keys(self, group: str, literals: Sequence[tuple[Element, bool]]) -> Iterator[_Solution]:
        variants: Iterable[Variant]
        if group in self._caller.groups:
            variants = self._caller.groups[group]
        elif group.startswith(self._caller.absent_prefixes):
            variants = (Variant({group: None}),)
        else:
            constant = self._question.constants.get(group)
            conditions = [element for element, _ in literals if isinstance(element, ConditionElement)]
            variants = free_variants(group, conditions) if constant is None else (Variant({group: (constant,)}),)
        solve = self._solve_variant if group in self._caller.groups else self._solve_list
        for variant in variants:
            if solution := solve(variant, literals):
                yield solution

    def _solve_list(self, variant: Variant, literals: Sequence[tuple[Element, bool]]) -> _Solution | None:
        """Return the values of a key that may have a list of them.

        For each condition that requires some value, one value meets it and all conditions that require every value.
        """
        of_some = [
            (element, wanted)
            for element, wanted in literals
            if isinstance(element, ConditionElement) and element.requires_some(wanted=wanted)
        ]
        if len(of_some) < 2 or None in variant.keys.values():
            return self._solve_variant(variant, literals)
        of_every = [literal for literal in literals if literal not in of_some]
        values: dict[str, list[str]] = {key: [] for key in variant.keys}
        for literal in of_some:
            solution = self._solve_variant(variant, [*of_every, literal])
            if solution is None:
                return None
            for key, value in solution.values.items():
                values[key].append(str(value))
        return _Solution({key: tuple(dict.fromkeys(texts)) for key, texts in values.items()}, {})

    def _solve_variant(self, variant: Variant, literals: Sequence[tuple[Element, bool]]) -> _Solution | None:
        requirements = [*variant.requirements]
        networks = {
            key: _Networks(model, Addresses.all(model.version))
            for key, model in variant.keys.items()
            if isinstance(model, Addresses)
        }
        for key, value in self._question.pinned.items():
            model = variant.keys.get(key, ())
            if isinstance(model, tuple) and model and value is not None:
                requirements.append(Requirement(model, pattern_set([value]), matches=True))
            elif key in variant.keys and (model is None) is not (value is None):
                return None
        for element, wanted in literals:
            if isinstance(element, PrincipalElement):
                requirements.append(require_principal(element, self._caller, wanted=wanted, certainly=self._certainly))
            elif isinstance(element, ConditionElement):
                if element.key in networks and element.compares_addresses:
                    networks[element.key] = networks[element.key].restrict(
                        element, wanted=wanted, certainly=self._certainly
                    )
                elif requirement := self._text_requirement(element, variant, wanted=wanted):
                    requirements.append(requirement)
                elif not self._holds_for(element, variant, wanted=wanted):
                    return None
        if any(network.is_too_small(key, self._question.minimum_addresses) for key, network in networks.items()):
            return None
        texts = find_segments(variant.segments, requirements, self._budget)
        if texts is None:
            return None
        values = {
            key: networks[key].possible.example() if key in networks else _render_model(model, texts)
            for key, model in variant.keys.items()
        }
        return _Solution(values, texts)

    def _text_requirement(self, element: ConditionElement, variant: Variant, *, wanted: bool) -> Requirement | None:
        """Return what a condition requires of the text of its key; None if the key has no text that can be chosen."""
        model = variant.keys.get(element.key)
        if not isinstance(model, tuple) or not _has_segments(model):
            return None
        if not element.compares_text or element.is_null_check:
            return None
        return require_text(element, model, self._lookup, wanted=wanted, certainly=self._certainly)

    def _lookup(self, key: str) -> str | None:
        """Return the value of a variable; UNKNOWN if these callers can have several values of its key."""
        folded = key.casefold()
        if folded in self._question.pinned:
            return self._question.pinned[folded]
        if self._caller.never_has(folded):
            return None
        return self._question.lookup(folded)

    def _holds_for(self, element: ConditionElement, variant: Variant, *, wanted: bool) -> bool:
        """Return whether a condition has the answer that is wanted for a key that is absent or has one value."""
        model = variant.keys.get(element.key)
        if element.key not in variant.keys:
            match = Match.MAYBE  # the condition's key isn't known yet
        elif model is None:
            match = element.match(None, self._lookup)
        elif isinstance(model, tuple) and not _has_segments(model):
            match = element.match(_render(model, {}), self._lookup)
        elif element.is_null_check:
            match = element.match("any", self._lookup)
        else:
            match = Match.MAYBE  # such as a number that is compared with an account
        return holds(match, wanted=wanted, certainly=self._certainly)


@dataclass(frozen=True)
class _Networks:
    """The addresses that a key can have.

    Attributes:
        possible: Those that callers can have and for which the conditions hold.
        required: Those for which the conditions hold. If they are few, they have one owner.
    """

    possible: Addresses
    required: Addresses

    def restrict(self, element: ConditionElement, *, wanted: bool, certainly: bool) -> _Networks:
        values = element.condition.values
        version = self.possible.version
        known = [value for value in values if UNKNOWN not in value and not (version == 4 and contains_ipv4(value))]
        inside = wanted is not element.condition.operator.negated
        if len(known) < len(values) and inside is not certainly:
            # The ranges that aren't known yet, or whose effect on IPv4 isn't documented, may contain every address.
            return self if inside else replace(self, possible=Addresses(version, ()))
        named = Addresses.of(version, known)
        if inside:
            return _Networks(self.possible & named, self.required & named)
        return _Networks(self.possible - named, self.required - named)

    def is_too_small(self, key: str, minimum: Mapping[int, int]) -> bool:
        if not self.possible.ranges:
            return True
        return key == "aws:sourceip" and self.required.size <= minimum.get(self.required.version, 0)


def _has_segments(template: Template) -> bool:
    return any(isinstance(part, Segment) for part in template)


def _render(template: Template, texts: Mapping[str, str]) -> str:
    return "".join(texts[part.name] if isinstance(part, Segment) else part for part in template)


def _render_model(model: Model, texts: Mapping[str, str]) -> str | None:
    return _render(model, texts) if isinstance(model, tuple) else None
