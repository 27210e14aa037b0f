"""What tests share: the engine, and sandboxes that end with the test."""

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

from pulumi_engine import engine as airgap_engine
from pulumi_engine.go import EngineError
from sandbox.folder import ROOT, Folder, sandbox_folder
from tests.aws import Aws

# A shell without job control starts what it puts in the background with SIGINT ignored, and children inherit that:
# no test of an interrupt could then pass.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def engine() -> airgap_engine.Engine:
    """The Pulumi engine. Without one the test is skipped with the reason; with CI set it fails."""
    try:
        return airgap_engine.ensure()
    except EngineError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no Pulumi engine here: {error}")


@dataclass(frozen=True)
class Sandbox:
    """A sandbox by name, that runs commands."""

    name: str

    def command(self, *command: str | Path) -> list[str | Path]:
        return [ROOT / "bin" / "sandbox", "--name", self.name, *command]

    def __call__(self, *command: str | Path, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*command), cwd=cwd, env=os.environ | env, capture_output=True, text=True, check=False
        )

    @property
    def folder(self) -> Folder:
        return sandbox_folder(self.name)


@pytest.fixture
def sandbox(engine: airgap_engine.Engine) -> Iterator[Sandbox]:
    """A sandbox of the test's own."""
    own = Sandbox(f"test-{uuid.uuid4().hex[:8]}")
    yield own
    own("--down")


@pytest.fixture(scope="module")
def aws(engine: airgap_engine.Engine) -> Iterator[Aws]:
    """An AWS of the test file's own."""
    own = Sandbox(f"test-{uuid.uuid4().hex[:8]}")
    with Aws(own) as calls:
        yield calls
    own("--down")


@pytest.fixture
def refused(aws: Aws) -> Callable[..., str]:
    """Makes a call that must be refused; what is told."""

    def call(operation: str, **parameters: Any) -> str:
        with pytest.raises(ClientError) as caught:
            aws(operation, **parameters)
        assert caught.value.response["Error"]["Code"] == "AccessDenied"
        return str(caught.value.response["Error"]["Message"])

    return call
