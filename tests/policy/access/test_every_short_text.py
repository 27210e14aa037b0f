"""The search for text, against every short text."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import product

import pytest

from hipaa_controls.access import text_search
from hipaa_controls.access.text_search import Budget, Requirement, SearchTooLong, Segment, find_segments, pattern_set
from hipaa_controls.evaluator.patterns import (
    QUESTION_MARK,
    QUESTION_MARK_IN_SEGMENT,
    STAR,
    STAR_IN_SEGMENT,
    UNKNOWN,
)

RUNS = 80
LETTERS = "abB:z"  # no pattern contains `z`
ONE = Segment("one", "", LETTERS)
SEGMENTS = (
    ONE,
    Segment("one", "zz", LETTERS, minimum=1),
    Segment("one", "ab", LETTERS, length=2),
    Segment("one", "", LETTERS, last="b"),
    Segment("one", "", "AB:z"),
    Segment("one", "az:", LETTERS, minimum=3, last=":"),
    Segment("one", "default", "ab", minimum=2),
)
TOKENS = ("a", "b", ":", "B", STAR, STAR, QUESTION_MARK, STAR_IN_SEGMENT, QUESTION_MARK_IN_SEGMENT, UNKNOWN)
_CHOICE = random.Random(0)
PATTERNS = ["".join(_CHOICE.choices(TOKENS, k=length)) for length in (0, *range(1, 5), *range(1, 5)) for _ in range(10)]
EXPRESSIONS = {
    STAR: ".*",
    UNKNOWN: ".*",
    QUESTION_MARK: ".",
    STAR_IN_SEGMENT: "[^:]*",
    QUESTION_MARK_IN_SEGMENT: "[^:]",
}


def is_text_of(segment: Segment, text: str) -> bool:
    if text == segment.default:
        return True
    is_long_enough = len(text) >= segment.minimum and segment.length in (None, len(text))
    ends_right = not text or segment.last is None or text.endswith(segment.last)
    return is_long_enough and ends_right and set(text) <= set(segment.characters)


def texts_of(segment: Segment, longest: int) -> list[str]:
    """Return the default, and every text up to a length that the segment can have."""
    texts = (
        "".join(letters) for length in range(longest + 1) for letters in product(segment.characters, repeat=length)
    )
    return [segment.default, *(text for text in texts if is_text_of(segment, text))]


@cache
def expression_of(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    text = "".join(EXPRESSIONS.get(token, re.escape(token)) for token in pattern)
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def holds_for(requirement: Requirement) -> Callable[[Mapping[str, str]], bool]:
    """Return a function that tells from the texts of segments whether the requirement holds."""
    expressions = [
        expression_of(pattern, requirement.patterns.ignore_case) for pattern in requirement.patterns.patterns
    ]

    def holds(texts: Mapping[str, str]) -> bool:
        value = "".join(texts[part.name] if isinstance(part, Segment) else part for part in requirement.template)
        return any(expression.fullmatch(value) for expression in expressions) is requirement.matches

    return holds


def check(segments: Sequence[Segment], requirements: Sequence[Requirement], longest: int) -> bool:
    """Compare the search with every short text, and return whether there is an answer."""
    found = find_segments(segments, requirements, Budget())
    tests = [holds_for(requirement) for requirement in requirements]
    if found is not None:
        assert all(is_text_of(segment, found[segment.name]) for segment in segments), found
        assert all(holds(found) for holds in tests), (found, requirements)
        return True
    for combination in product(*(texts_of(segment, longest) for segment in segments)):
        texts = {segment.name: text for segment, text in zip(segments, combination, strict=True)}
        missed = all(holds(texts) for holds in tests)
        assert not missed, (texts, [(each.template, each.patterns.patterns, each.matches) for each in requirements])
    return False


def random_requirement(choice: random.Random, *templates: tuple[str | Segment, ...]) -> Requirement:
    patterns = choice.choices(PATTERNS, k=choice.randint(0, 3))
    ignore_case = choice.random() < 0.3
    return Requirement(choice.choice(templates), pattern_set(patterns, ignore_case=ignore_case), choice.random() < 0.5)


@pytest.fixture(autouse=True)
def split_every_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have patterns searched at one point each. In short texts few are at many."""
    monkeypatch.setattr(text_search, "_MANY_POINTS", 1)


