"""Output of a command on stdout: one JSON document with stable names, or lines for people.

A listing is printed as it arrives, so a bucket with millions of objects needs no memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import typer

from phi_buckets.store import ListedObject, ObjectVersion, StoredObject

Record = Mapping[str, Any]

# Minimum column widths of a table.
COLUMN_WIDTHS = {"file": 4, "modified": 25, "size": 14, "latest": 6, "deleted": 7, "key": 48}


def to_json_fields(item: StoredObject | ListedObject | ObjectVersion) -> dict[str, Any]:
    """Return the item's fields by name, with sizes in bytes and times in ISO 8601."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(item).items()}


def print_record(record: Record, as_json: bool) -> None:
    """Print one record: as JSON, or as a line for each field."""
    typer.echo(
        json.dumps(record, indent=2) if as_json else "\n".join(f"{name:9} {_cell(record[name])}" for name in record)
    )


def print_records(name: str, columns: tuple[str, ...], records: Iterable[Record], as_json: bool) -> None:
    """Print a list of records.

    Args:
        name: The list's name in the JSON document.
        columns: The columns of the table.
        records: The records, which may come from a generator.
        as_json: Whether to print JSON instead of a table.
    """
    if as_json:
        _print_json(name, records)
    else:
        _print_table(columns, records)


def _print_json(name: str, records: Iterable[Record]) -> None:
    typer.echo(f'{{"{name}": [', nl=False)
    separator = "\n"
    for record in records:
        typer.echo(f"{separator}  {json.dumps(record)}", nl=False)
        separator = ",\n"
    typer.echo("\n]}")


def _print_table(columns: tuple[str, ...], records: Iterable[Record]) -> None:
    header_printed = False
    for record in records:
        if not header_printed:
            _print_row(columns, {name: name.upper() for name in columns})
            header_printed = True
        _print_row(columns, record)
    if not header_printed:
        typer.echo("phi: nothing found", err=True)


def _print_row(columns: tuple[str, ...], record: Record) -> None:
    cells = (f"{_cell(record[name]):{'>' if name == 'size' else ''}{COLUMN_WIDTHS.get(name, 0)}}" for name in columns)
    typer.echo("  ".join(cells).rstrip())


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, Mapping):
        return " ".join(f"{name}={item}" for name, item in value.items())
    return str(value)
