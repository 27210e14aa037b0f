"""bin/sandbox: run a command against an embedded AWS, or stop it."""

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
from pulumi_engine.go import EngineError
from sandbox import emulator
from sandbox.emulator import Emulator
from sandbox.environment import environment
from sandbox.folder import Folder, SandboxError, folder

VENV = Path(sys.prefix)
GRACE = 5.0  # seconds that a command has to end when its emulator has died


def main() -> int:
    options = _options()
    try:
        home = folder(options.name)
        if options.down:
            with home.changing():
                emulator.stop(home)
            return 0
        built = engine.ensure()
        with home.changing():
            aws = emulator.running(home) or _start(home)
            _link(home.plugins, built.plugins)
        return _run(options.command, home, aws, environment(os.environ, home, aws, built.bin, VENV))
    except (SandboxError, EngineError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("sandbox: interrupted", file=sys.stderr)
        return 130


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="sandbox",
        allow_abbrev=False,  # `--do` must not be taken for `--down`
        usage="sandbox [--name NAME] COMMAND…  |  sandbox [--name NAME] --down",
        description="Runs a command against an embedded AWS, with the Pulumi engine on PATH, a Pulumi state of its "
        "own and made-up credentials. The program and its stack files stay as they are; real AWS can't be reached.",
    )
    parser.add_argument("--name", default="default", help="one of several sandboxes that are apart (default: default)")
    parser.add_argument("--down", action="store_true", help="stop the sandbox and clear all that it holds")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND…", help="what to run, and its arguments")
    options = parser.parse_args()
    if options.command[:1] == ["--"]:
        del options.command[0]
    if bool(options.command) == options.down:
        parser.error("give a command to run, such as: sandbox pulumi preview --stack dev; or --down")
    return options


def _start(home: Folder) -> Emulator:
    if home.path.exists():
        print(
            f"sandbox: the emulator of '{home.name}' has died, and its AWS with it; "
            "clearing the Pulumi state that described it",
            file=sys.stderr,
        )
        shutil.rmtree(home.path)
    for part in (home.path, home.state, home.plugins.parent):
        part.mkdir(parents=True)
    aws = emulator.start(home)
    print(f"sandbox: started '{home.name}', {_kept_out(aws)}; stop it with: bin/sandbox --down", file=sys.stderr)
    return aws


def _link(plugins: Path, to: Path) -> None:
    """Have the sandbox's plugins be the engine's, which is another engine when its sources have changed."""
    if not plugins.is_symlink() or plugins.readlink() != to:
        plugins.unlink(missing_ok=True)
        plugins.symlink_to(to)


def _kept_out(aws: Emulator) -> str:
    if aws.isolated:
        return "on a network of its own"
    return (
        "WITHOUT a network of its own, which this kernel refuses: real AWS is kept out by made-up credentials, "
        "a certificate authority of its own and a proxy that refuses"
    )


def _run(command: list[str], home: Folder, aws: Emulator, env: dict[str, str]) -> int:
    """Run the command to its end; end it if the emulator dies, since AWS clients would retry for minutes."""
    if shutil.which(command[0], path=env["PATH"]) is None:
        raise SandboxError(f"no such command: {command[0]}")
    child = subprocess.Popen([*aws.beside(), *command], env=env)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C reaches the command itself
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    died = threading.Event()

    def watch() -> None:
        home.wait_for_death()
        died.set()
        child.terminate()
        try:
            child.wait(GRACE)
        except subprocess.TimeoutExpired:
            child.kill()

    threading.Thread(target=watch, daemon=True).start()
    status = child.wait()
    if died.is_set():
        raise SandboxError(f"the emulator of '{home.name}' died while the command ran; its log: {home.log}")
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
