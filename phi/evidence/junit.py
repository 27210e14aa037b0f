"""The evidence as JUnit XML, which every CI shows: a suite for each service, a case for each control and resource.

It is red exactly where the audit ends with 1: what is wrong and fails nothing (advisory, or let pass) is skipped.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from xml.etree import ElementTree as ET

from phi.evidence.model import ControlResult, Observation, Outcome, Report
from phi.evidence.sanitize import visible

KINDS = {Outcome.FAIL: "failure", Outcome.UNVERIFIED: "error"}


def render(report: Report) -> str:
    root = ET.Element("testsuites", name="phi audit")
    for service in report.services:
        controls = report.about(service)
        _suite(root, service, report, [case for control in controls for case in _cases(control)])
    if report.amiss:
        _suite(root, "audit", report, [_case("audit", "audit", "error", fault) for fault in report.amiss])
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(root: ET.Element, name: str, report: Report, cases: Iterable[ET.Element]) -> None:
    started = report.collection.started.astimezone(UTC)
    # Without a zone and in whole seconds: the schema's dateTime is taken so by every reader.
    suite = ET.SubElement(root, "testsuite", name=name, timestamp=started.strftime("%Y-%m-%dT%H:%M:%S"), time="0")
    properties = ET.SubElement(suite, "properties")
    ET.SubElement(properties, "property", name="digest", value=report.digest)
    suite.extend(cases)
    suite.set("tests", str(len(suite.findall("testcase"))))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(len(suite.findall(f"testcase/{tag}"))))


def _cases(control: ControlResult) -> list[ET.Element]:
    suite, name = control.service, control.id
    if not control.observations:
        return [_case(suite, name, "skipped", f"{control.outcome.value}: the account has none")]
    return [_observed(control, each) for each in control.observations]


def _observed(control: ControlResult, seen: Observation) -> ET.Element:
    name = f"{control.id} {seen.resource}"
    kind, why = _kind(control, seen)
    detail = (
        f"found: {seen.found}",
        f"required: {control.required}",
        f"fix: {control.remedy}",
        f"where: {seen.account} {seen.region or 'no region'}",
        f"severity: {control.severity}",
        f"paragraphs: {', '.join(each.paragraph for each in control.citations) or 'none'}",
    )
    return _case(control.service, name, kind, why, detail)


def _kind(control: ControlResult, seen: Observation) -> tuple[str | None, str]:
    """The element that a case has, and its message; none where the control holds."""
    if seen.outcome is Outcome.PASS:
        return None, ""
    if seen.exemption:
        accepted = seen.exemption
        return "skipped", f"exempted until {accepted.expires} by {accepted.approver}: {accepted.reason}"
    if seen.outcome in KINDS and control.blocks:
        return KINDS[seen.outcome], seen.found
    if seen.outcome in KINDS:
        return "skipped", f"{seen.outcome.value}, which fails nothing as the config says: {seen.found}"
    return "skipped", f"{seen.outcome.value}: {seen.found}"


def _case(suite: str, name: str, kind: str | None, message: str, detail: tuple[str, ...] = ()) -> ET.Element:
    case = ET.Element("testcase", classname=f"hipaa.{suite}", name=visible(name), time="0")
    if kind:
        told = ET.SubElement(case, kind, message=visible(message))
        if kind != "skipped":
            told.set("type", kind)
            told.text = "\n".join(map(visible, detail)) or None
    return case
