"""The evidence's digest, its JSON, and what fails an audit."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from phi.evidence import json_report as as_json
from phi.evidence.model import Outcome, Report, worst_outcome
from sandbox.folder import ROOT
from tests.phi.evidence import sample

SCHEMA = ROOT / "phi" / "evidence" / "schema.json"
REPORTS = {"wrong": sample.report(), "good": sample.passing(), "hostile": sample.hostile()}


def changed(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The same evidence with one thing in it otherwise, for many things."""
    texts = [json.dumps(data)]
    for old, new in (
        ('"versioning is Suspended"', '"versioning is Enabled"'),
        ('"outcome": "fail"', '"outcome": "pass"'),
        ("2026-11-24T09:30:00Z", "2026-11-24T09:30:01Z"),
        ('"blocks": true', '"blocks": false'),
        ('"days_left": 71', '"days_left": 72'),
        ("M. Okafor", "M. Okafo\u0491"),
        ('"s3-versioning"', '"s3-versionin"'),
    ):
        assert old in texts[0]
        texts.append(texts[0].replace(old, new, 1))
    return [json.loads(text) for text in texts[1:]]


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_what_is_written_and_read_again_is_intact(report):
    again = Report.model_validate_json(report.model_dump_json())
    assert again == report
    assert again.digest_matches
    assert Report.model_validate_json(as_json.render(report)).digest_matches


def test_whatever_is_changed_breaks_the_digest():
    data = json.loads(sample.report().model_dump_json())
    assert Report.model_validate(data).digest_matches
    for each in changed(data):
        assert not Report.model_validate(each).digest_matches


def test_what_isnt_sealed_isnt_intact():
    assert not sample.report().model_copy(update={"digest": ""}).digest_matches


def test_the_digest_is_of_canonical_json_that_any_tool_can_make():
    data = json.loads(as_json.render(sample.hostile()))
    told = data.pop("digest")
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(canonical.encode()).hexdigest() == told


def test_the_order_and_the_spaces_of_the_file_dont_matter():
    data = json.loads(as_json.render(sample.report()))
    assert Report.model_validate_json(json.dumps(dict(reversed(data.items())), indent=7)).digest_matches


@settings(derandomize=True, database=None, deadline=None)
@given(st.text())
def test_any_text_can_be_told(text):
    report = REPORTS["wrong"]
    control = report.controls[0]
    seen = control.observations[0].model_copy(update={"found": text})
    told = report.model_copy(update={"controls": (control.model_copy(update={"observations": (seen,)}),)}).with_digest()
    assert Report.model_validate_json(told.model_dump_json()) == told


def test_half_a_surrogate_pair_is_told_as_its_escape():
    seen = sample.report().controls[0].observations[0]
    told = type(seen).model_validate(seen.model_dump() | {"found": "\ud800 and \U0001f512"})
    assert told.text == "\\ud800 and \U0001f512"


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": "2.0"},
        {"schema_version": "1.1"},
        {"unknown": 1},
        {"digest": "0"},
    ],
)
def test_evidence_of_another_version_isnt_misread(change):
    data = json.loads(sample.report().model_dump_json())
    with pytest.raises(ValidationError):
        Report.model_validate(data | change)


def test_a_time_without_its_zone_is_no_evidence():
    data = json.loads(sample.report().model_dump_json())
    data["collection"]["started"] = "2026-11-24T09:30:00"
    with pytest.raises(ValidationError, match="timezone"):
        Report.model_validate(data)


def test_the_schema_file_is_up_to_date():
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == as_json.schema(), (
        "write it anew with: python -m phi.evidence.json_report > phi/evidence/schema.json"
    )


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_what_is_written_holds_to_the_schema(report):
    Draft202012Validator.check_schema(as_json.schema())
    faults = list(Draft202012Validator(as_json.schema()).iter_errors(json.loads(as_json.render(report))))
    assert faults == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("controls", 0, "outcome"), "fine"),
        (("controls", 0, "severity"), "awful"),
        (("controls", 0, "citations", 0, "duty"), "optional"),
        (("collection", "calls"), "many"),
        (("schema_version",), "0.9"),
        (("more",), 1),
    ],
)
def test_the_schema_refuses_what_is_no_evidence(path, value):
    data: Any = json.loads(as_json.render(sample.report()))
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert list(Draft202012Validator(as_json.schema()).iter_errors(data))


def test_the_worst_of_outcomes():
    assert worst_outcome([Outcome.PASS, Outcome.EXEMPTED]) is Outcome.EXEMPTED
    assert worst_outcome([Outcome.EXEMPTED, Outcome.UNVERIFIED]) is Outcome.UNVERIFIED
    assert worst_outcome([Outcome.UNVERIFIED, Outcome.FAIL]) is Outcome.FAIL
    assert worst_outcome([]) is Outcome.NOT_APPLICABLE


def test_what_fails_an_audit():
    assert not sample.report().passed
    good = sample.passing()
    assert good.passed
    assert not good.model_copy(update={"faults": ("s3-versioning: exemption 1: expired",)}).passed
    one = good.controls[0].model_copy(update={"blocks": True})
    assert not good.model_copy(update={"controls": (one, *good.controls[1:])}).passed


def test_an_audit_that_judged_nothing_proves_nothing():
    nothing = sample.passing().model_copy(update={"controls": ()})
    assert not nothing.passed
    assert nothing.errors == ("no control was judged: the config leaves all out",)


def test_the_gravest_is_told_first():
    told = [each.outcome for each in sample.report().controls_of("s3")]
    assert told[0] is Outcome.FAIL
    assert told[-1] is Outcome.NOT_APPLICABLE
    assert sample.report().controls_of("s3")[0].severity == "critical"


@pytest.mark.parametrize(
    ("paragraph", "url"),
    [
        ("164.312(a)(1)", "https://www.ecfr.gov/current/title-45/section-164.312#p-164.312(a)(1)"),
        ("164.312(b)", "https://www.ecfr.gov/current/title-45/section-164.312#p-164.312(b)"),
    ],
)
def test_where_a_paragraph_is_to_be_read(paragraph, url):
    cited = {each.paragraph: each.url for control in sample.report().controls for each in control.citations}
    assert cited[paragraph] == url
