"""Every verdict of a run as JSON, for evidence: to the path in the config of pack-notice, or in HIPAA_REPORT."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crossguard.run_state import ControlRun
from hipaa.model.verdict import Verdict


def write(records: Iterable[ControlRun], config: Mapping[str, Any] | None, levels: Mapping[str, str]) -> None:
    """Whole or not at all: a reader never sees half of it. Raises OSError when it can't be written."""
    path = (config or {}).get("report") or os.environ.get("HIPAA_REPORT")
    if not path:
        return
    target = Path(path)
    unfinished = target.with_name(f"{target.name}.unfinished")
    unfinished.write_text(json.dumps(contents(records, levels), indent=2) + "\n", encoding="utf-8")
    unfinished.replace(target)


def contents(records: Iterable[ControlRun], levels: Mapping[str, str]) -> dict[str, Any]:
    """The report: when, of what, and every verdict with its control, passes included."""
    return {
        "pack": "hipaa",
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "project": os.environ.get("PULUMI_PROJECT"),
        "stack": os.environ.get("PULUMI_STACK"),
        "preview": os.environ.get("PULUMI_DRY_RUN") == "true",
        "controls": [_control(record, levels) for record in records],
    }


def _control(record: ControlRun, levels: Mapping[str, str]) -> dict[str, Any]:
    control = record.terms.control
    return {
        "id": control.id,
        "statement": control.statement,
        "paragraphs": [
            {"paragraph": f"164.{each.number}", "status": each.specification.value, "ours": each.own_mapping}
            for each in control.paragraphs
        ],
        "severity": control.severity.value,
        "level": levels.get(control.id),
        "required": control.requirement_text(record.terms.options),
        "loosened": list(record.terms.relaxations),
        "verdicts": [_verdict(record, verdict) for verdict in record.verdicts],
    }


def _verdict(record: ControlRun, verdict: Verdict) -> dict[str, Any]:
    exemption = record.terms.exemption_for(verdict)
    return {
        "resource": verdict.resource,
        "status": verdict.status.value,
        "found": verdict.finding.text,
        "exempted": exemption.summary if exemption and verdict.blocks else None,
    }
