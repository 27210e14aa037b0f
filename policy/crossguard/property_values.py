"""Conversions of property values. An Unknown stays Unknown, and a value of another type becomes None."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hipaa_controls.model.values import Unknown


def get_property(value: Any, *names: str) -> Any:
    """Return a nested property by its path: Unknown if part of the path is, None if it doesn't exist."""
    for name in names:
        if isinstance(value, Unknown):
            return value
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def as_text(value: Any) -> str | Unknown | None:
    """Return a string."""
    return value if isinstance(value, str | Unknown) else None


def as_number(value: Any) -> int | float | Unknown | None:
    """Return a number. Digits in a string count as one."""
    if isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?", value, re.ASCII):
        return float(value)
    return value if isinstance(value, int | float | Unknown) and not isinstance(value, bool) else None


def as_flag(value: Any) -> bool | Unknown | None:
    """Return a flag. Like Pulumi, accept the strings "true" and "false"."""
    return value if isinstance(value, bool | Unknown) else {"true": True, "false": False}.get(str(value))


def as_list(value: Any) -> list[Any] | Unknown:
    """Return the entries of a list, or a single value as a list of one."""
    if isinstance(value, Unknown):
        return value
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
