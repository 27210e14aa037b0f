"""The command line, `python -m phi`: a module for each subject, and one place where errors become exit codes."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FrameType
from typing import Annotated

import typer

from phi import __version__
from phi.errors import PhiError

INTERNAL = 70  # EX_SOFTWARE of sysexits.h
STDOUT_FULL = 74  # EX_IOERR
INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM
PIPE_CLOSED = 128 + signal.SIGPIPE

# The module that registers each command with `app`. One alone takes half the time to load that all do.
OBJECTS = "phi.cli.objects"
COMMANDS = {
    "audit": "phi.cli.audit",
    "cost": "phi.cli.cost",
    "drill": "phi.cli.restore_test",
    **dict.fromkeys(("put", "get", "ls", "versions", "restore", "rm", "url"), OBJECTS),
}

app = typer.Typer(
    name="phi",
    help="Keep PHI in the stack's bucket, and prove that the live account holds to HIPAA's Security Rule.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # their frames show local variables
    add_completion=False,
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"phi {__version__}")
        raise typer.Exit


@app.callback()
def phi(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """So that a command has a name even where it is the only one."""


def main() -> None:
    """Every error ends here: a message on stderr, its own exit code, and no traceback, which could show values."""
    signal.signal(signal.SIGTERM, _terminate)
    with _warnings():
        sys.exit(_run(sys.argv[1:]))


def load(name: str) -> None:
    """Registers the command of this name, with its module's others; all, where there is none of the name."""
    for module in sorted({COMMANDS[name]} if name in COMMANDS else {*COMMANDS.values()}):
        import_module(module)


def _run(arguments: list[str]) -> int:
    try:
        code = _called(arguments)
        sys.stdout.flush()
        return code
    except PhiError as error:
        _say(str(error))
        return error.exit_code
    except typer.Abort:
        _say("nothing was done")
        return 1
    except typer.TyperException as error:
        if arguments:  # else it has shown the help
            _say(_of_usage(error))
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _close_stdout()
        return PIPE_CLOSED
    except OSError as error:  # all that is read or written elsewhere has its own error
        _say(f"stdout can't be written: {error.strerror}")
        _close_stdout()
        return STDOUT_FULL
    except Exception as error:  # noqa: BLE001 - whatever it is, its text may hold a value
        _say(f"a fault of phi's own, {type(error).__name__}; please report how it came about")
        return INTERNAL


def _called(arguments: list[str]) -> int:
    load(arguments[0] if arguments else "")
    command = typer.main.get_command(app)  # called as a whole, it would turn a closed pipe into a 1, as failure is
    try:
        with command.make_context("python -m phi", arguments) as context:
            command.invoke(context)
    except typer.Exit as ended:
        return ended.exit_code
    return 0


@contextmanager
def _warnings() -> Iterator[None]:
    """What phi warns of, on stderr."""
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    handler.setFormatter(logging.Formatter("phi: warning: %(message)s"))
    logging.getLogger("phi").addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger("phi").removeHandler(handler)


def _close_stdout() -> None:
    """Python flushes it once more as it ends, and would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(message: str) -> None:
    typer.echo(f"phi: {message}", err=True)


def _of_usage(error: typer.TyperException) -> str:
    """What is wrong with the call. Typer repeats arguments that it can't place, which may be a record's id."""
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if message.startswith("Got unexpected extra argument"):
        message = "there are more arguments than it takes"
    if message.startswith("No such command"):
        message = f"there is no such command, only: {', '.join(sorted(context.command.commands))}" if context else ""
    return f"{message.rstrip('.')}. See: {context.command_path if context else 'phi'} --help"


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    """As an interrupt does, so that what was begun is undone."""
    raise SystemExit(TERMINATED)
