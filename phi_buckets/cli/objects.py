"""`phi put get ls versions restore rm url`: commands for objects in the stack's bucket.

Results go to stdout, everything else to stderr. Messages contain no file names, and no keys that phi didn't make.
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

from phi_buckets.cli import app
from phi_buckets.cli._support import output, record_key, uploads
from phi_buckets.cli._support.access_log import access_logging
from phi_buckets.cli._support.options import (
    AccessLogOption,
    BucketOption,
    JsonOption,
    OutputsOption,
    StackOption,
    UserReferenceOption,
)
from phi_buckets.errors import ConfigurationError
from phi_buckets.metadata import DEFAULT_VOCABULARY, validate_metadata
from phi_buckets.object_keys import check_key, normalize_prefix
from phi_buckets.stack import outputs
from phi_buckets.store import PhiStore
from phi_buckets.store.download import require_not_folder

HELP_PANEL = "Objects"
STANDARD_STREAM = Path("-")  # stdin as an input, stdout as a target

VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Print the access log to stderr.")]
KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="Object key, made by phi.")]


@app.command(rich_help_panel=HELP_PANEL)
def put(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="Files to upload, each as one object; - for stdin.")
    ],
    *,
    key: Annotated[str | None, typer.Option(help="Object key, made by phi; requires a single file.")] = None,
    record_id_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the ID of the record whose object key to use, or - for stdin; requires a single file."
        ),
    ] = None,
    secret_file: Annotated[
        Path | None,
        typer.Option(help="File with the secret of record keys, in hex or base64. By default, PHI_KEY_SECRET."),
    ] = None,
    meta: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=VALUE", help=f"Metadata; repeatable. Fields: {', '.join(DEFAULT_VOCABULARY.fields)}."
        ),
    ] = None,
    outputs_file: OutputsOption = None,
    stack: StackOption = None,
    bucket: BucketOption = None,
    user_reference: UserReferenceOption = None,
    access_log_file: AccessLogOption = None,
    verbose: VerboseOption = False,
    as_json: JsonOption = False,
) -> None:
    """Upload files, by default under random keys.

    The output identifies each file by its position in the arguments, never by its name.
    """
    _check_put_options(files, key, record_id_file, secret_file, outputs_file)
    metadata = validate_metadata(_parse_metadata(meta or []))
    uploads.check_readable(files)
    if record_id_file:
        key = record_key.key_from_files(record_id_file, secret_file)
    elif key:
        check_key(key)
    batch = uploads.Uploads.plan(files, key)
    try:
        with (
            _open_store(outputs_file, stack, bucket, user_reference, access_log_file, verbose) as store,
            _progress_bar("Uploading", uploads.total_size(files)) as advance,
        ):
            batch.send(store, metadata, advance)
    finally:
        for line in batch.problem_lines():
            typer.echo(f"phi: {line}", err=True)
        stored = [{"file": index + 1, **output.to_json_fields(item)} for index, item in sorted(batch.stored.items())]
        if stored:
            output.print_records("objects", ("file", "size", "key", "version"), stored, as_json)


@app.command(rich_help_panel=HELP_PANEL)
def get(
    key: KeyArgument,
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="File to write, or - for stdout.")],
    *,
    version: Annotated[
        str | None, typer.Option(help="Version to download, from `phi versions`. By default, the latest.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    outputs_file: OutputsOption = None,
    stack: StackOption = None,
    bucket: BucketOption = None,
    user_reference: UserReferenceOption = None,
    access_log_file: AccessLogOption = None,
    verbose: VerboseOption = False,
    as_json: JsonOption = False,
) -> None:
    """Download an object.

    A file appears only once it is complete and verified.

    Output to stdout is verified only at its end: discard it unless the exit code is 0.
    """
    check_key(key)
    to_stdout = target == STANDARD_STREAM
    if to_stdout and as_json:
        raise ConfigurationError("--json and the content can't both go to stdout: give a target file")
    if not to_stdout:
        _check_target(target, force)
    with (
        _open_store(outputs_file, stack, bucket, user_reference, access_log_file, verbose) as store,
        _progress_bar("Downloading", None) as advance,
    ):
        fetched = store.download(key, sys.stdout.buffer if to_stdout else target, version=version, progress=advance)
    if not to_stdout:
        output.print_record(output.to_json_fields(fetched), as_json)


@app.command("ls", rich_help_panel=HELP_PANEL)
def list_objects(
    *,
    prefix: Annotated[
        str, typer.Option(help="List only the objects under this prefix: a record's key, or restore-test.")
    ] = "",
    outputs_file: OutputsOption = None,
    stack: StackOption = None,
    bucket: BucketOption = None,
    user_reference: UserReferenceOption = None,
    access_log_file: AccessLogOption = None,
    verbose: VerboseOption = False,
    as_json: JsonOption = False,
) -> None:
    """List the objects."""
    prefix = normalize_prefix(prefix)
    with _open_store(outputs_file, stack, bucket, user_reference, access_log_file, verbose) as store:
        records = (output.to_json_fields(item) for item in store.list(prefix))
        output.print_records("objects", ("modified", "size", "key"), records, as_json)


@app.command(rich_help_panel=HELP_PANEL)
def versions(
    key: KeyArgument,
    *,
    outputs_file: OutputsOption = None,
    stack: StackOption = None,
    bucket: BucketOption = None,
    user_reference: UserReferenceOption = None,
    access_log_file: AccessLogOption = None,
    verbose: VerboseOption = False,
    as_json: JsonOption = False,
) -> None:
    """List an object's versions, the latest first."""
    check_key(key)
    with _open_store(outputs_file, stack, bucket, user_reference, access_log_file, verbose) as store:
        records = [output.to_json_fields(version) for version in store.versions(key)]
    output.print_records("versions", ("modified", "size", "latest", "deleted", "version"), records, as_json)


