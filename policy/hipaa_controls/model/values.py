"""The values that facts are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Unknown:
    """A value that isn't known.

    Attributes:
        path: The path of the value in messages, such as `phi-policy.policy`.
        sources: The URNs of the resources that the value comes from.
        reason: The verb phrase that follows `path` in a message. In a live account it says why the value can't be read.
    """

    path: str
    sources: tuple[str, ...] = ()
    reason: str = "isn't known yet"

    @property
    def awaits_deployment(self) -> bool:
        """Whether the value becomes known as resources are created. Another reason says what else is missing."""
        return self.reason == Unknown.reason


@dataclass(frozen=True)
class StackResource:
    """A reference to a resource of this stack, whose name or ARN may not be known yet."""

    resource: str


# A reference to another resource: its name or ARN, the resource itself where this stack declares it, or nothing.
Ref = str | StackResource | Unknown | None
Flag = bool | Unknown | None
Number = int | float | Unknown | None
Text = str | Unknown | None


@dataclass(frozen=True)
class Document:
    """A policy document: JSON text, or its structure with Unknown in place of the values that aren't known."""

    content: str | Mapping[str, Any] | Unknown = field(hash=False)


@dataclass(frozen=True)
class Location:
    """The partition, region and account of a resource.

    Attributes:
        partition: Such as `aws` or `aws-us-gov`.
        region: None while it can't be determined.
        account: 12 digits; None while it can't be determined.
    """

    partition: str = "aws"
    region: str | None = None
    account: str | None = None

    def in_other_account(self, other: Location) -> bool:
        """Return whether both accounts are known and differ."""
        return None not in (self.account, other.account) and self.account != other.account

    def in_other_region(self, other: Location) -> bool:
        """Return whether both regions are known and differ."""
        return None not in (self.region, other.region) and self.region != other.region


def iter_unknowns(value: Any) -> Iterator[Unknown]:
    """Yield every value in a structure that isn't known."""
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, Mapping):
        yield from (unknown for item in value.values() for unknown in iter_unknowns(item))
    elif isinstance(value, list | tuple):
        yield from (unknown for item in value for unknown in iter_unknowns(item))


def is_enabled(flag: Flag) -> bool | Unknown:
    """Return whether a flag is true; one that isn't set is false."""
    return flag if isinstance(flag, Unknown) else flag is True
