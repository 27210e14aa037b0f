"""Matching of text in which `*` stands for any text, without regular expressions: many `.*` in one may take forever."""

from __future__ import annotations

from collections.abc import Sequence


def matches(pattern: str, text: str) -> bool:
    """Return whether a text matches a pattern in which `*` stands for any text, and nothing else is special."""
    return contains_in_order(pattern.split("*"), text)


def contains_in_order(parts: Sequence[str], text: str) -> bool:
    """Return whether a text consists of these parts, one at least, with anything between them."""
    if len(parts) == 1:
        return text == parts[0]
    first, *between, last = parts
    if not text.startswith(first):
        return False
    end = len(first)
    for part in between:
        start = text.find(part, end)
        if start < 0:
            return False
        end = start + len(part)
    return text.endswith(last) and end + len(last) <= len(text)
