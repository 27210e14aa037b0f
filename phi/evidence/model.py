"""What an audit found, and how and when: the one model that every rendering is made from.

Its JSON is a public format, of which schema.json is the description. `schema_version` grows in its second number where
something is added, and in its first where a reader of the old would misread the new. What reads evidence here reads its
own version alone: a field that it doesn't know could be the one that matters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from phi.digest import digest_of

SCHEMA_VERSION: Literal["1.0"] = "1.0"

# Plain texts, that the catalogue's own words may be given as they are.
Duty = Annotated[str, Field(pattern="^(required|addressable)$")]
Severity = Annotated[str, Field(pattern="^(critical|high|medium|low)$")]
Level = Annotated[str, Field(pattern="^(mandatory|advisory)$")]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @field_validator("*", mode="before")
    @classmethod
    def _encodable(cls, value: Any) -> Any:
        """Half a surrogate pair, which JSON can hold and UTF-8 can't, is told as its escape and ends no audit."""
        return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


class Outcome(Enum):
    """Of a verdict or a control. Exempted: wrong, and somebody answers for it until a day."""

    PASS = "pass"  # noqa: S105  (no password)
    FAIL = "fail"
    UNVERIFIED = "unverified"
    EXEMPTED = "exempted"
    NOT_APPLICABLE = "not applicable"


# From what must be looked at first to what needn't.
GRAVITY = (Outcome.FAIL, Outcome.UNVERIFIED, Outcome.EXEMPTED, Outcome.PASS, Outcome.NOT_APPLICABLE)
SEVERITIES = ("critical", "high", "medium", "low")

# What controls are about, by how their ids begin.
SERVICES = {
    "s3": "S3",
    "kms": "KMS",
    "cloudtrail": "CloudTrail",
    "logs": "CloudWatch Logs",
    "alarm": "Alarms",
    "sns": "SNS",
    "iam": "IAM",
    "backup": "AWS Backup",
    "guardduty": "GuardDuty",
    "macie": "Macie",
    "config": "AWS Config",
    "root": "The root user",
    "attest": "Attested by people",
}


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The gravest; of none `not applicable`."""
    return min(outcomes, key=GRAVITY.index, default=Outcome.NOT_APPLICABLE)


class Citation(Model):
    """A paragraph of 45 CFR 164, such as `164.312(a)(1)`, `required` or `addressable`; ours: our own mapping (†)."""

    paragraph: str
    duty: Duty
    ours: bool

    @property
    def url(self) -> str:
        """The paragraph in the Electronic Code of Federal Regulations."""
        return f"https://www.ecfr.gov/current/title-45/section-{self.paragraph.split('(')[0]}#p-{self.paragraph}"


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
    severity: Severity
    required: str
    remedy: str
    outcome: Outcome
    level: Level = "mandatory"
    """As the config says; `advisory` fails nothing."""
    blocks: bool = False
    """Whether it fails the audit: it is mandatory, and fails, or is unverified where that isn't let pass."""
    loosened: tuple[str, ...] = ()
    """What the config asks less of than the pack does by itself."""
    observations: tuple[Observation, ...] = ()

    @property
    def service(self) -> str:
        """What it is about, as its id begins: one of SERVICES."""
        return self.id.split("-", 1)[0]

    @property
    def ordered(self) -> tuple[Observation, ...]:
        """What it found, the gravest first."""
        return tuple(sorted(self.observations, key=lambda each: GRAVITY.index(each.outcome)))

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """How many resources came out how."""
        return Counter(each.outcome for each in self.observations)


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

    started: AwareDatetime
    finished: AwareDatetime
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
    """The evidence. digest: the SHA-256 of all the rest as canonical JSON (RFC 8785), which any tool can make."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    collection: Collection
    controls: tuple[ControlResult, ...]
    attestations: tuple[AttestationRecord, ...] = ()
    checklist: tuple[ChecklistRow, ...] = ()
    unread: tuple[UnreadCall, ...] = ()
    drift: tuple[Drift, ...] = ()
    disabled: tuple[str, ...] = ()
    """The controls that the config has left out."""
    faults: tuple[str, ...] = ()
    """What is wrong with the config or the attestations file."""
    digest: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = ""

    def sealed(self) -> Report:
        return self.model_copy(update={"digest": digest_of(self)})

    @property
    def intact(self) -> bool:
        return self.digest == digest_of(self)

    def of(self, outcome: Outcome) -> tuple[ControlResult, ...]:
        return tuple(each for each in self.controls if each.outcome is outcome)

    @property
    def services(self) -> tuple[str, ...]:
        """In the order of their first control."""
        return tuple(dict.fromkeys(each.service for each in self.controls))

    def about(self, service: str) -> tuple[ControlResult, ...]:
        """The controls of a service, the gravest first."""
        return tuple(
            sorted(
                (each for each in self.controls if each.service == service),
                key=lambda each: (GRAVITY.index(each.outcome), SEVERITIES.index(each.severity)),
            )
        )

    @property
    def blocking(self) -> tuple[ControlResult, ...]:
        """The controls that fail the audit."""
        return tuple(each for each in self.controls if each.blocks)

    @property
    def amiss(self) -> tuple[str, ...]:
        """What is wrong with the audit itself, rather than with what it judged."""
        return self.faults if self.controls else (*self.faults, "no control was judged: the config leaves all out")

    @property
    def good(self) -> bool:
        """Whether no control blocks, and nothing was wrong with what the audit was told."""
        return not self.amiss and not self.blocking
