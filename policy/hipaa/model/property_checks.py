"""Checks of one property, for the many controls that need no more than a line.

Each function returns a check for a FactRule or a SettingRule: a function of the fact first and the RuleContext last.
A property that isn't known makes the finding unverified.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hipaa.model.values import Flag, Unknown, is_enabled
from hipaa.model.verdict import Finding, failed, passed, unverified

Check = Callable[..., Finding]


def one_of(field: str, accepted: tuple[str, ...], name: str, *, other_values: tuple[str, ...] = ()) -> Check:
    """Check that a property has one of the accepted values.

    Args:
        field: the fact's field.
        accepted: the values that comply.
        name: the property's name in the finding.
        other_values: AWS's other values for it, which the finding may show.
    """

    def check(fact: Any, *_: Any) -> Finding:
        value = getattr(fact, field)
        if isinstance(value, Unknown):
            return unverified(value)
        text = f"{name} is {redact(value, *accepted, *other_values)}"
        return passed(text) if value in accepted else failed(text)

    return check


def all_true(failures: Mapping[str, str], otherwise: str) -> Check:
    """Check that some flags are all true.

    Args:
        failures: for each field of the fact, what is found where it isn't true.
        otherwise: what is found where all are true.
    """
    return lambda fact, *_: require_all([(getattr(fact, field), text) for field, text in failures.items()], otherwise)


def is_set(field: str, *, if_set: str, if_missing: str) -> Check:
    """Check that a property has a value. The finding is `if_set` or `if_missing`."""

    def check(fact: Any, *_: Any) -> Finding:
        value = getattr(fact, field)
        if isinstance(value, Unknown):
            return unverified(value)
        return passed(if_set) if value else failed(if_missing)

    return check


def is_true(field: str, *, if_true: str, if_false: str) -> Check:
    """Check that a flag is true. The finding is `if_true` or `if_false`."""
    return all_true({field: if_false}, if_true)


def at_least(field: str, option: str, text: str, *, default: int) -> Check:
    """Check that a number isn't smaller than an option of the control.

    Args:
        field: the fact's field.
        option: the option's name.
        text: what is found, with `{value}` in it.
        default: AWS's own value where the property isn't set.
    """

    def check(fact: Any, *context: Any) -> Finding:
        value = getattr(fact, field)
        value = default if value is None else value
        if isinstance(value, Unknown):
            return unverified(value)
        finding = passed if value >= context[-1].options[option] else failed
        return finding(text.format(value=f"{value:g}"))

    return check


def require_all(failures: list[tuple[Flag, str]], otherwise: str) -> Finding:
    """Return the failure of the first flag that is off, else the flags that aren't known, else a pass.

    Args:
        failures: flags that must be true, each with what is found where it isn't.
        otherwise: what is found where all are true.
    """
    flags = [(is_enabled(flag), text) for flag, text in failures]
    for flag, text in flags:
        if flag is False:
            return failed(text)
    unknowns = [flag for flag, _ in flags if isinstance(flag, Unknown)]
    return unverified(*unknowns) if unknowns else passed(otherwise)


def negated(flag: Flag) -> Flag:
    """Return the opposite of a flag. One that AWS doesn't report isn't assumed to be off."""
    return flag if isinstance(flag, Unknown) else flag is False


def redact(value: object, *shown: str) -> str:
    """Return a value for a finding if it is one of AWS's own words: a program may have put a secret in its place."""
    if value is None or value == "":
        return "not set"
    return str(value) if value in shown else f"none of {', '.join(shown)}"
