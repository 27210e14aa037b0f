"""Drift: controls that passed at preview and fail live.

Either a resource was changed manually, or AWS didn't apply what was requested.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from phi_buckets.errors import ConfigurationError
from phi_buckets.evidence.model import ControlResult, Drift, Outcome
from phi_buckets.validation_errors import format_validation_error

REPORT_HINT = "write one with: HIPAA_REPORT=preview.json pulumi preview --policy-pack policy"


class _Verdict(BaseModel):
    model_config = ConfigDict(extra="ignore")
    status: str
    exempted: str | None = None


class _Control(BaseModel):
    model_config = ConfigDict(extra="ignore")
    id: str
    verdicts: tuple[_Verdict, ...]

    @property
    def passed(self) -> bool:
        statuses = {verdict.status for verdict in self.verdicts}
        return "pass" in statuses and statuses <= {"pass", "not applicable"}


class Preview(BaseModel):
    """The policy pack's report of a preview, which crossguard.report writes."""

    model_config = ConfigDict(extra="ignore")
    pack: str
    time: datetime
    controls: tuple[_Control, ...]


def load(path: Path) -> Preview:
    """Return the policy pack's report in a file.

    Raises:
        ConfigurationError: The file can't be read, or isn't a report of the policy pack.
    """
    try:
        preview = Preview.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"can't read {path}: {type(error).__name__}; {REPORT_HINT}") from None
    except ValidationError as error:
        problem = format_validation_error(error, limit=1)
        raise ConfigurationError(f"{path} is not a report of the policy pack: {problem}; {REPORT_HINT}") from None
    if preview.pack != "hipaa":
        raise ConfigurationError(f"{path} is the report of another policy pack; {REPORT_HINT}")
    return preview


def find_drift(preview: Preview, results: Iterable[ControlResult]) -> tuple[Drift, ...]:
    """Return each control that passed at preview and fails now, with the resources that fail it."""
    passed = {control.id for control in preview.controls if control.passed}
    return tuple(
        Drift(
            control=result.id,
            resources=tuple(
                observation.resource for observation in result.observations if observation.outcome is Outcome.FAIL
            ),
            previewed=preview.time,
        )
        for result in results
        if result.id in passed and result.outcome is Outcome.FAIL
    )
