"""The HTML page as text: it has no active content, and its data can be verified with its own program."""

from __future__ import annotations

import base64
import hashlib
import html as entities
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from phi_buckets.evidence import html
from phi_buckets.evidence.model import Report
from tests.phi_buckets.evidence import sample

REPORTS = {"failing": sample.report(), "passing": sample.passing(), "hostile": sample.hostile()}


class StartTags(HTMLParser):
    """Every start tag of a page, with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def embedded_json(page: str) -> str:
    (text,) = re.findall(r'<script type="application/json" id="evidence">(.*?)</script>', page, re.DOTALL)
    return str(text)


def run_verify_program(page: str, tmp_path: Path) -> str:
    """Return the output of the program that the page shows, run on the page itself."""
    (program,) = re.findall(r'<code id="program">(.*?)</code>', page, re.DOTALL)
    file = tmp_path / "evidence.html"
    file.write_text(page, encoding="utf-8")
    command = [sys.executable, "-c", entities.unescape(program), str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_content_security_policy_allows_only_the_inline_style(report):
    page = html.render(report)
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">', page)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert page.index("Content-Security-Policy") < page.index("<style>")
    assert not re.search(r"url\(|@import|expression", style)


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_page_has_no_active_or_external_content(report):
    for tag, attributes in StartTags(html.render(report)).tags:
        assert tag not in {"img", "svg", "iframe", "object", "embed", "link", "base", "form", "audio", "video"}
        assert not any(name.startswith("on") or name in {"src", "srcset", "style", "action"} for name in attributes)
        assert tag != "script" or attributes == {"type": "application/json", "id": "evidence"}
        if tag == "a":
            assert re.match(r"#|https://", attributes["href"] or "")


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_page_embeds_the_report_and_depends_only_on_it(report):
    page = html.render(report)
    embedded = Report.model_validate_json(embedded_json(page))
    assert embedded == report
    assert embedded.digest_matches
    assert html.render(embedded) == page


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_verify_program_confirms_an_unchanged_page(report, tmp_path):
    page = html.render(report)
    assert run_verify_program(page, tmp_path) == f"intact {report.digest}"
    assert page.count(report.digest) == 3


def test_verify_program_detects_a_change(tmp_path):
    page = html.render(sample.report())
    data = embedded_json(page)
    changed = page.replace(data, data.replace("versioning is Suspended", "versioning is Enabled", 1))
    assert run_verify_program(changed, tmp_path).startswith("changed ")


def test_hostile_texts_are_escaped():
    page = html.render(sample.hostile())
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in page
    assert "\\u003c/script\\u003e" in embedded_json(page)
    assert not set("<>&") & set(embedded_json(page))
    assert "{{ 7 * 7 }}" in page
    assert "\\u202egnp.exe" in page
    assert not any(not character.isprintable() and character != "\n" for character in page)


def test_page_states_its_limits():
    page = " ".join(re.sub(r"<[^>]+>", "", html.render(sample.report())).split())
    for text in (
        "not legal advice",
        "AWS's shared responsibility model",
        "An addressable specification is not optional",
    ):
        assert text in entities.unescape(page)


def page_text(report: Report) -> str:
    return entities.unescape(" ".join(re.sub(r"<[^>]+>", " ", html.render(report)).split()))


def test_page_shows_what_is_not_judged_and_the_limits_of_the_lists():
    text = page_text(sample.report())
    for expected in (
        "Not everything was looked at: see what isn't judged",
        "AWS::RDS::DBInstance 123456789012, us-east-1 2",
        "AWS::RDS::DBInstance 123456789012, us-west-2 1",
        "They don't fail the audit.",
        "123456789012 us-west-2: there may be more that isn't judged",
        "AWS Config isn't recording (123456789012 us-east-1)",
        "A resource that neither lists isn't counted",
        "Of the judged types, only the stack's resources",
        "AWS::SQS::Queue 1 sqs-encryption , sqs-tls-only",
        "Needs no judgment: It is a name for a key;",
    ):
        assert expected in text


def test_page_of_a_complete_account_says_that_nothing_was_found():
    text = page_text(sample.passing())
    assert "No resource was found whose type isn't judged." in text
    assert "Not everything was looked at" not in text


def test_page_says_if_what_is_not_judged_fails_the_audit():
    coverage = sample.report().coverage.model_copy(update={"level": "mandatory"})
    text = page_text(sample.passing().model_copy(update={"coverage": coverage}))
    assert "The audited accounts have resources that aren't judged" in text
    assert "They fail the audit." in text


@pytest.mark.parametrize("rationale", ["Deleted objects can't be recovered.", ""])
def test_page_shows_the_rationale_of_a_control_if_it_has_one(rationale):
    report = sample.report()
    controls = tuple(control.model_copy(update={"rationale": rationale}) for control in report.controls[:1])
    page = html.render(report.model_copy(update={"controls": controls}))
    assert ("<dt>Rationale</dt>" in page) == bool(rationale)
    assert rationale in entities.unescape(page)


@pytest.mark.parametrize("text", ["NPRM", "nprm", "90 FR 898"])
def test_page_does_not_cite_the_proposed_rule(text):
    assert text not in html.render(sample.report())
