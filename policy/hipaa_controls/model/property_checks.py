"""Checks of one property, for the many controls that need no more than a line.

Each function returns a check for a FactRule or a SettingRule: a function of the fact first and the RuleContext last.
A property that isn't known makes the finding unverified.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hipaa_controls.model.values import Flag, Unknown, is_enabled
from hipaa_controls.model.verdict import Finding, failed, passed, unverified

Check = Callable[..., Finding]


def one_of(field: str, accepted: tuple[str, ...], name: str, *, other_values: tuple[str, ...] = ()) -> Check:
    """Check that a property has one of the accepted values.

    Args:
        field: The fact's field.
        accepted: The values that pass.
        name: The property's name in the finding.
        other_values: AWS's other values for it, which the finding may show.
    """

    def check(fact: Any, *_: Any) -> Finding:
        value = getattr(fact, field)
        if isinstance(value, Unknown):
            return unverified(value)
        text = f"{name} is {redact(value, *accepted, *other_values)}"
        return passed(text) if value in accepted else failed(text)

    return check


def all_true(failures: Mapping[str, str], success: str) -> Check:
    """Check that some flags are all true.

    Args:
        failures: For each field of the fact, the finding's text if it isn't true.
        success: The finding's text if all are true.
    """
    return lambda fact, *_: require_all([(getattr(fact, field), text) for field, text in failures.items()], success)


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
        field: The fact's field.
        option: The option's name.
        text: The finding's text, in which `{value}` stands for the number.
        default: AWS's default, which applies if the property isn't set.
    """

    def check(fact: Any, *context: Any) -> Finding:
        value = getattr(fact, field)
        value = default if value is None else value
        if isinstance(value, Unknown):
            return unverified(value)
        finding = passed if value >= context[-1].options[option] else failed
        return finding(text.format(value=f"{value:g}"))

    return check


def require_all(failures: list[tuple[Flag, str]], success: str) -> Finding:
    """Return a failure for the first flag that is off, else an unverified finding for the unknown flags, else a pass.

    Args:
        failures: Flags that must be true, each with the finding's text if it isn't.
        success: The finding's text if all are true.
    """
    flags = [(is_enabled(flag), text) for flag, text in failures]
    for flag, text in flags:
        if flag is False:
            return failed(text)
    unknowns = [flag for flag, _ in flags if isinstance(flag, Unknown)]
    return unverified(*unknowns) if unknowns else passed(success)


def negated(flag: Flag) -> Flag:
    """Return the opposite of a flag. A flag that isn't reported may be on, so its opposite is False."""
    return flag if isinstance(flag, Unknown) else flag is False


def redact(value: object, *shown: str) -> str:
    """Return a value for a finding's text. Only the values in `shown` are repeated: any other may be a secret."""
    if value is None or value == "":
        return "not set"
    return str(value) if value in shown else f"not one of {', '.join(shown)}"
