"""One wording for pydantic's validation errors, which reports all problems of an input together."""

from __future__ import annotations

from pydantic import ValidationError


def format_validation_error(error: ValidationError, limit: int | None = None) -> str:
    """Return the problems in one line, such as `storage_gb: missing; reads: Input should be greater than 0`.

    Property names are repeated, values aren't.

    Args:
        error: What pydantic raised.
        limit: How many problems to report; all by default.
    """
    return "; ".join(list_problems(error)[:limit])


def list_problems(error: ValidationError, *, repeat_unknown_names: bool = True) -> list[str]:
    """Return each problem as the path of the property and what is wrong with it.

    Args:
        error: What pydantic raised.
        repeat_unknown_names: Whether to repeat the name of an unknown property, which can be arbitrary text.
    """
    problems: list[str] = []
    for details in error.errors():
        name = ".".join(map(str, details["loc"]))
        if details["type"] == "missing":
            problems.append(f"{name}: missing")
        elif details["type"] == "extra_forbidden":
            problems.append(f"{name}: unknown property" if repeat_unknown_names else "has an unknown property")
        else:
            message = details["msg"].removeprefix("Value error, ")
            problems.append(f"{name}: {message}" if name else message)
    return problems
