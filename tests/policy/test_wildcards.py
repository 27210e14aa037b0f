"""Texts in which `*` stands for any text, and what is made of them: exemptions and allowed origins."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipaa_controls.model import wildcards
from hipaa_controls.model.exemption import PLACEHOLDERS, Exemption
from tests.policy.cpu_time import at_most_cpu_seconds
from tests.policy.policy_builders import deterministic, naive_match


@deterministic
@given(st.text("ab*", max_size=7), st.text("ab*\n", max_size=7))
def test_wildcards_matches_agrees_with_naive_match(pattern: str, text: str) -> None:
    assert wildcards.matches(pattern, text) is naive_match(pattern, text)


@pytest.mark.parametrize("text", ["?", ".", "[a]", "\\", "${a}"])
def test_wildcards_matches_takes_other_symbols_literally(text: str) -> None:
    assert wildcards.matches(text, text)
    assert not wildcards.matches(text, "a")


def test_exemption_hostile_resource_is_matched_quickly() -> None:
    exemption = Exemption(1, "s3-tls-only", "*a" * 5000 + "b", "reason", "approver", date(2030, 1, 1), "control")
    with at_most_cpu_seconds(1):
        assert not exemption.matches("s3-tls-only", "a" * 10_000)


@pytest.mark.parametrize("letter", ["x", " ", "-", "n/a", "temp"])
def test_placeholders_hostile_reason_is_matched_quickly(letter: str) -> None:
    with at_most_cpu_seconds(1):
        assert PLACEHOLDERS.fullmatch(letter * 10_000)
        assert not PLACEHOLDERS.fullmatch(letter * 10_000 + "a")
