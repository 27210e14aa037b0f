"""Fixtures that tests share: the Pulumi engine, and sandboxes that are removed after the test."""

from __future__ import annotations

import os
import signal
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_engine.engine import Engine, ensure_engine
from pulumi_engine.go import EngineError
from sandbox.folder import ROOT, Folder, sandbox_folder
from tests.aws import Aws

# A shell without job control starts background commands with SIGINT ignored, and their children inherit that. Tests of
# interrupts would then fail.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The Pulumi engine. Without one the test is skipped with the reason; if CI is set, it fails."""
    try:
        return ensure_engine()
    except EngineError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no Pulumi engine: {error}")


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


@pytest.fixture
def sandbox(engine: Engine) -> Iterator[Sandbox]:
    """A sandbox for one test."""
    sandbox = Sandbox(f"test-{uuid.uuid4().hex[:8]}")
    yield sandbox
    sandbox("--down")


@pytest.fixture(scope="module")
def aws(engine: Engine) -> Iterator[Aws]:
    """AWS calls in a sandbox for one test module."""
    sandbox = Sandbox(f"test-{uuid.uuid4().hex[:8]}")
    with Aws(sandbox) as aws:
        yield aws
    sandbox("--down")


@pytest.fixture
def denied(aws: Aws) -> Callable[..., str]:
    """A function that makes a call, asserts that it is denied, and returns the error message."""

    def assert_denied(operation: str, **parameters: Any) -> str:
        with pytest.raises(ClientError) as error:
            aws(operation, **parameters)
        assert error.value.response["Error"]["Code"] == "AccessDenied"
        return str(error.value.response["Error"]["Message"])

    return assert_denied
