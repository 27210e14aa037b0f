"""The terminal output: complete at any width, with or without color, and safe."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from phi_buckets.evidence import terminal
from phi_buckets.evidence.model import Outcome, Report
from tests.phi_buckets.evidence import sample

SGR = re.compile(r"\x1b\[[0-9;]*m")


def printed(report: Report, width: int = 100, color: bool = False) -> str:
    text = io.StringIO()
    color_system = "standard" if color else None
    terminal.print_report(report, Console(file=text, width=width, force_terminal=color, color_system=color_system))
    return text.getvalue()


def without_whitespace(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_output_fits_the_width_and_is_complete(width):
    report = sample.report()
    output = printed(report, width)
    assert max(cell_len(line) for line in output.splitlines()) <= width
    text = without_whitespace(output)
    for control in report.controls:
        assert without_whitespace(control.id) in text
        for observation in control.observations:
            if observation.outcome in (Outcome.FAIL, Outcome.UNVERIFIED, Outcome.EXEMPTED):
                assert without_whitespace(observation.text) in text
                assert without_whitespace(observation.resource) in text


def test_failing_control_shows_requirement_fix_and_paragraphs():
    text = without_whitespace(printed(sample.report()))
    assert without_whitespace("required versioning is Enabled") in text
    assert without_whitespace("fix aws.s3.BucketVersioning") in text
    assert without_whitespace("paragraphs 45 CFR 164.308(a)(7)(ii)(A), 164.312(c)(1)") in text
    assert without_whitespace("exempted until 2027-03-31 by M. Okafor, security officer") in text
    assert without_whitespace("unverified enableKeyRotation can't be read: AccessDeniedException") in text


def test_failures_come_first():
    s3, _ = re.split(r"^KMS *$", printed(sample.report()), maxsplit=1, flags=re.MULTILINE)
    order = [s3.index(marker) for marker in ("x fail", "! exempted", "+ pass", "- not applicable")]
    assert order == sorted(order)
    assert s3.rindex("x fail") < s3.index("+ pass")


def test_failed_calls_drift_and_config_changes_are_listed():
    text = without_whitespace(printed(sample.report()))
    for line in (
        "macie2:GetMacieSession (AccessDeniedException) on the account",
        "Controls disabled by the config config-recorder-enabled",
        "Controls relaxed by the config s3-object-lock: days is 365",
        "Drift: passed at preview, fails now s3-versioning: arn:aws:s3:::phi-prod-imaging",
    ):
        assert without_whitespace(line) in text


def test_last_line_is_the_summary():
    assert printed(sample.report(), 300).splitlines()[-1] == (
        f"{len(sample.report().controls)} controls, 6 buckets, 1 account: 10 fail, 2 unverified, 1 exempted, "
        f"{len(sample.report().controls_with_outcome(Outcome.PASS))} pass, 1 not applicable. "
        "Not judged: 8 resources of 3 types, but not everything could be listed. "
        "Not passed: 10 failing or unverified mandatory controls."
    )
    assert printed(sample.passing(), 200).splitlines()[-1].endswith(" Not judged: none found. Passed.")
    misconfigured = sample.passing().model_copy(update={"configuration_errors": ("an exemption is expired",)})
    assert printed(misconfigured, 200).splitlines()[-1].endswith(" Not passed: 1 configuration error.")
    assert "an exemption is expired" in printed(misconfigured, 200)


def with_coverage(report: Report, **changes: Any) -> Report:
    return report.model_copy(update={"coverage": report.coverage.model_copy(update=changes)})


def test_what_is_not_judged_is_listed_with_its_effect_and_limits():
    lines = (
        "AWS::RDS::DBInstance: isn't judged: 2 in 123456789012 us-east-1, 1 in 123456789012 us-west-2",
        "bedrock:*: isn't judged: 4 in 123456789012 us-east-1",
        "123456789012 us-west-2: there may be more that isn't judged: Resource Groups Tagging API couldn't be read",
        "A resource that neither lists isn't counted.",
        "Of the judged types, only the stack's resources and the account's own settings were looked at.",
        "AWS Config isn't recording (123456789012 us-east-1)",
    )
    for level, effect in (("advisory", "doesn't fail the audit"), ("mandatory", "fails the audit")):
        text = without_whitespace(printed(with_coverage(sample.report(), level=level)))
        for line in (*lines, f"Not judged: resources that no control looked at; this {effect}"):
            assert without_whitespace(line) in text


def test_summary_says_if_what_is_not_judged_fails_the_audit_or_is_not_known():
    coverage = sample.report().coverage
    failing = with_coverage(sample.passing(), level="mandatory", not_judged=coverage.not_judged)
    assert printed(failing, 200).splitlines()[-1].endswith("of 3 types. Not passed: resources that aren't judged.")
    unlisted = with_coverage(sample.passing(), sources=coverage.sources[:1])
    text = "Not judged: none found, but not everything could be listed. Passed."
    assert printed(unlisted, 200).splitlines()[-1].endswith(text)


def test_color_adds_no_information(monkeypatch):
    colored = printed(sample.report(), color=True)
    assert SGR.sub("", colored) == printed(sample.report())
    assert "\x1b[1;31m" in colored
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[0-9;]*3\d", printed(sample.report(), color=True))


@pytest.mark.parametrize("width", [40, 120])
def test_hostile_texts_are_printed_literally(width):
    colored = printed(sample.hostile(), width, color=True)
    plain = SGR.sub("", colored)
    assert without_whitespace("\\x1b[2J") in without_whitespace(plain)
    assert "\x1b" not in plain
    assert all(character.isprintable() for line in plain.split("\n") for character in line)
    assert "[bold]rich[/bold]" in without_whitespace(plain)


def test_long_resource_list_is_truncated():
    report = sample.report()
    control = next(control for control in report.controls if control.id == "s3-versioning")
    failing = next(observation for observation in control.observations if observation.outcome is Outcome.FAIL)
    observations = tuple(
        failing.model_copy(update={"resource": f"arn:aws:s3:::bucket-{number:04}"}) for number in range(1000)
    )
    control = control.model_copy(update={"observations": observations})
    text = printed(report.model_copy(update={"controls": (control,)}))
    assert "bucket-0009" in text
    assert "bucket-0010" not in text
    assert "and 990 more: see the JSON or HTML report" in text
    assert text.count("versioning is Suspended") == 1


def test_render_is_plain_text():
    text = terminal.render(sample.report())
    assert "\x1b" not in text
    assert all(line == line.rstrip() for line in text.splitlines())
    assert text.endswith(".\n")
