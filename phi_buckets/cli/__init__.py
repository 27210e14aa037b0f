"""The command line, `phi`. Each command has its module; errors become exit codes here."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module, metadata
from types import FrameType
from typing import Annotated

import typer

from phi_buckets.errors import PhiError

INTERNAL_ERROR = 70  # EX_SOFTWARE of sysexits.h
STDOUT_ERROR = 74  # EX_IOERR
INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM
PIPE_CLOSED = 128 + signal.SIGPIPE

# The module that registers each command with `app`. Loading only one of them takes half as long as loading all.
OBJECTS_MODULE = "phi_buckets.cli.objects"
COMMANDS = {
    "access": "phi_buckets.cli.access",
    "audit": "phi_buckets.cli.audit",
    "cost": "phi_buckets.cli.cost",
    "restore-test": "phi_buckets.cli.restore_test",
    **dict.fromkeys(("put", "get", "ls", "versions", "restore", "rm", "url"), OBJECTS_MODULE),
}

app = typer.Typer(
    name="phi",
    help="Store PHI in the stack's bucket, and audit the live account against the HIPAA Security Rule.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # their tracebacks show local variables
    add_completion=False,
)


def _print_version(requested: bool) -> None:
    if requested:
        typer.echo(f"phi {metadata.version('phi-buckets')}")
        raise typer.Exit


@app.callback()
def phi(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Define `--version`. With this callback, Typer requires a command name even if only one command is loaded."""


def main() -> None:
    """Run a command and exit with its code. An error prints a message without a traceback, which could show values."""
    signal.signal(signal.SIGTERM, _terminate)
    with _warnings_on_stderr():
        sys.exit(_run(sys.argv[1:]))


def load_commands(name: str) -> None:
    """Import the module of a command, which registers it; all modules if there is no such command."""
    for module in sorted({COMMANDS[name]} if name in COMMANDS else {*COMMANDS.values()}):
        import_module(module)


def _run(arguments: list[str]) -> int:
    try:
        code = _invoke(arguments)
        sys.stdout.flush()
        return code
    except PhiError as error:
        _print_error(str(error))
        return error.exit_code
    except typer.Abort:
        _print_error("canceled; nothing was changed")
        return 1
    except typer.TyperException as error:
        if arguments:  # without arguments, Typer has printed the help
            _print_error(_usage_message(error))
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _close_stdout()
        return PIPE_CLOSED
    except OSError as error:  # other files have their own errors
        _print_error(f"stdout can't be written: {error.strerror}")
        _close_stdout()
        return STDOUT_ERROR
    except Exception as error:  # noqa: BLE001 - the message of any exception may contain a value
        _print_error(f"internal error ({type(error).__name__}); please report it with the steps to reproduce it")
        return INTERNAL_ERROR


def _invoke(arguments: list[str]) -> int:
    load_commands(arguments[0] if arguments else "")
    command = typer.main.get_command(app)  # app() would end with exit code 1 when a pipe is closed
    try:
        with command.make_context("phi", arguments) as context:
            command.invoke(context)
    except typer.Exit as exit_:
        return exit_.exit_code
    return 0


@contextmanager
def _warnings_on_stderr() -> Iterator[None]:
    """Print phi's log warnings to stderr."""
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    handler.setFormatter(logging.Formatter("phi: warning: %(message)s"))
    logging.getLogger("phi_buckets").addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger("phi_buckets").removeHandler(handler)


def _close_stdout() -> None:
    """Redirect stdout to /dev/null: Python flushes it at exit, and would print an error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_error(message: str) -> None:
    typer.echo(f"phi: {message}", err=True)


def _usage_message(error: typer.TyperException) -> str:
    """Return Typer's message without the arguments that it repeats, which may be record IDs."""
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if message.startswith("Got unexpected extra argument"):
        message = "too many arguments"
    if message.startswith("No such command"):
        message = f"unknown command; use one of: {', '.join(sorted(context.command.commands))}" if context else ""
    return f"{message.rstrip('.')}. See: {context.command_path if context else 'phi'} --help"


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    """Exit through an exception, as on an interrupt, so that work in progress is cleaned up."""
    raise SystemExit(TERMINATED)
