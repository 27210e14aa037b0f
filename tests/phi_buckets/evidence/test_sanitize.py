"""Escaping of unprintable characters."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phi_buckets.evidence.sanitize import escape_unprintable


@pytest.mark.parametrize(
    ("text", "escaped"),
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
def test_escape_unprintable_escapes_only_unprintable_characters(text, escaped):
    assert escape_unprintable(text) == escaped


@settings(derandomize=True, database=None, deadline=None)
@given(st.text())
def test_escape_unprintable_of_any_text_is_printable_and_idempotent(text):
    assert escape_unprintable(text).isprintable()
    assert escape_unprintable(escape_unprintable(text)) == escape_unprintable(text)
