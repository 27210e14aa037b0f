"""Controls: their texts, severity, options and rule.

Paragraphs are from 45 CFR 164. `†` marks our own mapping or accepted practice, as opposed to a published mapping.
Required and addressable implementation specifications are both binding: an addressable one is either met, or the
reason why it isn't is documented (164.306(d)(3)).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.rule import Rule

EVERY_DATA_CLASS = frozenset(DataClass)


class Severity(Enum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Specification(Enum):
    """The two kinds of implementation specification: 164.306(d)."""

    REQUIRED = "required"
    ADDRESSABLE = "addressable"


class Stage(Enum):
    """When a control is judged."""

    PREVIEW = "preview"
    """By the pack: on the resources of a program, at preview and at `up`, or on those of a saved state."""
    LIVE = "live"
    """By the audit: on the resources of a live account."""


EVERY_STAGE = frozenset(Stage)
PREVIEW_ONLY = frozenset({Stage.PREVIEW})
LIVE_ONLY = frozenset({Stage.LIVE})


class StricterWhen(Enum):
    """The direction in which an option's value becomes stricter."""

    HIGHER = "higher"
    LOWER = "lower"
    FEWER = "fewer"
    """For a list in which each entry permits something."""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of 45 CFR 164, such as `312(e)(1)`.

    Attributes:
        own_mapping: Whether the mapping to the control is ours, not a published one.
    """

    number: str
    specification: Specification
    own_mapping: bool = False

    def __str__(self) -> str:
        return f"164.{self.number}{'†' if self.own_mapping else ''}"


@dataclass(frozen=True)
class Option:
    """A value that the pack's config may set for a control, such as a number of days or a list of accounts.

    Attributes:
        description: A sentence for the config's schema and the docs.
        default: The pack's own value.
        choices: The permitted values, from the weakest to the strictest, where there is a fixed list.
        pattern: A regular expression that each text must match.
        parse: Raises ValueError for a text that matches the pattern and still isn't valid.
    """

    name: str
    description: str
    default: int | bool | str | tuple[str, ...]
    stricter_when: StricterWhen
    choices: tuple[str, ...] = ()
    pattern: str = ""
    parse: Callable[[str], object] = str

    def accepts(self, value: Any) -> bool:
        """Return whether a value has the option's type and is one of its permitted values."""
        if isinstance(self.default, bool):
            return isinstance(value, bool)
        if isinstance(self.default, int):
            return isinstance(value, int) and not isinstance(value, bool) and value >= 1
        texts = value if isinstance(self.default, tuple) else [value]
        if not isinstance(texts, list | tuple) or not all(isinstance(text, str) and text for text in texts):
            return False
        return all(map(self._accepts_text, texts))

    def _accepts_text(self, text: str) -> bool:
        try:
            self.parse(text)
        except ValueError:
            return False
        if not text.isprintable() or not re.search(self.pattern or ".", text, re.ASCII):  # $ accepts a last newline
            return False
        return not self.choices or text in self.choices

    def is_weaker(self, value: Any) -> bool:
        """Return whether a value requires less than the default."""
        default: Any = self.default
        match self.stricter_when:
            case StricterWhen.HIGHER:
                return bool(self._rank(value) < self._rank(default))
            case StricterWhen.LOWER:
                return bool(self._rank(value) > self._rank(default))
            case StricterWhen.FEWER:
                return value != default if isinstance(value, str) else not set(value) <= set(default)

    def _rank(self, value: Any) -> Any:
        return self.choices.index(value) if self.choices else value

    @property
    def schema(self) -> dict[str, Any]:
        """The option's JSON schema."""
        schema: dict[str, Any] = {"description": self.description}
        if isinstance(self.default, bool):
            return schema | {"type": "boolean", "default": self.default}
        if isinstance(self.default, int):
            return schema | {"type": "integer", "minimum": 1, "default": self.default}
        if isinstance(self.default, tuple):
            items = {"type": "string", "pattern": self.pattern or "."}
            return schema | {"type": "array", "items": items, "uniqueItems": True, "default": list(self.default)}
        values = {"enum": list(self.choices)} if self.choices else {"pattern": self.pattern or "."}
        return schema | {"type": "string", "default": self.default} | values


@dataclass(frozen=True)
class Control:
    """One control of the catalogue.

    Attributes:
        id: A public name: the service, then the property. It doesn't change once it is released.
        title: The secured state, such as `S3 buckets block public access`.
        statement: The title in one sentence, with its scope.
        rationale: What can happen without the control, in one to three sentences.
        requirement: What must be found. `{days}` stands for the value of the option `days`.
        paragraphs: The paragraphs that it implements; none for good practice.
        remediation: The fix, as code or a command.
        rule: The facts that are checked, and how.
        data_classes: The data classes that it applies to; empty if it isn't about data stores.
        proposed_2025: Whether the proposed rule of 2025 (90 FR 898), which isn't law, would require it.
        stages: When it is judged.
        verified_before_creation: Whether an unverified finding stops a resource from being created. It does so for
            controls about who has access: a grant takes effect as soon as the resource exists.
    """

    id: str
    title: str
    statement: str
    rationale: str
    requirement: str
    paragraphs: tuple[Paragraph, ...]
    severity: Severity
    remediation: str
    rule: Rule
    data_classes: frozenset[DataClass] = frozenset()
    options: tuple[Option, ...] = ()
    proposed_2025: bool = False
    stages: frozenset[Stage] = EVERY_STAGE
    verified_before_creation: bool = False

    @property
    def citation(self) -> str:
        return "45 CFR " + ", ".join(map(str, self.paragraphs)) if self.paragraphs else "no paragraph: good practice"

    @property
    def service(self) -> str:
        return self.id.split("-", 1)[0]

    @property
    def defaults(self) -> dict[str, Any]:
        return {option.name: option.default for option in self.options}

    def requirement_text(self, options: Mapping[str, Any]) -> str:
        """Return what must be found, with the values of these options."""
        return self.requirement.format(**{name: value_text(value) for name, value in options.items()})


def value_text(value: Any) -> str:
    """Return the value of an option as text: a list separated by commas, and booleans as in JSON."""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def required_by(*numbers: str, own_mapping: bool = False) -> tuple[Paragraph, ...]:
    """Return paragraphs that are standards or required specifications."""
    return tuple(Paragraph(number, Specification.REQUIRED, own_mapping) for number in numbers)


def addressed_by(*numbers: str, own_mapping: bool = False) -> tuple[Paragraph, ...]:
    """Return paragraphs that are addressable specifications."""
    return tuple(Paragraph(number, Specification.ADDRESSABLE, own_mapping) for number in numbers)
