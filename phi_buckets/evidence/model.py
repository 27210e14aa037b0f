"""The evidence of an audit: the single model from which every format is rendered.

Its JSON is a public format, described by schema.json. The minor number of `schema_version` grows when a field is added,
the major number when a reader of the old format would misread the new one. This package reads only its own version: a
field that it doesn't know could be the one that matters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from phi_buckets.digest import digest_of

SCHEMA_VERSION: Literal["1.1"] = "1.1"

# Strings, so that the catalogue's values are used as they are.
Specification = Annotated[str, Field(pattern="^(required|addressable)$")]
Severity = Annotated[str, Field(pattern="^(critical|high|medium|low)$")]
EnforcementLevel = Annotated[str, Field(pattern="^(mandatory|advisory)$")]


class EvidenceModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @field_validator("*", mode="before")
    @classmethod
    def _escape_surrogates(cls, value: Any) -> Any:
        """Escape unpaired surrogates, which JSON can hold and UTF-8 can't, so that they don't stop an audit."""
        return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


# Status of hipaa_controls plus EXEMPTED. Python can't extend an enum, and the values of this one are a public format.
class Outcome(Enum):
    """The outcome of a check or of a control."""

    PASS = "pass"  # noqa: S105  (not a password)
    FAIL = "fail"
    UNVERIFIED = "unverified"
    EXEMPTED = "exempted"
    """It fails or is unverified, but the risk is accepted until a given day."""
    NOT_APPLICABLE = "not applicable"


# The most urgent first.
OUTCOME_PRIORITY = (Outcome.FAIL, Outcome.UNVERIFIED, Outcome.EXEMPTED, Outcome.PASS, Outcome.NOT_APPLICABLE)
SEVERITIES = ("critical", "high", "medium", "low")

# The services' titles, by the first word of a control's id.
SERVICE_TITLES = {
    "s3": "S3",
    "kms": "KMS",
    "cloudtrail": "CloudTrail",
    "logs": "CloudWatch Logs",
    "cloudwatch": "CloudWatch",
    "events": "EventBridge",
    "sns": "SNS",
    "sqs": "SQS",
    "iam": "IAM",
    "backup": "AWS Backup",
    "ram": "RAM",
    "athena": "Athena",
    "guardduty": "GuardDuty",
    "macie": "Macie",
    "config": "AWS Config",
    "attest": "Attestations",
}


def worst_outcome(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the most urgent outcome, or `not applicable` if there is none."""
    return min(outcomes, key=OUTCOME_PRIORITY.index, default=Outcome.NOT_APPLICABLE)


class Citation(EvidenceModel):
    """A paragraph of 45 CFR 164 that a control supports."""

    paragraph: str
    """Its number, such as `164.312(a)(1)`."""
    specification: Specification
    """`required` or `addressable`, by 164.306(d)."""
    own_mapping: bool
    """Whether the mapping to the control is our own (†) rather than a published one."""

    @property
    def url(self) -> str:
        """The address of the paragraph in the Electronic Code of Federal Regulations."""
        return f"https://www.ecfr.gov/current/title-45/section-{self.paragraph.split('(')[0]}#p-{self.paragraph}"


class ExemptionRecord(EvidenceModel):
    """An accepted risk. Its control and its resource are those of the observation that contains it."""

    reason: str
    approver: str
    expires: date
    compensating_control: str


class Observation(EvidenceModel):
    """The result of a control for one resource."""

    account: str
    region: str | None
    resource: str
    """An ARN, or the account ID if the control is about the account itself."""
    outcome: Outcome
    text: str
    """The finding, such as `versioning is Suspended`."""
    witness: dict[str, str | int] | None = None
    """For a policy that grants access, an example: the caller, its network, the action and the resource."""
    exemption: ExemptionRecord | None = None


class ControlResult(EvidenceModel):
    """A control with all of its observations."""

    id: str
    title: str
    statement: str
    rationale: str
    """The reason for the control: what can happen without it."""
    citations: tuple[Citation, ...]
    severity: Severity
    requirement: str
    """The finding that the control requires, such as `versioning is Enabled`."""
    remediation: str
    outcome: Outcome
    """The worst outcome of the observations."""
    level: EnforcementLevel = "mandatory"
    """The enforcement level in the config. An `advisory` control never fails the audit."""
    blocks: bool = False
    """Whether the control fails the audit: it is mandatory, and has a resource that fails or, unless the config allows
    that, is unverified."""
    relaxations: tuple[str, ...] = ()
    """The options that the config sets to a weaker value than the pack's default."""
    observations: tuple[Observation, ...] = ()

    @property
    def service(self) -> str:
        """The first word of the id, which is a key of SERVICE_TITLES."""
        return self.id.split("-", 1)[0]

    @property
    def sorted_observations(self) -> tuple[Observation, ...]:
        """The observations, the most urgent first."""
        return tuple(
            sorted(self.observations, key=lambda observation: OUTCOME_PRIORITY.index(observation.outcome)),
        )

    @property
    def outcome_counts(self) -> Mapping[Outcome, int]:
        """The number of observations by outcome."""
        return Counter(observation.outcome for observation in self.observations)


