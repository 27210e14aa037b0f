"""The result of checking a control."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from hipaa_controls.model.values import Unknown


class Status(Enum):
    PASS = "pass"  # noqa: S105  (not a password)
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"
    UNVERIFIED = "unverified"


@dataclass(frozen=True)
class Witness:
    """An example of access: one request that a policy allows.

    Attributes:
        text: A clause for a message, such as `an anonymous caller from 198.51.100.7 may s3:GetObject on …`.
        details: The same as data, for a report: who calls, from where, with which action, on what, and the position in
            the policy, from 1, of the statement that allows it.
        request: The evaluator's request, with every condition key that it has.
    """

    text: str
    details: Mapping[str, str | int] = field(hash=False)
    request: Any = field(compare=False, repr=False)


@dataclass(frozen=True)
class Finding:
    """The result of checking one fact.

    Attributes:
        status: Whether the fact complies.
        text: What was found, for a message.
        unknowns: For UNVERIFIED, the values that aren't known.
        witness: For a policy that grants access, an example.
    """

    status: Status
    text: str
    unknowns: tuple[Unknown, ...] = ()
    witness: Witness | None = None


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


def failed(text: str, witness: Witness | None = None) -> Finding:
    """Return a failure; the text of a witness follows the finding's own."""
    return Finding(Status.FAIL, f"{text}: for example, {witness.text}" if witness else text, witness=witness)


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
