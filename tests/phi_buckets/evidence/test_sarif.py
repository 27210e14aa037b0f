"""SARIF 2.1.0, validated against the standard's own schema.

The schema file in this folder is from OASIS, for the standard with errata 01:
https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator, FormatChecker

from phi_buckets.evidence import sarif
from phi_buckets.evidence.model import Outcome, Report
from tests.phi_buckets.evidence import sample

SCHEMA = json.loads((Path(__file__).parent / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
REPORTS = {"failing": sample.report(), "passing": sample.passing(), "hostile": sample.hostile()}


def render_run(report: Report) -> dict[str, Any]:
    (run,) = json.loads(sarif.render(report))["runs"]
    return dict(run)


def find_result(run: dict[str, Any], rule_id: str) -> dict[str, Any]:
    (result,) = [result for result in run["results"] if result["ruleId"] == rule_id]
    return dict(result)


def fingerprints(run: dict[str, Any]) -> set[str]:
    return {result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]}


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_render_conforms_to_the_sarif_schema(report):
    validator = Draft4Validator(SCHEMA, format_checker=FormatChecker())
    assert [error.message for error in validator.iter_errors(json.loads(sarif.render(report)))] == []


def test_sarif_schema_rejects_an_invalid_level():
    log = json.loads(sarif.render(sample.report()))
    log["runs"][0]["results"][0]["level"] = "awful"
    assert list(Draft4Validator(SCHEMA).iter_errors(log))


def test_results_are_exactly_the_failed_unverified_and_exempted_observations():
    report = sample.report()
    expected = [
        (control.id, observation.resource)
        for control in report.controls
        for observation in control.observations
        if observation.outcome in (Outcome.FAIL, Outcome.UNVERIFIED, Outcome.EXEMPTED)
    ]
    results = [
        (result["ruleId"], result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"])
        for result in render_run(report)["results"]
    ]
    assert results == expected
    assert render_run(sample.passing())["results"] == []


@pytest.mark.parametrize(
    ("rule_id", "level", "score"),
    [("s3-versioning", "error", "9.5"), ("s3-tls-1-2", "error", "8.0"), ("cloudwatch-alarm-action", "warning", "5.5")],
)
def test_level_and_score_follow_the_severity(rule_id, level, score):
    run = render_run(sample.report())
    result = find_result(run, rule_id)
    assert result["level"] == level
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert rule["id"] == rule_id
    assert rule["properties"]["security-severity"] == score


def test_advisory_result_is_a_note():
    assert find_result(render_run(sample.report()), "s3-bucket-key")["level"] == "note"
    report = sample.report()
    advisory = tuple(control.model_copy(update={"level": "advisory"}) for control in report.controls)
    run = render_run(report.model_copy(update={"controls": advisory}))
    assert find_result(run, "s3-versioning")["level"] == "note"


def test_unverified_result_has_the_same_level_as_a_failure():
    result = find_result(render_run(sample.report()), "kms-rotation")
    assert (result["kind"], result["level"]) == ("fail", "error")
    assert result["message"]["text"].startswith("Can't be verified: ")
    assert result["properties"]["outcome"] == "unverified"


def test_kind_and_level_of_results_are_compatible():
    """A kind other than `fail` requires the level `none`: 3.27.10."""
    results = render_run(sample.report())["results"]
    assert all(result["kind"] == "fail" and result["level"] != "none" for result in results)


def test_exempted_result_is_suppressed_with_its_justification():
    run = render_run(sample.report())
    (suppression,) = find_result(run, "s3-no-external-access")["suppressions"]
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    for text in ("radiology partner", "2027-03-31", "M. Okafor", "reviewed each month"):
        assert text in suppression["justification"]
    suppressed = [result["ruleId"] for result in run["results"] if "suppressions" in result]
    assert suppressed == ["s3-no-external-access"]


def test_rule_has_help_and_the_citations_of_its_control():
    rules = {rule["id"]: rule for rule in render_run(sample.report())["tool"]["driver"]["rules"]}
    rule = rules["s3-versioning"]
    assert rule["helpUri"].startswith("https://www.ecfr.gov/current/title-45/section-164.308#")
    assert "versioning is Enabled" in rule["help"]["markdown"]
    assert rule["properties"]["citations"][0] == {
        "paragraph": "164.308(a)(7)(ii)(A)",
        "specification": "required",
        "own_mapping": False,
    }
    assert "helpUri" not in rules["s3-bucket-key"]


@pytest.mark.parametrize(
    ("rationale", "description"),
    [("It can be lost.", "Versioning is on. It can be lost."), ("", "Versioning is on.")],
)
def test_rule_description_is_the_statement_and_the_rationale(rationale, description):
    control = sample.report().controls[0].model_copy(update={"statement": "Versioning is on.", "rationale": rationale})
    run = render_run(sample.report().model_copy(update={"controls": (control,)}))
    assert run["tool"]["driver"]["rules"][0]["fullDescription"] == {"text": description}


def test_every_result_has_the_file_location_that_github_requires():
    for result in render_run(sample.hostile())["results"]:
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "Pulumi.yaml"
        assert result["locations"][0]["logicalLocations"][0]["kind"] == "resource"


def test_fingerprints_are_stable_across_runs():
    report = sample.report()
    later = report.collection.model_copy(update={"started": report.collection.started + timedelta(days=1)})
    run = render_run(report)
    later_run = render_run(
        report.model_copy(update={"collection": later, "controls": tuple(reversed(report.controls))})
    )
    assert fingerprints(later_run) == fingerprints(run)
    assert len(fingerprints(run)) == len(run["results"])


def test_fingerprints_differ_for_each_resource_of_a_control():
    run = render_run(sample.hostile())
    results = [result for result in run["results"] if result["ruleIndex"] == 0]
    assert len(results) == len(sample.HOSTILE)
    assert len(fingerprints({"results": results})) == len(results)


def test_automation_id_is_the_scope_and_the_time():
    identity = render_run(sample.report())["automationDetails"]["id"]
    assert identity == f"phi-audit/phi-prod-/{sample.ACCOUNT}/2026-11-24T09:30:00Z"


def test_invocation_has_the_times_and_is_unsuccessful_after_an_error():
    (invocation,) = render_run(sample.report())["invocations"]
    assert (invocation["startTimeUtc"], invocation["endTimeUtc"]) == ("2026-11-24T09:30:00Z", "2026-11-24T09:30:14Z")
    assert invocation["executionSuccessful"] is False
    texts = [notification["message"]["text"] for notification in invocation["toolExecutionNotifications"]]
    assert any(text.startswith("macie2:GetMacieSession on the account") for text in texts)
    (invocation,) = render_run(sample.passing())["invocations"]
    assert invocation["executionSuccessful"] is True
    misconfigured = sample.passing().model_copy(update={"configuration_errors": ("kms-rotation: days is invalid",)})
    (invocation,) = render_run(misconfigured)["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolConfigurationNotifications"][0]["message"]["text"] == "kms-rotation: days is invalid"


@pytest.mark.parametrize("level", ["advisory", "mandatory"])
def test_what_is_not_judged_is_a_result_only_if_it_fails_the_audit_and_always_a_notification(level):
    report = sample.report()
    report = report.model_copy(update={"coverage": report.coverage.model_copy(update={"level": level})})
    run = render_run(report)
    texts = [gap.text for gap in report.coverage.gaps]
    results = [result["message"]["text"] for result in run["results"] if result["ruleId"] == "not-judged"]
    assert [any(text in result for result in results) for text in texts] == [level == "mandatory"] * len(texts)
    assert {run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] for result in run["results"]} == {
        result["ruleId"] for result in run["results"]
    }
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert [note["message"]["text"] for note in notes if note["level"] == "note"] == [
        f"{gap.subject}: {gap.text}." for gap in report.coverage.gaps
    ]


def test_message_escapes_links_and_placeholders():
    texts = [result["message"]["text"] for result in render_run(sample.hostile())["results"]]
    (text,) = [text for text in texts if "click" in text]
    assert r"\[click\](javascript:alert)" in text
    assert "{{0}}" in text
    assert not any(re.search(r"(?<!\\)\]\(", text) for text in texts)
    assert all(text.isprintable() for text in texts)
