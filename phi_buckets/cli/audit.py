"""`phi audit`: evaluates the policy pack's rules on the live account."""

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

from phi_buckets.atomic_files import write_atomically
from phi_buckets.audit import accounts, attestations, drift, pack_config, permissions
from phi_buckets.audit.accounts import InaccessibleAccount, OpenAccount
from phi_buckets.audit.calls.catalogue import CALLS, STACK_CALLS
from phi_buckets.audit.run import NO_ATTESTATIONS, Attestations, audit
from phi_buckets.audit.scope import WHOLE_ACCOUNT, Scope
from phi_buckets.cli import app
from phi_buckets.cli._support.options import JsonOption, OutputsOption, StackOption
from phi_buckets.errors import ConfigurationError
from phi_buckets.evidence import formats
from phi_buckets.evidence.terminal import print_report
from phi_buckets.stack import outputs


@app.command("audit")
def command(  # noqa: PLR0917 - each parameter is an option
    outputs_file: OutputsOption = None,
    stack: StackOption = None,
    whole_account: Annotated[bool, typer.Option("--all", help="Audit the whole account instead of one stack.")] = False,
    regions: Annotated[
        list[str] | None,
        typer.Option("--region", help="With --all: region to audit; repeatable. By default, all enabled regions."),
    ] = None,
    accounts_file: Annotated[
        Path | None,
        typer.Option("--accounts", help="With --all: YAML file of the roles to assume, one for each account to audit."),
    ] = None,
    config_file: Annotated[
        Path | None,
        typer.Option("--config", help="The policy pack's config: options, enforcement levels and exemptions."),
    ] = None,
    attestations_file: Annotated[
        Path | None, typer.Option("--attestations", help="YAML file of attestations (docs/attestations.example.yaml).")
    ] = None,
    preview_file: Annotated[
        Path | None, typer.Option("--against", help="The pack's report of a preview: list what has drifted since.")
    ] = None,
    reports: Annotated[
        list[Path] | None,
        typer.Option("--report", help=f"File to write the evidence to; repeatable. Formats: {formats.FORMAT_HELP}."),
    ] = None,
    as_json: JsonOption = False,
    print_policy: Annotated[
        bool, typer.Option("--print-policy", help="Print the IAM policy that the audit requires, and exit.")
    ] = False,
) -> None:
    """Audit the live account with the policy pack's rules.

    Exits with 0 if no mandatory control fails or is unverified, and with 1 otherwise.
    """
    _check_options(whole_account, regions, accounts_file, outputs_file, stack)
    renderers = [(path, formats.renderer_for(path)) for path in reports or ()]
    now = datetime.now(UTC)
    stack_outputs = None if whole_account else outputs.read_outputs(outputs_file, stack)
    if print_policy:
        _print_policy(stack_outputs, tuple(regions or ()))
        return
    config = pack_config.load(config_file, now.date())
    attested = Attestations(*attestations.load(attestations_file, now.date())) if attestations_file else NO_ATTESTATIONS
    preview = drift.load(preview_file) if preview_file else None
    opened = _open_accounts(stack_outputs, tuple(regions or ()), accounts_file)
    scope = Scope.for_stack(stack_outputs) if stack_outputs else WHOLE_ACCOUNT

    # The audit creates many small objects and no reference cycles. At the default threshold, garbage collection would
    # take 5 % of the time.
    gc.set_threshold(100_000)
    console = Console(stderr=True)
    with console.status("Reading the account…"):
        report = audit(opened, scope, config, attested, preview)
    for path, render in renderers:
        write_atomically(path, render(report))
    if as_json:
        typer.echo(formats.renderer_for(Path("report.json"))(report))
    else:
        print_report(report, Console())
    raise typer.Exit(0 if report.passed else 1)


def _check_options(
    whole_account: bool,
    regions: Sequence[str] | None,
    accounts_file: Path | None,
    outputs_file: Path | None,
    stack: str | None,
) -> None:
    errors: list[str] = []
    if whole_account and (outputs_file or stack):
        errors.append("--all audits the whole account; don't combine it with --outputs or --stack")
    if not whole_account and (regions or accounts_file):
        errors.append("--region and --accounts require --all; the outputs name the regions of a stack")
    if regions and accounts_file:
        errors.append("don't combine --region with --accounts; name the regions of each account in the accounts file")
    if errors:
        raise ConfigurationError("; ".join(errors))


def _open_accounts(
    stack_outputs: outputs.Outputs | None, regions: tuple[str, ...], accounts_file: Path | None
) -> Sequence[OpenAccount | InaccessibleAccount]:
    """Return the accounts to read.

    An inaccessible account of the accounts file appears in the report. An inaccessible single account is an error.
    """
    if accounts_file:
        session = boto3.Session()
        return [accounts.try_assume_role(session, entry) for entry in accounts.load(accounts_file)]
    if stack_outputs is None:
        return [accounts.open_account(boto3.Session(), regions)]
    opened = accounts.open_account(boto3.Session(region_name=stack_outputs.region), stack_outputs.regions)
    if opened.account.id != stack_outputs.account:
        raise ConfigurationError(
            f"the credentials belong to account {opened.account.id}, but the stack is in account "
            f"{stack_outputs.account}: assume its auditor role, {stack_outputs.auditor_role_arn}"
        )
    return [opened]


def _print_policy(stack_outputs: outputs.Outputs | None, regions: tuple[str, ...]) -> None:
    if stack_outputs:
        scope = permissions.stack_scope(
            stack_outputs.partition,
            stack_outputs.account,
            stack_outputs.resource_name_prefix,
            stack_outputs.bucket_arns,
        )
        policy = permissions.policy_document(STACK_CALLS, scope)
    else:
        session = boto3.Session()
        regions = regions or ((session.region_name,) if session.region_name else ())  # avoids listing all regions
        account = accounts.open_account(session, regions).account
        policy = permissions.policy_document(CALLS, permissions.account_scope(account.partition, account.id))
    typer.echo(json.dumps(policy, indent=2))
