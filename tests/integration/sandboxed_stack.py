"""A stack of a copy of the project, in a sandbox."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.sandboxes import Sandbox

UP = ("up", "--yes", "--skip-preview")

Completed = subprocess.CompletedProcess[str]


def pack_options(stack: str) -> tuple[str, ...]:
    """Return the options that run the pack with the config of a stack, `dev` or `prod`."""
    return ("--policy-pack", "policy", "--policy-pack-config", f"policy/config/{stack}.json")


@dataclass(frozen=True)
class SandboxedStack:
    """A stack of a copy of the project, in a sandbox of its own."""

    name: str
    project: Path
    sandbox: Sandbox

    @property
    def settings(self) -> Path:
        return self.project / f"Pulumi.{self.name}.yaml"

    def pulumi(self, *arguments: str, **env: str) -> Completed:
        return self.sandbox("pulumi", *arguments, "--stack", self.name, cwd=self.project, **env)

    def resources(self) -> list[dict[str, Any]]:
        """Return the AWS resources in the stack's state."""
        export = self.pulumi("stack", "export")
        assert export.returncode == 0, export.stderr
        resources = json.loads(export.stdout)["deployment"].get("resources", [])
        return [resource for resource in resources if resource["type"].startswith("aws:")]

    def resource_types(self) -> list[str]:
        """Return the type of each AWS resource in the stack's state."""
        return [resource["type"] for resource in self.resources()]

    def bucket_and_key_ids(self) -> dict[str, str]:
        """Return the AWS ID of each bucket and key of the stack, by URN."""
        types = ("aws:s3/bucket:Bucket", "aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey")
        return {resource["urn"]: resource["id"] for resource in self.resources() if resource["type"] in types}
