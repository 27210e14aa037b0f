"""The command line, `python -m phi`: a module for each subject, and one place where errors become exit codes."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from phi.errors import PhiError

app = typer.Typer(
    name="phi",
    help="Keep PHI in the stack's bucket, and prove that the live account holds to HIPAA's Security Rule.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # their frames show local variables
    add_completion=False,
)


@app.callback()
def phi() -> None:
    """So that a command has a name even where it is the only one."""


def main() -> None:
    """Every error of ours ends here: its message on stderr, its own exit code, and no traceback."""
    try:
        app()
    except PhiError as error:
        Console(stderr=True, soft_wrap=True, highlight=False).print(f"phi: {error}", markup=False)
        sys.exit(error.exit_code)
