"""`phi cost`: estimates the monthly cost of the stack."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from phi_buckets.cli import app
from phi_buckets.cli._support.options import JsonOption
from phi_buckets.cost import prices, stack_file, volumes
from phi_buckets.cost.json_output import to_json
from phi_buckets.cost.report import build_report
from phi_buckets.cost.table import print_report


def _volume_option(name: str, description: str) -> Any:
    """Return the option for a volume, with the default in its help text."""
    return typer.Option(help=f"{description} Default: {volumes.Volumes.model_fields[name].default:f}.")


@app.command("cost")
def command(  # noqa: PLR0917 - each parameter is an option
    # Strings, so that invalid options and an invalid volumes file are reported together.
    storage_gb: Annotated[str | None, _volume_option("storage_gb", "GB stored at the start.")] = None,
    growth_gb: Annotated[str | None, _volume_option("growth_gb", "Net growth in GB per month.")] = None,
    object_kb: Annotated[str | None, _volume_option("object_kb", "Average object size in KB.")] = None,
    reads: Annotated[str | None, _volume_option("reads", "Reads per month.")] = None,
    writes: Annotated[
        str | None,
        _volume_option("writes", "Writes per month. Raised if growth and replacement need more."),
    ] = None,
    replaced_share: Annotated[
        str | None,
        _volume_option("replaced_share", "Share of objects overwritten or deleted per month, from 0 to 1."),
    ] = None,
    unread_30_days: Annotated[
        str | None, _volume_option("unread_30_days", "Share of GB not read for 30 days, from 0 to 1.")
    ] = None,
    unread_90_days: Annotated[
        str | None, _volume_option("unread_90_days", "Share of GB not read for 90 days, from 0 to 1.")
    ] = None,
    management_events: Annotated[
        str | None,
        _volume_option("management_events", "API calls per month that CloudTrail records, other than object requests."),
    ] = None,
    volumes_file: Annotated[
        Path | None,
        typer.Option(
            "--volumes",
            help="YAML file with these volumes, such as storage_gb: 500, and with event_kb, access_record_kb, "
            "bucket_key_saving, config_items, config_evaluations and athena_scanned_gb. Options override the file. "
            "If the stack has several PHI buckets, these are the volumes of each; "
            "`buckets: {imaging: {storage_gb: 5000}}` gives a bucket its own.",
        ),
    ] = None,
    settings_file: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            help="Settings file of a stack, such as Pulumi.prod.yaml. By default, production settings with a replica.",
        ),
    ] = None,
    without_replica: Annotated[bool, typer.Option("--without-replica", help="Estimate without the replica.")] = False,
    without_backup: Annotated[bool, typer.Option("--without-backup", help="Estimate without the backup.")] = False,
    prices_file: Annotated[
        Path,
        typer.Option(
            "--prices", help="YAML file of prices, in the format of phi_buckets/cost/prices.yaml.", show_default=False
        ),
    ] = prices.DEFAULT_PRICES,
    as_json: JsonOption = False,
) -> None:
    """Estimate the monthly cost of the stack: in month 1, in month 12 and at the end of retention."""
    volume_options = {
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
    given_options = {name: value for name, value in volume_options.items() if value is not None}
    stack_volumes = volumes.load_volumes(volumes_file, given_options)
    settings = stack_file.load_settings(settings_file) if settings_file else stack_file.DEFAULT_SETTINGS
    volumes.require_buckets(stack_volumes, [bucket.name for bucket in settings.buckets])
    if without_replica:
        settings = replace(settings, replica_region=None)
    if without_backup:
        settings = replace(settings, backup_enabled=False)
    report = build_report(stack_volumes, settings, prices.load_prices(prices_file), datetime.now(UTC).date())
    for warning in report.warnings:
        typer.echo(f"phi: warning: {warning}", err=True)
    if as_json:
        typer.echo(json.dumps(to_json(report), indent=2))
    else:
        print_report(report, Console())
