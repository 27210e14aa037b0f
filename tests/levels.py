"""The level of each test, which says what the test needs.

- `unit`: Python only. A unit test may start Python processes.
- `aws`: an emulated AWS over HTTP: moto's server, in the test's own process.
- `engine`: the Pulumi engine, the sandbox's emulator, the Go that builds the engine, or a package index.
- `browser`: Chromium.

A test that needs one of these gets it from a fixture, so its fixtures determine its level.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

LEVELS = {
    "unit": "needs only Python: no emulated AWS, Pulumi engine, Go or browser",
    "aws": "needs moto's server, in the test's own process",
    "engine": "needs the Pulumi engine, the sandbox's emulator, Go, or a package index",
    "browser": "needs Chromium",
}
LEVEL_OF_FIXTURE = {
    "moto_server": "aws",
    "engine": "engine",
    "go": "engine",
    "wheel": "engine",  # its requirements are installed from a package index
    "chromium": "browser",
}
HIDDEN_TOOLS = Path(__file__).with_name("hidden_tools")


def level(fixtures: Collection[str]) -> str:
    """Return the level of a test.

    Args:
        fixtures: The names of all fixtures that it uses, directly or through other fixtures.

    Raises:
        ValueError: It uses fixtures of two levels.
    """
    levels = {LEVEL_OF_FIXTURE[fixture] for fixture in LEVEL_OF_FIXTURE.keys() & fixtures} or {"unit"}
    if len(levels) > 1:
        raise ValueError(f"a test has one level, and this one has {' and '.join(sorted(levels))}: split it")
    return levels.pop()


@contextmanager
def hidden_tools() -> Iterator[None]:
    """Hide what unit tests must not use: the tools on PATH fail, and no engine is cached or can be built."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(HIDDEN_TOOLS), prepend=os.pathsep)
        patch.setenv("PHI_ENGINE_CACHE", f"{os.devnull}/no-engine")
        yield


def unavailable(reason: str) -> NoReturn:
    """Skip the test, because what it needs is missing. If CI is set, fail it: there, every test must run."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
