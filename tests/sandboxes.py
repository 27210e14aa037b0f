"""Sandboxes with a name of their own, and copies of the project and the pack that tests run in them."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.folder import ROOT, Folder, sandbox_folder

# What `pulumi install` and Python add to the folders of a checkout.
BUILT = shutil.ignore_patterns(".venv", "__pycache__")


@dataclass(frozen=True)
class Sandbox:
    """A sandbox with a name. Call it to run a command in it."""

    name: str

    def command(self, *command: str | Path) -> list[str | Path]:
        """Return the command line that runs a command in the sandbox."""
        return [ROOT / "bin" / "sandbox", "--name", self.name, *command]

    def __call__(self, *command: str | Path, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*command), cwd=cwd, env=os.environ | env, capture_output=True, text=True, check=False
        )

    @property
    def folder(self) -> Folder:
        return sandbox_folder(self.name)


@contextlib.contextmanager
def new_sandbox() -> Iterator[Sandbox]:
    """Yield a new sandbox, and remove it at the end."""
    sandbox = Sandbox(f"test-{uuid.uuid4().hex[:8]}")
    try:
        yield sandbox
    finally:
        sandbox("--down")


def copy_project(folder: Path) -> Path:
    """Copy the program, its stacks and the pack into a folder, for a test that changes them. Return the folder."""
    for file in (ROOT / "__main__.py", *ROOT.glob("Pulumi*.yaml")):
        shutil.copy(file, folder)
    for name in ("components", "phi_buckets", "policy"):
        shutil.copytree(ROOT / name, folder / name, ignore=BUILT)
    for environment in (folder, folder / "policy"):
        (environment / ".venv").symlink_to(ROOT / ".venv")
    return folder