class AttestationRecord(EvidenceModel):
    """An attestation: a person's statement about a control that no API can verify."""

    control: str
    owner: str
    attested_on: date
    expires: date
    evidence: str
    """An https link, or the name of a file."""
    days_left: int
    """Days until it expires; negative once it has expired."""


class ChecklistRow(EvidenceModel):
    """An item of the checklist for PHI in S3, and the controls that cover it."""

    text: str
    controls: tuple[str, ...]
    outcome: Outcome
    """The worst outcome of these controls."""


class FailedCallRecord(EvidenceModel):
    """An AWS API call that failed, and the permission that it needs."""

    account: str
    region: str
    permission: str
    resource: str
    """The name or ARN of the resource; empty if the call is about the account."""
    error_code: str


class Collection(EvidenceModel):
    """The time, scope and size of the collection of facts."""

    started: AwareDatetime
    finished: AwareDatetime
    scope: str
    """The name prefix of the stack's resources, or `account`."""
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    principals: tuple[str, ...]
    """The ARN of the principal that read each account."""
    tool: str
    api_calls: int
    """The number of AWS API calls."""
    buckets: int
    """The number of buckets found."""


# What the lists of resources can't show, whatever they contain.
LIST_LIMITS = (
    "AWS Config lists the types that it records. The Resource Groups Tagging API lists resources that are or once were "
    "tagged, of the types that support it; IAM users and roles don't, and a deleted resource can stay listed for some "
    "time. A resource that neither lists isn't counted. SERVICE:* counts resources of other types of a service."
)
STACK_LIMIT = (
    "The lists are of the whole account. Of the judged types, only the stack's resources and the account's own "
    "settings were looked at."
)


class NotJudged(EvidenceModel):
    """The resources of a type that no control of the audit looked at."""

    account: str
    region: str
    """A region, or `global`."""
    type: str
    """The CloudFormation type, such as `AWS::RDS::DBInstance`, or `SERVICE:*` for a service's other types."""
    count: int
    """The number of resources that were found. There may be more."""


class JudgedType(EvidenceModel):
    """A type that controls judge, in all audited accounts and regions. Bucket settings count as their bucket."""

    type: str
    count: int
    controls: tuple[str, ...]


class TypeWithoutJudgment(EvidenceModel):
    """A type that needs no judgment: it holds no data, moves none, and gives no access."""

    type: str
    count: int
    reason: str


class ResourceSource(EvidenceModel):
    """A service that lists the resources of an account in one region."""

    account: str
    region: str
    """Empty if the account is inaccessible."""
    source: str
    resources: int | None
    """The number of resources that it lists; null if it has no list, or the list can't be read."""
    failed: bool = False
    """Whether the list can't be read."""
    limit: str = ""
    """A verb phrase that follows the source: why there is no list, or what it doesn't contain."""

    @property
    def place(self) -> str:
        """The account and the region."""
        return f"{self.account} {self.region}".rstrip()


@dataclass(frozen=True)
class CoverageGap:
    """Something that the audit didn't look at, or that isn't known, in words.

    Attributes:
        subject: The type of the resources, or the account and region.
        text: A clause that follows the subject.
        unknown: Whether a list is missing, so that more may not be judged.
    """

    subject: str
    text: str
    unknown: bool


