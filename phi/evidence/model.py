"""What an audit found, and how and when: the one model that every rendering is made from.

Its JSON is a public format. `schema_version` grows in its first number when a reader of the old would misread the new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from enum import Enum

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = "1.0"


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Outcome(Enum):
    """Of a verdict or a control. Exempted: wrong, and somebody answers for it until a day."""

    PASS = "pass"  # noqa: S105  (no password)
    FAIL = "fail"
    UNVERIFIED = "unverified"
    EXEMPTED = "exempted"
    NOT_APPLICABLE = "not applicable"


# From what must be looked at first to what needn't.
GRAVITY = (Outcome.FAIL, Outcome.UNVERIFIED, Outcome.EXEMPTED, Outcome.PASS, Outcome.NOT_APPLICABLE)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The gravest; of none `not applicable`."""
    return min(outcomes, key=GRAVITY.index, default=Outcome.NOT_APPLICABLE)


class Citation(Model):
    """A paragraph of 45 CFR 164, such as `164.312(a)(1)`, `required` or `addressable`; ours: our own mapping (†)."""

    paragraph: str
    duty: str
    ours: bool


class Exemption(Model):
    reason: str
    approver: str
    expires: date
    compensating_control: str


class Observation(Model):
    """What a control found about one resource: an ARN, or the account itself."""

    account: str
    region: str | None
    resource: str
    outcome: Outcome
    found: str
    exemption: Exemption | None = None


class ControlResult(Model):
    """A control with all that it found. outcome: the worst of its observations."""

    id: str
    title: str
    statement: str
    citations: tuple[Citation, ...]
    severity: str
    """`critical`, `high`, `medium` or `low`."""
    required: str
    remedy: str
    outcome: Outcome
    level: str = "mandatory"
    """As the config says; `advisory` fails nothing."""
    blocks: bool = False
    """Whether it fails the audit: it is mandatory, and fails, or is unverified where that isn't let pass."""
    loosened: tuple[str, ...] = ()
    """What the config asks less of than the pack does by itself."""
    observations: tuple[Observation, ...] = ()


class AttestationRecord(Model):
    """What a person answers for. days_left: until it is stale; negative once it is."""

    control: str
    owner: str
    made: date
    expires: date
    evidence: str
    days_left: int


class ChecklistRow(Model):
    """A line of the guide's checklist, and the controls that answer it."""

    text: str
    controls: tuple[str, ...]
    outcome: Outcome


class UnreadCall(Model):
    """A call that got no answer, and the permission that it takes."""

    account: str
    region: str
    permission: str
    about: str
    code: str


class Collection(Model):
    """How and when it was collected. scope: the stack's name or `account`; calls: how many of AWS were made."""

    started: datetime
    finished: datetime
    scope: str
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    principals: tuple[str, ...]
    """The ARN in whose name each account was read."""
    tool: str
    calls: int
    buckets: int


class Drift(Model):
    """A control that passed at preview and fails live."""

    control: str
    resources: tuple[str, ...]
    previewed: datetime | None


class Report(Model):
    """The evidence. digest: the SHA-256 of all the rest, which `sealed` sets and `intact` checks."""

    schema_version: str = SCHEMA_VERSION
    collection: Collection
    controls: tuple[ControlResult, ...]
    attestations: tuple[AttestationRecord, ...] = ()
    checklist: tuple[ChecklistRow, ...] = ()
    unread: tuple[UnreadCall, ...] = ()
    drift: tuple[Drift, ...] = ()
    disabled: tuple[str, ...] = ()
    """The controls that the config has left out."""
    faults: tuple[str, ...] = Field(default=())
    """What is wrong with the config or the attestations file."""
    digest: str = ""

    def sealed(self) -> Report:
        return self.model_copy(update={"digest": self._digest()})

    @property
    def intact(self) -> bool:
        return self.digest == self._digest()

    def _digest(self) -> str:
        return hashlib.sha256(self.model_dump_json(exclude={"digest"}).encode()).hexdigest()

    def of(self, outcome: Outcome) -> tuple[ControlResult, ...]:
        return tuple(each for each in self.controls if each.outcome is outcome)

    @property
    def good(self) -> bool:
        """Whether no control blocks, and nothing was wrong with what the audit was told."""
        return not self.faults and not any(each.blocks for each in self.controls)
