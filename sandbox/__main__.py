"""bin/sandbox: run a command against an embedded AWS, or stop that AWS."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from pulumi_engine import engine
from pulumi_engine.messages import EngineError
from sandbox import emulator
from sandbox.emulator import Emulator
from sandbox.environment import build_environment
from sandbox.folder import Folder, SandboxError, sandbox_folder

VENV = Path(sys.prefix)
DEFAULT_NAME = "default"
GRACE_SECONDS = 5.0  # the time that the command has to exit after its emulator has died


def main() -> int:
    options = _options()
    try:
        folder = sandbox_folder(options.name)
        if options.down:
            with folder.locked():
                emulator.stop(folder)
            return 0
        pulumi = engine.ensure_engine()
        with folder.locked():
            aws = emulator.find_running(folder) or _start(folder)
            _link(folder.plugins, pulumi.plugins)
        return _run(options.command, folder, aws, build_environment(os.environ, folder, aws, pulumi.bin, VENV))
    except (SandboxError, EngineError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("sandbox: interrupted", file=sys.stderr)
        return 130


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/sandbox",
        allow_abbrev=False,  # `--do` must not mean `--down`
        usage="bin/sandbox [--name NAME] COMMAND…  |  bin/sandbox [--name NAME] --down",
        description="Run a command against an embedded AWS, with the Pulumi engine on PATH, a separate Pulumi state "
        "and made-up credentials. Your program and stack files are not changed; real AWS can't be reached.",
    )
    parser.add_argument("--name", default=DEFAULT_NAME, help="name of an independent sandbox (default: default)")
    parser.add_argument("--down", action="store_true", help="stop the sandbox and delete its state")
    parser.add_argument(
        "command", nargs=argparse.REMAINDER, metavar="COMMAND…", help="command to run, with its arguments"
    )
    options = parser.parse_args()
    if options.command[:1] == ["--"]:
        del options.command[0]
    if bool(options.command) == options.down:
        parser.error("give either a command, such as `bin/sandbox pulumi preview --stack dev`, or --down")
    return options


def _start(folder: Folder) -> Emulator:
    if folder.path.exists():
        print(
            f"sandbox: the emulator of '{folder.name}' has died and its AWS resources are lost; "
            "clearing the Pulumi state that described them",
            file=sys.stderr,
        )
        shutil.rmtree(folder.path)
    for path in (folder.path, folder.state, folder.plugins.parent):
        path.mkdir(parents=True)
    aws = emulator.start(folder)
    stop = "bin/sandbox --down" if folder.name == DEFAULT_NAME else f"bin/sandbox --name {folder.name} --down"
    print(f"sandbox: started '{folder.name}', {_describe_isolation(aws)}; stop it with: {stop}", file=sys.stderr)
    return aws


def _link(plugins: Path, engine_plugins: Path) -> None:
    """Link the sandbox's plugin folder to the engine's. The path of that folder changes with the engine's sources."""
    if not plugins.is_symlink() or plugins.readlink() != engine_plugins:
        plugins.unlink(missing_ok=True)
        plugins.symlink_to(engine_plugins)


def _describe_isolation(aws: Emulator) -> str:
    if aws.isolated:
        return "in its own network namespace"
    return (
        "WITHOUT its own network namespace, which this kernel doesn't allow: only made-up credentials, a private "
        "certificate authority and a proxy that rejects every request keep the command away from real AWS"
    )


def _run(command: list[str], folder: Folder, aws: Emulator, env: dict[str, str]) -> int:
    """Run the command and return its exit code.

    If the emulator dies, the command is ended, because AWS clients would retry for minutes.

    Raises:
        SandboxError: The command isn't found, or the emulator died.
    """
    if shutil.which(command[0], path=env["PATH"]) is None:
        raise SandboxError(f"command not found: {command[0]}")
    child = subprocess.Popen([*aws.command_prefix(), *command], env=env)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C reaches the command itself
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    died = threading.Event()

    def watch() -> None:
        folder.wait_until_stopped()
        died.set()
        child.terminate()
        try:
            child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()

    threading.Thread(target=watch, daemon=True).start()
    status = child.wait()
    if died.is_set():
        raise SandboxError(f"the emulator of '{folder.name}' died while the command was running; its log: {folder.log}")
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
