"""The search for text, compared with every short text."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random

from hipaa_controls.access.text_search import Budget, Requirement, Segment, Template, find_segments, pattern_set
from hipaa_controls.evaluator.patterns import Match, compile_wildcards, match_pattern

FIRST = Segment("first", "a", "ab", minimum=1)
SECOND = Segment("second", "", "ab:", last="b")
THIRD = Segment("third", "ab", "ab", length=2)
SEGMENTS = (FIRST, SECOND, THIRD)
TEMPLATES: tuple[Template, ...] = (("a:", FIRST, ":", SECOND), (FIRST, THIRD), (SECOND, "b", THIRD, ":a"), (THIRD,))
LONGEST = 4


def _texts(segment: Segment) -> Iterator[str]:
    for length in range(LONGEST + 1):
        for characters in product(segment.characters, repeat=length):
            text = "".join(characters)
            if segment.is_complete(length, text[-1:]):
                yield text


def _render(template: Template, texts: dict[str, str]) -> str:
    return "".join(texts[part.name] if isinstance(part, Segment) else part for part in template)


def _holds(requirement: Requirement, texts: dict[str, str]) -> bool:
    value = _render(requirement.template, texts)
    matches = any(match_pattern(pattern, value) is Match.YES for pattern in requirement.patterns.patterns)
    return matches is requirement.matches


def test_find_segments_agrees_with_every_short_text() -> None:
    rng = Random(0)
    every = [
        dict(zip(("first", "second", "third"), texts, strict=True))
        for texts in product(*(list(_texts(segment)) for segment in SEGMENTS))
    ]
    found_some = 0
    for _ in range(120):
        requirements = [
            Requirement(
                rng.choice(TEMPLATES),
                pattern_set(
                    compile_wildcards("".join(rng.choices("aab:**?", k=rng.randrange(1, 6))))
                    for _ in range(rng.randrange(1, 3))
                ),
                matches=rng.random() < 0.6,
            )
            for _ in range(rng.randrange(1, 4))
        ]
        found = find_segments(SEGMENTS, requirements, Budget())
        if found is None:
            assert not any(all(_holds(requirement, texts) for requirement in requirements) for texts in every)
        else:
            found_some += 1
            assert all(_holds(requirement, dict(found)) for requirement in requirements)
    assert 30 < found_some < 110
