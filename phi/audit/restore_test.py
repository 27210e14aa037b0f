"""The evidence of a restore test: the file that `phi drill` wrote, whole and of a test that passed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date
from pathlib import Path
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

HOUR = 3600  # seconds
HOW = "write it anew with: phi drill"


class _Drill(BaseModel):
    """What is asked of it. objective_hours: how long it might take; sampled, restored, failed: object versions."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    kind: Literal["restore-test"]
    finished: AwareDatetime
    objective_hours: float
    sampled: int
    restored: int
    failed: int
    seconds: float = Field(ge=0)
    passed: bool
    digest: str


def faults(file: Path, attested: date) -> Iterator[str]:
    """What keeps it from being evidence of a test on the day that is attested. Of its content nothing is repeated."""
    try:
        text = file.read_text(encoding="utf-8")
        drill = _Drill.model_validate_json(text)
    except (OSError, UnicodeError, ValidationError):
        yield f"has evidence that `phi drill` didn't write; {HOW}"
        return
    if drill.digest != digest(json.loads(text)):
        yield f"has evidence that was changed after `phi drill` wrote it; {HOW}"
    if not drill.passed or drill.failed or drill.sampled < 1 or drill.restored != drill.sampled:
        yield "has evidence of a restore test that didn't pass"
    if drill.seconds > drill.objective_hours * HOUR:
        yield "has evidence of a restore test that took longer than its objective"
    if drill.finished.astimezone(UTC).date() != attested:
        yield "has another date than the restore test of its evidence (UTC)"


def digest(written: dict[str, Any]) -> str:
    """The SHA-256 of all but the digest itself, as it was written: its JSON in order and without spaces."""
    rest = {name: value for name, value in written.items() if name != "digest"}
    text = json.dumps(rest, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
