"""The evidence for a terminal: a table per service with failures first, and a summary line."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from phi_buckets.evidence.model import (
    OUTCOME_PRIORITY,
    SERVICE_TITLES,
    ControlResult,
    Coverage,
    ExemptionRecord,
    Observation,
    Outcome,
    Report,
)
from phi_buckets.evidence.sanitize import escape_unprintable

# A sign and a word, so that color is never the only distinction. Every terminal font has these signs.
MARKERS = {
    Outcome.FAIL: ("x", "bold red"),
    Outcome.UNVERIFIED: ("?", "bold yellow"),
    Outcome.EXEMPTED: ("!", "magenta"),
    Outcome.PASS: ("+", "green"),
    Outcome.NOT_APPLICABLE: ("-", "dim"),
}
DETAILED_OUTCOMES = (Outcome.FAIL, Outcome.UNVERIFIED, Outcome.EXEMPTED)
MAX_LISTED_RESOURCES = 10  # per finding; the other formats list all of them


def print_report(report: Report, console: Console) -> None:
    for service in report.services:
        console.print(_service_table(service, report.controls_for_service(service)))
    _print_lists(report, console)
    console.print(_summary(report), soft_wrap=False)


def render(report: Report) -> str:
    """Return the output of `print_report` as plain text, 120 columns wide."""
    text = io.StringIO()
    print_report(report, Console(file=text, width=120, color_system=None, force_terminal=False, legacy_windows=False))
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def _service_table(service: str, controls: Sequence[ControlResult]) -> Table:
    # Only two columns, with the details stacked in the second, so that the table fits a terminal 40 characters wide.
    table = Table(
        box=box.SIMPLE_HEAD,
        expand=True,
        title=Text(SERVICE_TITLES.get(service, service), "bold"),
        title_justify="left",
        padding=(0, 1),
    )
    table.add_column("Outcome", width=max(len(outcome.value) for outcome in Outcome) + 2, no_wrap=True)
    table.add_column("Control and findings", ratio=1, overflow="fold")
    for control in controls:
        sign, style = MARKERS[control.outcome]
        table.add_row(Text(f"{sign} {control.outcome.value}", style), _control_cell(control))
    return table


def _control_cell(control: ControlResult) -> RenderableType:
    title = Text.assemble((control.id, "bold"), "  ", escape_unprintable(control.title))
    if control.outcome not in DETAILED_OUTCOMES:
        return title.append(f"  ({_count(len(control.observations), 'resource')})", "dim")
    details = Table.grid(padding=(0, 1))
    details.add_column(style="dim", no_wrap=True)
    details.add_column(overflow="fold")
    for outcome in DETAILED_OUTCOMES:
        observations = [observation for observation in control.observations if observation.outcome is outcome]
        _add_findings(details, outcome, observations)
    _add_row(details, "required", control.requirement)
    if control.outcome is not Outcome.EXEMPTED:
        _add_row(details, "fix", control.remediation)
    paragraphs = ", ".join(
        f"{citation.paragraph}{'†' if citation.own_mapping else ''}" for citation in control.citations
    )
    _add_row(details, "paragraphs", f"45 CFR {paragraphs}" if paragraphs else "none (good practice)")
    note = ", advisory: doesn't fail the audit" if control.level == "advisory" else ""
    _add_row(details, "severity", f"{control.severity}{note}")
    return Group(title, Padding(details, (0, 0, 0, 2)))


def _add_findings(details: Table, outcome: Outcome, observations: Sequence[Observation]) -> None:
    """Add the observations to a table, grouped by their finding and exemption."""
    groups: dict[tuple[str, ExemptionRecord | None], list[str]] = {}
    for observation in observations:
        groups.setdefault((observation.text, observation.exemption), []).append(observation.resource)
    for (text, exemption), resources in groups.items():
        _add_row(details, "unverified" if outcome is Outcome.UNVERIFIED else "found", text)
        for resource in resources[:MAX_LISTED_RESOURCES]:
            _add_row(details, "", resource)
        if len(resources) > MAX_LISTED_RESOURCES:
            _add_row(details, "", f"and {len(resources) - MAX_LISTED_RESOURCES} more: see the JSON or HTML report")
        if exemption:
            _add_row(details, "exempted", f"until {exemption.expires} by {exemption.approver}: {exemption.reason}")
            _add_row(details, "", f"compensating control: {exemption.compensating_control}")


def _add_row(details: Table, label: str, text: str) -> None:
    details.add_row(label, Text(escape_unprintable(text)))


def _print_lists(report: Report, console: Console) -> None:
    failed_calls = (
        f"{call.permission} ({call.error_code}) on {call.resource or 'the account'}, "
        f"{call.account} {call.region}".rstrip()
        for call in report.failed_calls
    )
    drift = (f"{drift.control}: {', '.join(drift.resources)}" for drift in report.drift)
    coverage = report.coverage
    effect = "fails" if coverage.level == "mandatory" else "doesn't fail"
    gaps = (f"{gap.subject}: {gap.text}" for gap in coverage.gaps)
    relaxations = (f"{control.id}: {text}" for control in report.controls for text in control.relaxations)
    _print_list(console, "Failed API calls: if access was denied, grant the auditor role the permission", failed_calls)
    _print_list(console, f"Not judged: resources that no control looked at; this {effect} the audit", gaps)
    _print_list(console, "Limits of the lists that show what isn't judged", report.coverage_limits)
    _print_list(console, "Drift: passed at preview, fails now", drift)
    _print_list(console, "Controls disabled by the config", report.disabled_controls)
    _print_list(console, "Controls relaxed by the config", relaxations)
    _print_list(console, "Errors in the audit's configuration", report.errors)


def _print_list(console: Console, title: str, lines: Iterable[str]) -> None:
    escaped = [escape_unprintable(line) for line in lines]
    if escaped:
        console.print(Text(title, "bold"))
        for line in escaped:
            console.print(Padding(Text(line, overflow="fold"), (0, 0, 0, 2)))
        console.print()


def _summary(report: Report) -> Text:
    counts = ", ".join(f"{len(report.controls_with_outcome(outcome))} {outcome.value}" for outcome in OUTCOME_PRIORITY)
    collection = report.collection
    text = Text(
        f"{_count(len(report.controls), 'control')}, {_count(collection.buckets, 'bucket')}, "
        f"{_count(len(collection.accounts), 'account')}: {counts}. {_not_judged(report.coverage)}. ",
        overflow="fold",
    )
    if report.passed:
        return text.append("Passed.", "bold green")
    reasons = []
    if report.blocking_controls:
        reasons.append(_count(len(report.blocking_controls), "failing or unverified mandatory control"))
    if report.errors:
        reasons.append(_count(len(report.errors), "configuration error"))
    if report.coverage.blocks:
        reasons.append("resources that aren't judged")
    return text.append(f"Not passed: {' and '.join(reasons)}.", "bold red")


def _not_judged(coverage: Coverage) -> str:
    found = sum(entry.count for entry in coverage.not_judged)
    types = _count(len(coverage.not_judged_types), "type")
    text = f"Not judged: {_count(found, 'resource')} of {types}" if found else "Not judged: none found"
    return f"{text}, but not everything could be listed" if any(gap.unknown for gap in coverage.gaps) else text


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
