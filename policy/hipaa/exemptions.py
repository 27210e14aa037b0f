"""Accepted risks: a finding that somebody answers for, until a day, for a reason, with something else in its place.

They are written in the pack's config alone, under their control. A tag or a program can't exempt itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hipaa.verdicts import Verdict

LONGEST = timedelta(days=366)  # an evaluation is periodic: 164.308(a)(8)
FIELDS = {
    "resource": "The URN of the resource, or for the live audit its ARN; * stands for any text.",
    "reason": "Why the control can't hold.",
    "approver": "Who accepted the risk.",
    "expires": "The last day it holds, as YYYY-MM-DD, a year away at most.",
    "compensatingControl": "What is done instead.",
}
STUBS = re.compile(r"(todo|tbd|n/?a|none|test|temp(orary)?|fixme|because|later|wip|x+|\W)*", re.IGNORECASE)
SCHEMA = {
    "description": "Accepted risks of this control. Each shows as exempted until it expires.",
    "type": "array",
    "items": {
        "type": "object",
        "properties": {name: {"type": "string", "description": meaning} for name, meaning in FIELDS.items()},
        "required": list(FIELDS),
        "additionalProperties": False,
    },
}


@dataclass(frozen=True)
class Exemption:
    control: str
    resource: str
    reason: str
    approver: str
    expires: date
    compensating_control: str

    def covers(self, verdict: Verdict) -> bool:
        return self.of(verdict.control, verdict.resource)

    def of(self, control: str, resource: str) -> bool:
        pattern = ".*".join(map(re.escape, self.resource.split("*")))
        return control == self.control and bool(re.fullmatch(pattern, resource, re.DOTALL))

    @property
    def live(self) -> bool:
        """Whether it is of what an account has, by its ARN, rather than of what a program declares."""
        return self.resource.startswith("arn:")

    @property
    def note(self) -> str:
        return f"exempted until {self.expires} by {self.approver}: {self.reason} Instead: {self.compensating_control}"


def read(control: str, entries: Any, today: date) -> tuple[list[Exemption], list[str]]:
    """The exemptions that hold today, and what is wrong with the others."""
    if not isinstance(entries, list):
        return [], [f"{control}: exemptions is no list"]
    good: list[Exemption] = []
    faults: list[str] = []
    for position, entry in enumerate(entries, 1):
        where = f"{control}: exemption {position}"
        found = _faults(entry, today)
        faults.extend(f"{where}: {fault}" for fault in found)
        if not found:
            expires = date.fromisoformat(entry["expires"])
            texts = (entry["resource"], entry["reason"], entry["approver"])
            good.append(Exemption(control, *texts, expires, entry["compensatingControl"]))
    return good, faults


def _faults(entry: Any, today: date) -> list[str]:
    if not isinstance(entry, Mapping):
        return ["is no object"]
    faults = [f"has no {name}: {meaning}" for name, meaning in FIELDS.items() if not _text(entry.get(name))]
    faults += ["has a property that there isn't" for name in entry if name not in FIELDS]
    if faults:
        return faults
    for name, least in (("reason", 20), ("compensatingControl", 10), ("approver", 3)):
        if len(entry[name].strip()) < least or STUBS.fullmatch(entry[name]):
            faults.append(f"{name} says too little: {FIELDS[name]}")
    if not re.search(r"[^*\s]", entry["resource"]):
        faults.append("resource is of everything: name the URN or ARN, with * for a part of it")
    try:
        expires = date.fromisoformat(entry["expires"])
    except ValueError:
        return [*faults, "expires is no date: write YYYY-MM-DD"]
    if expires < today:
        faults.append(f"expired on {expires}: mend what it excuses, or have it approved anew")
    elif expires > today + LONGEST:
        faults.append("expires in more than a year: have it approved anew each year")
    return faults


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
