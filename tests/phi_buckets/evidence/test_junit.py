"""JUnit XML: its counts are consistent, and it fails exactly when the audit fails."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phi_buckets.evidence import junit
from phi_buckets.evidence.model import Outcome, Report
from tests.phi_buckets.evidence import sample

REPORTS = {"failing": sample.report(), "passing": sample.passing(), "hostile": sample.hostile()}


def render_and_parse(report: Report) -> ET.Element:
    return ET.fromstring(junit.render(report).encode())


def find_case(root: ET.Element, name: str) -> ET.Element:
    (case,) = [case for case in root.iter("testcase") if case.get("name") == name]
    return case


def is_failing(root: ET.Element) -> bool:
    return int(root.get("failures", "")) + int(root.get("errors", "")) > 0


def with_only(report: Report, control_id: str) -> Report:
    return report.model_copy(
        update={"controls": tuple(control for control in report.controls if control.id == control_id)}
    )


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_counts_match_the_cases(report):
    root = render_and_parse(report)
    for element in (root, *root):
        cases = list(element.iter("testcase"))
        assert element.get("tests") == str(len(cases)) != "0"
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert element.get(attribute) == str(sum(case.find(tag) is not None for case in cases))
    assert all(len(case) <= 1 for case in root.iter("testcase"))


def test_render_has_a_suite_per_service_and_a_case_per_control_and_resource():
    report = sample.report()
    root = render_and_parse(report)
    assert [suite.get("name") for suite in root] == [*report.services, "coverage"]
    names = {
        f"{control.id} {observation.resource}" for control in report.controls for observation in control.observations
    }
    names |= {control.id for control in report.controls if not control.observations}
    names |= {gap.subject for gap in report.coverage.gaps}
    assert sorted(str(case.get("name")) for case in root.iter("testcase")) == sorted(names)


def test_render_maps_each_outcome_to_its_element():
    root = render_and_parse(sample.report())
    imaging = sample.bucket_arn("phi-prod-imaging")
    failure = find_case(root, f"s3-versioning {imaging}").find("failure")
    assert failure is not None
    assert failure.get("message") == "versioning is Suspended"
    assert "required: versioning is Enabled" in str(failure.text)
    assert "164.312(c)(1)" in str(failure.text)
    error = find_case(root, f"kms-rotation {sample.REPLICA_KEY}").find("error")
    assert error is not None
    assert "AccessDeniedException" in str(error.get("message"))
    exempted = find_case(root, f"s3-no-external-access {imaging}").find("skipped")
    assert exempted is not None
    assert str(exempted.get("message")).startswith("exempted until 2027-03-31 by M. Okafor")
    not_applicable = find_case(root, "s3-access-point-private").find("skipped")
    assert not_applicable is not None
    assert str(not_applicable.get("message")).startswith("not applicable")
    assert len(find_case(root, f"s3-versioning {sample.bucket_arn('phi-prod-records')}")) == 0


def test_advisory_failure_is_skipped():
    case = find_case(render_and_parse(sample.report()), f"s3-bucket-key {sample.bucket_arn('phi-prod-imaging')}")
    assert [child.tag for child in case] == ["skipped"]
    assert str(case[0].get("message")).startswith("fail, but the config doesn't let it block: ")


def with_coverage(report: Report, **changes: Any) -> Report:
    return report.model_copy(update={"coverage": report.coverage.model_copy(update=changes)})


def test_what_is_not_judged_is_skipped_unless_it_is_mandatory():
    for level, elements in (("advisory", ["skipped", "skipped"]), ("mandatory", ["failure", "error"])):
        root = render_and_parse(with_coverage(sample.report(), level=level))
        cases = [find_case(root, name) for name in ("AWS::RDS::DBInstance", f"{sample.ACCOUNT} us-west-2")]
        assert [case[0].tag for case in cases] == elements
        assert "isn't judged: 2 in 123456789012 us-east-1" in str(cases[0][0].get("message"))
        assert "tag:GetResources failed with AccessDeniedException" in str(cases[1][0].get("message"))


def test_complete_coverage_is_one_case_that_passes():
    assert len(find_case(render_and_parse(sample.passing()), "coverage")) == 0


@pytest.mark.parametrize(
    "report",
    [
        *REPORTS.values(),
        with_coverage(sample.passing(), level="mandatory"),
        with_coverage(sample.passing(), level="mandatory", not_judged=sample.report().coverage.not_judged),
        with_coverage(sample.passing(), level="mandatory", sources=sample.report().coverage.sources),
        with_coverage(sample.passing(), level="mandatory", sources=()),
        with_coverage(sample.passing(), sources=()),
        *(with_only(sample.report(), id_) for id_ in ("s3-versioning", "kms-rotation", "s3-bucket-key", "s3-cors")),
        *(with_only(sample.report(), id_) for id_ in ("s3-no-external-access", "s3-access-point-private")),
        with_only(sample.report(), "no-such-control"),
        sample.passing().model_copy(update={"configuration_errors": ("kms-rotation: days is invalid",)}),
    ],
)
def test_render_fails_exactly_when_the_audit_fails(report):
    assert is_failing(render_and_parse(report)) == (not report.passed)


@settings(derandomize=True, database=None, deadline=None)
@given(st.text())
def test_render_with_any_text_is_valid_xml(text):
    control = REPORTS["failing"].controls[0]
    observation = control.observations[0].model_copy(update={"text": text, "outcome": Outcome.FAIL, "resource": text})
    failing = control.model_copy(update={"observations": (observation,), "outcome": Outcome.FAIL, "blocks": True})
    root = render_and_parse(REPORTS["failing"].model_copy(update={"controls": (failing,)}))
    assert len(list(root.iter("failure"))) == 1


def test_render_escapes_control_characters_that_xml_forbids():
    text = junit.render(sample.hostile())
    assert "\\x1b[2J" in text
    assert not any(character < " " and character != "\n" for character in text)
