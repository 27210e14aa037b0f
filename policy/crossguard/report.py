"""The report of a run: every verdict as JSON, for evidence.

The path is the option `report` of pack-notice or, without it, the environment variable HIPAA_REPORT.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crossguard.run_state import ControlRun
from hipaa_controls.model.verdict import Verdict


def write(control_runs: Iterable[ControlRun], config: Mapping[str, Any] | None, levels: Mapping[str, str]) -> None:
    """Write the report if a path is configured. The file is replaced atomically, so a reader never sees half of it.

    Args:
        control_runs: The verdicts of each control.
        config: The config of pack-notice.
        levels: The enforcement level of each control.

    Raises:
        OSError: If it can't be written.
    """
    path = (config or {}).get("report") or os.environ.get("HIPAA_REPORT")
    if not path:
        return
    target = Path(path)
    unfinished = target.with_name(f"{target.name}.unfinished")
    unfinished.write_text(json.dumps(contents(control_runs, levels), indent=2) + "\n", encoding="utf-8")
    unfinished.replace(target)


def contents(control_runs: Iterable[ControlRun], levels: Mapping[str, str]) -> dict[str, Any]:
    """Return the report: the run's time and stack, and all verdicts of each control, passes included."""
    return {
        "pack": "hipaa",
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "project": os.environ.get("PULUMI_PROJECT"),
        "stack": os.environ.get("PULUMI_STACK"),
        "preview": os.environ.get("PULUMI_DRY_RUN") == "true",
        "controls": [_control(control_run, levels) for control_run in control_runs],
    }


def _control(control_run: ControlRun, levels: Mapping[str, str]) -> dict[str, Any]:
    control, control_config = control_run.control_config.control, control_run.control_config
    return {
        "id": control.id,
        "statement": control.statement,
        "paragraphs": [
            {
                "paragraph": f"164.{paragraph.number}",
                "specification": paragraph.specification.value,
                "own_mapping": paragraph.own_mapping,
            }
            for paragraph in control.paragraphs
        ],
        "severity": control.severity.value,
        "level": levels.get(control.id),
        "required": control.requirement_text(control_config.options),
        "relaxations": list(control_config.relaxations),
        "verdicts": [_verdict(control_run, verdict) for verdict in control_run.verdicts],
    }


def _verdict(control_run: ControlRun, verdict: Verdict) -> dict[str, Any]:
    exemption = control_run.control_config.exemption_for(verdict)
    return {
        "resource": verdict.resource,
        "status": verdict.status.value,
        "found": verdict.finding.text,
        "witness": verdict.finding.witness.details if verdict.finding.witness else None,
        "exempted": exemption.summary if exemption and verdict.blocks_by_default else None,
    }
