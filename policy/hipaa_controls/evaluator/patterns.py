"""Matching of patterns against text, either of which may stand for many strings."""

import re
import string
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

# Unicode reserves these noncharacters for use within a program. `parse` rejects a document that contains one.
ANY = "\ufdd0"
"""In a request: stands for every string, the empty one included."""
UNKNOWN = "\ufdd1"
"""In a policy: stands for one string, which isn't known yet."""
STAR, QUESTION_MARK = "\ufdd2", "\ufdd3"
STAR_IN_SEGMENT, QUESTION_MARK_IN_SEGMENT = "\ufdd5", "\ufdd6"  # These don't match a colon.
_OTHER = "\ufdd4"  # a character that no pattern contains
# Beyond these limits, `match_pattern` gives up: it returns MAYBE instead of YES. Patterns that people write need one to
# three sets of states.
_MAX_SETS = 64
_MAX_STEPS = 10_000
_WILDCARD = re.compile(f"[{STAR}{QUESTION_MARK}{UNKNOWN}]")
_ARN_SEGMENTS = 6
RESERVED = re.compile("[\ufdd0-\ufdef]")

_VARIABLE = re.compile(r"\$\{((?:'[^']*'|[^'}])*|[^}]*)\}")
_KEY_AND_DEFAULT = re.compile(r"([^,']*[^,'\s])\s*(?:,\s*'([^']*)')?")


class Match(Enum):
    """A truth value of Kleene's three-valued logic. `&` is the lesser, `|` the greater, `~` the opposite."""

    NO = 0
    MAYBE = 1
    YES = 2

    @staticmethod
    def from_bool(value: bool) -> "Match":
        return Match.YES if value else Match.NO

    def __and__(self, other: "Match") -> "Match":
        return self if self.value <= other.value else other

    def __or__(self, other: "Match") -> "Match":
        return self if self.value >= other.value else other

    def __invert__(self) -> "Match":
        return Match(2 - self.value)


def all_match(matches: Iterable[Match]) -> Match:
    """Return the conjunction of all; YES if there are none. All are read: reading one may raise an error."""
    found = list(matches)
    if Match.NO in found:
        return Match.NO
    return Match.MAYBE if Match.MAYBE in found else Match.YES


def any_match(matches: Iterable[Match]) -> Match:
    """Return the disjunction of all; NO if there are none. All are read: reading one may raise an error."""
    found = list(matches)
    if Match.YES in found:
        return Match.YES
    return Match.MAYBE if Match.MAYBE in found else Match.NO


@lru_cache(maxsize=1 << 14)
def compile_wildcards(text: str) -> str:
    """Return the pattern for text in which `*` stands for any string and `?` for any character."""
    return re.sub(r"\*+", STAR, text).replace("?", QUESTION_MARK)


def names_in_full(text: str) -> bool:
    """Return whether a value in a policy has no wildcard, no variable, and nothing that isn't known yet."""
    return re.search(rf"[*?${UNKNOWN}]", text) is None


_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


@lru_cache(maxsize=1 << 14)
def ascii_lower(text: str) -> str:
    """Return the text with its ASCII letters in lower case, as AWS compares its own names."""
    return text.translate(_ASCII_LOWER)


def expand_variables(
    text: str, lookup: Callable[[str], str | None], *, variables: bool | None, wildcards: bool
) -> str | None:
    """Return the pattern that a value in a policy stands for in one request.

    Args:
        text: The value.
        lookup: Returns the value of a condition key; None if the key is absent, UNKNOWN if the value isn't known.
        variables: Whether `${…}` is a variable; None if the policy's version isn't known.
        wildcards: Whether `*` and `?` are wildcards. In the value of a variable they never are.

    Returns:
        The pattern, or None if a variable has no value: then it matches nothing ("IAM policy elements: Variables and
        tags", section "Policy variables with no value").
    """
    literal = compile_wildcards if wildcards else str
    if variables is False:
        return literal(text)
    pieces = list(_split_at_variables(text))
    for i, piece in enumerate(pieces):
        if i % 2 == 0:
            pieces[i] = literal(piece)
        elif variables and piece in ("*", "?", "$"):
            pieces[i] = piece
        elif variables and (parts := _KEY_AND_DEFAULT.fullmatch(piece.strip())):
            key, default = parts.groups()
            value = lookup(key)
            if value is None and default is None:
                return None
            pieces[i] = default if value is None else value
        else:
            pieces[i] = UNKNOWN
    return "".join(pieces)


