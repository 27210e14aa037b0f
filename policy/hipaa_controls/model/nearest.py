"""The valid name that is nearest to a misspelt one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MAX_LENGTH = 64  # difflib takes quadratic time, and no valid name is longer


def nearest_hint(text: object, valid: Iterable[str]) -> str:
    """Return a clause that names the valid name nearest to a text, or nothing if none resembles it.

    The text itself is never repeated. It may be a secret that was put into the wrong place, and a valid name is enough
    to find the misspelt one.
    """
    if not isinstance(text, str) or len(text) > MAX_LENGTH:
        return ""
    nearest = difflib.get_close_matches(text.lower(), list(valid), n=1)
    return f"; the nearest is {nearest[0]}" if nearest else ""
