"""Checks of one property, for controls whose rule is a line.

Each function returns a check for a FactRule or a SettingRule: it takes the fact first and the RuleContext last.
A property that isn't known is unverified.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hipaa.model.values import Flag, Unknown, is_enabled
from hipaa.model.verdict import Finding, failed, passed, unverified

Check = Callable[..., Finding]


def all_required(required: Sequence[tuple[Flag, str]], otherwise: str) -> Finding:
    """Return the failure of the first flag that is off, else the flags that aren't known, else a pass.

    Args:
        required: flags that must be true, each with what is found where it isn't.
        otherwise: what is found where all are true.
    """
    answers = [(is_enabled(flag), failure) for flag, failure in required]
    for answer, failure in answers:
        if answer is False:
            return failed(failure)
    unknowns = [answer for answer, _ in answers if isinstance(answer, Unknown)]
    return unverified(*unknowns) if unknowns else passed(otherwise)


def negated(flag: Flag) -> Flag:
    """Return the opposite of a flag. A flag that AWS doesn't report stays off: it is never assumed to be harmless."""
    return flag if isinstance(flag, Unknown) else flag is False
