"""The stack's outputs, read from Pulumi or from a file written by `pulumi stack output --json`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from phi_buckets.errors import ConfigurationError
from phi_buckets.validation_errors import format_validation_error

OUTPUTS_COMMAND = "pulumi stack output --json > outputs.json"
NonEmptyText = Annotated[str, StringConstraints(min_length=1)]
Arn = Annotated[str, StringConstraints(pattern=r"^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:\d{12}:.+$")]
KeyArn = Annotated[str, StringConstraints(pattern=r"^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/[a-zA-Z0-9-]+$")]


class PhiBucketOutputs(BaseModel):
    """The outputs of one PHI bucket: names and ARNs, no secrets."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    phi_bucket_name: NonEmptyText
    replica_bucket_name: NonEmptyText | None = None
    application_role_arn: Arn
    """The role of the application that uses the bucket."""


class Outputs(BaseModel):
    """The stack outputs that the tools use: names and ARNs, no secrets."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    resource_name_prefix: NonEmptyText
    """The start of the name of every resource in the stack, such as `phi-dev-`."""
    phi_buckets: Annotated[dict[NonEmptyText, PhiBucketOutputs], Field(min_length=1)]
    """The PHI buckets, by their names within the stack."""
    bucket_regions: dict[NonEmptyText, NonEmptyText]
    """The region of every bucket of the stack, by its physical name."""
    phi_key_arn: KeyArn
    replica_region: NonEmptyText | None = None
    trail_arn: Arn
    alert_topic_arn: Arn
    auditor_role_arn: Arn
    break_glass_role_arn: Arn
    malware_protection: bool = False
    """Whether the PHI buckets' policies deny the read of an object until a scan has found no malware."""
    backup_vault_name: NonEmptyText | None = None
    backup_role_arn: Arn | None = None
    """The role that AWS Backup uses for backups and restores."""

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        for bucket in self.phi_buckets.values():
            if (bucket.replica_bucket_name is None) != (self.replica_region is None):
                raise ValueError("replica_bucket_name and replica_region must be set together")
        used = [
            name
            for bucket in self.phi_buckets.values()
            for name in (bucket.phi_bucket_name, bucket.replica_bucket_name)
        ]
        if missing := [name for name in used if name and name not in self.bucket_regions]:
            raise ValueError(f"bucket_regions has no region for {', '.join(missing)}")
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
        """The ARNs of all buckets in the stack, in every region."""
        return [f"arn:{self.partition}:s3:::{name}" for name in self.bucket_regions]

    @property
    def partition(self) -> str:
        return self.phi_key_arn.split(":")[1]

    def phi_bucket(self, name: str | None = None) -> PhiBucketOutputs:
        """Return the outputs of one PHI bucket.

        Args:
            name: Its name within the stack; may be None if the stack has only one.

        Raises:
            ConfigurationError: No bucket has that name, or it is None and the stack has several.
        """
        names = ", ".join(self.phi_buckets)
        if name is None and len(self.phi_buckets) > 1:
            raise ConfigurationError(f"the stack has several PHI buckets: name one of {names} with --bucket")
        if name is not None and name not in self.phi_buckets:
            raise ConfigurationError(f"the stack has no PHI bucket with the name '{name}': its buckets are {names}")
        return self.phi_buckets[name] if name is not None else next(iter(self.phi_buckets.values()))

    def select(self, name: str | None = None) -> Self:
        """Return the outputs with only one of the PHI buckets. `bucket_regions` still names every bucket.

        Args:
            name: Its name within the stack; may be None if the stack has only one.

        Raises:
            ConfigurationError: No bucket has that name, or it is None and the stack has several.
        """
        bucket = self.phi_bucket(name)
        return self.model_copy(update={"phi_buckets": {name or next(iter(self.phi_buckets)): bucket}})


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
