"""Escaping of text that comes from an AWS account: a resource's name must not be able to forge the evidence."""

from __future__ import annotations


def escape_unprintable(text: str) -> str:
    """Replace control, invisible and direction-changing characters with escapes, such as `\\x1b` and `\\u202e`.

    Terminals act on some of them, XML 1.0 forbids some of them, and others hide or reverse text.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )
