"""The table on a terminal: narrow or wide, coloured or not, it says the same, and obeys nobody."""

from __future__ import annotations

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from phi.evidence import terminal
from phi.evidence.model import Outcome, Report
from tests.phi.evidence import sample

SGR = re.compile(r"\x1b\[[0-9;]*m")


def shown(report: Report, width: int = 100, colour: bool = False) -> str:
    text = io.StringIO()
    terminal.print_report(
        report, Console(file=text, width=width, force_terminal=colour, color_system="standard" if colour else None)
    )
    return text.getvalue()


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_nothing_is_lost_or_wider_than_the_terminal(width):
    report = sample.report()
    text = shown(report, width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    told = squeezed(text)
    for control in report.controls:
        assert squeezed(control.id) in told
        for seen in control.observations:
            if seen.outcome in (Outcome.FAIL, Outcome.UNVERIFIED, Outcome.EXEMPTED):
                assert squeezed(seen.text) in told
                assert squeezed(seen.resource) in told


def test_what_is_wrong_says_what_is_required_and_how_to_mend_it():
    text = squeezed(shown(sample.report()))
    assert squeezed("required versioning is Enabled") in text
    assert squeezed("fix aws.s3.BucketVersioning") in text
    assert squeezed("by 45 CFR 164.308(a)(7)(ii)(A), 164.312(c)(1)") in text
    assert squeezed("exempted until 2027-03-31 by M. Okafor, security officer") in text
    assert squeezed("unknown enableKeyRotation can't be read: AccessDeniedException") in text


def test_what_is_wrong_comes_first():
    s3, _ = re.split(r"^KMS *$", shown(sample.report()), maxsplit=1, flags=re.MULTILINE)
    order = [s3.index(each) for each in ("x fail", "! exempted", "+ pass", "- not applicable")]
    assert order == sorted(order)
    assert s3.rindex("x fail") < s3.index("+ pass")


def test_what_the_audit_couldnt_read_and_what_the_config_changes_is_told():
    text = squeezed(shown(sample.report()))
    for each in (
        "macie2:GetMacieSession (AccessDeniedException) on the account",
        "Left out by the config config-recorder-enabled",
        "s3-object-lock: days is 365",
        "Passed at preview and fails live s3-versioning: arn:aws:s3:::phi-prod-imaging",
    ):
        assert squeezed(each) in text


def test_the_last_line_sums_it_up():
    assert " ".join(shown(sample.report(), 200).splitlines()[-1:]) == (
        f"{len(sample.report().controls)} controls over 6 buckets in 1 account: 10 fail, 2 unverified, 1 exempted, "
        f"{len(sample.report().with_outcome(Outcome.PASS))} pass, 1 not applicable. The audit fails: 10 mandatory controls."
    )
    assert shown(sample.passing(), 200).splitlines()[-1].endswith(" No mandatory control fails.")
    faulty = sample.passing().model_copy(update={"faults": ("an exemption is expired",)})
    assert shown(faulty, 200).splitlines()[-1].endswith(" The audit fails: 1 fault of its settings.")
    assert "an exemption is expired" in shown(faulty, 200)


def test_no_colour_carries_a_meaning_of_its_own(monkeypatch):
    coloured = shown(sample.report(), colour=True)
    assert SGR.sub("", coloured) == shown(sample.report())
    assert "\x1b[1;31m" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[0-9;]*3\d", shown(sample.report(), colour=True))


@pytest.mark.parametrize("width", [40, 120])
def test_a_terminal_obeys_no_text_of_the_account(width):
    text = shown(sample.hostile(), width, colour=True)
    assert squeezed("\\x1b[2J") in squeezed(SGR.sub("", text))
    assert "\x1b" not in SGR.sub("", text)
    assert all(each.isprintable() for line in SGR.sub("", text).split("\n") for each in line)
    assert "[bold]rich[/bold]" in squeezed(SGR.sub("", text))


def test_a_long_list_is_cut_and_says_so():
    report = sample.report()
    control = next(each for each in report.controls if each.id == "s3-versioning")
    failing = next(each for each in control.observations if each.outcome is Outcome.FAIL)
    many = tuple(failing.model_copy(update={"resource": f"arn:aws:s3:::bucket-{number:04}"}) for number in range(1000))
    text = shown(report.model_copy(update={"controls": (control.model_copy(update={"observations": many}),)}))
    assert "bucket-0009" in text
    assert "bucket-0010" not in text
    assert "and 990 more: see the report as JSON or HTML" in text
    assert text.count("versioning is Suspended") == 1


def test_as_a_file_it_is_plain():
    text = terminal.render(sample.report())
    assert "\x1b" not in text
    assert all(line == line.rstrip() for line in text.splitlines())
    assert text.endswith(".\n")
