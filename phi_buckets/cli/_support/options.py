"""Options that several commands share, each with one name and one help text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

OutputsOption = Annotated[
    Path | None,
    typer.Option("--outputs", help="JSON file of the stack's outputs, or - for stdin. By default, read from Pulumi."),
]
StackOption = Annotated[
    str | None, typer.Option("--stack", help="Pulumi stack whose outputs to read. By default, the selected stack.")
]
BucketOption = Annotated[
    str | None,
    typer.Option(
        "--bucket",
        metavar="NAME",
        help="PHI bucket, by its name in phi:buckets; required if the stack has several.",
    ),
]
AccessLogOption = Annotated[
    Path | None,
    typer.Option(
        "--access-log",
        envvar="PHI_ACCESS_LOG",
        help="File to append the access log to: a line of JSON for each access.",
    ),
]
UserReferenceOption = Annotated[
    str | None,
    typer.Option(
        "--user-reference",
        envvar="PHI_USER_REFERENCE",
        help="Opaque reference of the person who runs the command, for the access log: a random UUID, or one that phi "
        "made.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")]
