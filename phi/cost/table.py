"""The estimate for a terminal: each line under its safeguard, the totals, and where the prices are from."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from rich import box
from rich.console import Console
from rich.table import Table

from phi.cost.estimate import Amounts, EstimateLine
from phi.cost.prices import Price
from phi.cost.report import NOTES, SAFEGUARD_TITLES, CostReport, bucket_key_summary, tiering_summary


def print_report(report: CostReport, console: Console) -> None:
    console.print(_table(report))

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    for line in report.estimate.not_estimated:
        say(f"Not estimated, and not in the total: {line.description}; see {line.price.source}")
    say(f"\n{bucket_key_summary(report)}\n{tiering_summary(report)}\n\nHow it is counted:")
    for note in NOTES:
        say(f"- {note}")
    say(f"\nPrices of {report.price_file.region} in {report.price_file.currency}, and where they were seen:")
    for source, names in _sources(report.prices).items():
        say(f"- {source}: {', '.join(names)}")
    say("\nAn estimate, no quotation: AWS's own calculator is at https://calculator.aws/")


def _table(report: CostReport) -> Table:
    found = report.estimate
    table = Table(box=box.SIMPLE_HEAD, title="What a month costs, in US dollars", title_justify="left", pad_edge=False)
    table.add_column("")
    table.add_column(f"Quantity, month {found.months[-1]}", justify="right")
    table.add_column("Price", justify="right")
    for month in found.months:
        table.add_column(f"Month {month}", justify="right", no_wrap=True)
    for safeguard, sum_of_it in found.total_by_safeguard.items():
        lines = [line for line in found.lines if line.safeguard is safeguard and any(line.quantities)]
        if not lines:
            continue
        table.add_row(f"[bold]{SAFEGUARD_TITLES[safeguard]}[/]", "", "", *(f"[bold]{each}[/]" for each in _cents(sum_of_it)))
        for line in lines:
            table.add_row(f"  {line.description}", _quantity(line), _price(line.price), *_amounts(line))
    table.add_section()
    left_out = len(found.not_estimated)
    without = f", without {left_out} line{'s'[: left_out > 1]}" if left_out else ""
    table.add_row(f"[bold]Total{without}[/]", "", "", *(f"[bold]{each}[/]" for each in _cents(found.total)))
    return table


def _amounts(line: EstimateLine) -> list[str]:
    return ["no price known"] * len(line.quantities) if line.amounts is None else _cents(line.amounts)


def _cents(amounts: Amounts) -> list[str]:
    return [f"{each:,.2f}" for each in amounts]


def _quantity(line: EstimateLine) -> str:
    last = line.quantities[-1]
    return (
        f"{last:,.0f} {line.price.unit_name}"
        if last >= 100 or last == last.to_integral()
        else f"{last:,.1f} {line.price.unit_name}"
    )


def _price(price: Price) -> str:
    value = "unknown" if price.value is None else f"{Decimal(price.value).normalize():f}"
    return f"{value} / {price.unit}"


def _sources(prices: dict[str, Price]) -> dict[str, list[str]]:
    """By what is told of a source, the prices that were seen there."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, price in prices.items():
        told = f"{name} ({price.note})" if price.note else name
        found[f"{price.source} ({price.confidence}, {price.retrieved})"].append(told)
    return found
