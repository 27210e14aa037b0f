"""Truth that may not be known yet: true, false, or a value that it depends on."""

from __future__ import annotations

from collections.abc import Iterable

from hipaa.facts import Unknown


def all_of(answers: Iterable[bool | Unknown]) -> bool | Unknown:
    """False is sure, whatever isn't known."""
    found = list(answers)
    if any(each is False for each in found):
        return False
    return next((each for each in found if isinstance(each, Unknown)), True)


def any_of(answers: Iterable[bool | Unknown]) -> bool | Unknown:
    """True is sure, whatever isn't known."""
    found = list(answers)
    if any(each is True for each in found):
        return True
    return next((each for each in found if isinstance(each, Unknown)), False)
