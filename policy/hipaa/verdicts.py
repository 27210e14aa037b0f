"""What a rule answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hipaa.facts import Unknown


class Status(Enum):
    PASS = "pass"  # noqa: S105  (no password)
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"
    UNVERIFIED = "unverified"


@dataclass(frozen=True)
class Finding:
    """A rule's answer about one fact: what was found, and for `unverified` the values that aren't known yet."""

    status: Status
    found: str
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """A finding, with the control it is of and the resource it is about."""

    control: str
    resource: str
    finding: Finding

    @property
    def status(self) -> Status:
        return self.finding.status

    @property
    def wrong(self) -> bool:
        """Whether it counts against the resource: what can't be known does."""
        return self.status in (Status.FAIL, Status.UNVERIFIED)


def passed(found: str) -> Finding:
    return Finding(Status.PASS, found)


def failed(found: str) -> Finding:
    return Finding(Status.FAIL, found)


def not_applicable(why: str) -> Finding:
    return Finding(Status.NOT_APPLICABLE, why)


def unverified(*unknown: Unknown) -> Finding:
    """Never a pass: the gate fails until the value can be known."""
    by_why: dict[str, dict[str, None]] = {}
    for each in unknown:
        by_why.setdefault(each.why, {})[each.where] = None
    found = "; ".join(f"{' and '.join(wheres)} {why}" for why, wheres in by_why.items())
    return Finding(Status.UNVERIFIED, found, unknown)
