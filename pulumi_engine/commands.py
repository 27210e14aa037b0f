"""Runs commands that are short and print little."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from pulumi_engine.messages import EngineError


class CommandError(EngineError):
    """A command failed. The message is the last line of its error output."""


def run(*command: str | Path, environment: Mapping[str, str], cwd: Path = Path("/"), timeout: float = 30) -> str:
    """Run a command and return its output.

    Args:
        command: The command and its arguments.
        environment: All its environment variables.
        cwd: The folder to run it in. In the root folder no project's files can affect the command.
        timeout: The time limit in seconds.

    Raises:
        CommandError: The command failed, couldn't be started or took too long.
    """
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"timed out after {timeout:g} s") from error
    except OSError as error:
        raise CommandError(str(error.strerror)) from error
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise CommandError(lines[-1] if lines else f"exit code {done.returncode}")
    return done.stdout.strip()
