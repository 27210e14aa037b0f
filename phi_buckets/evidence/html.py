"""The evidence as one HTML page for an auditor: self-contained, without scripts, printable.

The page embeds its data as JSON, so that what it shows can be verified: see its last section.
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

from phi_buckets.evidence.model import (
    OUTCOME_PRIORITY,
    SERVICE_TITLES,
    SEVERITIES,
    ControlResult,
    ExemptionRecord,
    Observation,
    Outcome,
    Report,
    worst_outcome,
)
from phi_buckets.evidence.sanitize import escape_unprintable

TEMPLATES = Path(__file__).parent

VERIFY_PROGRAM = """\
import hashlib, json, re, sys
page = open(sys.argv[1], encoding="utf-8").read()
text = re.search(r'<script type="application/json" id="evidence">(.*?)</script>', page, re.DOTALL)[1]
data = json.loads(text)
expected = data.pop("digest")
canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
actual = hashlib.sha256(canonical.encode()).hexdigest()
print("intact" if actual == expected else "changed", actual)
"""


@dataclass(frozen=True)
class ParagraphRow:
    """A paragraph of 45 CFR 164 with the controls that cite it.

    Attributes:
        own_mapping_ids: The ids of those controls whose mapping to the paragraph is our own (†).
    """

    number: str
    specification: str
    url: str
    controls: tuple[ControlResult, ...]
    own_mapping_ids: frozenset[str]

    @property
    def outcome(self) -> Outcome:
        return worst_outcome(control.outcome for control in self.controls)


@dataclass(frozen=True)
class AcceptedRisk:
    """An exempted observation with its control and its exemption."""

    control: ControlResult
    observation: Observation
    exemption: ExemptionRecord


def render(report: Report) -> str:
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    return _template().render(
        report=report,
        collection=report.collection,
        coverage=report.coverage,
        service_titles=SERVICE_TITLES,
        Outcome=Outcome,
        outcomes=OUTCOME_PRIORITY,
        failing_controls=_failing_controls(report),
        accepted_risks=_accepted_risks(report.controls),
        paragraphs=_paragraphs(report.controls),
        unattested=_unattested(report),
        by_id={control.id: control for control in report.controls},
        style=Markup(style),  # noqa: S704 - our own file
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        data=_embedded_json(report),
        verify_program=Markup.escape(VERIFY_PROGRAM),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html.j2")


def _finalize(value: Any) -> Any:
    """Escape the unprintable characters of every text that the page prints, except our own markup."""
    return escape_unprintable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _embedded_json(report: Report) -> Markup:
    """Return the report as ASCII JSON that can't end the element around it: `<`, `>` and `&` are escaped."""
    text = json.dumps(report.model_dump(mode="json"), separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - escaped above


def _failing_controls(report: Report) -> list[ControlResult]:
    """Return the controls that fail or are unverified: blocking ones first, then by severity."""
    return sorted(
        (control for control in report.controls if control.outcome in (Outcome.FAIL, Outcome.UNVERIFIED)),
        key=lambda control: (
            not control.blocks,
            SEVERITIES.index(control.severity),
            OUTCOME_PRIORITY.index(control.outcome),
        ),
    )


def _accepted_risks(controls: Iterable[ControlResult]) -> list[AcceptedRisk]:
    return [
        AcceptedRisk(control, observation, observation.exemption)
        for control in controls
        for observation in control.observations
        if observation.exemption
    ]


def _paragraphs(controls: Iterable[ControlResult]) -> list[ParagraphRow]:
    cited = [(citation, control) for control in controls for citation in control.citations]
    first_citations = {citation.paragraph: citation for citation, _ in reversed(cited)}
    return [
        ParagraphRow(
            number=number,
            specification=first.specification,
            url=first.url,
            controls=tuple(control for citation, control in cited if citation.paragraph == number),
            own_mapping_ids=frozenset(
                control.id for citation, control in cited if citation.paragraph == number and citation.own_mapping
            ),
        )
        for number, first in sorted(first_citations.items())
    ]


def _unattested(report: Report) -> list[ControlResult]:
    attested = {attestation.control for attestation in report.attestations}
    return [control for control in report.controls if control.service == "attest" and control.id not in attested]
