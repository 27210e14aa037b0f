"""The evidence as JUnit XML, which every CI system shows: a suite per service, a test case per control and resource,
and a suite for what wasn't judged.

A case fails only if it makes `phi audit` exit with 1. Advisory and exempted findings are skipped cases.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from xml.etree import ElementTree as ET

from phi_buckets.evidence.model import ControlResult, Coverage, Observation, Outcome, Report
from phi_buckets.evidence.sanitize import escape_unprintable

ELEMENT_BY_OUTCOME = {Outcome.FAIL: "failure", Outcome.UNVERIFIED: "error"}


def render(report: Report) -> str:
    root = ET.Element("testsuites", name="phi audit")
    for service in report.services:
        controls = report.controls_for_service(service)
        _add_suite(root, service, report, [case for control in controls for case in _cases(control)])
    _add_suite(root, "coverage", report, _coverage_cases(report.coverage))
    if report.errors:
        _add_suite(root, "audit", report, [_case("audit", "audit", "error", error) for error in report.errors])
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _add_suite(root: ET.Element, name: str, report: Report, cases: Iterable[ET.Element]) -> None:
    started = report.collection.started.astimezone(UTC)
    # Without time zone and fraction: every reader accepts this form of the schema's dateTime.
    suite = ET.SubElement(root, "testsuite", name=name, timestamp=started.strftime("%Y-%m-%dT%H:%M:%S"), time="0")
    properties = ET.SubElement(suite, "properties")
    ET.SubElement(properties, "property", name="digest", value=report.digest)
    suite.extend(cases)
    suite.set("tests", str(len(suite.findall("testcase"))))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(len(suite.findall(f"testcase/{tag}"))))


def _cases(control: ControlResult) -> list[ET.Element]:
    if not control.observations:
        message = f"{control.outcome.value}: the account has no resource that this control checks"
        return [_case(control.service, control.id, "skipped", message)]
    return [_observation_case(control, observation) for observation in control.observations]


def _observation_case(control: ControlResult, observation: Observation) -> ET.Element:
    element, message = _element_and_message(control, observation)
    detail = (
        f"found: {observation.text}",
        f"required: {control.requirement}",
        f"fix: {control.remediation}",
        f"account: {observation.account}",
        f"region: {observation.region or 'none'}",
        f"severity: {control.severity}",
        f"45 CFR: {', '.join(citation.paragraph for citation in control.citations) or 'none (good practice)'}",
    )
    return _case(control.service, f"{control.id} {observation.resource}", element, message, detail)


def _element_and_message(control: ControlResult, observation: Observation) -> tuple[str | None, str]:
    """Return the name of the case's child element and its message; (None, "") for a pass."""
    if observation.outcome is Outcome.PASS:
        return None, ""
    if exemption := observation.exemption:
        return "skipped", f"exempted until {exemption.expires} by {exemption.approver}: {exemption.reason}"
    if observation.outcome in ELEMENT_BY_OUTCOME and control.blocks:
        return ELEMENT_BY_OUTCOME[observation.outcome], observation.text
    if observation.outcome in ELEMENT_BY_OUTCOME:
        return "skipped", f"{observation.outcome.value}, but the config doesn't let it block: {observation.text}"
    return "skipped", f"{observation.outcome.value}: {observation.text}"


def _coverage_cases(coverage: Coverage) -> list[ET.Element]:
    """Return a case for each type that isn't judged and each list that is missing."""
    if not coverage.gaps:
        return [
            _case("coverage", "coverage", "error" if coverage.blocks else None, "no list of the resources was read")
        ]
    cases = []
    for gap in coverage.gaps:
        element = ("error" if gap.unknown else "failure") if coverage.blocks else "skipped"
        cases.append(_case("coverage", gap.subject, element, gap.text))
    return cases


def _case(suite: str, name: str, element: str | None, message: str, detail: tuple[str, ...] = ()) -> ET.Element:
    case = ET.Element("testcase", classname=f"hipaa.{suite}", name=escape_unprintable(name), time="0")
    if element:
        child = ET.SubElement(case, element, message=escape_unprintable(message))
        if element != "skipped":
            child.set("type", element)
            child.text = "\n".join(map(escape_unprintable, detail)) or None
    return case
