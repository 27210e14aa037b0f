"""What a caller can send in a condition key that nothing else determines, such as a header, a tag or the time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from hipaa_controls.access.addresses import Addresses
from hipaa_controls.access.elements import ConditionElement
from hipaa_controls.access.request_space import Variant
from hipaa_controls.access.text_search import Segment
from hipaa_controls.evaluator.patterns import UNKNOWN

# More than Decimal's default precision, which the values between two bounds need, has no key.
_MAX_DIGITS = 20
_VALUE = Segment("value", "any", minimum=1)
# Keys that every request has, and keys that are true, false or absent.
_ALWAYS = {"aws:securetransport": ("true", "false")}
_FLAGS = ("aws:multifactorauthpresent", "kms:grantisforawsresource", "kms:bypasspolicylockoutsafetycheck")
# The time of a request is later than this version of the pack, so an Allow that ended before has no effect.
_TIMES = ("aws:currenttime", "aws:epochtime")
_EARLIEST = 1_767_225_600  # 2026-01-01T00:00:00Z, in seconds since 1970


def free_variants(key: str, conditions: Sequence[ConditionElement]) -> Iterator[Variant]:
    """Yield what the key can contain: nothing, any text, or the values at and around those in the conditions."""
    if key in _ALWAYS:
        yield from (Variant({key: (value,)}) for value in _ALWAYS[key])
        return
    if key in _TIMES:
        times = (*_telling_values(conditions), *(str(_EARLIEST + seconds) for seconds in range(2)))
        yield from (Variant({key: (time,)}) for time in times if (_number(time) or 0) >= _EARLIEST)
        return
    yield Variant({key: None})
    if key in _FLAGS:
        yield from (Variant({key: (value,)}) for value in ("true", "false"))
    elif conditions and all(condition.compares_addresses or condition.is_null_check for condition in conditions):
        yield from (Variant({key: Addresses.all(version)}) for version in (4, 6))
    elif all(condition.compares_text for condition in conditions):
        yield Variant({key: (_VALUE,)}, (_VALUE,))
        yield Variant({key: ("",)})
    else:
        yield from (Variant({key: (value,)}) for value in _telling_values(conditions))
        if any(condition.compares_text and not condition.is_null_check for condition in conditions):
            # Text that also is a number, a date or a flag isn't searched for. It may exist.
            yield Variant({key: (_VALUE,)}, (_VALUE,))


def _telling_values(conditions: Iterable[ConditionElement]) -> list[str]:
    """Return values that have every effect on comparisons of numbers, dates and flags that a value can have."""
    values = (value for condition in conditions for value in condition.condition.values)
    texts = [value for value in values if UNKNOWN not in value]
    numbers = sorted({number for text in texts if (number := _number(text)) is not None})
    between = [(low + high) / 2 for low, high in pairwise(numbers)]
    around = [bound + step for bound in numbers for step in (-1, 1)] if numbers else []
    exact = [format(number, "f") for number in (*around, *between)]
    return list(dict.fromkeys(("true", "false", *exact, *texts, "any")))


def _number(text: str) -> Decimal | None:
    """Return a number, or a date in seconds since 1970; None for text that is neither, or that has too many digits."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        pass
    else:
        return number if number.is_finite() and abs(number.adjusted()) <= _MAX_DIGITS else None
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return Decimal(int((date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()))
