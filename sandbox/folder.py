"""A sandbox's folder: its paths, its lock, and whether its emulator is running."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VALID_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class SandboxError(Exception):
    """An error that the user can fix; the message says how."""


@dataclass(frozen=True)
class Folder:
    """A sandbox's folder. It holds the emulator's record and the Pulumi state, which are removed together."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def record(self) -> Path:
        """The running `Emulator` as JSON."""
        return self.path / "emulator.json"

    @property
    def lock_file(self) -> Path:
        """A file that the emulator locks while it runs. The kernel releases the lock however the process ends."""
        return self.path / "alive"

    @property
    def log(self) -> Path:
        return self.path / "emulator.log"

    @property
    def ca(self) -> Path:
        return self.path / "ca.pem"

    @property
    def state(self) -> Path:
        """The folder of Pulumi's file backend."""
        return self.path / "state"

    @property
    def pulumi_home(self) -> Path:
        return self.path / "pulumi"

    @property
    def plugins(self) -> Path:
        """Pulumi's plugin folder: a link to the engine's."""
        return self.pulumi_home / "plugins"

    def stack_file(self, project: str, stack: str) -> Path:
        """Return the stack file that the engine reads: the user's settings with the sandbox's encryption."""
        return self.path / "stacks" / project / f"Pulumi.{stack}.yaml"

    def is_running(self) -> bool:
        try:
            with self.lock_file.open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def wait_until_stopped(self) -> None:
        """Block until the emulator has exited."""
        with self.lock_file.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock that a command needs to start or stop this sandbox."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = (self.path.parent / f".{self.name}.lock").open("w")
        except OSError as error:
            raise SandboxError(
                f"can't write to {self.path.parent} ({error.strerror}). Set SANDBOX_HOME to a writable folder."
            ) from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def sandbox_folder(name: str) -> Folder:
    """Return the folder of the sandbox `name`, under $SANDBOX_HOME or the checkout's .sandbox/.

    Raises:
        SandboxError: The name is invalid.
    """
    if not VALID_NAME.fullmatch(name):
        raise SandboxError(
            f"{name!r} is not a valid sandbox name: use at most 40 characters of a-z, 0-9 and -, such as 'dev'."
        )
    return Folder(Path(os.environ.get("SANDBOX_HOME") or ROOT / ".sandbox").resolve() / name)
