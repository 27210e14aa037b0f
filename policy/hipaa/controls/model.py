"""What a control is.

Paragraphs are of 45 CFR 164. `†` marks our own mapping or accepted practice, rather than a published one. Required
and addressable implementation specifications both bind: an addressable one is met, or the reason it isn't is written
down (164.306(d)(3)).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from hipaa.facts import Role

EVERY_ROLE = frozenset(Role)


class Severity(Enum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Duty(Enum):
    REQUIRED = "required"
    ADDRESSABLE = "addressable"


class Where(Enum):
    """Where a control is judged."""

    PREVIEW = "preview"
    """By the pack: on what a program declares, at preview and at up, or on saved state."""
    LIVE = "live"
    """By the audit: on what the account has."""


EVERYWHERE = frozenset(Where)
AT_PREVIEW = frozenset({Where.PREVIEW})
LIVE = frozenset({Where.LIVE})


class Tightens(Enum):
    """In which direction an option's value asks for more."""

    UP = "up"
    DOWN = "down"
    FEWER = "fewer"
    """A list: each entry lets something in."""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of 45 CFR 164, such as `312(e)(1)`."""

    number: str
    duty: Duty
    ours: bool = False

    def __str__(self) -> str:
        return f"164.{self.number}{'†' if self.ours else ''}"


@dataclass(frozen=True)
class Option:
    """What the pack's config may set for a control: days, accounts, and so on. The default is the pack's own.

    words: the values there are, where there is a list of them.
    """

    name: str
    meaning: str
    default: int | bool | str | tuple[str, ...]
    tightens: Tightens
    words: tuple[str, ...] = ()
    pattern: str = ""

    def takes(self, value: Any) -> bool:
        """Whether a value is of the option's kind."""
        if isinstance(self.default, bool):
            return isinstance(value, bool)
        if isinstance(self.default, int):
            return isinstance(value, int) and not isinstance(value, bool) and value >= 1
        texts = value if isinstance(self.default, tuple) else [value]
        if not isinstance(texts, list | tuple) or not all(isinstance(each, str) and each for each in texts):
            return False
        return all(re.search(self.pattern or ".", each) and (not self.words or each in self.words) for each in texts)

    def looser(self, value: Any) -> bool:
        """Whether a value asks for less than the default."""
        default: Any = self.default
        match self.tightens:
            case Tightens.UP:
                return bool(self._rank(value) < self._rank(default))
            case Tightens.DOWN:
                return bool(self._rank(value) > self._rank(default))
            case Tightens.FEWER:
                return value != default if isinstance(value, str) else not set(value) <= set(default)

    def _rank(self, value: Any) -> Any:
        """Words are ordered from the loosest to the tightest."""
        return self.words.index(value) if self.words else value

    @property
    def schema(self) -> dict[str, Any]:
        """Its JSON schema."""
        described: dict[str, Any] = {"description": self.meaning}
        if isinstance(self.default, bool):
            return described | {"type": "boolean", "default": self.default}
        if isinstance(self.default, int):
            return described | {"type": "integer", "minimum": 1, "default": self.default}
        if isinstance(self.default, tuple):
            items = {"type": "string", "pattern": self.pattern or "."}
            return described | {"type": "array", "items": items, "uniqueItems": True, "default": list(self.default)}
        words = {"enum": list(self.words)} if self.words else {"pattern": self.pattern or "."}
        return described | {"type": "string", "default": self.default} | words


@dataclass(frozen=True)
class Control:
    """One line of the catalogue. The id is a public name and doesn't change.

    required: what must be found, in which `{days}` is the option `days`; roles: for buckets of which roles, empty where
    the control isn't about buckets; nprm: whether the proposed rule of 2025 (90 FR 898), which isn't law, would ask it.
    """

    id: str
    title: str
    statement: str
    required: str
    paragraphs: tuple[Paragraph, ...]
    severity: Severity
    remedy: str
    roles: frozenset[Role] = frozenset()
    options: tuple[Option, ...] = ()
    nprm: bool = False
    where: frozenset[Where] = EVERYWHERE

    @property
    def citation(self) -> str:
        return "45 CFR " + ", ".join(map(str, self.paragraphs)) if self.paragraphs else "no paragraph: good practice"

    @property
    def service(self) -> str:
        return self.id.split("-", 1)[0]

    @property
    def defaults(self) -> dict[str, Any]:
        return {option.name: option.default for option in self.options}

    def asks(self, limits: Mapping[str, Any]) -> str:
        """What is required, under these options."""
        shown = {name: ", ".join(value) if isinstance(value, list | tuple) else value for name, value in limits.items()}
        return self.required.format(**shown)


def required(*numbers: str, ours: bool = False) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(number, Duty.REQUIRED, ours) for number in numbers)


def addressable(*numbers: str, ours: bool = False) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(number, Duty.ADDRESSABLE, ours) for number in numbers)
