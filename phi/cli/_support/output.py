"""What a command found, on stdout: one JSON document whose names don't change, or lines for people.

A listing is written as it comes, so that a bucket of millions takes no memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import typer

from phi.store import ListedObject, ObjectVersion, StoredObject

Found = Mapping[str, Any]

# How wide a column is at least, for people.
WIDTHS = {"file": 4, "modified": 25, "size": 14, "latest": 6, "deleted": 7, "key": 48}


def fields(found: StoredObject | ListedObject | ObjectVersion) -> dict[str, Any]:
    """By name; sizes in bytes, times in ISO 8601."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(found).items()}


def one(found: Found, as_json: bool) -> None:
    typer.echo(
        json.dumps(found, indent=2) if as_json else "\n".join(f"{name:9} {_cell(found[name])}" for name in found)
    )


def many(name: str, columns: tuple[str, ...], found: Iterable[Found], as_json: bool) -> None:
    """name: what they are, which the document holds them as. columns: those for people."""
    if as_json:
        _document(name, found)
    else:
        _table(columns, found)


def _document(name: str, found: Iterable[Found]) -> None:
    typer.echo(f'{{"{name}": [', nl=False)
    before = "\n"
    for each in found:
        typer.echo(f"{before}  {json.dumps(each)}", nl=False)
        before = ",\n"
    typer.echo("\n]}")


def _table(columns: tuple[str, ...], found: Iterable[Found]) -> None:
    headed = False
    for each in found:
        if not headed:
            _row(columns, {name: name.upper() for name in columns})
            headed = True
        _row(columns, each)
    if not headed:
        typer.echo("phi: there are none", err=True)


def _row(columns: tuple[str, ...], found: Found) -> None:
    cells = (f"{_cell(found[name]):{'>' if name == 'size' else ''}{WIDTHS.get(name, 0)}}" for name in columns)
    typer.echo("  ".join(cells).rstrip())


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, Mapping):
        return " ".join(f"{name}={each}" for name, each in value.items())
    return str(value)
