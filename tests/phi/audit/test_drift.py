"""What passed at preview and fails live."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from phi.audit import drift
from phi.errors import ConfigurationError
from phi.evidence.model import ControlResult, Observation, Outcome

BUCKET = "arn:aws:s3:::phi"


def preview(tmp_path: Path, *controls: tuple[str, list[str]]) -> drift.Preview:
    path = tmp_path / "preview.json"
    told = [{"id": name, "verdicts": [{"status": each} for each in verdicts]} for name, verdicts in controls]
    path.write_text(json.dumps({"pack": "hipaa", "time": "2026-11-01T10:00:00+00:00", "controls": told}))
    return drift.load(path)


def live(name: str, *outcomes: Outcome) -> ControlResult:
    shared: dict[str, Any] = dict.fromkeys(("title", "statement", "rationale", "requirement", "remediation"), "")
    return ControlResult(
        id=name,
        citations=(),
        severity="high",
        outcome=min(outcomes, key=list(Outcome).index),
        observations=tuple(
            Observation(account="1", region=None, resource=f"{BUCKET}-{at}", outcome=each, text="")
            for at, each in enumerate(outcomes)
        ),
        **shared,
    )


def failing(name: str) -> ControlResult:
    return live(name, Outcome.FAIL).model_copy(update={"outcome": Outcome.FAIL})


def test_a_control_that_passed_and_fails_has_drifted(tmp_path):
    found = drift.find_drift(preview(tmp_path, ("s3-versioning", ["pass", "not applicable"])), [failing("s3-versioning")])
    assert [(each.control, each.resources) for each in found] == [("s3-versioning", (f"{BUCKET}-0",))]
    assert found[0].previewed.year == 2026


@pytest.mark.parametrize(
    "verdicts", [["fail"], ["pass", "fail"], ["pass", "unverified"], ["not applicable"], []], ids=str
)
def test_one_that_didnt_pass_hasnt(tmp_path, verdicts):
    assert drift.find_drift(preview(tmp_path, ("s3-versioning", verdicts)), [failing("s3-versioning")]) == ()


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.FAIL])
def test_nor_has_one_that_doesnt_fail_now(tmp_path, outcome):
    result = live("s3-versioning", outcome).model_copy(update={"outcome": outcome})
    assert drift.find_drift(preview(tmp_path, ("s3-versioning", ["pass"])), [result]) == ()


def test_nor_one_that_the_preview_didnt_judge(tmp_path):
    assert drift.find_drift(preview(tmp_path, ("s3-versioning", ["pass"])), [failing("iam-root-mfa")]) == ()


@pytest.mark.parametrize(
    "text", ["", "[]", '{"pack": "hipaa"}', '{"pack": "x", "time": "2026-11-01T10:00:00Z", "controls": []}']
)
def test_what_is_no_report_of_the_pack(tmp_path, text):
    path = tmp_path / "preview.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match="HIPAA_REPORT"):
        drift.load(path)


def test_a_report_that_isnt_there(tmp_path):
    with pytest.raises(ConfigurationError, match="FileNotFoundError"):
        drift.load(tmp_path / "none.json")
