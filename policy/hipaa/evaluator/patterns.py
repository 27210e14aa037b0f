"""Text with wildcards, compared with text that may stand for many strings."""

import re
import string
from collections.abc import Callable, Collection, Iterable
from enum import Enum
from functools import lru_cache

# Unicode sets these characters aside for use inside a program; `parse` refuses a document that holds one.
ANY = "\ufdd0"
"""In a request: any string, the empty one too."""
UNKNOWN = "\ufdd1"
"""In a document: one string, not known yet."""
_MANY, _ONE, _OTHER = "\ufdd2", "\ufdd3", "\ufdd4"
_MANY_INSIDE, _ONE_INSIDE = "\ufdd5", "\ufdd6"  # the same, of characters other than a colon
RESERVED = re.compile("[\ufdd0-\ufdef]")

_VARIABLE = re.compile(r"\$\{((?:'[^']*'|[^'}])*|[^}]*)\}")
_KEY_AND_DEFAULT = re.compile(r"\s*([^,']+?)\s*(?:,\s*'([^']*)'\s*)?")


class Match(Enum):
    """Kleene's three truth values, in order: `&` is the least, `|` the greatest, `~` the opposite."""

    NO = 0
    MAYBE = 1
    YES = 2

    @staticmethod
    def from_bool(answer: bool) -> "Match":
        return Match.YES if answer else Match.NO

    def __and__(self, other: "Match") -> "Match":
        return Match(min(self.value, other.value))

    def __or__(self, other: "Match") -> "Match":
        return Match(max(self.value, other.value))

    def __invert__(self) -> "Match":
        return Match(2 - self.value)


def all_match(matches: Iterable[Match]) -> Match:
    return min(matches, key=lambda match: match.value, default=Match.YES)


def any_match(matches: Iterable[Match]) -> Match:
    return max(matches, key=lambda match: match.value, default=Match.NO)


def compile_wildcards(text: str) -> str:
    """A pattern: `*` stands for any string, `?` for any character."""
    return re.sub(r"\*+", _MANY, text).replace("?", _ONE)


_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def ascii_lower(text: str) -> str:
    """In lower case, as AWS's own names are compared: no letter but ASCII's stands for another."""
    return text.translate(_LOWER)


def expand_variables(text: str, lookup: Callable[[str], str | None], *, variables: bool | None, wildcards: bool) -> str | None:
    """The pattern that a value in a document means for one request.

    lookup: the value of a condition key, None when it is absent, UNKNOWN where it is not known.
    variables: whether `${…}` is a variable; None when the document's version is not known.
    wild: whether `*` and `?` are wildcards. In what a variable stands for they never are.
    Returns None when a variable has no value: then it matches nothing (IAM policy elements: Variables and tags,
    "Policy variables with no value").
    """
    authored = compile_wildcards if wildcards else str
    if variables is False:
        return authored(text)
    pieces = _VARIABLE.split(text)
    for i, piece in enumerate(pieces):
        if i % 2 == 0:
            pieces[i] = authored(piece)
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
    """YES if the pattern matches every string that `value` stands for, NO if it matches none."""
    if not _may_match(pattern, value):
        return Match.NO
    return Match.MAYBE if UNKNOWN in pattern or not _must_match(pattern, value) else Match.YES


def match_resource(pattern: str, value: str) -> Match:
    """A Resource's pattern, whose wildcards are for use within the segments of an ARN.

    A `*` at the end of one "can expand to match beyond the colon boundaries" (IAM JSON policy elements: Resource). AWS
    doesn't say whether others do. The last of the six segments may hold colons.
    """
    segments = pattern.split(":", 5)
    inside = [re.sub(f"{_MANY}(?!$)", _MANY_INSIDE, each).replace(_ONE, _ONE_INSIDE) for each in segments[:5]]
    return match_pattern(pattern, value) & (match_pattern(":".join([*inside, *segments[5:]]), value) | Match.MAYBE)


# Both walk the value with the set of places in the pattern that may come next.


def _may_match(pattern: str, value: str) -> bool:
    places: Collection[int] = _after(pattern, {0})
    for symbol in value:
        if not places:
            return False
        # Some string leads from a place to any later one.
        places = range(min(places), len(pattern) + 1) if symbol == ANY else _step(pattern, places, symbol)
    return len(pattern) in places


def _must_match(pattern: str, value: str) -> bool:
    # Of the strings that ANY stands for, the hardest to match are those of a character found nowhere in the pattern,
    # which only wildcards take, and of colons, which not every wildcard takes. There is a set of places for each of
    # such strings that differs in effect.
    possible = {_after(pattern, {0})}
    for symbol in value:
        if symbol == ANY:
            longer = possible
            while longer := {_step(pattern, places, hard) for places in longer for hard in (_OTHER, ":")} - possible:
                possible = possible | longer
        else:
            possible = {_step(pattern, places, symbol) for places in possible}
    return all(len(pattern) in places for places in possible)


def _step(pattern: str, places: Iterable[int], symbol: str) -> frozenset[int]:
    following = set()
    for place in places:
        token = pattern[place : place + 1]
        if token in (_MANY, UNKNOWN) or (token == _MANY_INSIDE and symbol != ":"):
            following.add(place)
        elif token in (symbol, _ONE) or (token == _ONE_INSIDE and symbol != ":"):
            following.add(place + 1)
    return _after(pattern, following)


def _after(pattern: str, places: set[int]) -> frozenset[int]:
    """The places, and those past a `*` that takes nothing."""
    reached = set(places)
    for place in places:
        past = place
        while pattern[past : past + 1] in (_MANY, _MANY_INSIDE, UNKNOWN):
            past += 1
            reached.add(past)
    return frozenset(reached)
