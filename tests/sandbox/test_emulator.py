"""Emulators that another version of the sandbox started: reported with a fix, and stopped by that fix."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import emulator
from sandbox.folder import Folder, SandboxError

HOLD_LOCK = """
import fcntl, sys, time
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
print("locked", flush=True)
time.sleep(600)
"""


@pytest.fixture
def old_emulator(tmp_path: Path) -> Iterator[tuple[Folder, subprocess.Popen[str]]]:
    """A running process, and a record with the fields of another version."""
    folder = Folder(tmp_path / "default")
    folder.path.mkdir()
    command = [sys.executable, "-c", HOLD_LOCK, str(folder.lock_file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        folder.record.write_text(json.dumps({"pid": process.pid, "endpoint": "https://127.0.0.1:1", "way": []}))
        yield folder, process
        process.kill()


def test_emulator_of_another_version_is_reported_with_the_fix(old_emulator):
    folder, _ = old_emulator
    with pytest.raises(SandboxError, match=r"another version.*bin/sandbox --name default --down"):
        emulator.find_running(folder)


def test_stop_ends_an_emulator_of_another_version(old_emulator):
    folder, process = old_emulator
    emulator.stop(folder)
    assert process.wait(timeout=10) != 0
    assert not folder.path.exists()
