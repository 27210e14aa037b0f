"""Checkov on a Terraform plan with the same resources, for comparison."""

from __future__ import annotations

import json
from pathlib import Path

from bench import external_tool
from bench.terraform_plan import terraform_plan

VERSION = "3.3.30"


def command(buckets: int, folder: Path) -> list[str]:
    """Write the plan of this many buckets to the folder, and return the command that checks it."""
    file = folder / f"plan-{buckets}.json"
    file.write_text(json.dumps(terraform_plan(buckets)))
    return [
        *(str(external_tool.install("checkov", VERSION)), "--file", str(file), "--framework", "terraform_plan"),
        *("--skip-download", "--soft-fail", "--quiet", "--compact", "--output", "json"),
    ]


def checked_resources(output: str) -> int:
    """Return the number of resources that checkov reports as checked."""
    return int(json.loads(output)["summary"]["resource_count"])
