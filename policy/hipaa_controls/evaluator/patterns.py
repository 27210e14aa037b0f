"""Matching of patterns against text, either of which may stand for many strings."""

import re
import string
from collections.abc import Callable, Collection, Iterable
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
RESERVED = re.compile("[\ufdd0-\ufdef]")

_VARIABLE = re.compile(r"\$\{((?:'[^']*'|[^'}])*|[^}]*)\}")
_KEY_AND_DEFAULT = re.compile(r"\s*([^,']+?)\s*(?:,\s*'([^']*)'\s*)?")


class Match(Enum):
    """A truth value of Kleene's three-valued logic. `&` is the lesser, `|` the greater, `~` the opposite."""

    NO = 0
    MAYBE = 1
    YES = 2

    @staticmethod
    def from_bool(value: bool) -> "Match":
        return Match.YES if value else Match.NO

    def __and__(self, other: "Match") -> "Match":
        return Match(min(self.value, other.value))

    def __or__(self, other: "Match") -> "Match":
        return Match(max(self.value, other.value))

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
    pieces = _VARIABLE.split(text)  # literal text at even indexes, the content of variables at odd ones
    for i, piece in enumerate(pieces):
        if i % 2 == 0:
            pieces[i] = literal(piece)
        elif variables and piece in ("*", "?", "$"):
            pieces[i] = piece
        elif variables and (parts := _KEY_AND_DEFAULT.fullmatch(piece)):
            key, default = parts.groups()
            value = lookup(key)
            if value is None and default is None:
                return None
            pieces[i] = default if value is None else value
        else:
            pieces[i] = UNKNOWN
    return "".join(pieces)


@lru_cache(maxsize=1 << 14)
def match_pattern(pattern: str, value: str) -> Match:
    """Return YES if the pattern matches every string that `value` stands for, NO if it matches none, else MAYBE."""
    if not _may_match(pattern, value):
        return Match.NO
    return Match.MAYBE if UNKNOWN in pattern or not _must_match(pattern, value) else Match.YES


@lru_cache(maxsize=1 << 14)
def match_resource(pattern: str, value: str) -> Match:
    """Match the pattern of a Resource element, whose wildcards are meant for use within the segments of an ARN."""
    return match_pattern(pattern, value) & (match_pattern(confine_wildcards(pattern), value) | Match.MAYBE)


@lru_cache(maxsize=1 << 14)
def confine_wildcards(pattern: str) -> str:
    """Return the pattern of a Resource element with wildcards that certainly match only within a segment of the ARN.

    A `*` at the end of a segment "can expand to match beyond the colon boundaries" ("IAM JSON policy elements:
    Resource"). AWS doesn't document whether other wildcards can. The last of the six segments may contain colons.
    """
    segments = pattern.split(":", 5)
    confined = [
        re.sub(f"{STAR}(?!$)", STAR_IN_SEGMENT, segment).replace(QUESTION_MARK, QUESTION_MARK_IN_SEGMENT)
        for segment in segments[:5]
    ]
    return ":".join([*confined, *segments[5:]])


# Both functions read the value symbol by symbol and keep the set of positions in the pattern that may be matched next,
# as a nondeterministic finite automaton does.


def _may_match(pattern: str, value: str) -> bool:
    """Return whether the pattern matches some string that `value` stands for."""
    positions: Collection[int] = _skip_stars(pattern, {0})
    for symbol in value:
        if not positions:
            return False
        # For ANY, some string leads from a position to any later one.
        positions = range(min(positions), len(pattern) + 1) if symbol == ANY else _step(pattern, positions, symbol)
    return len(pattern) in positions


def _must_match(pattern: str, value: str) -> bool:
    """Return whether the pattern matches every string that `value` stands for."""
    # Of the strings that ANY stands for, two kinds of characters are the hardest to match: one that isn't in the
    # pattern, which only wildcards match, and the colon, which not every wildcard matches. For each string of these
    # that has a different effect, `reachable` contains the positions that it leads to.
    reachable = {_skip_stars(pattern, {0})}
    for symbol in value:
        if symbol == ANY:
            new = reachable
            while new := {_step(pattern, positions, hard) for positions in new for hard in (_OTHER, ":")} - reachable:
                reachable = reachable | new
        else:
            reachable = {_step(pattern, positions, symbol) for positions in reachable}
    return all(len(pattern) in positions for positions in reachable)


def _step(pattern: str, positions: Iterable[int], symbol: str) -> frozenset[int]:
    """Return the positions that follow when the symbol is matched at each of these."""
    following = set()
    for position in positions:
        token = pattern[position : position + 1]
        if token in (STAR, UNKNOWN) or (token == STAR_IN_SEGMENT and symbol != ":"):
            following.add(position)
        elif token in (symbol, QUESTION_MARK) or (token == QUESTION_MARK_IN_SEGMENT and symbol != ":"):
            following.add(position + 1)
    return _skip_stars(pattern, following)


def _skip_stars(pattern: str, positions: set[int]) -> frozenset[int]:
    """Return the positions, with those that follow if a `*` matches the empty string."""
    reached = set(positions)
    for position in positions:
        following = position
        while pattern[following : following + 1] in (STAR, STAR_IN_SEGMENT, UNKNOWN):
            following += 1
            reached.add(following)
    return frozenset(reached)
