"""Each test's level and worker, and the fixtures that tests share: the engine, and sandboxes that are removed."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_engine.engine import Engine, ensure_engine
from pulumi_engine.go import EngineError
from sandbox.folder import ROOT, Folder, sandbox_folder
from tests.aws import Aws
from tests.levels import LEVELS, hidden_tools, level
from tests.scheduling import Scheduling, start_order

# A shell without job control starts background commands with SIGINT ignored, and their children inherit that. Tests of
# interrupts would then fail.
signal.signal(signal.SIGINT, signal.default_int_handler)
# The collector would traverse AWS's service models, which stay in memory, thousands of times.
gc.set_threshold(50_000)


def pytest_configure(config: pytest.Config) -> None:
    for name, needs in LEVELS.items():
        config.addinivalue_line("markers", f"{name}: {needs}")


@pytest.hookimpl(tryfirst=True)  # before -m selects tests by level
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        assert isinstance(item, pytest.Function)
        item.add_marker(level(item.fixturenames))
    items.sort(key=start_order)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    with hidden_tools() if item.get_closest_marker("unit") else contextlib.nullcontext():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> Generator[None, int, int]:
    """Use one worker more than there are cores, because the AWS provider often waits; unit tests don't."""
    cores = yield
    return cores if config.option.markexpr == "unit" else cores + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    return Scheduling(config, log)


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The Pulumi engine. Without one the test is skipped with the reason; if CI is set, it fails."""
    try:
        return ensure_engine()
    except EngineError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no Pulumi engine: {error}")


@pytest.fixture(scope="session")
def go() -> str:
    """The path of Go. Without it the test is skipped; if CI is set, it fails."""
    path = shutil.which("go")
    if path is None:
        reason = "Go isn't on PATH"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path


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


@pytest.fixture
def sandbox(engine: Engine) -> Iterator[Sandbox]:
    """A sandbox for one test."""
    with new_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def aws(engine: Engine) -> Iterator[Aws]:
    """AWS calls in a sandbox for one test module."""
    with new_sandbox() as sandbox, Aws(sandbox) as aws:
        yield aws


def copy_project(folder: Path) -> Path:
    """Copy the program, its stacks and the pack into a folder, for a test that changes them. Return the folder."""
    for file in (ROOT / "__main__.py", *ROOT.glob("Pulumi*.yaml")):
        shutil.copy(file, folder)
    for name in ("components", "phi_buckets", "policy"):
        shutil.copytree(ROOT / name, folder / name)
    for environment in (folder, folder / "policy"):
        (environment / ".venv").symlink_to(ROOT / ".venv")
    return folder


@pytest.fixture
def denied(aws: Aws) -> Callable[..., str]:
    """A function that makes a call, asserts that it is denied, and returns the error message."""

    def assert_denied(operation: str, **parameters: Any) -> str:
        with pytest.raises(ClientError) as error:
            aws(operation, **parameters)
        assert error.value.response["Error"]["Code"] == "AccessDenied"
        return str(error.value.response["Error"]["Message"])

    return assert_denied
