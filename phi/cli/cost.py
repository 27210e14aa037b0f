"""`phi cost`: what the stack costs a month, estimated."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from phi.cli import app
from phi.cli._support.options import JsonOption
from phi.cost import prices, stack_file, volumes
from phi.cost.json_output import to_json
from phi.cost.report import build_report
from phi.cost.table import print_report


def _usual(name: str) -> str:
    return f"{volumes.Volumes.model_fields[name].default:f}"


@app.command("cost")
def command(  # noqa: PLR0917 - each is an option
    # As text, so that all that is wrong is told at once, here and in the file.
    storage_gb: Annotated[str | None, typer.Option(help=f"GB stored at the start. [{_usual('storage_gb')}]")] = None,
    growth_gb: Annotated[str | None, typer.Option(help=f"GB added a month, net. [{_usual('growth_gb')}]")] = None,
    object_kb: Annotated[str | None, typer.Option(help=f"KB of an average object. [{_usual('object_kb')}]")] = None,
    reads: Annotated[str | None, typer.Option(help=f"Reads a month. [{_usual('reads')}]")] = None,
    writes: Annotated[
        str | None,
        typer.Option(help=f"Writes a month, at least what growing and replacing take. [{_usual('writes')}]"),
    ] = None,
    replaced_share: Annotated[
        str | None,
        typer.Option(help=f"Share of objects overwritten or deleted a month, 0 to 1. [{_usual('replaced_share')}]"),
    ] = None,
    unread_30_days: Annotated[
        str | None, typer.Option(help=f"Share of GB unread for 30 days, 0 to 1. [{_usual('unread_30_days')}]")
    ] = None,
    unread_90_days: Annotated[
        str | None, typer.Option(help=f"Share of GB unread for 90 days, 0 to 1. [{_usual('unread_90_days')}]")
    ] = None,
    management_events: Annotated[
        str | None,
        typer.Option(help=f"The account's other calls that CloudTrail records. [{_usual('management_events')}]"),
    ] = None,
    volumes_file: Annotated[
        Path | None,
        typer.Option(
            "--volumes",
            help="YAML of these, with _ for -, and of event_kb, access_record_kb and bucket_key_saving; "
            "options go over it.",
        ),
    ] = None,
    settings_file: Annotated[
        Path | None,
        typer.Option("--settings", help="The stack's settings, such as Pulumi.prod.yaml; else prod's, with a replica."),
    ] = None,
    without_replica: Annotated[bool, typer.Option("--without-replica", help="As if there were no replica.")] = False,
    without_backup: Annotated[bool, typer.Option("--without-backup", help="As if there were no backup.")] = False,
    prices_file: Annotated[
        Path, typer.Option("--prices", help="YAML of prices, in the form of phi/cost/prices.yaml.", show_default=False)
    ] = prices.DEFAULT_PRICES,
    as_json: JsonOption = False,
) -> None:
    """Estimate what the stack costs in its first month, after a year, and at the end of retention."""
    given = {
        "storage_gb": storage_gb,
        "growth_gb": growth_gb,
        "object_kb": object_kb,
        "reads": reads,
        "writes": writes,
        "replaced_share": replaced_share,
        "unread_30_days": unread_30_days,
        "unread_90_days": unread_90_days,
        "management_events": management_events,
    }
    asked = volumes.load_volumes(volumes_file, {name: value for name, value in given.items() if value is not None})
    settings = stack_file.load_settings(settings_file) if settings_file else stack_file.DEFAULT_SETTINGS
    if without_replica:
        settings = replace(settings, replica_region=None)
    if without_backup:
        settings = replace(settings, backup=False)
    found = build_report(asked, settings, prices.load_prices(prices_file), datetime.now(UTC).date())
    for warning in found.warnings:
        typer.echo(f"phi: warning: {warning}", err=True)
    if as_json:
        typer.echo(json.dumps(to_json(found), indent=2))
    else:
        print_report(found, Console())
