"""Runs the Go tests of the engine and its plugin, so that pytest runs all tests."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from pulumi_engine import go
from pulumi_engine.go import BUILD_FLAGS, go_environment
from pulumi_engine.versions import AWS, CLI


@pytest.mark.usefixtures("go")
@pytest.mark.parametrize("module", [CLI, AWS], ids=lambda module: module.name)
def test_go_module(module: Path) -> None:
    done = subprocess.run(
        ["go", "test", *BUILD_FLAGS, "-vet=off", "-count=1", "./..."],  # `make lint` runs `go vet`
        cwd=module,
        env=go_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("memory_mib", "caller", "expected"),
    [
        (24_000, {}, {"GOGC": "off", "GOMEMLIMIT": "1500MiB"}),
        (24_000, {"GOGC": "50"}, {"GOGC": "50", "GOMEMLIMIT": "1500MiB"}),
        (24_000, {"GOMEMLIMIT": "1GiB"}, {"GOGC": "off", "GOMEMLIMIT": "1GiB"}),
        (5_000, {}, {}),
    ],
)
def test_go_environment_turns_garbage_collection_off_only_where_there_is_memory(
    monkeypatch: pytest.MonkeyPatch, memory_mib: int, caller: dict[str, str], expected: dict[str, str]
) -> None:
    monkeypatch.setattr(go, "memory_mib", lambda: memory_mib)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert go_environment(caller) == {"GOWORK": "off", "CGO_ENABLED": "0"} | expected


def test_go_environment_ignores_a_workspace_and_a_c_compiler() -> None:
    assert go_environment({"GOWORK": "/go.work", "CGO_ENABLED": "1"}).items() >= {
        ("GOWORK", "off"),
        ("CGO_ENABLED", "0"),
    }
