"""The stack's outputs, read from Pulumi or from a file written by `pulumi stack output --json`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator

from phi_buckets.errors import ConfigurationError
from phi_buckets.validation_errors import format_validation_error

OUTPUTS_COMMAND = "pulumi stack output --json > outputs.json"
NonEmptyText = Annotated[str, StringConstraints(min_length=1)]
Arn = Annotated[str, StringConstraints(pattern=r"^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:\d{12}:.+$")]
KeyArn = Annotated[str, StringConstraints(pattern=r"^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/[a-zA-Z0-9-]+$")]


class Outputs(BaseModel):
    """The stack outputs that the tools use: names and ARNs, no secrets."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    resource_name_prefix: NonEmptyText
    """The start of the name of every resource in the stack, such as `phi-dev-`."""
    phi_bucket_name: NonEmptyText
    phi_key_arn: KeyArn
    replica_bucket_name: NonEmptyText | None = None
    replica_region: NonEmptyText | None = None
    access_log_bucket_name: NonEmptyText
    trail_bucket_name: NonEmptyText
    trail_arn: Arn
    alert_topic_arn: Arn
    application_role_arn: Arn
    auditor_role_arn: Arn
    break_glass_role_arn: Arn
    backup_vault_name: NonEmptyText | None = None
    backup_role_arn: Arn | None = None
    """The role that AWS Backup uses for backups and restores."""

    @model_validator(mode="after")
    def _check_replica_outputs(self) -> Self:
        if (self.replica_bucket_name is None) != (self.replica_region is None):
            raise ValueError("replica_bucket_name and replica_region must be set together")
        return self

    @property
    def region(self) -> str:
        return self.phi_key_arn.split(":")[3]

    @property
    def account(self) -> str:
        return self.phi_key_arn.split(":")[4]

    @property
    def regions(self) -> tuple[str, ...]:
        """The stack's region, then the replica's if there is a replica."""
        return (self.region, *([self.replica_region] if self.replica_region else []))

    @property
    def bucket_arns(self) -> list[str]:
        """The ARNs of all buckets in the stack, the replica included."""
        names = (self.phi_bucket_name, self.access_log_bucket_name, self.trail_bucket_name, self.replica_bucket_name)
        return [f"arn:{self.partition}:s3:::{name}" for name in names if name]

    @property
    def partition(self) -> str:
        return self.phi_key_arn.split(":")[1]


def read_outputs(source: Path | None = None, stack: str | None = None) -> Outputs:
    """Return the outputs from a file or, without one, from `pulumi stack output` in the current folder.

    Args:
        source: A file with the outputs as JSON; `-` for stdin.
        stack: The Pulumi stack to read; the selected one by default.

    Raises:
        ConfigurationError: The outputs can't be read, or some are missing or invalid. The message lists all of them.
    """
    if source and stack:
        raise ConfigurationError("pass either a file of the outputs or a Pulumi stack, not both")
    if source is None:
        return parse_outputs(_run_pulumi(stack), "the stack's outputs")
    try:
        text = sys.stdin.read() if str(source) == "-" else source.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(
            f"{source} can't be read: {type(error).__name__}; write it with: {OUTPUTS_COMMAND}"
        ) from None
    return parse_outputs(text, str(source))


def parse_outputs(text: str, source: str) -> Outputs:
    """Return the outputs in a JSON text.

    Args:
        text: The JSON object that `pulumi stack output --json` prints.
        source: The name of the text's origin, for the error message.

    Raises:
        ConfigurationError: Outputs are missing or invalid. The message lists all of them.
    """
    try:
        return Outputs.model_validate_json(text)
    except ValidationError as error:
        raise ConfigurationError(
            f"{source} can't be used: {format_validation_error(error)}. "
            f"Run pulumi up, then write it with: {OUTPUTS_COMMAND}"
        ) from None


def _run_pulumi(stack: str | None) -> str:
    command = ["pulumi", "stack", "output", "--json", "--non-interactive", *(["--stack", stack] if stack else [])]
    try:
        # Pulumi must not read stdin, which may carry a record ID.
        process = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except OSError:
        raise ConfigurationError(
            f"pulumi isn't on PATH; pass a file of the outputs (--outputs) instead. Write it with: {OUTPUTS_COMMAND}"
        ) from None
    if process.returncode:
        reason = process.stderr.strip().splitlines()[-1:] or ["it printed no error"]
        raise ConfigurationError(f"pulumi stack output failed: {reason[0]}")
    return process.stdout
