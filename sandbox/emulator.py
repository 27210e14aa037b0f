"""The embedded AWS as the command line sees it: is it running, start it, stop it. It outlives the command."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass

from sandbox import network
from sandbox.folder import ROOT, Folder, SandboxError

SERVER = ROOT / "sandbox" / "server.py"


@dataclass(frozen=True)
class Emulator:
    """A running emulator.

    endpoint, plain: its URL over TLS, and over plain HTTP.
    nowhere: a loopback address where nothing answers.
    way: how it was isolated.
    """

    pid: int
    endpoint: str
    plain: str
    nowhere: str
    way: tuple[str, ...]

    @property
    def isolated(self) -> bool:
        return bool(self.way)

    def beside(self) -> list[str]:
        """The command prefix that runs a program on the emulator's network."""
        return network.beside(self.pid, list(self.way))


def running(folder: Folder) -> Emulator | None:
    """The emulator of this folder, if it lives."""
    if not folder.emulator_lives() or not folder.record.exists():
        return None
    record = json.loads(folder.record.read_text())
    return Emulator(**record | {"way": tuple(record["way"])})


def start(folder: Folder) -> Emulator:
    """Start an emulator for this folder. If it can't start, remove the folder and raise SandboxError with its log."""
    way = network.alone()
    with folder.log.open("w") as log:
        process = subprocess.Popen(
            [*way, sys.executable, "-P", SERVER, str(folder.path), *way],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # the terminal's Ctrl-C is for the command, not for the emulator
            text=True,
            cwd="/",
        )
    assert process.stdout is not None
    try:
        with process.stdout:
            ready = process.stdout.readline()
        emulator = running(folder) if ready else None
        if emulator is None:
            tail = "\n".join(folder.log.read_text().splitlines()[-5:])
            raise SandboxError(f"the emulator didn't start. Its last words:\n{tail}")
    except BaseException:  # an interrupt too: nothing half-started may stay
        process.kill()
        process.wait()
        shutil.rmtree(folder.path)
        raise
    return emulator


def stop(folder: Folder) -> None:
    """Stop the emulator and remove its folder, the Pulumi state with it."""
    if emulator := running(folder):
        os.kill(emulator.pid, signal.SIGTERM)
        folder.wait_for_death()
    shutil.rmtree(folder.path, ignore_errors=True)
