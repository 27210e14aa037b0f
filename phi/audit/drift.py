"""What passed at preview and fails live: somebody changed it by hand, or AWS holds another thing than was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from phi.errors import ConfigurationError
from phi.evidence.model import ControlResult, Drift, Outcome

HOW = "write it with: HIPAA_REPORT=preview.json pulumi preview --policy-pack policy"


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
        told = {each.status for each in self.verdicts}
        return "pass" in told and told <= {"pass", "not applicable"}


class Preview(BaseModel):
    """The pack's report of a run (crossguard.report)."""

    model_config = ConfigDict(extra="ignore")
    pack: str
    time: datetime
    controls: tuple[_Control, ...]


def load(path: Path) -> Preview:
    """Raises ConfigurationError where it is no report of the pack."""
    try:
        preview = Preview.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{path} can't be read: {type(error).__name__}; {HOW}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "it"
        raise ConfigurationError(f"{path} is no report of the pack: {where}: {first['msg']}; {HOW}") from None
    if preview.pack != "hipaa":
        raise ConfigurationError(f"{path} is the report of another pack; {HOW}")
    return preview


def since(preview: Preview, results: Iterable[ControlResult]) -> tuple[Drift, ...]:
    """Each control that passed then and fails now, with the resources that fail it."""
    passed = {control.id for control in preview.controls if control.passed}
    return tuple(
        Drift(
            control=result.id,
            resources=tuple(each.resource for each in result.observations if each.outcome is Outcome.FAIL),
            previewed=preview.time,
        )
        for result in results
        if result.id in passed and result.outcome is Outcome.FAIL
    )
