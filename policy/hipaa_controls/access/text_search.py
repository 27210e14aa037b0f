"""A search for text that matches some patterns and not others.

The text of a request is made of segments: an account, a role's name, a region. The same segment occurs in several
values, such as the account in `aws:PrincipalArn` and in `aws:PrincipalAccount`, so all values are searched together.
All patterns are read at once, symbol by symbol, as finite automata; the search walks through the states that they can
be in together, from the shortest text on. If it ends without an answer, there is none.
"""

from __future__ import annotations

import heapq
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, product
from math import prod
from typing import TypeAlias

from hipaa_controls.evaluator.patterns import ascii_lower, compile_pattern

ANY_CHARACTERS = string.ascii_lowercase + string.digits + string.ascii_uppercase + string.punctuation + " "
# Letters that no list of all ASCII characters contains.
_OUTSIDE_ASCII = "".join(map(chr, range(0x00E0, 0x0180)))
# Ten times the longest search in a document of AWS's maximum size that `python -m bench.policies` measures.
MAX_STEPS = 20_000
_MANY_POINTS = 3
# Of all searches for callers of one kind. They take about 0.2 s.
MAX_ADVANCES = 150_000
_MAX_CHOICES = 64


class SearchTooLong(Exception):  # noqa: N818 - not an error: the caller reports what it couldn't decide
    """The search was given up, because the patterns can be in too many states together."""


@dataclass(frozen=True)
class Segment:
    """A part of the text that can be chosen.

    Attributes:
        name: The same name in several templates stands for the same text.
        default: The text that it has where nothing requires another.
        characters: The characters that it may contain. ANY_CHARACTERS permits all others too.
        length: Its exact length, or None.
        minimum: Its minimum length.
        last: Its last character, unless it is empty; any if None.
    """

    name: str
    default: str
    characters: str = ANY_CHARACTERS
    length: int | None = None
    minimum: int = 0
    last: str | None = None

    def permits(self, character: str) -> bool:
        return self.characters is ANY_CHARACTERS or character in self.characters

    def is_complete(self, length: int, last: str) -> bool:
        if length < self.minimum or (self.length is not None and length != self.length):
            return False
        return length == 0 or self.last is None or last == self.last


Template: TypeAlias = tuple[str | Segment, ...]
# For each pattern that can still match, its number and the states of its automaton, as the bits of an integer.
State: TypeAlias = tuple[tuple[int, int], ...]


class PatternSet:
    """An automaton that accepts the text which at least one of some compiled patterns matches.

    A pattern is one of hipaa_controls.evaluator.patterns, in which UNKNOWN matches any text.
    """

    def __init__(self, patterns: Iterable[str], *, ignore_case: bool = False) -> None:
        self.ignore_case = ignore_case
        self.patterns = tuple(dict.fromkeys(map(ascii_lower, patterns) if ignore_case else patterns))
        self._automata = tuple(map(compile_pattern, self.patterns))
        self._steps: dict[tuple[State, str], State] = {}
        self.start: State = tuple((number, 1) for number in range(len(self._automata)))

    def advance(self, state: State, text: str) -> State:
        """Return the state after reading a text."""
        key = (state, text)
        if key not in self._steps:
            following = state
            for symbol in ascii_lower(text) if self.ignore_case else text:
                stepped = ((number, self._automata[number].step(states, symbol)) for number, states in following)
                following = tuple((number, states) for number, states in stepped if states)
            self._steps[key] = following
        return self._steps[key]

    def choices(self, state: State) -> Iterator[State]:
        """Yield states of which one accepts what this state accepts, none with a pattern at many points.

        A pattern such as *:???? can be at exponentially many sets of points, but only at as many points as it is long.
        """
        split = [(number, states) for number, states in state if states.bit_count() > _MANY_POINTS]
        if len(split) < len(state) or not split:
            yield tuple(entry for entry in state if entry not in split)
        for number, states in split:
            yield from (((number, point),) for point in _bits(states))

    def accepts(self, state: State) -> bool:
        return any(states >> self._automata[number].length & 1 for number, states in state)

    def accepts_everything_from(self, state: State) -> bool:
        """Return whether some pattern has only a `*` left."""
        return any(
            states & self._automata[number].stars_for_colon & 1 << self._automata[number].length
            for number, states in state
        )

    def next_symbols(self, state: State) -> set[str]:
        """Return the characters that have another effect here than all others, in both cases if case is ignored."""
        symbols = {symbol for number, states in state for symbol in self._automata[number].telling_symbols(states)}
        return symbols | {symbol.upper() for symbol in symbols} if self.ignore_case else symbols


def _bits(number: int) -> Iterator[int]:
    """Yield the powers of two that add up to a number."""
    rest = number
    while rest:
        lowest = rest & -rest
        yield lowest
        rest ^= lowest


@lru_cache(maxsize=1 << 12)
def _pattern_set(patterns: tuple[str, ...], *, ignore_case: bool) -> PatternSet:
    return PatternSet(patterns, ignore_case=ignore_case)


def pattern_set(patterns: Iterable[str], *, ignore_case: bool = False) -> PatternSet:
    """Return the automaton for some patterns: the same one each time, as equal searches are made only once."""
    return _pattern_set(tuple(dict.fromkeys(patterns)), ignore_case=ignore_case)


@dataclass(frozen=True)
class Requirement:
    """That a value, made after a template, matches at least one of some patterns (`matches`), or none of them."""

    template: Template
    patterns: PatternSet
    matches: bool

    def is_hopeless(self, state: State) -> bool:
        return not state if self.matches else self.patterns.accepts_everything_from(state)

    def holds(self, state: State) -> bool:
        return self.patterns.accepts(state) is self.matches


@dataclass(frozen=True)
class _Point:
    """Where a search has got to.

    Attributes:
        texts: The texts of the segments before.
        text: The text of the current segment so far; None before it begins.
        states: The state of each requirement's automaton.
    """

    texts: tuple[str, ...]
    text: str | None
    states: tuple[State, ...]


_FINISHED: State = ()


@dataclass
class Budget:
    """How much more work may be done for some searches. It doesn't depend on which of them were made before."""

    advances: int = MAX_ADVANCES

    def spend(self, advances: int) -> None:
        """Raise SearchTooLong if more was done than may be."""
        self.advances -= advances
        if self.advances < 0:
            raise SearchTooLong


def find_segments(
    segments: Sequence[Segment], requirements: Sequence[Requirement], budget: Budget
) -> Mapping[str, str] | None:
    """Return the text of each segment, by name, so that every requirement holds; None if there is no such text.

    Args:
        segments: The segments, in an order that is also their order in each template.
        requirements: What the values must match.
        budget: Is reduced by the work of the search.

    Raises:
        SearchTooLong: The search was given up.
    """
    texts, advances = _find(tuple(segments), tuple(_merged(requirements)))
    budget.spend(advances)
    return texts


@lru_cache(maxsize=1 << 12)
def _find(segments: tuple[Segment, ...], requirements: tuple[Requirement, ...]) -> tuple[Mapping[str, str] | None, int]:
    """Return the texts and the work of the search, which is more than any budget if it was given up."""
    search = _Search(segments, requirements)
    try:
        return search.run(), search.advances
    except SearchTooLong:
        return None, MAX_ADVANCES + 1


def _merged(requirements: Iterable[Requirement]) -> list[Requirement]:
    """Return the requirements with those together that a value matches none of some patterns."""
    merged: list[Requirement] = []
    excluded: dict[tuple[Template, bool], list[PatternSet]] = {}
    for requirement in requirements:
        if requirement.matches:
            merged.append(requirement)
        elif requirement.patterns.patterns:
            key = (requirement.template, requirement.patterns.ignore_case)
            excluded.setdefault(key, []).append(requirement.patterns)
    for (template, ignore_case), sets in excluded.items():
        together = (pattern for each in sets for pattern in each.patterns)
        patterns = sets[0] if len(sets) == 1 else pattern_set(together, ignore_case=ignore_case)
        merged.append(Requirement(template, patterns, matches=False))
    return merged


