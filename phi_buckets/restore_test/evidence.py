"""The evidence of a restore test: the file that an attestation of the restore test refers to.

It contains no object keys. Its JSON is a public format: the major number of `schema_version` grows when a reader of the
old format would misread the new one.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from phi_buckets import validation_errors
from phi_buckets.digest import digest_of
from phi_buckets.errors import ConfigurationError

SourceKind = Literal["version", "replica", "vault"]
Count = Annotated[int, Field(ge=0, lt=2**53)]  # the integers that JSON can represent exactly: RFC 8785
Seconds = Annotated[float, Field(ge=0)]


class RestoreTestModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class RestoreOutcome(Enum):
    RESTORED = "restored"
    """Its content is intact and it is encrypted with the right key."""
    FAILED = "failed"
    NOT_TRIED = "not tried"
    """The test ended before this version was tried."""


class ObjectRecord(RestoreTestModel):
    """One sampled version."""

    object: str
    """A pseudonym for the object key, valid in this file only. With S3 access, the version ID leads to the key."""
    version_id: str
    bytes: Count
    seconds: Seconds
    """The duration of the restore, without its verification; 0 if the version wasn't restored."""
    outcome: RestoreOutcome
    reason: str = ""
    """The reason for a failure."""


class Leftover(RestoreTestModel):
    """A version that the cleanup couldn't delete, or objects that AWS may still create."""

    bucket: str
    object: str
    """A pseudonym for the object key, or a description."""
    version_id: str
    locked_until: AwareDatetime | None
    """When its Object Lock retention ends; null if it has none or it isn't known."""
    hidden_by_delete_marker: bool
    reason: str


class RestoreTestEvidence(RestoreTestModel):
    """The evidence of one restore test."""

    schema_version: Literal["1.0"] = "1.0"
    kind: Literal["restore-test"] = "restore-test"
    test_id: str
    """The restored copies are under `restore-test/<test_id>/`."""
    started: AwareDatetime
    finished: AwareDatetime
    bucket: str
    source: SourceKind
    scratch_bucket: str
    rto_hours: Annotated[float, Field(gt=0)]

    requested: Count
    """The maximum number of versions to restore."""
    eligible: Count
    """The number of versions that the sample was drawn from."""
    eligible_bytes: Count
    written_before: AwareDatetime | None
    """Versions written later weren't eligible: the source may not have them yet. Null: all versions were eligible."""

    sampled: Count
    restored: Count
    failed: Count
    restored_bytes: Count
    duration_seconds: Seconds
    """Measured from the start of the first restore to the end of the last, including waiting and verification."""
    waited_seconds: Seconds
    """The part of it spent waiting for archive retrieval or AWS Backup."""
    estimated_full_restore_hours: Annotated[float, Field(ge=0)] | None
    """An estimate, never a measurement: see `estimate_basis`."""
    estimate_basis: str

    passed: bool
    failure_reasons: tuple[str, ...] = ()
    objects: tuple[ObjectRecord, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    earlier_leftovers_deleted: Count = 0
    """The number of versions from earlier tests that were deleted."""
    principal: str
    tool: str
    digest: str = ""
    """The SHA-256 of all other fields as canonical JSON (RFC 8785)."""

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        outcomes = [record.outcome for record in self.objects]
        counts = (len(outcomes), outcomes.count(RestoreOutcome.RESTORED), outcomes.count(RestoreOutcome.FAILED))
        if counts != (self.sampled, self.restored, self.failed):
            raise ValueError("the counts don't match the objects")
        all_restored = self.sampled > 0 and self.restored == self.sampled
        in_time = self.duration_seconds <= self.rto_hours * 3600
        if self.passed and not (all_restored and in_time and not self.failure_reasons):
            raise ValueError("it claims a pass, but its results don't support one")
        if self.finished < self.started:
            raise ValueError("it finished before it started")
        return self

    def with_digest(self) -> RestoreTestEvidence:
        """Return a copy with the digest of its fields."""
        return self.model_copy(update={"digest": digest_of(self)})

    @property
    def digest_matches(self) -> bool:
        """Whether the fields are unchanged since the digest was computed."""
        return self.digest == digest_of(self)

    @property
    def leftovers_locked_until(self) -> datetime | None:
        """When the last lock on a leftover ends; None if none is known to be locked."""
        return max((leftover.locked_until for leftover in self.leftovers if leftover.locked_until), default=None)


def load(path: Path) -> RestoreTestEvidence:
    """Return the evidence in a file, of a passed or a failed test.

    Raises:
        ConfigurationError: The file can't be read, isn't evidence of a restore test, or was changed.
    """
    try:
        evidence = RestoreTestEvidence.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"{path} can't be read: {type(error).__name__}") from None
    except ValidationError as error:
        problems = validation_errors.format_validation_error(error)
        raise ConfigurationError(
            f"{path} is not evidence of a restore test, as `phi restore-test` writes it: {problems}"
        ) from None
    if not evidence.digest_matches:
        raise ConfigurationError(f"{path} was changed after it was written; create it again with: phi restore-test")
    return evidence


def dump(evidence: RestoreTestEvidence) -> str:
    return evidence.model_dump_json(indent=2) + "\n"
