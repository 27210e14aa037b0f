"""Texts from an account, made harmless to show: whoever names a thing there mustn't draw the evidence of it."""

from __future__ import annotations


def visible(text: str) -> str:
    """Control, invisible and direction-changing characters as their escapes, such as `\\x1b` and `\\u202e`.

    A terminal would obey them, XML 1.0 refuses them, and a reader would be misled by what they hide or turn round.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