class _Search:
    def __init__(self, segments: Sequence[Segment], requirements: Sequence[Requirement]) -> None:
        self.advances = 0
        self._segments = segments
        self._requirements = requirements
        # For each requirement, the fixed text of its template before each segment that it contains, and at its end.
        self._fixed: list[dict[int, str]] = []
        self._end: list[str] = []
        order = {segment.name: index for index, segment in enumerate(segments)}
        for requirement in requirements:
            fixed, text = {}, ""
            for part in requirement.template:
                if isinstance(part, Segment):
                    fixed[order[part.name]], text = text, ""
                else:
                    text += part
            if list(fixed) != sorted(fixed):
                raise ValueError("the segments of a template are out of order")
            self._fixed.append(fixed)
            self._end.append(text)
        self._readers = [
            [number for number, fixed in enumerate(self._fixed) if index in fixed] for index in range(len(segments))
        ]
        self._last_segment = [max(fixed, default=-1) for fixed in self._fixed]

    def run(self) -> Mapping[str, str] | None:
        # An entry is: the number of characters that aren't defaults, a number that keeps entries of the same cost in
        # the order in which they were found, and where the search has got to.
        numbers = count()
        queue: list[tuple[int, int, _Point]] = []
        start = self._finish(-1, tuple(requirement.patterns.start for requirement in self._requirements))
        if start is not None:
            queue.append((0, next(numbers), _Point((), None, start)))
        seen = set()
        for _ in range(MAX_STEPS):
            if not queue:
                return None
            cost, _, point = heapq.heappop(queue)
            identity = self._identity(point)
            if identity in seen:
                continue
            seen.add(identity)
            if len(point.texts) == len(self._segments):
                return {segment.name: text for segment, text in zip(self._segments, point.texts, strict=True)}
            for extra, following in self._moves(point):
                if self._identity(following) not in seen:
                    heapq.heappush(queue, (cost + extra, next(numbers), following))
        raise SearchTooLong

    def _identity(self, point: _Point) -> tuple[object, ...]:
        """Return what decides how a text may go on: of the current segment, only its length and last character."""
        if point.text is None:
            return (len(point.texts), point.states)
        segment = self._segments[len(point.texts)]
        longest = segment.minimum if segment.length is None else segment.length
        last = point.text[-1:] if segment.last is not None else ""
        return (len(point.texts), point.states, min(len(point.text), longest + 1), last)

    def _moves(self, point: _Point) -> Iterator[tuple[int, _Point]]:
        """Yield what can follow, with its cost: a whole default text, one more character, or the next segment."""
        index, text, states = len(point.texts), point.text, point.states
        segment, readers = self._segments[index], self._readers[index]
        if not readers:
            yield 0, _Point((*point.texts, segment.default), None, states)
            return
        if text is None:
            started = self._advance(states, {number: self._fixed[number][index] for number in readers})
            if started is None:
                return
            text, states = "", started
            yield from self._next_segment(
                point.texts, segment.default, self._advance(states, dict.fromkeys(readers, segment.default))
            )
        if segment.is_complete(len(text), text[-1:]):
            yield from self._next_segment(point.texts, text, states)
        if segment.length is not None and len(text) >= segment.length:
            return
        for symbol in self._symbols(segment, [(number, states[number]) for number in readers]):
            following = self._advance(states, dict.fromkeys(readers, symbol))
            for chosen in () if following is None else self._choices(following):
                yield 1, _Point(point.texts, text + symbol, chosen)

    def _choices(self, states: tuple[State, ...]) -> Iterator[tuple[State, ...]]:
        """Yield the states in which the patterns that must match are each at one point.

        Those that mustn't match stay at all points where they may be: none of them may lead to a match. So do all of
        them where that would be too many: they are as many as the points of all patterns multiplied.
        """
        choices = [
            tuple(requirement.patterns.choices(state)) if requirement.matches and state else (state,)
            for requirement, state in zip(self._requirements, states, strict=True)
        ]
        return product(*choices) if prod(map(len, choices)) <= _MAX_CHOICES else iter((states,))

    def _next_segment(
        self, texts: tuple[str, ...], text: str, states: tuple[State, ...] | None
    ) -> Iterator[tuple[int, _Point]]:
        finished = None if states is None else self._finish(len(texts), states)
        if finished is not None:
            yield 0, _Point((*texts, text), None, finished)

    def _advance(self, states: tuple[State, ...], texts: Mapping[int, str]) -> tuple[State, ...] | None:
        """Return the states after some requirements have read a text; None if one of them can't hold any more."""
        following = list(states)
        self.advances += len(texts)
        if self.advances > MAX_ADVANCES:
            raise SearchTooLong
        for number, text in texts.items():
            requirement = self._requirements[number]
            following[number] = requirement.patterns.advance(states[number], text)
            if requirement.is_hopeless(following[number]):
                return None
        return tuple(following)

    def _finish(self, index: int, states: tuple[State, ...]) -> tuple[State, ...] | None:
        """Return the states without those of the values that this segment completes; None if one of these is wrong."""
        following = list(states)
        for number, last in enumerate(self._last_segment):
            if last == index:
                requirement = self._requirements[number]
                if not requirement.holds(requirement.patterns.advance(states[number], self._end[number])):
                    return None
                following[number] = _FINISHED
        return tuple(following)

    def _symbols(self, segment: Segment, states: Iterable[tuple[int, State]]) -> list[str]:
        """Return the characters that have different effects: those that a pattern names here, and one other."""
        named: set[str] = set()
        for number, state in states:
            named |= self._requirements[number].patterns.next_symbols(state)
        if segment.last is not None:
            named.add(segment.last)
        permitted = sorted(symbol for symbol in named if segment.permits(symbol))
        others = segment.characters + (_OUTSIDE_ASCII if segment.characters is ANY_CHARACTERS else "")
        other = next((symbol for symbol in others if symbol not in named), None)
        return permitted if other is None else [*permitted, other]
