"""The cost report for a terminal: a table of the lines by safeguard, then savings, assumptions and price sources."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from rich import box
from rich.console import Console
from rich.table import Table

from phi_buckets.cost.estimate import Amounts, EstimateLine
from phi_buckets.cost.prices import Price
from phi_buckets.cost.report import ASSUMPTIONS, SAFEGUARD_TITLES, CostReport, bucket_key_summary, tiering_summary


def print_report(report: CostReport, console: Console) -> None:
    console.print(_table(report))
    if len(report.settings.buckets) > 1:
        console.print(_bucket_table(report))

    def print_text(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    for line in report.estimate.not_estimated:
        print_text(f"Not estimated and not in the total: {line.description}; see {line.price.source}")
    print_text(f"\n{bucket_key_summary(report)}\n{tiering_summary(report)}\n\nAssumptions:")
    for assumption in ASSUMPTIONS:
        print_text(f"- {assumption}")
    print_text(
        f"\nPrices for {report.price_file.region} in {report.price_file.currency}, by source "
        "(primary: AWS's own page; secondary: any other):"
    )
    for source, prices in _prices_by_source(report.prices).items():
        print_text(f"- {source}: {', '.join(prices)}")
    print_text(
        "\nThis is an estimate, not a quote. Compare it with the AWS Pricing Calculator: https://calculator.aws/"
    )


def _table(report: CostReport) -> Table:
    estimate = report.estimate
    table = Table(box=box.SIMPLE_HEAD, title="Cost per month in US dollars", title_justify="left", pad_edge=False)
    table.add_column("Safeguard and item")
    table.add_column(f"Quantity, month {estimate.months[-1]}", justify="right")
    table.add_column("Price", justify="right")
    for month in estimate.months:
        table.add_column(f"Month {month}", justify="right", no_wrap=True)
    for safeguard, total in estimate.total_by_safeguard.items():
        lines = [line for line in estimate.lines if line.safeguard is safeguard and any(line.quantities)]
        if not lines:
            continue
        table.add_row(*_bold(SAFEGUARD_TITLES[safeguard], "", "", *_cents(total)))
        for line in lines:
            table.add_row(f"  {line.description}", _quantity(line), _price(line.price), *_amounts(line))
    table.add_section()
    omitted = len(estimate.not_estimated)
    suffix = f", without {omitted} line{'' if omitted == 1 else 's'}" if omitted else ""
    table.add_row(*_bold(f"Total{suffix}", "", "", *_cents(estimate.total)))
    return table


def _bucket_table(report: CostReport) -> Table:
    estimate = report.estimate
    table = Table(box=box.SIMPLE_HEAD, title="By bucket", title_justify="left", pad_edge=False)
    table.add_column("PHI bucket")
    table.add_column("GB at the start", justify="right")
    for month in estimate.months:
        table.add_column(f"Month {month}", justify="right", no_wrap=True)
    for name, total in estimate.total_by_bucket.items():
        table.add_row(name, f"{report.bucket_volumes[name].storage_gb:,f}", *_cents(total))
    table.add_row("shared by the buckets", "", *_cents(estimate.shared_total))
    return table


def _bold(*cells: str) -> list[str]:
    return [f"[bold]{cell}[/]" if cell else "" for cell in cells]


def _amounts(line: EstimateLine) -> list[str]:
    return ["price unknown"] * len(line.quantities) if line.amounts is None else _cents(line.amounts)


def _cents(amounts: Amounts) -> list[str]:
    return [f"{amount:,.2f}" for amount in amounts]


def _quantity(line: EstimateLine) -> str:
    last = line.quantities[-1]
    decimals = 0 if last >= 100 or last == last.to_integral() else 1
    return f"{last:,.{decimals}f} {line.price.unit_name}"


def _price(price: Price) -> str:
    value = "unknown" if price.value is None else f"{Decimal(price.value).normalize():f}"
    return f"{value} / {price.unit}"


def _prices_by_source(prices: dict[str, Price]) -> dict[str, list[str]]:
    """Return the names of the prices with their notes, by source."""
    by_source: dict[str, list[str]] = defaultdict(list)
    for name, price in prices.items():
        label = f"{name} ({price.note})" if price.note else name
        by_source[f"{price.source} ({price.confidence}, {price.retrieved})"].append(label)
    return by_source
