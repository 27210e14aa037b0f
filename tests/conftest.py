"""What tests share: the engine, and sandboxes that end with the test."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from airgap import engine as airgap_engine
from sandbox.folder import ROOT

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def engine() -> airgap_engine.Engine:
    """The Pulumi engine. Without one the test is skipped with the reason; with CI set it fails."""
    try:
        return airgap_engine.ensure()
    except airgap_engine.EngineError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no Pulumi engine here: {error}")


def sandboxed(name: str) -> Run:
    """Run a command in the sandbox of this name; the result has its exit code and output."""

    def run(*command: str | Path, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ROOT / "bin" / "sandbox", "--name", name, *command],
            cwd=cwd,
            env=os.environ | env,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def sandbox(engine: airgap_engine.Engine) -> Iterator[Run]:
    """A sandbox of the module's own."""
    run = sandboxed(f"test-{uuid.uuid4().hex[:8]}")
    yield run
    run("--down")
