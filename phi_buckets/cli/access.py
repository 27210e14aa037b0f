"""`phi access`: checks the access that one policy document grants, without an AWS account."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.model.control import Option
from hipaa_controls.model.options import ACCOUNTS, ENDPOINTS, IDS, NETWORKS, ORGANIZATIONS, TRUSTED_PARTIES
from phi_buckets.audit import pack_config
from phi_buckets.cli import app
from phi_buckets.cli._support.options import JsonOption
from phi_buckets.errors import ConfigurationError
from phi_buckets.policy_access.kinds import KIND_NAMES
from phi_buckets.policy_access.policy_file import read_policy_file
from phi_buckets.policy_access.report import print_report, to_json, who_gets_in
from phi_buckets.policy_access.subject import Subject, subject_of


def _trusted_option(option: Option) -> Any:
    """Return the command's option for an option of the pack's controls."""
    return typer.Option(f"--{option.name}", help=f"{option.description} Repeatable.")


@app.command("access")
def command(  # noqa: PLR0917 - each parameter is an option
    policy: Annotated[
        Path,
        typer.Argument(metavar="POLICY", help="JSON file of the policy, or of the AWS CLI's output; - for stdin."),
    ],
    account: Annotated[
        str | None,
        typer.Option("--account", help="The resource's own account. Without it, whether it is named isn't known."),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind", help=f"Kind of the resource: {', '.join(KIND_NAMES)}. By default, that which the policy is about."
        ),
    ] = None,
    resource: Annotated[
        str | None,
        typer.Option("--resource", help="ARN of the resource. By default, the one that the policy names, or any."),
    ] = None,
    accounts: Annotated[list[str] | None, _trusted_option(ACCOUNTS)] = None,
    organizations: Annotated[list[str] | None, _trusted_option(ORGANIZATIONS)] = None,
    networks: Annotated[list[str] | None, _trusted_option(NETWORKS)] = None,
    endpoints: Annotated[list[str] | None, _trusted_option(ENDPOINTS)] = None,
    ids: Annotated[list[str] | None, _trusted_option(IDS)] = None,
    config_file: Annotated[
        Path | None,
        typer.Option("--config", help="The policy pack's config, whose trusted parties are trusted too."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check the access that the policy grants of a bucket, access point, KMS key, topic, queue, role or secret.

    Exits with 0 if only trusted parties have access, and with 1 if others do or if that isn't certain.
    """
    values = (accounts, organizations, networks, endpoints, ids)
    parties = {option.name: value or [] for option, value in zip(TRUSTED_PARTIES, values, strict=True)}
    config = pack_config.load(config_file, datetime.now(UTC).date())
    errors = [*config.errors, *_invalid_parties(parties)]
    try:
        subject = subject_of(read_policy_file(policy), kind, resource, account)
    except ConfigurationError as error:
        raise ConfigurationError("; ".join([*errors, str(error)])) from None
    if errors:
        raise ConfigurationError("; ".join(errors))
    report = who_gets_in(subject.parsed, subject.resource, _trusted(subject, parties, config))
    if as_json:
        typer.echo(json.dumps(to_json(report), indent=2))
    else:
        print_report(report, Console())
    raise typer.Exit(0 if report.passed else 1)


def _invalid_parties(parties: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield a message for each option with a value that can't be used. It doesn't repeat the value."""
    for option in TRUSTED_PARTIES:
        if not option.accepts(parties[option.name]):
            yield f"a value of --{option.name} can't be used: {option.description}"


def _trusted(subject: Subject, parties: Mapping[str, Sequence[str]], config: pack_config.PackConfig) -> TrustedParties:
    configured = [
        config.control_configs[control].options
        for control in subject.resource.kind.controls
        if control in config.control_configs
    ]
    # A key has a control for principals and one for services: a party is trusted here only if both trust it.
    options = {
        name: [*values, *set.intersection(*(set(options.get(name, ())) for options in configured))]
        if configured
        else values
        for name, values in parties.items()
    }
    return TrustedParties.from_options(options, subject.location, f"the {subject.resource.kind.title}")
