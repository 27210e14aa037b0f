"""Logic with a third value: True, False, or the Unknown that the answer depends on."""

from __future__ import annotations

from collections.abc import Iterable

from hipaa_controls.model.values import Unknown


def all_of(answers: Iterable[bool | Unknown]) -> bool | Unknown:
    """Return False if any answer is False, else the first Unknown, else True."""
    values = list(answers)
    if any(value is False for value in values):
        return False
    return next((value for value in values if isinstance(value, Unknown)), True)


def any_of(answers: Iterable[bool | Unknown]) -> bool | Unknown:
    """Return True if any answer is True, else the first Unknown, else False."""
    values = list(answers)
    if any(value is True for value in values):
        return True
    return next((value for value in values if isinstance(value, Unknown)), False)
