"""Objects in JSON text whose form AWS defines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hipaa_controls.model.values import Unknown


def parse_object(text: Any, path: str) -> Mapping[str, Any] | Unknown:
    """Return the object in a JSON text: Unknown if the text is unknown, isn't one, or has a name twice.

    Of a name that is there twice, it isn't known which value AWS takes.

    Args:
        text: The text.
        path: The path of the text in messages.
    """
    if isinstance(text, Unknown):
        return text
    try:
        value = json.loads(text, object_pairs_hook=_unique_names)
    except (TypeError, ValueError, RecursionError):
        return Unknown(path, reason="isn't a JSON object with unique names")
    return as_object(value, path)


def as_object(value: Any, path: str) -> Mapping[str, Any] | Unknown:
    return value if isinstance(value, Mapping | Unknown) else Unknown(path, reason="isn't an object")


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("a name is there twice")
    return result
