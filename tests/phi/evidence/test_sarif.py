"""SARIF 2.1.0, held to the standard's own schema.

The file beside this one is OASIS's, of the standard with errata 01, as it is published at
https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator, FormatChecker

from phi.evidence import sarif
from phi.evidence.model import Outcome, Report
from tests.phi.evidence import sample

SCHEMA = json.loads((Path(__file__).parent / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
REPORTS = {"wrong": sample.report(), "good": sample.passing(), "hostile": sample.hostile()}


def run(report: Report) -> dict[str, Any]:
    (told,) = json.loads(sarif.render(report))["runs"]
    return dict(told)


def result(told: dict[str, Any], rule: str) -> dict[str, Any]:
    (found,) = [each for each in told["results"] if each["ruleId"] == rule]
    return dict(found)


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_it_holds_to_the_standards_schema(report):
    validator = Draft4Validator(SCHEMA, format_checker=FormatChecker())
    assert [each.message for each in validator.iter_errors(json.loads(sarif.render(report)))] == []


def test_the_schema_refuses_what_isnt_sarif():
    told = json.loads(sarif.render(sample.report()))
    told["runs"][0]["results"][0]["level"] = "awful"
    assert list(Draft4Validator(SCHEMA).iter_errors(told))


def test_what_is_wrong_is_a_result_and_nothing_else_is():
    report = sample.report()
    wrong = [
        (control.id, seen.resource)
        for control in report.controls
        for seen in control.observations
        if seen.outcome in (Outcome.FAIL, Outcome.UNVERIFIED, Outcome.EXEMPTED)
    ]
    told = [
        (each["ruleId"], each["locations"][0]["logicalLocations"][0]["fullyQualifiedName"])
        for each in run(report)["results"]
    ]
    assert told == wrong
    assert run(sample.passing())["results"] == []


@pytest.mark.parametrize(
    ("rule", "level", "score"),
    [("s3-versioning", "error", "9.5"), ("s3-tls-1-2", "error", "8.0"), ("cloudwatch-alarm-action", "warning", "5.5")],
)
def test_the_level_is_of_the_severity(rule, level, score):
    told = run(sample.report())
    assert result(told, rule)["level"] == level
    index = result(told, rule)["ruleIndex"]
    described = told["tool"]["driver"]["rules"][index]
    assert described["id"] == rule
    assert described["properties"]["security-severity"] == score


def test_what_is_advisory_is_a_note():
    assert result(run(sample.report()), "s3-bucket-key")["level"] == "note"
    report = sample.report()
    relaxed = tuple(each.model_copy(update={"level": "advisory"}) for each in report.controls)
    told = run(report.model_copy(update={"controls": relaxed}))
    assert result(told, "s3-versioning")["level"] == "note"


def test_what_cant_be_verified_is_as_loud_as_what_fails():
    told = result(run(sample.report()), "kms-rotation")
    assert (told["kind"], told["level"]) == ("fail", "error")
    assert told["message"]["text"].startswith("Can't be verified: ")
    assert told["properties"]["outcome"] == "unverified"


def test_no_result_has_a_level_that_its_kind_forbids():
    """3.27.10: a kind other than `fail` has the level `none`."""
    assert all(each["kind"] == "fail" and each["level"] != "none" for each in run(sample.report())["results"])


def test_an_accepted_risk_is_suppressed_and_says_who_answers_for_it():
    told = run(sample.report())
    (suppression,) = result(told, "s3-no-external-access")["suppressions"]
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    for text in ("radiology partner", "2027-03-31", "M. Okafor", "reviewed each month"):
        assert text in suppression["justification"]
    assert [each["ruleId"] for each in told["results"] if "suppressions" in each] == ["s3-no-external-access"]


def test_a_rule_says_what_to_read_and_to_do():
    rules = {each["id"]: each for each in run(sample.report())["tool"]["driver"]["rules"]}
    told = rules["s3-versioning"]
    assert told["helpUri"].startswith("https://www.ecfr.gov/current/title-45/section-164.308#")
    assert "versioning is Enabled" in told["help"]["markdown"]
    assert told["properties"]["citations"][0] == {
        "paragraph": "164.308(a)(7)(ii)(A)",
        "duty": "required",
        "ours": False,
    }
    assert "helpUri" not in rules["s3-bucket-key"]


def test_every_result_has_the_place_in_a_file_that_github_asks_for():
    for each in run(sample.hostile())["results"]:
        assert each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "Pulumi.yaml"
        assert each["locations"][0]["logicalLocations"][0]["kind"] == "resource"


def test_an_alert_stays_the_same_from_run_to_run():
    report = sample.report()
    later = report.collection.model_copy(update={"started": report.collection.started + timedelta(days=1)})
    again = run(report.model_copy(update={"collection": later, "controls": tuple(reversed(report.controls))}))
    was = {each["partialFingerprints"]["primaryLocationLineHash"] for each in run(report)["results"]}
    assert {each["partialFingerprints"]["primaryLocationLineHash"] for each in again["results"]} == was
    assert len(was) == len(run(report)["results"])


def test_two_resources_of_a_control_are_two_alerts():
    told = [each for each in run(sample.hostile())["results"] if each["ruleIndex"] == 0]
    assert len(told) == len(sample.HOSTILE)
    assert len({each["partialFingerprints"]["primaryLocationLineHash"] for each in told}) == len(told)


def test_the_scope_is_the_category_and_the_time_is_the_run():
    identity = run(sample.report())["automationDetails"]["id"]
    assert identity == f"phi-audit/phi-prod-/{sample.ACCOUNT}/2026-11-24T09:30:00Z"


def test_when_it_was_collected_and_whether_all_could_be_read():
    (told,) = run(sample.report())["invocations"]
    assert (told["startTimeUtc"], told["endTimeUtc"]) == ("2026-11-24T09:30:00Z", "2026-11-24T09:30:14Z")
    assert told["executionSuccessful"] is False
    texts = [each["message"]["text"] for each in told["toolExecutionNotifications"]]
    assert any(each.startswith("macie2:GetMacieSession on the account") for each in texts)
    (told,) = run(sample.passing())["invocations"]
    assert told["executionSuccessful"] is True
    faulty = sample.passing().model_copy(update={"faults": ("kms-rotation: days can't be used",)})
    (told,) = run(faulty)["invocations"]
    assert told["executionSuccessful"] is False
    assert told["toolConfigurationNotifications"][0]["message"]["text"] == "kms-rotation: days can't be used"


def test_a_text_links_to_nothing_and_has_no_placeholder():
    texts = [each["message"]["text"] for each in run(sample.hostile())["results"]]
    (told,) = [each for each in texts if "click" in each]
    assert r"\[click\](javascript:alert)" in told
    assert "{{0}}" in told
    assert not any(re.search(r"(?<!\\)\]\(", each) for each in texts)
    assert all(each.isprintable() for each in texts)
