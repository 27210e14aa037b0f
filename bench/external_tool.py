"""Other tools that ours are timed beside, each in an environment of its own, installed on first use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.process import ROOT


def install(package: str, version: str) -> Path:
    """The package's command."""
    venv = ROOT / ".venv" / package  # ignored by git, and removed by `make clean`
    mark = venv / version  # made last: without it an installation was interrupted
    if not mark.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, f"{package}=={version}"], check=True)
        mark.touch()
    return venv / "bin" / package
