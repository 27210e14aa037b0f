"""The evidence of `phi audit` on a stack in the sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.sandboxes import Sandbox

# Controls of the account itself. They fail live, because the emulator has none of what they require.
ACCOUNT_CONTROLS = {
    "config-recorder-enabled",
    "guardduty-s3-protection",
    "iam-root-mfa",
    "s3-account-public-access-block",
}


def audit_evidence(
    sandbox: Sandbox, outputs_file: str | Path, config: str | Path, *options: str | Path, **env: str
) -> dict[str, Any]:
    """Audit a stack, and return the evidence. The audit always fails, because there are no attestations.

    Args:
        sandbox: The sandbox that the stack is deployed to.
        outputs_file: The file with the stack's outputs.
        config: The file with the pack's config.
        options: Further options of `phi audit`.
        env: Environment variables of the command.
    """
    command = ["phi", "audit", "--outputs", outputs_file, "--config", config, "--json", *options]
    completed = sandbox(*command, **env)
    assert completed.returncode == 1, completed.stderr
    evidence: dict[str, Any] = json.loads(completed.stdout)
    return evidence


def outcomes(evidence: dict[str, Any]) -> dict[str, str]:
    """Return the outcome of each control, by its ID."""
    return {control["id"]: control["outcome"] for control in evidence["controls"]}
