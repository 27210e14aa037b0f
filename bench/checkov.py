"""Checkov over the Terraform plan of the same resources, for comparison. It is in an environment of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from bench.plan import plan
from bench.process import ROOT

VERSION = "3.3.30"
VENV = ROOT / ".venv" / "checkov"  # ignored by git, and removed by `make clean`


def install() -> Path:
    """The checkov command, installed on first use."""
    command = VENV / "bin" / "checkov"
    mark = VENV / VERSION  # made last: without it an installation was interrupted
    if not mark.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
        pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, f"checkov=={VERSION}"], check=True)
        mark.touch()
    return command


def command(buckets: int, folder: Path) -> list[str]:
    """The command that checks the plan of so many buckets, written to the folder."""
    file = folder / f"plan-{buckets}.json"
    file.write_text(json.dumps(plan(buckets)))
    return [
        *(str(install()), "--file", str(file), "--framework", "terraform_plan"),
        *("--skip-download", "--soft-fail", "--quiet", "--compact", "--output", "json"),
    ]


def resources(output: str) -> int:
    """How many resources checkov says that it has checked."""
    return int(json.loads(output)["summary"]["resource_count"])
