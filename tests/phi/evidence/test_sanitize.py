"""Texts that draw nothing but themselves."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phi.evidence.sanitize import escape_unprintable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("versioning is Suspended", "versioning is Suspended"),
        ("\x1b[2J", "\\x1b[2J"),
        ("one\ntwo\r\tthree\x00", "one\\ntwo\\r\\tthree\\x00"),
        ("abc\u202egnp.exe", "abc\\u202egnp.exe"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("\u2028\x85\x9b", "\\u2028\\x85\\x9b"),
        ("مستشفى 医院 Krankenhäuser \U0001f512", "مستشفى 医院 Krankenhäuser \U0001f512"),
    ],
)
def test_what_cant_be_seen_is_shown(text, shown):
    assert escape_unprintable(text) == shown


@settings(derandomize=True, database=None, deadline=None)
@given(st.text())
def test_all_that_is_shown_can_be_seen(text):
    assert escape_unprintable(text).isprintable()
    assert escape_unprintable(escape_unprintable(text)) == escape_unprintable(text)
