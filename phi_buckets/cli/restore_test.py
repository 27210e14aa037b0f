"""`phi restore-test`: restores sampled versions and writes the evidence."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Annotated

import boto3
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from phi_buckets.atomic_files import write_atomically
from phi_buckets.cli import app
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
from phi_buckets.object_keys import new_key
from phi_buckets.restore_test import evidence, permissions, setup
from phi_buckets.restore_test.evidence import RestoreTestEvidence, SourceKind
from phi_buckets.restore_test.run import RestoreTestRequest, run_restore_test
from phi_buckets.restore_test.scratch import Pseudonyms
from phi_buckets.stack import outputs

STEP_DESCRIPTIONS = {
    "preparing": "Deleting leftovers of earlier tests",
    "sampling": "Sampling versions",
    "restoring": "Restoring",
    "cleaning up": "Cleaning up",
}


@app.command("restore-test")
def command(  # noqa: PLR0917 - each parameter is an option
    outputs_file: OutputsOption = None,
    stack: StackOption = None,
    bucket: BucketOption = None,
    source: Annotated[
        SourceKind,
        typer.Option(help="What to restore from: versions in the bucket, its replica, or the backup vault."),
    ] = "version",
    objects: Annotated[int, typer.Option(min=1, max=10_000, help="Maximum number of object versions to restore.")] = 10,
    rto_hours: Annotated[
        float,
        typer.Option(min=0.01, help="Recovery time objective (RTO): the hours that the restore may take."),
    ] = 72.0,
    scratch_bucket: Annotated[
        str | None,
        typer.Option(help="Bucket to restore to. By default, the prefix restore-test/ of the PHI bucket."),
    ] = None,
    evidence_file: Annotated[Path, typer.Option("--evidence", help="JSON file to write the evidence to.")] = Path(
        "restore-test.json"
    ),
    user_reference: UserReferenceOption = None,
    access_log_file: AccessLogOption = None,
    as_json: JsonOption = False,
    print_policy: Annotated[
        bool, typer.Option("--print-policy", help="Print the IAM policy that this test requires, and exit.")
    ] = False,
    seed: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Restore randomly sampled object versions, verify them, and write the evidence.

    Exits with 0 if every version was restored intact, under the right KMS key and within the RTO, and with 1 if not.
    """
    stack_outputs = outputs.read_outputs(outputs_file, stack).select(bucket)
    setup.check_options(stack_outputs, source, scratch_bucket)
    if print_policy:
        scratch = setup.find_scratch_bucket(_open_session(stack_outputs), scratch_bucket) if scratch_bucket else None
        typer.echo(json.dumps(permissions.restore_test_policy(stack_outputs, source, scratch), indent=2))
        return
    if not evidence_file.parent.is_dir():
        raise ConfigurationError(f"{evidence_file.parent} is not a folder: create it, or use another --evidence file")

    session = _open_session(stack_outputs, user_reference)
    scratch = setup.find_scratch_bucket(session, scratch_bucket) if scratch_bucket else None
    test_id, pseudonyms = new_key(), Pseudonyms()
    restore_source = setup.restore_source(
        session, source, scratch, test_id=test_id, rto_hours=rto_hours, pseudonyms=pseudonyms
    )
    rng = random.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311 - for tests
    request = RestoreTestRequest(test_id, objects, rto_hours, session.principal, rng)

    def save(result: RestoreTestEvidence) -> None:
        write_atomically(evidence_file, evidence.dump(result))

    console = Console(stderr=True)
    with access_logging(access_log_file, verbose=False), _ProgressBar(console) as progress_bar:
        result = run_restore_test(restore_source, request, pseudonyms, save, progress_bar.report)
    if as_json:
        typer.echo(evidence.dump(result), nl=False)
    _print_result(result, evidence_file, console)
    raise typer.Exit(0 if result.passed else 1)


def _open_session(stack_outputs: outputs.Outputs, user_reference: str | None = None) -> setup.RestoreTestSession:
    return setup.open_session(boto3.Session(region_name=stack_outputs.region), stack_outputs, user_reference)


class _ProgressBar(Progress):
    """The current step on stderr, with a bar while versions are restored."""

    def __init__(self, console: Console) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        disable = not console.is_terminal
        super().__init__(*columns, TimeElapsedColumn(), console=console, transient=True, disable=disable)
        self._task = self.add_task("", total=None)

    def report(self, step: str, done: int, total: int) -> None:
        self.update(self._task, description=STEP_DESCRIPTIONS[step], completed=done, total=total or None)


def _print_result(result: RestoreTestEvidence, file: Path, console: Console) -> None:
    verdict = "Passed" if result.passed else "Not passed"
    lines = [
        f"{verdict}: {result.restored} of {result.sampled} versions restored intact (source: {result.source})",
        f"Bucket: {result.bucket}",
        f"{result.restored_bytes} bytes in {result.duration_seconds:.1f} s (measured); RTO: {result.rto_hours:g} h",
        *(f"  reason: {reason}" for reason in result.failure_reasons),
        *(f"  version {record.version_id}: {record.reason}" for record in result.objects if record.reason),
    ]
    if result.estimated_full_restore_hours is not None:
        over = ", more than the RTO" if result.estimated_full_restore_hours > result.rto_hours else ""
        lines.append(
            f"A full restore of {result.eligible} versions would take {result.estimated_full_restore_hours:.2f} h"
            f"{over}: {result.estimate_basis}"
        )
    if result.leftovers:
        last = result.leftovers_locked_until
        until = f", locked until {last:%Y-%m-%d %H:%M} UTC at the latest" if last else ""
        lines.append(f"Leftovers: {len(result.leftovers)}{until}; the evidence lists them")
    lines.append(f"Evidence: {file}")
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
