"""JUnit: every reader counts the same, and is red where the audit fails."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phi.evidence import junit
from phi.evidence.model import Outcome, Report
from tests.phi.evidence import sample

REPORTS = {"wrong": sample.report(), "good": sample.passing(), "hostile": sample.hostile()}


def parsed(report: Report) -> ET.Element:
    return ET.fromstring(junit.render(report).encode())


def case(root: ET.Element, name: str) -> ET.Element:
    found = [each for each in root.iter("testcase") if each.get("name") == name]
    assert len(found) == 1
    return found[0]


def red(root: ET.Element) -> bool:
    return int(root.get("failures", "")) + int(root.get("errors", "")) > 0


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_what_is_counted_is_there(report):
    root = parsed(report)
    for each in (root, *root):
        cases = list(each.iter("testcase"))
        assert each.get("tests") == str(len(cases)) != "0"
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert each.get(attribute) == str(sum(case.find(tag) is not None for case in cases))
    assert all(len(each) <= 1 for each in root.iter("testcase"))


def test_a_suite_for_each_service_and_a_case_for_each_control_and_resource():
    report = sample.report()
    root = parsed(report)
    assert [each.get("name") for each in root] == list(report.services)
    wanted = {f"{control.id} {seen.resource}" for control in report.controls for seen in control.observations}
    wanted |= {control.id for control in report.controls if not control.observations}
    assert sorted(str(each.get("name")) for each in root.iter("testcase")) == sorted(wanted)


def test_how_each_outcome_is_told():
    root = parsed(sample.report())
    imaging = sample.bucket("phi-prod-imaging")
    failure = case(root, f"s3-versioning {imaging}").find("failure")
    assert failure is not None
    assert failure.get("message") == "versioning is Suspended"
    assert "required: versioning is Enabled" in str(failure.text)
    assert "164.312(c)(1)" in str(failure.text)
    error = case(root, f"kms-rotation {sample.REPLICA_KEY}").find("error")
    assert error is not None
    assert "AccessDeniedException" in str(error.get("message"))
    exempted = case(root, f"s3-no-external-access {imaging}").find("skipped")
    assert exempted is not None
    assert str(exempted.get("message")).startswith("exempted until 2027-03-31 by M. Okafor")
    absent = case(root, "s3-access-point-private").find("skipped")
    assert absent is not None
    assert str(absent.get("message")).startswith("not applicable")
    assert len(case(root, f"s3-versioning {sample.bucket('phi-prod-records')}")) == 0


def test_what_is_advisory_fails_nothing():
    told = case(parsed(sample.report()), f"s3-bucket-key {sample.bucket('phi-prod-imaging')}")
    assert [each.tag for each in told] == ["skipped"]
    assert str(told[0].get("message")).startswith("fail, which fails nothing")


def only(report: Report, control: str) -> Report:
    return report.model_copy(update={"controls": tuple(each for each in report.controls if each.id == control)})


@pytest.mark.parametrize(
    "report",
    [
        *REPORTS.values(),
        *(only(sample.report(), each) for each in ("s3-versioning", "kms-rotation", "s3-bucket-key", "s3-cors")),
        *(only(sample.report(), each) for each in ("s3-no-external-access", "s3-access-point-private")),
        only(sample.report(), "there is none"),
        sample.passing().model_copy(update={"faults": ("kms-rotation: days can't be used",)}),
    ],
)
def test_it_is_red_exactly_where_the_audit_fails(report):
    assert red(parsed(report)) == (not report.good)


@settings(derandomize=True, database=None, deadline=None)
@given(st.text())
def test_any_text_gives_xml(text):
    control = REPORTS["wrong"].controls[0]
    seen = control.observations[0].model_copy(update={"found": text, "outcome": Outcome.FAIL, "resource": text})
    told = control.model_copy(update={"observations": (seen,), "outcome": Outcome.FAIL, "blocks": True})
    root = parsed(REPORTS["wrong"].model_copy(update={"controls": (told,)}))
    assert len(list(root.iter("failure"))) == 1


def test_control_characters_are_shown_in_place_of_what_xml_refuses():
    text = junit.render(sample.hostile())
    assert "\\x1b[2J" in text
    assert not any(each < " " and each != "\n" for each in text)
