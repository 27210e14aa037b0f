"""What a drill found: the file that the attestation of a restore test points at.

It tells no key of an object. Its JSON is a public format: `schema_version` grows in its first number when a reader of
the old would misread the new.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from phi import validation_errors
from phi.digest import digest_of
from phi.errors import ConfigurationError

Source = Literal["version", "replica", "vault"]
Count = Annotated[int, Field(ge=0, lt=2**53)]  # what JSON's numbers hold, by RFC 8785
Seconds = Annotated[float, Field(ge=0)]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Outcome(Enum):
    """Restored: whole, and under its key. Not tried: the drill ended before."""

    RESTORED = "restored"
    FAILED = "failed"
    NOT_TRIED = "not tried"


class ObjectRecord(Model):
    """A version that was to be restored."""

    object: str
    """Stands for its key within this file alone: by its `version` S3 tells to those who may ask which it is."""
    version: str
    bytes: Count
    seconds: Seconds
    """How long its restoring took, without the checks of it; 0 where it wasn't restored."""
    outcome: Outcome
    why: str = ""


class LeftBehind(Model):
    """What the clean-up couldn't take away, or what AWS may still put there."""

    bucket: str
    object: str
    version: str
    until: AwareDatetime | None
    """When its lock ends; None where there is none, or it isn't known."""
    hidden: bool
    """Whether a delete marker is before it."""
    why: str


class DrillEvidence(Model):
    """One restore test. digest: the SHA-256 of all the rest as canonical JSON (RFC 8785)."""

    schema_version: Literal["1.0"] = "1.0"
    kind: Literal["restore-test"] = "restore-test"
    drill: str
    """The drill's id, under which its copies lay: `restore-drill/<id>/`."""
    started: AwareDatetime
    finished: AwareDatetime
    bucket: str
    source: Source
    scratch_bucket: str
    objective_hours: Annotated[float, Field(gt=0)]

    requested: Count
    listed: Count
    """The versions that the sample was drawn from."""
    listed_bytes: Count
    written_before: AwareDatetime | None
    """Versions that were written later weren't drawn: a copy of them may not be there yet."""

    sampled: Count
    restored: Count
    failed: Count
    bytes: Count
    """Of what was restored."""
    seconds: Seconds
    """From the beginning of the first restore to the end of the last, waiting and checks included: it is measured."""
    waited_seconds: Seconds
    """Of these, how long archived versions or AWS Backup were waited for."""
    estimated_full_restore_hours: Annotated[float, Field(ge=0)] | None
    """An estimate, never measured; see `estimate_basis`."""
    estimate_basis: str

    passed: bool
    why: tuple[str, ...] = ()
    """Why it isn't passed."""
    objects: tuple[ObjectRecord, ...] = ()
    left_behind: tuple[LeftBehind, ...] = ()
    taken_away: Count = 0
    """How many versions that earlier drills had left were deleted."""
    principal: str
    tool: str
    digest: str = ""

    @model_validator(mode="after")
    def _a_pass_is_proven(self) -> Self:
        told = [each.outcome for each in self.objects]
        counts = (len(told), told.count(Outcome.RESTORED), told.count(Outcome.FAILED))
        if counts != (self.sampled, self.restored, self.failed):
            raise ValueError("the objects aren't as many as are counted")
        whole = self.sampled > 0 and self.restored == self.sampled
        if self.passed and (not whole or self.why or self.seconds > self.objective_hours * 3600):
            raise ValueError("it says that it is passed, and what it found says otherwise")
        if self.finished < self.started:
            raise ValueError("it finished before it started")
        return self

    def sealed(self) -> DrillEvidence:
        return self.model_copy(update={"digest": digest_of(self)})

    @property
    def intact(self) -> bool:
        return self.digest == digest_of(self)

    @property
    def left_until(self) -> datetime | None:
        """When the last lock on what is left behind ends."""
        return max((each.until for each in self.left_behind if each.until), default=None)


def load(path: Path) -> DrillEvidence:
    """The evidence in a file. Whether the drill was passed is in it.

    Raises ConfigurationError where it can't be read, is no such evidence, or was changed after it was written.
    """
    try:
        evidence = DrillEvidence.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"{path} can't be read: {type(error).__name__}") from None
    except ValidationError as error:
        raise ConfigurationError(f"{path} is no evidence of a restore test: {validation_errors.format_validation_error(error)}") from None
    if not evidence.intact:
        raise ConfigurationError(f"{path} was changed after it was written: make it again with: phi drill")
    return evidence


def dump(evidence: DrillEvidence) -> str:
    return evidence.model_dump_json(indent=2) + "\n"