@pytest.mark.parametrize("segment", SEGMENTS)
def test_find_segments_one_segment_agrees_with_every_short_text(segment: Segment) -> None:
    choice = random.Random(1)
    templates = ((segment,), ("a", segment), (segment, "b"), (":", segment, ":"))
    answers = [
        check([segment], [random_requirement(choice, *templates) for _ in range(choice.randint(1, 4))], 3)
        for _ in range(RUNS)
    ]
    assert RUNS // 5 < sum(answers) < RUNS, sum(answers)


@pytest.mark.parametrize("first", SEGMENTS)
def test_find_segments_two_segments_agree_with_every_short_text(first: Segment) -> None:
    choice = random.Random(2)
    second = Segment("two", "", "ab:z")
    templates = ((first,), (second,), (first, ":", second), ("a", first, second), (first, second, ":b"))
    answers = [
        check([first, second], [random_requirement(choice, *templates) for _ in range(choice.randint(2, 5))], 2)
        for _ in range(RUNS)
    ]
    assert RUNS // 10 < sum(answers) < RUNS, sum(answers)


def test_find_segments_answer_is_the_same_in_another_order_of_construction() -> None:
    choice = random.Random(3)
    requirements = [random_requirement(choice, (ONE,)) for _ in range(3)]
    text_search._find.cache_clear()
    first = find_segments([ONE], requirements, Budget())
    text_search._find.cache_clear()
    assert find_segments([ONE], requirements, Budget()) == first


def test_find_segments_default_is_kept_where_nothing_requires_another() -> None:
    account, name = Segment("account", "210987654321", "0123456789", length=12), Segment("name", "outsider", minimum=1)
    of_account = Requirement((account,), pattern_set([f"99{STAR}"]), matches=True)
    not_default = Requirement((name,), pattern_set(["outsider"]), matches=False)
    found = find_segments([account, name], [of_account], Budget())
    assert found is not None
    assert found["account"].startswith("99")
    assert len(found["account"]) == 12
    assert found["name"] == "outsider"
    other = find_segments([account, name], [not_default], Budget())
    assert other is not None
    assert other["account"] == "210987654321"
    assert len(other["name"]) == 1


def test_find_segments_letter_outside_ascii_is_permitted_only_where_any_is() -> None:
    required = Requirement((Segment("text", ""),), pattern_set(["é"]), matches=True)
    assert find_segments([Segment("text", "")], [required], Budget()) == {"text": "é"}
    ascii_only = Segment("text", "", "abc")
    assert find_segments([ascii_only], [replace(required, template=(ascii_only,))], Budget()) is None


def test_find_segments_fixed_text_must_hold_too() -> None:
    fixed = Requirement(("aws",), pattern_set(["aws-cn"]), matches=True)
    assert find_segments([], [fixed], Budget()) is None
    assert find_segments([], [replace(fixed, matches=False)], Budget()) == {}


def test_find_segments_segments_out_of_order_are_refused() -> None:
    two = replace(ONE, name="two")
    with pytest.raises(ValueError, match="out of order"):
        find_segments([ONE, two], [Requirement((two, ONE), pattern_set(["ab"]), matches=True)], Budget())


def test_find_segments_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    requirement = Requirement((ONE,), pattern_set(["ab:ab:ab"]), matches=True)
    monkeypatch.setattr(text_search, "MAX_STEPS", 5)
    text_search._find.cache_clear()
    with pytest.raises(SearchTooLong):
        find_segments([ONE], [requirement], Budget())
    monkeypatch.setattr(text_search, "MAX_STEPS", 50)
    text_search._find.cache_clear()
    assert find_segments([ONE], [requirement], Budget()) == {"one": "ab:ab:ab"}


def test_find_segments_of_a_policy_of_maximum_size_is_not_given_up() -> None:
    """A walk through all sets of points of these patterns would take a million steps."""
    excluded = Requirement((ONE,), pattern_set([f"{STAR}:{number}:{STAR}" for number in range(5)]), matches=False)
    required = [
        Requirement((ONE,), pattern_set([f"{STAR}{text}{STAR}{text}{STAR}"]), matches=True)
        for text in ("ab", "ba", "a:a", "b:b")
    ]
    assert find_segments([ONE], [excluded, *required], Budget()) is not None
