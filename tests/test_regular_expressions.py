"""Every regular expression of the source code takes at most quadratic time, also on text that an attacker chooses.

A policy document, an alarm rule or a config can contain any text, and Python's `re` has no limit of time.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

import pytest

from tests.regular_expressions import SourcePattern, hostile_texts, read_source

CPU_SECONDS = 0.25
"""For one text. A quadratic search takes less than a tenth of it; an exponential one never ends."""
PATTERNS, COMPUTED = read_source()
REVIEWED = {
    "policy/hipaa_controls/model/control.py: self.pattern or '.'": "the argument `pattern` of an option",
    "pulumi_engine/versions.py: pattern": "literals of that module, for files of this repository and of Go modules",
    "phi_buckets/stack/application_trust.py: '|'.join(map(re.escape, SERVICES))": "alternatives of fixed names",
}
"""The expressions that aren't literals, with where their text comes from."""


class _TooSlowError(Exception):
    pass


@pytest.fixture(autouse=True)
def _cpu_limit() -> Iterator[None]:
    def interrupt(*_: object) -> None:
        raise _TooSlowError

    previous = signal.signal(signal.SIGVTALRM, interrupt)
    yield
    signal.signal(signal.SIGVTALRM, previous)


def slowest_text(pattern: str | bytes) -> str | None:
    """Return a hostile text on which a pattern exceeds CPU_SECONDS, or None."""
    compiled = re.compile(pattern)
    for text in hostile_texts(pattern):
        subject = text.encode("latin-1", "replace") if isinstance(pattern, bytes) else text
        signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS)  # re checks for signals as it searches
        try:
            compiled.fullmatch(subject)
            compiled.search(subject)
        except _TooSlowError:
            return text
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return None


@pytest.mark.parametrize("source", PATTERNS, ids=lambda source: f"{source.place} {source.pattern!r}"[:120])
def test_source_pattern_on_hostile_text_is_fast(source: SourcePattern):
    assert slowest_text(source.pattern) is None


def test_every_pattern_is_a_literal_or_reviewed():
    assert set(COMPUTED) == set(REVIEWED)
    assert len(PATTERNS) > 100


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b",
        "(a|a)*b",
        "(a|ab|b)*c",
        r"(\w|\d\d?)*!",
        r"x(\s*,?\s*)*y",
        "a*a*a*b",
        r"\s*(.*)\s*:\s*",
        r"(?:[a-z0-9]+-?)*\.com",
        r'\$\.(?:"[^"]*"|[^\s])*=',
        r"([^,']*|'[^']*')*;",
    ],
)
def test_slowest_text_of_a_slow_pattern_is_found(pattern: str):
    assert slowest_text(pattern) is not None
