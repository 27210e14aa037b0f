"""Runs the Go tests of the engine and its plugin, so that pytest runs all tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pulumi_engine.engine import AWS, CLI
from pulumi_engine.go import BUILD_FLAGS, go_environment


@pytest.mark.parametrize("module", [CLI, AWS], ids=lambda module: module.name)
def test_go_module(module: Path) -> None:
    if not shutil.which("go") and not os.environ.get("CI"):
        pytest.skip("Go isn't on PATH")
    done = subprocess.run(
        ["go", "test", *BUILD_FLAGS, "-vet=off", "-count=1", "./..."],  # `make lint` runs `go vet`
        cwd=module,
        env=go_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