class Coverage(EvidenceModel):
    """What the audit looked at, and what it didn't look at, as far as AWS lists it."""

    level: EnforcementLevel = "advisory"
    """`mandatory` if resources that aren't judged fail the audit, by its config."""
    not_judged: tuple[NotJudged, ...] = ()
    judged: tuple[JudgedType, ...] = ()
    no_judgment_needed: tuple[TypeWithoutJudgment, ...] = ()
    sources: tuple[ResourceSource, ...] = ()

    @property
    def not_judged_types(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(entry.type for entry in self.not_judged))

    @property
    def unlisted(self) -> tuple[str, ...]:
        """The accounts and regions that no source lists, so that it isn't known what wasn't looked at."""
        listed = {source.place for source in self.sources if source.resources is not None}
        return tuple(dict.fromkeys(source.place for source in self.sources if source.place not in listed))

    @property
    def gaps(self) -> tuple[CoverageGap, ...]:
        """The types that aren't judged, and the lists that are missing."""
        if not self.sources:
            return (
                CoverageGap("the audited accounts", "it isn't known what wasn't looked at: nothing was listed", True),
            )
        gaps = [CoverageGap(name, self._not_judged_text(name), False) for name in self.not_judged_types]
        for place in self.unlisted:
            reasons = "; ".join(f"{source.source} {source.limit}" for source in self.sources if source.place == place)
            gaps.append(CoverageGap(place, f"it isn't known what wasn't looked at: {reasons}", True))
        gaps += [
            CoverageGap(
                source.place, f"there may be more that isn't judged: {source.source} {source.limit}", unknown=True
            )
            for source in self.sources
            if source.failed and source.place not in self.unlisted
        ]
        return tuple(gaps)

    @property
    def limits(self) -> tuple[str, ...]:
        """What the lists don't contain, with the accounts and regions."""
        places: dict[str, list[str]] = {}
        for source in self.sources:
            if source.limit and not source.failed and source.place not in self.unlisted:
                places.setdefault(f"{source.source} {source.limit}", []).append(source.place)
        return tuple(f"{text} ({', '.join(names)})" for text, names in places.items())

    @property
    def blocks(self) -> bool:
        """Whether it fails the audit."""
        return self.level == "mandatory" and bool(self.gaps)

    def _not_judged_text(self, type_name: str) -> str:
        entries = [entry for entry in self.not_judged if entry.type == type_name]
        places = ", ".join(f"{entry.count} in {entry.account} {entry.region}" for entry in entries)
        return f"isn't judged: {places}"


class Drift(EvidenceModel):
    """A control that passed at preview and fails in the live account."""

    control: str
    resources: tuple[str, ...]
    """The resources that fail."""
    previewed: datetime | None
    """When the preview ran; null if that isn't known."""


class Report(EvidenceModel):
    """The evidence of an audit."""

    schema_version: Literal["1.1"] = SCHEMA_VERSION
    collection: Collection
    controls: tuple[ControlResult, ...]
    coverage: Coverage
    attestations: tuple[AttestationRecord, ...] = ()
    checklist: tuple[ChecklistRow, ...] = ()
    failed_calls: tuple[FailedCallRecord, ...] = ()
    drift: tuple[Drift, ...] = ()
    disabled_controls: tuple[str, ...] = ()
    """The controls that the config disables."""
    configuration_errors: tuple[str, ...] = ()
    """Errors in the config or the attestations file."""
    digest: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = ""
    """The SHA-256 of all other fields as canonical JSON (RFC 8785), which any tool can compute."""

    def with_digest(self) -> Report:
        """Return a copy with the digest of its fields."""
        return self.model_copy(update={"digest": digest_of(self)})

    @property
    def digest_matches(self) -> bool:
        """Whether the fields are unchanged since the digest was computed."""
        return self.digest == digest_of(self)

    @property
    def coverage_limits(self) -> tuple[str, ...]:
        """What the lists of resources can't show, in general and in this audit."""
        stack_limit = () if self.collection.scope == "account" else (STACK_LIMIT,)
        return (LIST_LIMITS, *stack_limit, *self.coverage.limits)

    def controls_with_outcome(self, outcome: Outcome) -> tuple[ControlResult, ...]:
        return tuple(control for control in self.controls if control.outcome is outcome)

    @property
    def services(self) -> tuple[str, ...]:
        """The services, in the order of their first control."""
        return tuple(dict.fromkeys(control.service for control in self.controls))

    def controls_for_service(self, service: str) -> tuple[ControlResult, ...]:
        """Return the controls of a service, the most urgent first."""
        return tuple(
            sorted(
                (control for control in self.controls if control.service == service),
                key=lambda control: (OUTCOME_PRIORITY.index(control.outcome), SEVERITIES.index(control.severity)),
            )
        )

    @property
    def blocking_controls(self) -> tuple[ControlResult, ...]:
        """The controls that fail the audit."""
        return tuple(control for control in self.controls if control.blocks)

    @property
    def errors(self) -> tuple[str, ...]:
        """Errors in the audit itself, as opposed to findings in the account."""
        if self.controls:
            return self.configuration_errors
        return (
            *self.configuration_errors,
            "no control was evaluated: the config disables them all; enable at least one",
        )

    @property
    def passed(self) -> bool:
        """Whether no control blocks, nor its coverage, and the audit itself has no errors."""
        return not (self.errors or self.blocking_controls or self.coverage.blocks)
