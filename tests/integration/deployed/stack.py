"""The dev stack that the tests of this folder share, and commands that other callers than its administrator run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.aws import Credentials
from tests.sandboxes import Sandbox

ACCOUNT = "123456789012"


@dataclass(frozen=True)
class DeployedStack:
    """A stack that is up.

    Attributes:
        project: The folder of its project.
        sandbox: The sandbox that it is deployed to.
        outputs: Its outputs.
    """

    project: Path
    sandbox: Sandbox
    outputs: dict[str, Any]


def as_caller(caller: Credentials, *command: str | Path) -> list[str | Path]:
    """Return a command that runs with a caller's credentials instead of those of the sandbox's administrator."""
    fields = {
        "AWS_ACCESS_KEY_ID": "AccessKeyId",
        "AWS_SECRET_ACCESS_KEY": "SecretAccessKey",
        "AWS_SESSION_TOKEN": "SessionToken",
    }
    return ["env", *(f"{variable}={caller[field]}" for variable, field in fields.items()), *command]
