"""Each test's level and worker, and the fixtures that tests share: the engine, and sandboxes that are removed."""

from __future__ import annotations

import contextlib
import gc
import shutil
import signal
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pulumi_engine.engine import Engine, ensure_engine
from pulumi_engine.messages import EngineError
from tests.aws import Aws
from tests.levels import LEVELS, hidden_tools, level, unavailable
from tests.sandboxes import Sandbox, new_sandbox
from tests.scheduling import SchedulingByModule, start_order

# A shell without job control starts background commands with SIGINT ignored, and their children inherit that. Tests of
# interrupts would then fail.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Python's garbage collector would traverse AWS's service models, which stay in memory, thousands of times.
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


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SchedulingByModule:
    return SchedulingByModule(config, log)


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The Pulumi engine."""
    try:
        return ensure_engine()
    except EngineError as error:
        unavailable(f"no Pulumi engine: {error}")


@pytest.fixture(scope="session")
def go() -> str:
    """The path of Go."""
    return shutil.which("go") or unavailable("Go isn't on PATH")


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


@pytest.fixture
def denied(aws: Aws) -> Callable[..., str]:
    """A function that makes a call, asserts that it is denied, and returns the error message."""

    def assert_denied(operation: str, **parameters: Any) -> str:
        with pytest.raises(ClientError) as error:
            aws(operation, **parameters)
        assert error.value.response["Error"]["Code"] == "AccessDenied"
        return str(error.value.response["Error"]["Message"])

    return assert_denied
