"""What a stack tells of itself: its outputs, from `pulumi stack output --json`, a file of that, or the command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator

from phi import validation_errors
from phi.errors import ConfigurationError

HOW = "write it with: pulumi stack output --json > outputs.json"
Text = Annotated[str, StringConstraints(min_length=1)]
Arn = Annotated[str, StringConstraints(pattern=r"^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:\d{12}:.+$")]
KeyArn = Annotated[str, StringConstraints(pattern=r"^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/[a-zA-Z0-9-]+$")]


class Outputs(BaseModel):
    """The stack's outputs that the tools use; names and ARNs, no secrets."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    resource_name_prefix: Text
    """How the names of all that the stack made begin, such as `phi-dev-`."""
    phi_bucket_name: Text
    phi_key_arn: KeyArn
    replica_bucket_name: Text | None = None
    replica_region: Text | None = None
    access_log_bucket_name: Text
    trail_bucket_name: Text
    trail_arn: Arn
    alert_topic_arn: Arn
    application_role_arn: Arn
    auditor_role_arn: Arn
    break_glass_role_arn: Arn
    backup_vault_name: Text | None = None
    backup_role_arn: Arn | None = None
    """The role that AWS Backup copies and restores with."""

    @model_validator(mode="after")
    def _a_replica_is_somewhere(self) -> Self:
        if (self.replica_bucket_name is None) != (self.replica_region is None):
            raise ValueError("replica_bucket_name and replica_region go together")
        return self

    @property
    def region(self) -> str:
        return self.phi_key_arn.split(":")[3]

    @property
    def account(self) -> str:
        return self.phi_key_arn.split(":")[4]

    @property
    def regions(self) -> tuple[str, ...]:
        return (self.region, *([self.replica_region] if self.replica_region else []))

    @property
    def bucket_arns(self) -> list[str]:
        names = (self.phi_bucket_name, self.access_log_bucket_name, self.trail_bucket_name, self.replica_bucket_name)
        return [f"arn:{self.partition}:s3:::{name}" for name in names if name]

    @property
    def partition(self) -> str:
        return self.phi_key_arn.split(":")[1]


def read(source: Path | None = None, stack: str | None = None) -> Outputs:
    """From a file (`-`: stdin), else from Pulumi in this folder, of this stack or the selected one.

    Raises ConfigurationError, which names every output that is missing or isn't what it must be.
    """
    if source and stack:
        raise ConfigurationError("name a file of the outputs or the stack that Pulumi is asked for, not both")
    if source is None:
        return parse(_of_pulumi(stack), "the stack's outputs")
    try:
        text = sys.stdin.read() if str(source) == "-" else source.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"{source} can't be read: {type(error).__name__}; {HOW}") from None
    return parse(text, str(source))


def parse(text: str, where: str) -> Outputs:
    try:
        return Outputs.model_validate_json(text)
    except ValidationError as error:
        raise ConfigurationError(
            f"{where} can't be used: {validation_errors.format_validation_error(error)}. Put the stack up, then {HOW}"
        ) from None


def _of_pulumi(stack: str | None) -> str:
    command = ["pulumi", "stack", "output", "--json", "--non-interactive", *(["--stack", stack] if stack else [])]
    try:
        # What comes in by stdin, such as a record's id, isn't for Pulumi.
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except OSError:
        raise ConfigurationError(f"pulumi isn't on PATH; name a file of the outputs instead: {HOW}") from None
    if done.returncode:
        why = done.stderr.strip().splitlines()[-1:] or ["it says nothing"]
        raise ConfigurationError(f"pulumi stack output fails: {why[0]}")
    return done.stdout
