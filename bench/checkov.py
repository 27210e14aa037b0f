"""Checkov over the Terraform plan of the same resources, for comparison."""

from __future__ import annotations

import json
from pathlib import Path

from bench import external_tool
from bench.plan import plan

VERSION = "3.3.30"


def command(buckets: int, folder: Path) -> list[str]:
    """The command that checks the plan of so many buckets, written to the folder."""
    file = folder / f"plan-{buckets}.json"
    file.write_text(json.dumps(plan(buckets)))
    return [
        *(str(external_tool.install("checkov", VERSION)), "--file", str(file), "--framework", "terraform_plan"),
        *("--skip-download", "--soft-fail", "--quiet", "--compact", "--output", "json"),
    ]


def resources(output: str) -> int:
    """How many resources checkov says that it has checked."""
    return int(json.loads(output)["summary"]["resource_count"])
