"""The result of checking a control."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from hipaa_controls.model.values import Unknown


class Status(Enum):
    PASS = "pass"  # noqa: S105  (not a password)
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"
    UNVERIFIED = "unverified"


@dataclass(frozen=True)
class Finding:
    """The result of checking one fact.

    Attributes:
        status: Whether the fact complies.
        text: What was found, for a message.
        unknowns: For UNVERIFIED, the values that aren't known.
    """

    status: Status
    text: str
    unknowns: tuple[Unknown, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """A finding, with the id of its control and the URN or ARN of its resource."""

    control: str
    resource: str
    finding: Finding

    @property
    def status(self) -> Status:
        return self.finding.status

    @property
    def blocks_by_default(self) -> bool:
        """Whether the verdict is a failure or unverified. Config and exemptions may still allow it."""
        return self.status in (Status.FAIL, Status.UNVERIFIED)


def passed(text: str) -> Finding:
    return Finding(Status.PASS, text)


def failed(text: str) -> Finding:
    return Finding(Status.FAIL, text)


def not_applicable(reason: str) -> Finding:
    return Finding(Status.NOT_APPLICABLE, reason)


def unverified(*unknowns: Unknown) -> Finding:
    """Return an UNVERIFIED finding. It blocks, because the value may turn out to be non-compliant."""
    paths: dict[str, dict[str, None]] = {}
    for unknown in unknowns:
        paths.setdefault(unknown.reason, {})[unknown.path] = None
    text = "; ".join(f"{' and '.join(names)} {reason}" for reason, names in paths.items())
    return Finding(Status.UNVERIFIED, text, unknowns)


def worst_finding(findings: Iterable[Finding], success: str) -> Finding:
    """Return the first failure, else the first unverified finding, else a pass.

    Args:
        findings: The findings to choose from.
        success: The text of the pass.
    """
    first_unverified = None
    for finding in findings:
        if finding.status is Status.FAIL:
            return finding
        if finding.status is Status.UNVERIFIED and first_unverified is None:
            first_unverified = finding
    return first_unverified or passed(success)
