"""A sandbox's folder: what it holds, who may change it, and whether its emulator lives."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class SandboxError(Exception):
    """Something the user can mend; the message says what and how."""


@dataclass(frozen=True)
class Folder:
    """The folder of one sandbox: the emulator's record and the Pulumi state, removed together."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def record(self) -> Path:
        """JSON of the running emulator."""
        return self.path / "emulator.json"

    @property
    def alive(self) -> Path:
        """Locked by the emulator for as long as it runs: the kernel frees it however the process ends."""
        return self.path / "alive"

    @property
    def log(self) -> Path:
        return self.path / "emulator.log"

    @property
    def ca(self) -> Path:
        return self.path / "ca.pem"

    @property
    def state(self) -> Path:
        """Pulumi's file backend."""
        return self.path / "state"

    @property
    def pulumi_home(self) -> Path:
        return self.path / "pulumi"

    @property
    def plugins(self) -> Path:
        """Where Pulumi looks for plugins: a link to the engine's."""
        return self.pulumi_home / "plugins"

    def stack_file(self, project: str, stack: str) -> Path:
        """The stack's file as the engine reads it here: the user's settings with the sandbox's own encryption."""
        return self.path / "stacks" / project / f"Pulumi.{stack}.yaml"

    def emulator_lives(self) -> bool:
        try:
            with self.alive.open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def wait_for_death(self) -> None:
        """Block until the emulator has ended."""
        with self.alive.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold off every other command that would start or stop this sandbox."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = (self.path.parent / f".{self.name}.lock").open("w")
        except OSError as error:
            raise SandboxError(
                f"can't write to {self.path.parent} ({error.strerror}). "
                "Set SANDBOX_HOME to a folder that you can write to."
            ) from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def folder(name: str) -> Folder:
    """The folder of the sandbox `name`, under $SANDBOX_HOME or the checkout's .sandbox/.

    Raises SandboxError if the name can't be a folder's.
    """
    if not NAME.fullmatch(name):
        raise SandboxError(f"{name!r} can't name a sandbox: use up to 40 of a-z, 0-9 and -, such as 'dev'.")
    return Folder(Path(os.environ.get("SANDBOX_HOME") or ROOT / ".sandbox").resolve() / name)
