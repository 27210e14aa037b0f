"""The evidence model: its digest, its JSON, and the verdict on the audit."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from phi_buckets.evidence import json_report, model
from phi_buckets.evidence.model import Outcome, Report, worst_outcome
from sandbox.folder import ROOT
from tests.phi_buckets.evidence import sample

SCHEMA = ROOT / "phi_buckets" / "evidence" / "schema.json"
REPORTS = {"failing": sample.report(), "passing": sample.passing(), "hostile": sample.hostile()}


def changed_copies(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return copies of the evidence that each differ in one value."""
    original = json.dumps(data)
    copies = []
    for old, new in (
        ('"versioning is Suspended"', '"versioning is Enabled"'),
        ('"outcome": "fail"', '"outcome": "pass"'),
        ("2026-11-24T09:30:00Z", "2026-11-24T09:30:01Z"),
        ('"blocks": true', '"blocks": false'),
        ('"days_left": 71', '"days_left": 72'),
        ("M. Okafor", "M. Okafo\u0491"),
        ('"s3-versioning"', '"s3-versionin"'),
        ("AWS::DynamoDB::Table", "AWS::SQS::Queue"),
        ("isn't recording", "is recording"),
    ):
        assert old in original
        copies.append(json.loads(original.replace(old, new, 1)))
    return copies


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_report_read_from_its_json_is_equal_and_its_digest_matches(report):
    parsed = Report.model_validate_json(report.model_dump_json())
    assert parsed == report
    assert parsed.digest_matches
    assert Report.model_validate_json(json_report.render(report)).digest_matches


def test_digest_of_changed_evidence_does_not_match():
    data = json.loads(sample.report().model_dump_json())
    assert Report.model_validate(data).digest_matches
    for changed in changed_copies(data):
        assert not Report.model_validate(changed).digest_matches


def test_report_without_digest_does_not_match():
    assert not sample.report().model_copy(update={"digest": ""}).digest_matches


def test_digest_is_the_sha256_of_the_canonical_json():
    data = json.loads(json_report.render(sample.hostile()))
    digest = data.pop("digest")
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(canonical.encode()).hexdigest() == digest


def test_digest_ignores_field_order_and_whitespace():
    data = json.loads(json_report.render(sample.report()))
    assert Report.model_validate_json(json.dumps(dict(reversed(data.items())), indent=7)).digest_matches


@settings(derandomize=True, database=None, deadline=None)
@given(st.text())
def test_report_with_any_text_survives_json(text):
    report = REPORTS["failing"]
    control = report.controls[0]
    observation = control.observations[0].model_copy(update={"text": text})
    controls = (control.model_copy(update={"observations": (observation,)}),)
    changed = report.model_copy(update={"controls": controls}).with_digest()
    assert Report.model_validate_json(changed.model_dump_json()) == changed


def test_unpaired_surrogate_is_escaped():
    observation = sample.report().controls[0].observations[0]
    parsed = type(observation).model_validate(observation.model_dump() | {"text": "\ud800 and \U0001f512"})
    assert parsed.text == "\\ud800 and \U0001f512"


@pytest.mark.parametrize(
    "change",
    [
        {"schema_version": "2.0"},
        {"schema_version": "1.0"},
        {"schema_version": "1.2"},
        {"unknown": 1},
        {"digest": "0"},
    ],
)
def test_report_of_another_format_is_rejected(change):
    data = json.loads(sample.report().model_dump_json())
    with pytest.raises(ValidationError):
        Report.model_validate(data | change)


def test_time_without_time_zone_is_rejected():
    data = json.loads(sample.report().model_dump_json())
    data["collection"]["started"] = "2026-11-24T09:30:00"
    with pytest.raises(ValidationError, match="timezone"):
        Report.model_validate(data)


