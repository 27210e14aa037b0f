"""The page as text: nothing in it is active, and its data can be checked with what it says itself."""

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

from phi.evidence import html
from phi.evidence.model import Report
from tests.phi.evidence import sample

REPORTS = {"wrong": sample.report(), "good": sample.passing(), "hostile": sample.hostile()}


class Elements(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def embedded(page: str) -> str:
    (text,) = re.findall(r'<script type="application/json" id="evidence">(.*?)</script>', page, re.DOTALL)
    return str(text)


def verified(page: str, tmp_path: Path) -> str:
    """What the program says that the page itself shows."""
    (program,) = re.findall(r'<code id="program">(.*?)</code>', page, re.DOTALL)
    file = tmp_path / "evidence.html"
    file.write_text(page, encoding="utf-8")
    command = [sys.executable, "-c", entities.unescape(program), str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_its_policy_lets_nothing_in_but_its_own_style(report):
    page = html.render(report)
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">', page)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert page.index("Content-Security-Policy") < page.index("<style>")
    assert not re.search(r"url\(|@import|expression", style)


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_nothing_in_it_is_active_or_comes_from_elsewhere(report):
    for tag, attributes in Elements(html.render(report)).found:
        assert tag not in {"img", "svg", "iframe", "object", "embed", "link", "base", "form", "audio", "video"}
        assert not any(name.startswith("on") or name in {"src", "srcset", "style", "action"} for name in attributes)
        assert tag != "script" or attributes == {"type": "application/json", "id": "evidence"}
        if tag == "a":
            assert re.match(r"#|https://", attributes["href"] or "")


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_its_data_is_the_evidence_and_the_page_is_made_from_it_alone(report):
    page = html.render(report)
    told = Report.model_validate_json(embedded(page))
    assert told == report
    assert told.digest_matches
    assert html.render(told) == page


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_what_it_says_to_run_verifies_it(report, tmp_path):
    page = html.render(report)
    assert verified(page, tmp_path) == f"intact {report.digest}"
    assert page.count(report.digest) == 3


def test_and_finds_a_change(tmp_path):
    page = html.render(sample.report())
    data = embedded(page)
    changed = page.replace(data, data.replace("versioning is Suspended", "versioning is Enabled", 1))
    assert verified(changed, tmp_path).startswith("changed ")


def test_hostile_texts_are_there_as_texts():
    page = html.render(sample.hostile())
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in page
    assert "\\u003c/script\\u003e" in embedded(page)
    assert not set("<>&") & set(embedded(page))
    assert "{{ 7 * 7 }}" in page
    assert "\\u202egnp.exe" in page
    assert not any(not each.isprintable() and each != "\n" for each in page)


def test_it_says_what_it_is_and_what_it_isnt():
    page = " ".join(re.sub(r"<[^>]+>", "", html.render(sample.report())).split())
    for each in ("isn't legal advice", "AWS's shared responsibility model", "An addressable one binds too"):
        assert each in entities.unescape(page)


@pytest.mark.parametrize("text", ["NPRM", "nprm", "90 FR 898"])
def test_a_proposed_rule_is_no_duty(text):
    assert text not in html.render(sample.report())
