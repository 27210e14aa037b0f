"""The evidence as one page for an auditor: self-contained, without a script, readable on paper.

Its data is within it, so that what it says can be checked: see the page's own last section.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from phi.evidence.model import (
    GRAVITY,
    SERVICES,
    SEVERITIES,
    ControlResult,
    Exemption,
    Observation,
    Outcome,
    Report,
    worst,
)
from phi.evidence.sanitize import visible

HERE = Path(__file__).parent

VERIFY = """\
import hashlib, json, re, sys
page = open(sys.argv[1], encoding="utf-8").read()
text = re.search(r'<script type="application/json" id="evidence">(.*?)</script>', page, re.DOTALL)[1]
data = json.loads(text)
told = data.pop("digest")
canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
found = hashlib.sha256(canonical.encode()).hexdigest()
print("intact" if found == told else "changed", found)
"""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of 45 CFR 164 with the controls that cite it, and which of them by our own mapping."""

    number: str
    duty: str
    url: str
    controls: tuple[ControlResult, ...]
    ours: frozenset[str]

    @property
    def outcome(self) -> Outcome:
        return worst(each.outcome for each in self.controls)


@dataclass(frozen=True)
class Accepted:
    """A risk that somebody answers for."""

    control: ControlResult
    seen: Observation
    exemption: Exemption


def render(report: Report) -> str:
    style = (HERE / "page.css").read_text(encoding="utf-8")
    return _template().render(
        report=report,
        collection=report.collection,
        services=SERVICES,
        outcomes=GRAVITY,
        wrong=_wrong(report),
        accepted=_accepted(report.controls),
        paragraphs=_paragraphs(report.controls),
        unattested=_unattested(report),
        by_id={each.id: each for each in report.controls},
        style=Markup(style),  # noqa: S704 - our own file
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        data=_data(report),
        verify=Markup.escape(VERIFY),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("page.html.j2")


def _shown(value: Any) -> Any:
    """Every text that the page puts out goes through here; markup is our own."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _data(report: Report) -> Markup:
    """As JSON in ASCII, in which nothing ends the element that it stands in: `<` is only ever within a text."""
    text = json.dumps(report.model_dump(mode="json"), separators=(",", ":"))
    for each in "<>&":
        text = text.replace(each, f"\\u{ord(each):04x}")
    return Markup(text)  # noqa: S704 - escaped above


def _wrong(report: Report) -> list[ControlResult]:
    """What there is to mend: first what fails the audit, the severest of it before the others."""
    return sorted(
        (each for each in report.controls if each.outcome in (Outcome.FAIL, Outcome.UNVERIFIED)),
        key=lambda each: (not each.blocks, SEVERITIES.index(each.severity), GRAVITY.index(each.outcome)),
    )


def _accepted(controls: Iterable[ControlResult]) -> list[Accepted]:
    return [
        Accepted(control, seen, seen.exemption)
        for control in controls
        for seen in control.observations
        if seen.exemption
    ]


def _paragraphs(controls: Iterable[ControlResult]) -> list[Paragraph]:
    cited = [(citation, control) for control in controls for citation in control.citations]
    first = {citation.paragraph: citation for citation, _ in reversed(cited)}
    return [
        Paragraph(
            number,
            citation.duty,
            citation.url,
            tuple(control for each, control in cited if each.paragraph == number),
            frozenset(control.id for each, control in cited if each.paragraph == number and each.ours),
        )
        for number, citation in sorted(first.items())
    ]


def _unattested(report: Report) -> list[ControlResult]:
    attested = {each.control for each in report.attestations}
    return [each for each in report.controls if each.service == "attest" and each.id not in attested]
