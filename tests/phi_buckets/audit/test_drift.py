"""Controls that passed at preview and fail live."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from phi_buckets.audit import drift
from phi_buckets.errors import ConfigurationError
from phi_buckets.evidence.model import ControlResult, Observation, Outcome

BUCKET = "arn:aws:s3:::phi"


def load_preview(tmp_path: Path, *controls: tuple[str, list[str]]) -> drift.Preview:
    path = tmp_path / "preview.json"
    content = [
        {"id": control_id, "verdicts": [{"status": status} for status in statuses]} for control_id, statuses in controls
    ]
    path.write_text(json.dumps({"pack": "hipaa", "time": "2026-11-01T10:00:00+00:00", "controls": content}))
    return drift.load(path)


def live_result(control_id: str, outcome: Outcome) -> ControlResult:
    texts: dict[str, Any] = dict.fromkeys(("title", "statement", "rationale", "requirement", "remediation"), "")
    observation = Observation(account="1", region=None, resource=BUCKET, outcome=outcome, text="")
    return ControlResult(
        id=control_id, citations=(), severity="high", outcome=outcome, observations=(observation,), **texts
    )


def test_find_drift_returns_a_control_that_passed_and_fails_now(tmp_path):
    preview = load_preview(tmp_path, ("s3-versioning", ["pass", "not applicable"]))
    [drifted] = drift.find_drift(preview, [live_result("s3-versioning", Outcome.FAIL)])
    assert (drifted.control, drifted.resources) == ("s3-versioning", (BUCKET,))
    assert drifted.previewed is not None
    assert drifted.previewed.year == 2026


@pytest.mark.parametrize(
    "statuses", [["fail"], ["pass", "fail"], ["pass", "unverified"], ["not applicable"], []], ids=str
)
def test_find_drift_ignores_a_control_that_didnt_pass_at_preview(tmp_path, statuses):
    preview = load_preview(tmp_path, ("s3-versioning", statuses))
    assert drift.find_drift(preview, [live_result("s3-versioning", Outcome.FAIL)]) == ()


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.FAIL])
def test_find_drift_ignores_a_control_that_doesnt_fail_now(tmp_path, outcome):
    preview = load_preview(tmp_path, ("s3-versioning", ["pass"]))
    assert drift.find_drift(preview, [live_result("s3-versioning", outcome)]) == ()


def test_find_drift_ignores_a_control_that_the_preview_lacks(tmp_path):
    preview = load_preview(tmp_path, ("s3-versioning", ["pass"]))
    assert drift.find_drift(preview, [live_result("iam-root-mfa", Outcome.FAIL)]) == ()


@pytest.mark.parametrize(
    "text", ["", "[]", '{"pack": "hipaa"}', '{"pack": "x", "time": "2026-11-01T10:00:00Z", "controls": []}']
)
def test_load_rejects_a_file_that_is_not_a_report_of_the_pack(tmp_path, text):
    path = tmp_path / "preview.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match="HIPAA_REPORT"):
        drift.load(path)


def test_load_rejects_a_missing_file(tmp_path):
    with pytest.raises(ConfigurationError, match="FileNotFoundError"):
        drift.load(tmp_path / "none.json")
