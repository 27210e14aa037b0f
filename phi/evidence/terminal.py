"""The evidence for a terminal: a table for each service, what is wrong first, and a line that sums it up."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from phi.evidence.model import GRAVITY, SERVICES, ControlResult, Exemption, Observation, Outcome, Report
from phi.evidence.sanitize import visible

# A sign and a word: the colour only helps. The signs are in the fonts of every terminal.
SIGNS = {
    Outcome.FAIL: ("x", "bold red"),
    Outcome.UNVERIFIED: ("?", "bold yellow"),
    Outcome.EXEMPTED: ("!", "magenta"),
    Outcome.PASS: ("+", "green"),
    Outcome.NOT_APPLICABLE: ("-", "dim"),
}
TOLD = (Outcome.FAIL, Outcome.UNVERIFIED, Outcome.EXEMPTED)
LISTED = 10  # resources under the same finding; every one is in the other renderings


def show(report: Report, console: Console) -> None:
    for service in report.services:
        console.print(_table(service, report.about(service)))
    _lists(report, console)
    console.print(_verdict(report), soft_wrap=False)


def render(report: Report) -> str:
    """What `show` prints, plain and 120 wide."""
    text = io.StringIO()
    show(report, Console(file=text, width=120, color_system=None, force_terminal=False, legacy_windows=False))
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def _table(service: str, controls: Sequence[ControlResult]) -> Table:
    # Two columns, the second stacked, so that 40 columns are enough.
    table = Table(
        box=box.SIMPLE_HEAD,
        expand=True,
        title=Text(SERVICES.get(service, service), "bold"),
        title_justify="left",
        padding=(0, 1),
    )
    table.add_column("Outcome", width=max(len(each.value) for each in Outcome) + 2, no_wrap=True)
    table.add_column("Control, and what was found", ratio=1, overflow="fold")
    for control in controls:
        sign, style = SIGNS[control.outcome]
        table.add_row(Text(f"{sign} {control.outcome.value}", style), _told(control))
    return table


def _told(control: ControlResult) -> RenderableType:
    title = Text.assemble((control.id, "bold"), "  ", visible(control.title))
    if control.outcome not in TOLD:
        return title.append(f"  ({_count(len(control.observations), 'resource')})", "dim")
    details = Table.grid(padding=(0, 1))
    details.add_column(style="dim", no_wrap=True)
    details.add_column(overflow="fold")
    for outcome in TOLD:
        _found(details, outcome, [each for each in control.observations if each.outcome is outcome])
    _line(details, "required", control.required)
    if control.outcome is not Outcome.EXEMPTED:
        _line(details, "fix", control.remedy)
    cited = ", ".join(f"{each.paragraph}{'†' if each.ours else ''}" for each in control.citations)
    _line(details, "by", f"45 CFR {cited}" if cited else "good practice")
    _line(details, "severity", control.severity + (", advisory: it fails nothing" * (control.level == "advisory")))
    return Group(title, Padding(details, (0, 0, 0, 2)))


def _found(details: Table, outcome: Outcome, seen: Sequence[Observation]) -> None:
    """Resources of which the same was found are listed together."""
    alike: dict[tuple[str, Exemption | None], list[str]] = {}
    for each in seen:
        alike.setdefault((each.found, each.exemption), []).append(each.resource)
    for (found, exemption), resources in alike.items():
        _line(details, "unknown" if outcome is Outcome.UNVERIFIED else "found", found)
        for resource in resources[:LISTED]:
            _line(details, "", resource)
        if len(resources) > LISTED:
            _line(details, "", f"and {len(resources) - LISTED} more: see the report as JSON or HTML")
        if exemption:
            _line(details, "exempted", f"until {exemption.expires} by {exemption.approver}: {exemption.reason}")
            _line(details, "instead", exemption.compensating_control)


def _line(details: Table, name: str, text: str) -> None:
    details.add_row(name, Text(visible(text)))


def _lists(report: Report, console: Console) -> None:
    _list(
        console,
        "Couldn't be read: give the auditor these permissions",
        (
            f"{each.permission} ({each.code}) on {each.about or 'the account'}, {each.account} {each.region}".rstrip()
            for each in report.unread
        ),
    )
    _list(
        console,
        "Passed at preview and fails live",
        (f"{each.control}: {', '.join(each.resources)}" for each in report.drift),
    )
    _list(console, "Left out by the config", report.disabled)
    loosened = (f"{each.id}: {told}" for each in report.controls for told in each.loosened)
    _list(console, "Asked less of by the config", loosened)
    _list(console, "Wrong with what the audit was told", report.amiss)


def _list(console: Console, title: str, lines: Iterable[str]) -> None:
    shown = [visible(each) for each in lines]
    if shown:
        console.print(Text(title, "bold"))
        for line in shown:
            console.print(Padding(Text(line, overflow="fold"), (0, 0, 0, 2)))
        console.print()


def _verdict(report: Report) -> Text:
    counts = ", ".join(f"{len(report.of(each))} {each.value}" for each in GRAVITY)
    collection = report.collection
    text = Text(
        f"{_count(len(report.controls), 'control')} over {_count(collection.buckets, 'bucket')} "
        f"in {_count(len(collection.accounts), 'account')}: {counts}. ",
        overflow="fold",
    )
    if report.good:
        return text.append("No mandatory control fails.", "bold green")
    return text.append(f"The audit fails: {_why(report)}.", "bold red")


def _why(report: Report) -> str:
    reasons = [_count(len(report.blocking), "mandatory control")] if report.blocking else []
    return " and ".join(
        [*reasons, *([_count(len(report.amiss), "fault") + " of its settings"] if report.amiss else [])]
    )


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
