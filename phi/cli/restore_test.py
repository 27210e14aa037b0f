"""`phi restore-test`: the restore test."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Annotated

import boto3
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from phi.atomic_files import write_atomically
from phi.cli import app
from phi.cli._support.access_log import access_logging
from phi.cli._support.options import JsonOption, OutputsOption, StackOption
from phi.errors import ConfigurationError
from phi.object_keys import new_key
from phi.restore_test import evidence, permissions, setup
from phi.restore_test.evidence import RestoreTestEvidence, SourceKind
from phi.restore_test.run import RestoreTestRequest, run_restore_test
from phi.restore_test.scratch import Pseudonyms
from phi.stack import outputs

STEPS = {
    "preparing": "Clearing away what earlier drills left",
    "drawing": "Drawing versions",
    "restoring": "Restoring",
    "clearing": "Clearing away",
}


@app.command("restore-test")
def command(  # noqa: PLR0917 - each is an option
    outputs_file: OutputsOption = None,
    stack: StackOption = None,
    source: Annotated[
        SourceKind, typer.Option(help="What is restored from: versions of the bucket, its replica, or the vault.")
    ] = "version",
    objects: Annotated[int, typer.Option(min=1, max=10_000, help="How many versions are drawn and restored.")] = 10,
    objective_hours: Annotated[float, typer.Option(min=0.01, help="How long restoring may take.")] = 72.0,
    scratch_bucket: Annotated[
        str | None, typer.Option(help="Restore to this bucket, rather than to restore-test/ of the PHI bucket.")
    ] = None,
    evidence_file: Annotated[Path, typer.Option("--evidence", help="Where the evidence is written, in JSON.")] = Path(
        "restore-test.json"
    ),
    access_log: Annotated[Path | None, typer.Option(help="Append the access log to this file.")] = None,
    as_json: JsonOption = False,
    print_policy: Annotated[
        bool, typer.Option("--print-policy", help="Print the IAM policy that this drill needs, and restore nothing.")
    ] = False,
    seed: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Restore versions that are drawn at random, compare them, and write the evidence of it.

    Exits with 0 only if each was restored whole, under its key and within the objective.
    """
    told = outputs.read(outputs_file, stack)
    setup.check_options(told, source, scratch_bucket)
    if print_policy:
        scratch = setup.find_scratch_bucket(_entered(told), scratch_bucket) if scratch_bucket else None
        typer.echo(json.dumps(permissions.restore_test_policy(told, source, scratch), indent=2))
        return
    if not evidence_file.parent.is_dir():
        raise ConfigurationError(f"{evidence_file.parent} is no folder: make it, or name another --evidence")

    session = _entered(told)
    scratch = setup.find_scratch_bucket(session, scratch_bucket) if scratch_bucket else None
    chance = random.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311 - for tests
    drill, names = new_key(), Pseudonyms()
    restoring = setup.restore_source(session, source, scratch, test_id=drill, rto_hours=objective_hours, pseudonyms=names)
    asked = RestoreTestRequest(drill, objects, objective_hours, session.principal, chance)
    console = Console(stderr=True)
    with access_logging(access_log, verbose=False), _Bar(console) as bar:
        found = run_restore_test(restoring, asked, names, lambda each: write_atomically(evidence_file, evidence.dump(each)), bar.say)
    if as_json:
        typer.echo(evidence.dump(found), nl=False)
    _tell(found, evidence_file, console)
    raise typer.Exit(0 if found.passed else 1)


def _entered(told: outputs.Outputs) -> setup.RestoreTestSession:
    return setup.open_session(boto3.Session(region_name=told.region), told)


class _Bar(Progress):
    """What the drill is at, on stderr; a bar while it restores."""

    def __init__(self, console: Console) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        disable = not console.is_terminal
        super().__init__(*columns, TimeElapsedColumn(), console=console, transient=True, disable=disable)
        self._task = self.add_task("", total=None)

    def say(self, step: str, done: int, of: int) -> None:
        self.update(self._task, description=STEPS[step], completed=done, total=of or None)


def _tell(found: RestoreTestEvidence, file: Path, console: Console) -> None:
    verdict = "Passed" if found.passed else "NOT passed"
    said = [
        f"{verdict}: {found.restored} of {found.sampled} versions restored whole from the {found.source}",
        f"{found.restored_bytes} bytes in {found.duration_seconds:.1f} s, measured; the objective is {found.rto_hours:g} h",
        *(f"  because {each}" for each in found.failure_reasons),
        *(f"  version {each.version_id}: {each.reason}" for each in found.objects if each.reason),
    ]
    if found.estimated_full_restore_hours is not None:
        over = found.estimated_full_restore_hours > found.rto_hours
        said.append(
            f"All {found.eligible} versions would take {found.estimated_full_restore_hours:.2f} h"
            f"{', MORE than the objective' if over else ''}: {found.estimate_basis}"
        )
    if found.leftovers:
        until = f"locked until {found.leftovers_locked_until:%Y-%m-%d %H:%M} UTC at the latest" if found.leftovers_locked_until else "see there"
        said.append(f"Left behind: {len(found.leftovers)}, {until}; the evidence tells each")
    said.append(f"Evidence: {file}")
    for line in said:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
