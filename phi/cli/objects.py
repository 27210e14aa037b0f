"""`phi put get ls versions restore rm url`: objects in the stack's bucket.

What is asked for goes to stdout, all else to stderr. No file is told by its name, and no key that phi didn't make.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from phi.cli import app
from phi.cli._support import access_log, output, record_key, uploads
from phi.errors import ConfigurationError
from phi.metadata import VOCABULARY, checked
from phi.object_keys import check_key, check_prefix
from phi.stack import outputs
from phi.store import PhiStore

OBJECTS = "Objects"
STDIN = Path("-")

OutputsFile = Annotated[
    Path | None, typer.Option("--outputs", help="The stack's outputs as JSON, or - for stdin; else Pulumi is asked.")
]
Stack = Annotated[str | None, typer.Option("--stack", help="The stack whose outputs Pulumi is asked for.")]
AccessLog = Annotated[
    Path | None,
    typer.Option("--access-log", envvar="PHI_ACCESS_LOG", help="Append a JSON line for each access to this file."),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show the access log on stderr.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Key = Annotated[str, typer.Argument(metavar="KEY", help="The object's key.")]


@app.command(rich_help_panel=OBJECTS)
def put(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Each becomes an object; - for stdin.")],
    *,
    key: Annotated[str | None, typer.Option(help="The key of the only file: one that phi made.")] = None,
    record_id_file: Annotated[
        Path | None,
        typer.Option(help="The key of the only file is made of the record's id in this file, or - for stdin."),
    ] = None,
    secret_file: Annotated[
        Path | None, typer.Option(help="The secret of such keys, hex or base64; else it is in PHI_KEY_SECRET.")
    ] = None,
    meta: Annotated[
        list[str] | None, typer.Option(metavar="FIELD=VALUE", help=f"Of: {', '.join(VOCABULARY.fields)}; repeat it.")
    ] = None,
    outputs_file: OutputsFile = None,
    stack: Stack = None,
    access_log_file: AccessLog = None,
    verbose: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """Store files, each under a random key unless one is named.

    The answer tells each by its place among the files given, never by its name.
    """
    _fit_together(files, key, record_id_file, secret_file, outputs_file)
    metadata = checked(_fields(meta or []))
    uploads.check(files)
    if record_id_file:
        key = record_key.of_record(record_id_file, secret_file)
    elif key:
        check_key(key)
    sent = uploads.Uploads.of(files, key)
    try:
        with (
            _store(outputs_file, stack, access_log_file, verbose) as store,
            _progress("Sending", uploads.size_of(files)) as advance,
        ):
            sent.send(store, metadata, advance)
    finally:
        for line in sent.told():
            typer.echo(f"phi: {line}", err=True)
        stored = [{"file": place + 1, **output.fields(each)} for place, each in sorted(sent.stored.items())]
        if stored:
            output.many("objects", ("file", "size", "key", "version"), stored, as_json)


@app.command(rich_help_panel=OBJECTS)
def get(
    key: Key,
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="The file to write, or - for stdout.")],
    *,
    version: Annotated[str | None, typer.Option(help="An earlier version, as `phi versions` tells them.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there already.")] = False,
    outputs_file: OutputsFile = None,
    stack: Stack = None,
    access_log_file: AccessLog = None,
    verbose: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """Fetch an object's content.

    A file is there whole and verified, or not at all. What goes to stdout is verified as it ends: heed the exit code.
    """
    check_key(key)
    to_stdout = target == STDIN
    if to_stdout and as_json:
        raise ConfigurationError("--json and the content can't both go to stdout: name a file")
    if not to_stdout:
        _check_target(target, force)
    with _store(outputs_file, stack, access_log_file, verbose) as store, _progress("Fetching", None) as advance:
        found = store.download(key, sys.stdout.buffer if to_stdout else target, version=version, progress=advance)
    if not to_stdout:
        output.one(output.fields(found), as_json)


@app.command("ls", rich_help_panel=OBJECTS)
def list_objects(
    *,
    prefix: Annotated[str, typer.Option(help="Only those under a record's key, or under restore-drill.")] = "",
    outputs_file: OutputsFile = None,
    stack: Stack = None,
    access_log_file: AccessLog = None,
    verbose: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """List the objects."""
    asked = check_prefix(prefix)
    with _store(outputs_file, stack, access_log_file, verbose) as store:
        found = (output.fields(each) for each in store.list(asked))
        output.many("objects", ("modified", "size", "key"), found, as_json)


@app.command(rich_help_panel=OBJECTS)
def versions(
    key: Key,
    *,
    outputs_file: OutputsFile = None,
    stack: Stack = None,
    access_log_file: AccessLog = None,
    verbose: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """List an object's versions, the latest first."""
    check_key(key)
    with _store(outputs_file, stack, access_log_file, verbose) as store:
        found = [output.fields(each) for each in store.versions(key)]
    output.many("versions", ("modified", "size", "latest", "deleted", "version"), found, as_json)


