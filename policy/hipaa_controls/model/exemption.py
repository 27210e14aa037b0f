"""Exemptions: accepted risks, each with a reason, an approver, an expiry date and a compensating control.

An exemption is declared only in the pack's config, under its control. A program or a tag can't exempt itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hipaa_controls.model import resource_pattern
from hipaa_controls.model.resource_pattern import is_of_program, pattern_errors
from hipaa_controls.model.verdict import Verdict

MAX_EXEMPTION = timedelta(days=366)  # an evaluation is periodic: 164.308(a)(8)
FIELDS = {
    "resource": "The URN of the resource, or its ARN for the live audit; * stands for any text in it.",
    "reason": "Why the resource can't comply.",
    "approver": "The person or role that accepted the risk.",
    "expires": "The last day of the exemption, as YYYY-MM-DD, at most a year away.",
    "compensatingControl": "What protects the data instead.",
}
PLACEHOLDERS = re.compile(r"(todo|tbd|n/?a|none|test|temp(orary)?|fixme|because|later|wip|x|\W)*", re.IGNORECASE)
SCHEMA = {
    "description": "Accepted risks of this control. Each is shown as exempted until it expires.",
    "type": "array",
    "items": {
        "type": "object",
        "properties": {name: {"type": "string", "description": description} for name, description in FIELDS.items()},
        "required": list(FIELDS),
        "additionalProperties": False,
    },
}


@dataclass(frozen=True)
class Exemption:
    """An exemption that is in force.

    Attributes:
        position: Its position among the control's exemptions in the config, from 1. Invalid ones count too.
    """

    position: int
    control: str
    resource: str
    reason: str
    approver: str
    expires: date
    compensating_control: str

    def covers(self, verdict: Verdict) -> bool:
        return self.matches(verdict.control, verdict.resource)

    def matches(self, control: str, resource: str) -> bool:
        return control == self.control and resource_pattern.matches(self.resource, resource)

    @property
    def for_audit(self) -> bool:
        """Whether it names a resource of a live account, by its ARN or account ID, and not a resource of a program."""
        return not is_of_program(self.resource)

    @property
    def summary(self) -> str:
        return f"exempted until {self.expires} by {self.approver}: {self.reason} Instead: {self.compensating_control}"


def load_exemptions(control: str, entries: Any, today: date) -> tuple[list[Exemption], list[str]]:
    """Return the exemptions that are in force today, and what is wrong with the other entries."""
    if not isinstance(entries, list):
        return [], [f"{control}: exemptions is not a list"]
    exemptions: list[Exemption] = []
    errors: list[str] = []
    for position, entry in enumerate(entries, 1):
        entry_errors = _errors(entry, today)
        errors.extend(f"{control}: exemption {position} {error}" for error in entry_errors)
        if not entry_errors:
            expires = date.fromisoformat(entry["expires"])
            texts = (entry["resource"], entry["reason"], entry["approver"])
            exemptions.append(Exemption(position, control, *texts, expires, entry["compensatingControl"]))
    return exemptions, errors


def _errors(entry: Any, today: date) -> list[str]:
    if not isinstance(entry, Mapping):
        return ["is not an object"]
    errors = [f"has no {name}: {description}" for name, description in FIELDS.items() if not _is_text(entry.get(name))]
    errors += [
        f"has an unknown property; the properties are {', '.join(FIELDS)}" for name in entry if name not in FIELDS
    ]
    if errors:
        return errors
    for name, min_length in (("reason", 20), ("compensatingControl", 10), ("approver", 3)):
        if len(entry[name].strip()) < min_length or PLACEHOLDERS.fullmatch(entry[name]):
            errors.append(f"gives too little detail in {name}: {FIELDS[name]}")
    errors += pattern_errors(entry["resource"])
    try:
        expires = date.fromisoformat(entry["expires"])
    except ValueError:
        return [*errors, "has an expires that is not a date: write YYYY-MM-DD"]
    if expires < today:
        errors.append(f"expired on {expires}: fix the finding or renew the approval")
    elif expires > today + MAX_EXEMPTION:
        errors.append("expires in more than a year: give an earlier date and renew the approval each year")
    return errors


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
