"""Messages for pydantic's validation errors. A message reports all problems of an input together."""

from __future__ import annotations

from pydantic import ValidationError


def format_validation_error(error: ValidationError, limit: int | None = None) -> str:
    """Return the problems in one line, such as `storage_gb: missing; reads: Input should be greater than 0`.

    It contains the names of properties, but not their values.

    Args:
        error: The exception that pydantic raised.
        limit: The maximum number of problems to report; all by default.
    """
    return "; ".join(list_problems(error)[:limit])


def list_problems(error: ValidationError, *, repeat_unknown_names: bool = True) -> list[str]:
    """Return a text for each problem: the path of the property, and what is wrong with it.

    Args:
        error: The exception that pydantic raised.
        repeat_unknown_names: Whether to include the name of an unknown property, which can be arbitrary text.
    """
    problems: list[str] = []
    for details in error.errors():
        name = ".".join(map(str, details["loc"]))
        if details["type"] == "missing":
            problems.append(f"{name}: missing")
        elif details["type"] == "extra_forbidden":
            problems.append(f"{name}: unknown property" if repeat_unknown_names else "has an unknown property")
        elif details["type"] == "model_type":  # pydantic's message would name the class
            problems.append(f"{name}: must be an object" if name else "must be an object")
        else:
            message = details["msg"].removeprefix("Value error, ")
            problems.append(f"{name}: {message}" if name else message)
    return problems