def test_schema_file_is_up_to_date():
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == json_report.schema(), (
        "regenerate it with: python -m phi_buckets.evidence.json_report > phi_buckets/evidence/schema.json"
    )


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_rendered_json_conforms_to_the_schema(report):
    Draft202012Validator.check_schema(json_report.schema())
    errors = list(Draft202012Validator(json_report.schema()).iter_errors(json.loads(json_report.render(report))))
    assert errors == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("controls", 0, "outcome"), "fine"),
        (("controls", 0, "severity"), "awful"),
        (("controls", 0, "citations", 0, "specification"), "optional"),
        (("collection", "api_calls"), "many"),
        (("schema_version",), "0.9"),
        (("more",), 1),
    ],
)
def test_schema_rejects_invalid_evidence(path, value):
    data: Any = json.loads(json_report.render(sample.report()))
    parent = data
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    assert list(Draft202012Validator(json_report.schema()).iter_errors(data))


def test_worst_outcome_is_the_most_urgent():
    assert worst_outcome([Outcome.PASS, Outcome.EXEMPTED]) is Outcome.EXEMPTED
    assert worst_outcome([Outcome.EXEMPTED, Outcome.UNVERIFIED]) is Outcome.UNVERIFIED
    assert worst_outcome([Outcome.UNVERIFIED, Outcome.FAIL]) is Outcome.FAIL
    assert worst_outcome([]) is Outcome.NOT_APPLICABLE


def test_report_with_a_blocking_control_or_a_configuration_error_does_not_pass():
    assert not sample.report().passed
    passing = sample.passing()
    assert passing.passed
    errors = ("s3-versioning: exemption 1: expired",)
    assert not passing.model_copy(update={"configuration_errors": errors}).passed
    blocking = passing.controls[0].model_copy(update={"blocks": True})
    assert not passing.model_copy(update={"controls": (blocking, *passing.controls[1:])}).passed


@pytest.mark.parametrize(("level", "passes"), [("advisory", True), ("mandatory", False)])
def test_report_with_gaps_in_its_coverage_passes_unless_they_are_mandatory(level, passes):
    coverage = sample.report().coverage.model_copy(update={"level": level})
    assert coverage.gaps
    assert sample.passing().model_copy(update={"coverage": coverage}).passed == passes


def test_coverage_limits_name_the_stack_only_in_an_audit_of_one():
    report = sample.report()
    assert model.STACK_LIMIT in report.coverage_limits
    collection = report.collection.model_copy(update={"scope": "account"})
    limits = report.model_copy(update={"collection": collection}).coverage_limits
    assert limits == (model.LIST_LIMITS, f"AWS Config isn't recording ({sample.ACCOUNT} us-east-1)")


def test_report_without_coverage_is_rejected():
    """A report of the old format, whatever version it claims, doesn't say what wasn't looked at."""
    data = json.loads(sample.report().model_dump_json())
    del data["coverage"]
    with pytest.raises(ValidationError, match="coverage"):
        Report.model_validate(data)


def test_report_without_controls_does_not_pass():
    empty = sample.passing().model_copy(update={"controls": ()})
    assert not empty.passed
    assert empty.errors == ("no control was evaluated: the config disables them all; enable at least one",)


def test_controls_for_service_returns_the_most_urgent_first():
    controls = sample.report().controls_for_service("s3")
    assert controls[0].outcome is Outcome.FAIL
    assert controls[-1].outcome is Outcome.NOT_APPLICABLE
    assert controls[0].severity == "critical"


@pytest.mark.parametrize(
    ("paragraph", "url"),
    [
        ("164.312(a)(1)", "https://www.ecfr.gov/current/title-45/section-164.312#p-164.312(a)(1)"),
        ("164.312(b)", "https://www.ecfr.gov/current/title-45/section-164.312#p-164.312(b)"),
    ],
)
def test_citation_url_links_to_the_paragraph(paragraph, url):
    urls = {citation.paragraph: citation.url for control in sample.report().controls for citation in control.citations}
    assert urls[paragraph] == url