@app.command(rich_help_panel=OBJECTS)
def restore(
    key: Key,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="As `phi versions` tells it.")],
    *,
    outputs_file: OutputsFile = None,
    stack: Stack = None,
    access_log_file: AccessLog = None,
    verbose: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """Make an earlier version the latest again; those in between stay."""
    check_key(key)
    with _store(outputs_file, stack, access_log_file, verbose) as store:
        found = store.restore(key, version)
    output.one(output.fields(found), as_json)


@app.command(rich_help_panel=OBJECTS)
def rm(
    key: Key,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    outputs_file: OutputsFile = None,
    stack: Stack = None,
    access_log_file: AccessLog = None,
    verbose: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """Mark an object as deleted; its versions stay and can be restored."""
    check_key(key)
    if not yes:
        if not sys.stdin.isatty():
            raise ConfigurationError("nobody can be asked whether to delete it: say --yes")
        typer.echo("Mark this object as deleted? [y/N] ", nl=False, err=True)  # typer's own would write to stdout too
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise typer.Abort
    with _store(outputs_file, stack, access_log_file, verbose) as store:
        marker = store.delete(key)
    output.one({"key": key, "version": marker, "deleted": True}, as_json)


@app.command(rich_help_panel=OBJECTS)
def url(
    key: Key,
    *,
    minutes: Annotated[
        int, typer.Option(min=1, max=60, help="How long whoever has the URL can fetch the object.")
    ] = 15,
    outputs_file: OutputsFile = None,
    stack: Stack = None,
    access_log_file: AccessLog = None,
    verbose: Verbose = False,
    as_json: AsJson = False,
) -> None:
    """Print a URL that fetches an object without credentials, for a short time: handle it as the object itself."""
    check_key(key)
    with _store(outputs_file, stack, access_log_file, verbose) as store:
        found = store.presigned_url(key, expires=timedelta(minutes=minutes))
    if as_json:
        typer.echo(json.dumps({"url": found, "minutes": minutes}, indent=2))
    else:
        typer.echo(found)


def _fit_together(
    files: Sequence[Path],
    key: str | None,
    record_id_file: Path | None,
    secret_file: Path | None,
    outputs_file: Path | None,
) -> None:
    faults: list[str] = []
    if len(files) > 1 and (key or record_id_file):
        faults.append("--key and --record-id-file are for one file: send the others by themselves")
    if key and record_id_file:
        faults.append("--key and --record-id-file are two keys: leave one out")
    if secret_file and not record_id_file:
        faults.append("--secret-file is for the key of a record: name --record-id-file too")
    if [*files, record_id_file, secret_file, outputs_file].count(STDIN) > 1:
        faults.append("only one can come by stdin (-)")
    if faults:
        raise ConfigurationError("; ".join(faults))


def _fields(meta: Sequence[str]) -> dict[str, str]:
    """What --meta tells. No part of it is repeated in an error."""
    pairs = [each.partition("=") for each in meta]
    faults = [f"--meta {place} isn't FIELD=VALUE" for place, each in enumerate(pairs, 1) if not each[1]]
    fields = {name: value for name, _, value in pairs}
    if len(fields) < len(pairs):
        faults.append("--meta tells a field twice")
    if faults:
        raise ConfigurationError("; ".join(faults))
    return fields


def _check_target(target: Path, force: bool) -> None:
    if target.is_dir():
        raise ConfigurationError("the target is a folder: name a file in it")
    if not target.parent.is_dir():
        raise ConfigurationError("the target's folder isn't there: make it first")
    if not force and (target.exists() or target.is_symlink()):
        raise ConfigurationError("the target is there already: --force replaces it")


@contextmanager
def _store(
    outputs_file: Path | None, stack: str | None, access_log_file: Path | None, verbose: bool
) -> Iterator[PhiStore]:
    with access_log.written(access_log_file, verbose):
        yield PhiStore.from_outputs(outputs.read(outputs_file, stack))


@contextmanager
def _progress(doing: str, size: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on stderr where that is a terminal. size: in bytes, where it is known. It is gone once it is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(binary_units=True))
    console = Console(stderr=True)
    with Progress(
        *columns,
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not sys.stderr.isatty(),
    ) as bar:
        task = bar.add_task(doing, total=size)
        yield lambda count: bar.advance(task, count)
