"""Runs the Go tests of the engine and its plugin, so that pytest runs all tests."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from sandbox.folder import ROOT


@pytest.mark.parametrize("module", ["cli", "aws"])
def test_go_module(module):
    if not shutil.which("go") and not os.environ.get("CI"):
        pytest.skip("Go isn't on PATH")
    done = subprocess.run(
        ["go", "test", "-count=1", "./..."],
        cwd=ROOT / "pulumi_engine" / module,
        env=os.environ | {"GOWORK": "off"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
