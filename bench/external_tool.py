"""Tools that this project is compared with, each installed into its own virtual environment on first use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.process import ROOT


def install(package: str, version: str) -> Path:
    """Install a package unless it is installed already, and return its command."""
    venv = ROOT / ".venv" / package  # ignored by git, and removed by `make clean`
    marker = venv / version  # created last: if it is missing, an installation was interrupted
    if not marker.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, f"{package}=={version}"], check=True)
        marker.touch()
    return venv / "bin" / package
