"""`phi drill`: the restore test."""

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
from phi.cli._support.access_log import written
from phi.errors import ConfigurationError
from phi.object_keys import new_key
from phi.restore_test import evidence, permissions, setup
from phi.restore_test.evidence import DrillEvidence, Source
from phi.restore_test.run import Asked, run
from phi.restore_test.scratch import Names
from phi.stack import outputs

STEPS = {
    "preparing": "Clearing away what earlier drills left",
    "drawing": "Drawing versions",
    "restoring": "Restoring",
    "clearing": "Clearing away",
}


@app.command("drill")
def command(  # noqa: PLR0917 - each is an option
    outputs_file: Annotated[
        Path | None, typer.Option("--outputs", help="The stack's outputs as JSON, or -; else Pulumi is asked.")
    ] = None,
    stack: Annotated[str | None, typer.Option(help="The stack whose outputs Pulumi is asked for.")] = None,
    source: Annotated[
        Source, typer.Option(help="What is restored from: versions of the bucket, its replica, or the vault.")
    ] = "version",
    objects: Annotated[int, typer.Option(min=1, max=10_000, help="How many versions are drawn and restored.")] = 10,
    objective_hours: Annotated[float, typer.Option(min=0.01, help="How long restoring may take.")] = 72.0,
    scratch_bucket: Annotated[
        str | None, typer.Option(help="Restore to this bucket, rather than to restore-drill/ of the PHI bucket.")
    ] = None,
    evidence_file: Annotated[Path, typer.Option("--evidence", help="Where the evidence is written, in JSON.")] = Path(
        "restore-drill.json"
    ),
    access_log: Annotated[Path | None, typer.Option(help="Append the access log to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The evidence on stdout too.")] = False,
    print_policy: Annotated[
        bool, typer.Option("--print-policy", help="Print the IAM policy that this drill needs, and restore nothing.")
    ] = False,
    seed: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Restore versions that are drawn at random, compare them, and write the evidence of it.

    Exits with 0 only if each was restored whole, under its key and within the objective.
    """
    told = outputs.read(outputs_file, stack)
    setup.check(told, source, scratch_bucket)
    if print_policy:
        scratch = setup.scratch_of(_entered(told), scratch_bucket) if scratch_bucket else None
        typer.echo(json.dumps(permissions.permissions(told, source, scratch), indent=2))
        return
    if not evidence_file.parent.is_dir():
        raise ConfigurationError(f"{evidence_file.parent} is no folder: make it, or name another --evidence")

    session = _entered(told)
    scratch = setup.scratch_of(session, scratch_bucket) if scratch_bucket else None
    chance = random.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311 - for tests
    drill, names = new_key(), Names()
    restoring = setup.restoring(session, source, scratch, drill=drill, hours=objective_hours, names=names)
    asked = Asked(drill, objects, objective_hours, session.principal, chance)
    console = Console(stderr=True)
    with written(access_log, verbose=False), _Bar(console) as bar:
        found = run(restoring, asked, names, lambda each: write_atomically(evidence_file, evidence.dump(each)), bar.say)
    if as_json:
        typer.echo(evidence.dump(found), nl=False)
    _tell(found, evidence_file, console)
    raise typer.Exit(0 if found.passed else 1)


def _entered(told: outputs.Outputs) -> setup.Session:
    return setup.enter(boto3.Session(region_name=told.region), told)


class _Bar(Progress):
    """What the drill is at, on stderr; a bar while it restores."""

    def __init__(self, console: Console) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        disable = not console.is_terminal
        super().__init__(*columns, TimeElapsedColumn(), console=console, transient=True, disable=disable)
        self._task = self.add_task("", total=None)

    def say(self, step: str, done: int, of: int) -> None:
        self.update(self._task, description=STEPS[step], completed=done, total=of or None)


def _tell(found: DrillEvidence, file: Path, console: Console) -> None:
    verdict = "Passed" if found.passed else "NOT passed"
    said = [
        f"{verdict}: {found.restored} of {found.sampled} versions restored whole from the {found.source}",
        f"{found.bytes} bytes in {found.seconds:.1f} s, measured; the objective is {found.objective_hours:g} h",
        *(f"  because {each}" for each in found.why),
        *(f"  version {each.version}: {each.why}" for each in found.objects if each.why),
    ]
    if found.estimated_full_restore_hours is not None:
        over = found.estimated_full_restore_hours > found.objective_hours
        said.append(
            f"All {found.listed} versions would take {found.estimated_full_restore_hours:.2f} h"
            f"{', MORE than the objective' if over else ''}: {found.estimate_basis}"
        )
    if found.left_behind:
        until = f"locked until {found.left_until:%Y-%m-%d %H:%M} UTC at the latest" if found.left_until else "see there"
        said.append(f"Left behind: {len(found.left_behind)}, {until}; the evidence tells each")
    said.append(f"Evidence: {file}")
    for line in said:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
