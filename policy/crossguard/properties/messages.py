"""How messages name a property that isn't read, and what to do about it."""

from __future__ import annotations

import re

UNREAD = "isn't read by this version of the pack: remove it, use a version that reads it, or exempt this finding"
MAX_REPORTED = 5
# A name of a schema. Any other key is kept out of messages, because it may be a value by mistake.
PROPERTY_NAME = re.compile(r"[A-Za-z]\w{0,63}", re.ASCII)


def shown_name(name: str) -> str:
    """Return a property's name, or a phrase in its place."""
    return name if PROPERTY_NAME.fullmatch(name) else "(a property with an unusual name)"
