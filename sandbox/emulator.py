"""Find, start and stop the emulator process. It keeps running after a sandboxed command ends."""

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

    Attributes:
        pid: Its process ID.
        endpoint: Its URL over TLS.
        http_endpoint: Its URL over plain HTTP.
        proxy: The URL of the proxy that refuses every request to another address.
        isolation_command: The command prefix that started it in its own network namespace; empty if it has none.
    """

    pid: int
    endpoint: str
    http_endpoint: str
    proxy: str
    isolation_command: tuple[str, ...]

    @property
    def isolated(self) -> bool:
        return bool(self.isolation_command)

    def command_prefix(self) -> list[str]:
        """Return the command prefix that runs a program in the emulator's network namespace."""
        return network.joining_command_prefix(self.pid, list(self.isolation_command))


def find_running(folder: Folder) -> Emulator | None:
    """Return this folder's emulator if it is running.

    Raises:
        SandboxError: It was started by another version, whose record has other fields.
    """
    if not folder.is_running() or not folder.record.exists():
        return None
    record = json.loads(folder.record.read_text())
    try:
        return Emulator(**record | {"isolation_command": tuple(record["isolation_command"])})
    except (KeyError, TypeError):
        raise SandboxError(
            "another version of the sandbox started this emulator; stop it with: "
            f"bin/sandbox --name {folder.name} --down"
        ) from None


def start(folder: Folder) -> Emulator:
    """Start an emulator for this folder.

    Raises:
        SandboxError: It didn't start; the message has the end of its log, and the folder has been removed.
    """
    isolation_command = network.isolated_command_prefix()
    with folder.log.open("w") as log:
        process = subprocess.Popen(
            [*isolation_command, sys.executable, "-I", SERVER, str(folder.path), *isolation_command],
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
        emulator = find_running(folder) if ready else None
        if emulator is None:
            tail = "\n".join(folder.log.read_text().splitlines()[-5:])
            raise SandboxError(f"the emulator didn't start. The end of its log:\n{tail}")
        if isolation_command and not network.is_isolated(emulator.pid):
            raise SandboxError(f"{isolation_command[0]} didn't start the emulator in its own network namespace")
    except BaseException:  # KeyboardInterrupt too: no half-started emulator may remain
        process.kill()
        process.wait()
        shutil.rmtree(folder.path)
        raise
    return emulator


def stop(folder: Folder) -> None:
    """Stop the emulator, of this version or another, and remove its folder with the Pulumi state."""
    if folder.is_running() and folder.record.exists():
        os.kill(json.loads(folder.record.read_text())["pid"], signal.SIGTERM)
        folder.wait_until_stopped()
    shutil.rmtree(folder.path, ignore_errors=True)
