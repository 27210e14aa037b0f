"""The values that facts are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Unknown:
    """A value that isn't known: where it stands, such as `phi-policy.policy`, and the resources it comes from.

    why: what follows `where`; of a live account what kept it from being read.
    """

    where: str
    sources: tuple[str, ...] = ()
    why: str = "isn't known yet"


@dataclass(frozen=True)
class Here:
    """A resource of this stack that a value refers to; its name or ARN may not be known yet."""

    resource: str


# What a resource says of another: a name or an ARN, the resource itself where it is of this stack, or nothing.
Ref = str | Here | Unknown | None
Flag = bool | Unknown | None
Number = int | float | Unknown | None
Text = str | Unknown | None


@dataclass(frozen=True)
class Document:
    """A policy document: JSON text or its structure, in which leaves may be Unknown."""

    content: str | Mapping[str, Any] | Unknown = field(hash=False)


@dataclass(frozen=True)
class Place:
    """Where a resource is: partition, region (None where nothing says it) and account (None while it can't be told)."""

    partition: str = "aws"
    region: str | None = None
    account: str | None = None


def unknowns(value: Any) -> Iterator[Unknown]:
    """Every value in a structure that isn't known yet."""
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, Mapping):
        yield from (found for each in value.values() for found in unknowns(each))
    elif isinstance(value, list | tuple):
        yield from (found for each in value for found in unknowns(each))


def on(flag: Flag) -> bool | Unknown:
    """Whether a flag is on."""
    return flag if isinstance(flag, Unknown) else flag is True