@lru_cache(maxsize=1 << 12)
def _split_at_variables(text: str) -> tuple[str, ...]:
    """Return the literal text at even indexes and the content of variables at odd ones."""
    # No variable ends after the last brace. The expression would search that text again from each `${`.
    end = text.rfind("}") + 1
    *pieces, last = _VARIABLE.split(text[:end])
    return (*pieces, last + text[end:])


class Alternatives:
    """Patterns of which any may match. It finds the few that have to be matched against a value."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns = tuple(patterns)
        pairs = [(_WILDCARD.split(pattern, maxsplit=1)[0], pattern) for pattern in self.patterns]
        self._literals = {pattern for prefix, pattern in pairs if prefix == complete_arn(pattern)}
        self._others = [(prefix, pattern) for prefix, pattern in pairs if pattern not in self._literals]

    def candidates(self, value: str) -> list[str]:
        """Return the patterns that may match: the others differ from the value before their wildcard or its ANY."""
        known, any_string, _ = value.partition(ANY)
        if not any_string:
            literals = [value] if value in self._literals else []
            return literals + [pattern for prefix, pattern in self._others if value.startswith(prefix)]
        return [literal for literal in self._literals if literal.startswith(known)] + [
            pattern for prefix, pattern in self._others if known.startswith(prefix) or prefix.startswith(known)
        ]


@lru_cache(maxsize=1 << 14)
def match_pattern(pattern: str, value: str) -> Match:
    """Return YES if the pattern matches every string that `value` stands for, NO if it matches none, else MAYBE.

    If the value contains ANY, MAYBE may also mean that a decision about every string would take too long. The
    time grows with the length of the pattern times that of the value, and no faster.
    """
    if pattern != value and not _may_match(pattern, value):
        return Match.NO
    return Match.MAYBE if UNKNOWN in pattern or not _must_match(pattern, value) else Match.YES


@lru_cache(maxsize=1 << 14)
def match_resource(pattern: str, value: str, *, in_identity_policy: bool) -> Match:
    """Match the pattern of a Resource element.

    In a policy of an identity, AWS completes an ARN with fewer than six segments ("Identify AWS resources with Amazon
    Resource Names (ARNs)"). It doesn't document what it does elsewhere, nor whether a `*` of such an ARN matches beyond
    a colon.
    """
    completed = complete_arn(pattern)
    as_it_is, as_completed = _match_whole_arn(pattern, value), _match_whole_arn(completed, value)
    if in_identity_policy:
        return as_completed | Match.MAYBE & as_it_is
    return as_it_is if as_it_is is as_completed else Match.MAYBE


def complete_arn(pattern: str) -> str:
    """Return the pattern with a `*` for each missing segment if it is an ARN with fewer than six segments.

    If a part isn't known yet, nor is the number of segments: then one `*` stands for all that may be added.
    """
    missing = _ARN_SEGMENTS - 1 - pattern.count(":")
    if missing <= 0 or not pattern.startswith(("arn:", UNKNOWN)):
        return pattern
    return pattern + (STAR if UNKNOWN in pattern else f":{STAR}" * missing)


def _match_whole_arn(pattern: str, value: str) -> Match:
    """Match the pattern of a resource, whose wildcards are meant for use within the segments of an ARN.

    A `*` at the end of a segment "can expand to match beyond the colon boundaries" ("IAM JSON policy elements:
    Resource"). AWS doesn't document whether other wildcards can. The last of the six segments may contain colons.
    """
    confined = confine_wildcards(pattern)
    match = match_pattern(pattern, value)
    return match if confined == pattern else match & (match_pattern(confined, value) | Match.MAYBE)


@lru_cache(maxsize=1 << 12)
def confine_wildcards(pattern: str) -> str:
    """Return the pattern of a resource with wildcards that certainly match only within a segment of the ARN."""
    segments = pattern.split(":", _ARN_SEGMENTS - 1)
    confined = [
        re.sub(f"{STAR}(?!$)", STAR_IN_SEGMENT, segment).replace(QUESTION_MARK, QUESTION_MARK_IN_SEGMENT)
        for segment in segments[: _ARN_SEGMENTS - 1]
    ]
    return ":".join([*confined, *segments[_ARN_SEGMENTS - 1 :]])


@dataclass(frozen=True)
class Automaton:
    """A nondeterministic finite automaton for a pattern. It keeps the set of its states as the bits of an integer.

    State n means that the first n tokens of the pattern are matched, not counting the stars. So a step takes a few
    operations on integers, however many states there are.

    Attributes:
        length: The number of tokens that aren't stars. It is also the accepting state.
        by_symbol: The states whose next token matches a symbol, by symbol. It has every symbol of the pattern.
        by_other: The states whose next token matches every other symbol.
        stars: The states with a star before the next token.
        stars_for_colon: Those whose star matches a colon too.
        confined: The states whose next token, or a star before it, doesn't match a colon although it is a wildcard.
    """

    length: int
    by_symbol: Mapping[str, int]
    by_other: int
    stars: int
    stars_for_colon: int
    confined: int

    def step(self, states: int, symbol: str) -> int:
        """Return the states that follow when the symbol is read."""
        stars = self.stars_for_colon if symbol == ":" else self.stars
        return states & stars | (states & self.by_symbol.get(symbol, self.by_other)) << 1

    def telling_symbols(self, states: int) -> Iterator[str]:
        """Yield the symbols that lead to other states than a symbol does that the pattern doesn't contain."""
        for symbol, matching in self.by_symbol.items():
            if states & matching != states & self.by_other or (symbol == ":" and states & self.confined):
                yield symbol

    def from_lowest(self, states: int) -> int:
        """Return the states that some string leads to: from a state, one leads to it and to each later one."""
        return (1 << self.length + 1) - 1 & -(states & -states)

    def after_hardest(self, states: int) -> list[int]:
        """Return the states after each of the strings that are the hardest to match, from which the rest follow.

        A character that isn't in the pattern is matched by wildcards only, so it is the hardest. If a pattern matches
        a text in which a run of such characters has length 0, and one in which the run is long, it matches those
        between: a star takes a part of the long run, and the tokens beside it that take the rest of the run are
        wildcards, which the star can make room for. With a wildcard that doesn't match a colon, a colon is as hard.
        """
        if self.confined & -(states & -states):
            return [self.step(states, _OTHER), self.step(states, ":")]
        return [self._after_wildcards(self._after_wildcards(states) & self.stars)]

    def _after_wildcards(self, states: int) -> int:
        """Return the states, and those that follow any number of tokens that match every other symbol.

        The addition carries each state to the end of the run of such tokens.
        """
        return (self.by_other + (states & self.by_other)) ^ self.by_other | states


@lru_cache(maxsize=1 << 12)
def compile_pattern(pattern: str) -> Automaton:
    literals: dict[str, int] = {":": 0}
    wildcards = stars = not_for_colon = stars_for_colon = 0
    state = 1
    for token in pattern:
        if token in (STAR, UNKNOWN, STAR_IN_SEGMENT):
            stars |= state
            stars_for_colon |= 0 if token == STAR_IN_SEGMENT else state
            continue
        if token in (QUESTION_MARK, QUESTION_MARK_IN_SEGMENT):
            wildcards |= state
            not_for_colon |= state if token == QUESTION_MARK_IN_SEGMENT else 0
        else:
            literals[token] = literals.get(token, 0) | state
        state <<= 1
    by_symbol = {symbol: states | wildcards for symbol, states in literals.items()}
    by_symbol[":"] &= ~not_for_colon
    confined = not_for_colon | stars & ~stars_for_colon
    return Automaton(state.bit_length() - 1, by_symbol, wildcards, stars, stars_for_colon, confined)


def _may_match(pattern: str, value: str) -> bool:
    """Return whether the pattern matches some string that `value` stands for."""
    automaton = compile_pattern(pattern)
    states = 1
    for symbol in value:
        if not states:
            return False
        states = automaton.from_lowest(states) if symbol == ANY else automaton.step(states, symbol)
    return bool(states >> automaton.length)


def _must_match(pattern: str, value: str) -> bool:
    """Return whether the pattern matches every string that `value` stands for; False if that takes too long.

    The pattern must match one of them at least.
    """
    if ANY not in value:
        return True
    automaton = compile_pattern(pattern)
    # For each string that has a different effect, `reachable` contains the states that it leads to. From more states
    # no less is matched, so a set of states that contains another one is left out.
    reachable = [1]
    steps = 0
    for symbol in value:
        if symbol != ANY:
            reachable = list({automaton.step(states, symbol) for states in reachable})
        else:
            pending, reachable = reachable, []
            while pending:
                states = pending.pop()
                if not any(states & other == other for other in reachable):
                    reachable = [*(other for other in reachable if states & other != states), states]
                    pending += automaton.after_hardest(states)
                steps += 1
                if len(reachable) > _MAX_SETS or steps > _MAX_STEPS:
                    return False
        if 0 in reachable:
            return False
    return all(states >> automaton.length for states in reachable)
