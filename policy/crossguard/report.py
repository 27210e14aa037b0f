"""The report of a run as JSON, for evidence: every verdict, and what the pack does about each resource.

The path is the option `report` of pack-notice or, without it, the environment variable HIPAA_REPORT.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crossguard.classified import ClassifiedStore
from crossguard.coverage import Coverage, CoveredResource, count_not_judged
from crossguard.run_state import ControlRun
from hipaa_controls.model.verdict import Status, Verdict


class ReportError(Exception):
    """The report can't be written. The message says why, and how to fix it."""


def write(report: Mapping[str, Any], config: Mapping[str, Any] | None) -> None:
    """Write the report if a path is configured. The file is replaced atomically, so a reader never sees half of it.

    Args:
        report: The report, as `contents` returns it.
        config: The config of pack-notice.

    Raises:
        ReportError: If it can't be written. A run whose evidence is missing must not pass.
    """
    path = (config or {}).get("report") or os.environ.get("HIPAA_REPORT")
    if not path:
        return
    target = Path(path)
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        unfinished.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        unfinished.replace(target)
    except OSError as error:
        raise ReportError(
            f"pack-notice: can't write the report to {target} ({type(error).__name__}). Create its folder, or name "
            'another file: {"pack-notice": {"report": "FILE"}}'
        ) from None


def contents(
    control_runs: Iterable[ControlRun],
    levels: Mapping[str, str],
    covered_resources: Sequence[CoveredResource],
    classified_stores: Iterable[ClassifiedStore],
) -> dict[str, Any]:
    """Return the report: all verdicts of the run, passes included, and what the pack does about each resource.

    Args:
        control_runs: The verdicts of each control.
        levels: The enforcement level of each control.
        covered_resources: What the pack does about each resource of the stack.
        classified_stores: The data stores whose data class isn't PHI.
    """
    controls = [_control(control_run, levels) for control_run in control_runs]
    return {
        "pack": "hipaa",
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "project": os.environ.get("PULUMI_PROJECT"),
        "stack": os.environ.get("PULUMI_STACK"),
        "preview": os.environ.get("PULUMI_DRY_RUN") == "true",
        "summary": _summary(controls, covered_resources),
        "notJudged": [
            {"type": resource_type, "count": count}
            for resource_type, count in count_not_judged(covered_resources).items()
        ],
        "dataClasses": [
            {
                "resource": store.urn,
                "dataClass": store.data_class.value,
                "givenBy": store.given_by,
                "controlsOff": list(store.controls_off),
            }
            for store in classified_stores
        ],
        "resources": [
            {
                "resource": resource.urn,
                "type": resource.type,
                "coverage": resource.coverage.value,
                "controls": list(resource.controls),
                "reason": resource.reason or None,
            }
            for resource in covered_resources
        ],
        "controls": controls,
    }


def _summary(controls: Sequence[Mapping[str, Any]], covered_resources: Sequence[CoveredResource]) -> dict[str, int]:
    """Return the numbers of a run: its controls, its resources by coverage, and its verdicts by result."""
    verdicts = [verdict for control in controls for verdict in control["verdicts"]]
    results = Counter(
        "exempted" if verdict["exempted"] or verdict["allowed"] else verdict["status"] for verdict in verdicts
    )
    coverage = Counter(resource.coverage for resource in covered_resources)
    return {
        "controls": len(controls),
        "resources": len(covered_resources),
        "judged": coverage[Coverage.JUDGED],
        "needNoJudgment": coverage[Coverage.NO_JUDGMENT_NEEDED],
        "notJudged": coverage[Coverage.NOT_JUDGED],
        "passed": results[Status.PASS.value],
        "failed": results[Status.FAIL.value],
        "unverified": results[Status.UNVERIFIED.value],
        "exempted": results["exempted"],
        "notApplicable": results[Status.NOT_APPLICABLE.value],
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
        "allowed": verdict.blocks_by_default and not exemption and not control_run.control_config.blocks(verdict),
    }
