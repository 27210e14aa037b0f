"""`phi audit`: the live account, held to the pack's rules."""

from __future__ import annotations

import gc
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import boto3
import typer
from rich.console import Console

from phi.atomic_files import write_atomically
from phi.audit import accounts, attestations, config, drift, permissions
from phi.audit.accounts import OpenAccount, InaccessibleAccount
from phi.audit.collectors import CALLS, STACK_CALLS
from phi.audit.run import NOBODY, Attested, audit
from phi.audit.scope import WHOLE_ACCOUNT, Scope
from phi.cli import app
from phi.errors import ConfigurationError
from phi.evidence import formats
from phi.evidence.terminal import show
from phi.stack import outputs


@app.command("audit")
def command(  # noqa: PLR0917 - each is an option
    outputs_file: Annotated[
        Path | None, typer.Option("--outputs", help="The stack's outputs as JSON, or -; else Pulumi is asked.")
    ] = None,
    stack: Annotated[str | None, typer.Option(help="The stack whose outputs Pulumi is asked for.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of the account, rather than one stack.")] = False,
    regions: Annotated[list[str] | None, typer.Option("--region", help="With --all: read this one; repeat it.")] = None,
    accounts_file: Annotated[
        Path | None, typer.Option("--accounts", help="With --all: YAML of the roles to take in several accounts.")
    ] = None,
    config_file: Annotated[
        Path | None, typer.Option("--config", help="The pack's config: options, levels, accepted risks.")
    ] = None,
    attestations_file: Annotated[
        Path | None, typer.Option("--attestations", help="YAML of what people answer for.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="The pack's report of a preview: tell what has drifted since.")
    ] = None,
    reports: Annotated[
        list[Path] | None, typer.Option("--report", help=f"Write it here; repeat it. By name: {formats.NAMES}.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The evidence as JSON, on stdout.")] = False,
    print_policy: Annotated[
        bool, typer.Option("--print-policy", help="Print the IAM policy that the audit needs, and read no setting.")
    ] = False,
) -> None:
    """Hold the live account to the pack's rules.

    Exits with 0 only if nothing mandatory fails or can't be known; with 1 otherwise.
    """
    _fit_together(everything, regions, accounts_file, outputs_file, stack)
    renderers = [(path, formats.of(path)) for path in reports or ()]
    now = datetime.now(UTC)
    told = None if everything else outputs.read(outputs_file, stack)
    if print_policy:
        _print_policy(told)
        return
    judged_by = config.load(config_file, now.date())
    attested = Attested(*attestations.load(attestations_file, now.date())) if attestations_file else NOBODY
    preview = drift.load(against) if against else None
    entered = _entered(told, tuple(regions or ()), accounts_file)
    scope = Scope.of_stack(told) if told else WHOLE_ACCOUNT

    gc.set_threshold(100_000)  # many small answers and no cycles: looking for some takes a twentieth of the time
    console = Console(stderr=True)
    with console.status("Reading the account…"):
        report = audit(entered, scope, judged_by, attested, preview)
    for path, render in renderers:
        write_atomically(path, render(report))
    if as_json:
        typer.echo(formats.of(Path("report.json"))(report))
    else:
        show(report, Console())
    raise typer.Exit(0 if report.good else 1)


def _fit_together(
    everything: bool,
    regions: Sequence[str] | None,
    accounts_file: Path | None,
    outputs_file: Path | None,
    stack: str | None,
) -> None:
    faults: list[str] = []
    if everything and (outputs_file or stack):
        faults.append("--all is of the account: leave --outputs and --stack out")
    if not everything and (regions or accounts_file):
        faults.append("--region and --accounts go with --all: a stack's outputs tell where it is")
    if regions and accounts_file:
        faults.append("--accounts names the regions of each account: leave --region out")
    if faults:
        raise ConfigurationError("; ".join(faults))


def _entered(
    told: outputs.Outputs | None, regions: tuple[str, ...], accounts_file: Path | None
) -> Sequence[OpenAccount | InaccessibleAccount]:
    """The accounts to read. One of several that can't be entered is told in the report; the only one ends it."""
    if accounts_file:
        session = boto3.Session()
        return [accounts.try_assume_role(session, entry) for entry in accounts.load(accounts_file)]
    if told is None:
        return [accounts.open_account(boto3.Session(), regions)]
    entered = accounts.open_account(boto3.Session(region_name=told.region), told.regions)
    if entered.account.id != told.account:
        raise ConfigurationError(
            f"the credentials are of account {entered.account.id} and the stack is in {told.account}: "
            f"take its auditor's role, {told.auditor_role_arn}"
        )
    return [entered]


def _print_policy(told: outputs.Outputs | None) -> None:
    if told:
        reach = permissions.stack_scope(told.partition, told.account, told.resource_name_prefix, told.bucket_arns)
        policy = permissions.policy_document(STACK_CALLS, reach)
    else:
        session = boto3.Session()
        account = accounts.open_account(session, (session.region_name,) if session.region_name else ()).account
        policy = permissions.policy_document(CALLS, permissions.account_scope(account.partition, account.id))
    typer.echo(json.dumps(policy, indent=2))