@app.command(rich_help_panel=HELP_PANEL)
def restore(
    key: KeyArgument,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Version to restore, from `phi versions`.")],
    *,
    outputs_file: OutputsOption = None,
    stack: StackOption = None,
    bucket: BucketOption = None,
    user_reference: UserReferenceOption = None,
    access_log_file: AccessLogOption = None,
    verbose: VerboseOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make an earlier version the latest one again. The versions in between are kept."""
    check_key(key)
    with _open_store(outputs_file, stack, bucket, user_reference, access_log_file, verbose) as store:
        restored = store.restore(key, version)
    output.print_record(output.to_json_fields(restored), as_json)


@app.command(rich_help_panel=HELP_PANEL)
def rm(
    key: KeyArgument,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask for confirmation.")] = False,
    outputs_file: OutputsOption = None,
    stack: StackOption = None,
    bucket: BucketOption = None,
    user_reference: UserReferenceOption = None,
    access_log_file: AccessLogOption = None,
    verbose: VerboseOption = False,
    as_json: JsonOption = False,
) -> None:
    """Mark an object as deleted. Its versions are kept and can be restored."""
    check_key(key)
    if not yes:
        if not sys.stdin.isatty():
            raise ConfigurationError("no terminal to confirm on: pass --yes")
        typer.echo(
            "Mark this object as deleted? [y/N] ", nl=False, err=True
        )  # typer.confirm would also write to stdout
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise typer.Abort
    with _open_store(outputs_file, stack, bucket, user_reference, access_log_file, verbose) as store:
        marker = store.delete(key)
    output.print_record({"key": key, "version": marker, "deleted": True}, as_json)


@app.command(rich_help_panel=HELP_PANEL)
def url(
    key: KeyArgument,
    *,
    minutes: Annotated[int, typer.Option(min=1, max=60, help="How many minutes the URL is valid.")] = 15,
    outputs_file: OutputsOption = None,
    stack: StackOption = None,
    bucket: BucketOption = None,
    user_reference: UserReferenceOption = None,
    access_log_file: AccessLogOption = None,
    verbose: VerboseOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print a short-lived URL with which anyone can download the object. Protect it like the object itself."""
    check_key(key)
    with _open_store(outputs_file, stack, bucket, user_reference, access_log_file, verbose) as store:
        presigned_url = store.presigned_url(key, expires=timedelta(minutes=minutes))
    if as_json:
        typer.echo(json.dumps({"url": presigned_url, "minutes": minutes}, indent=2))
    else:
        typer.echo(presigned_url)


def _check_put_options(
    files: Sequence[Path],
    key: str | None,
    record_id_file: Path | None,
    secret_file: Path | None,
    outputs_file: Path | None,
) -> None:
    errors: list[str] = []
    if len(files) > 1 and (key or record_id_file):
        errors.append("--key and --record-id-file require a single file: upload the other files in another command")
    if key and record_id_file:
        errors.append("--key and --record-id-file can't be used together: pass only one of them")
    if secret_file and not record_id_file:
        errors.append("--secret-file requires --record-id-file: pass both or neither")
    if [*files, record_id_file, secret_file, outputs_file].count(STANDARD_STREAM) > 1:
        errors.append("only one input can be stdin (-): read the others from files")
    if errors:
        raise ConfigurationError("; ".join(errors))


def _parse_metadata(meta: Sequence[str]) -> dict[str, str]:
    """Return the metadata in the --meta options. Error messages contain no part of it."""
    pairs = [option.partition("=") for option in meta]
    errors = [f"--meta {position} isn't FIELD=VALUE" for position, (_, equals, _) in enumerate(pairs, 1) if not equals]
    fields = {name: value for name, _, value in pairs}
    if len(fields) < len(pairs):
        errors.append("--meta sets a field twice: pass each field once")
    if errors:
        raise ConfigurationError("; ".join(errors))
    return fields


def _check_target(target: Path, force: bool) -> None:
    require_not_folder(target)
    if not target.parent.is_dir():
        raise ConfigurationError("the target's folder doesn't exist: create it first")
    if not force and (target.exists() or target.is_symlink()):
        raise ConfigurationError("the target already exists: pass --force to replace it")


@contextmanager
def _open_store(  # noqa: PLR0917 - each parameter is an option
    outputs_file: Path | None,
    stack: str | None,
    bucket: str | None,
    user_reference: str | None,
    access_log_file: Path | None,
    verbose: bool,
) -> Iterator[PhiStore]:
    with access_logging(access_log_file, verbose):
        stack_outputs = outputs.read_outputs(outputs_file, stack)
        yield PhiStore.from_outputs(stack_outputs, bucket, user_reference=user_reference)


@contextmanager
def _progress_bar(description: str, size: int | None) -> Iterator[Callable[[int], None]]:
    """Show a progress bar until the block ends, if stderr is a terminal.

    Args:
        description: The text before the bar.
        size: The total size in bytes, if it is known.

    Yields:
        A function to call with the number of bytes transferred since the last call.
    """
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
        task = bar.add_task(description, total=size)
        yield lambda count: bar.advance(task, count)
