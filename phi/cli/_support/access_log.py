"""Where a command's access log goes: nowhere by itself, as AWS keeps its own; to a file, to stderr, or to both."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path

from phi.access_log import LOGGER
from phi.errors import ConfigurationError, PhiError


class Kept(logging.FileHandler):
    """A file that only its owner reads, appended to. A line that can't be kept is an error, not a notice."""

    def __init__(self, path: Path) -> None:
        try:
            super().__init__(path, encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(f"--access-log can't be written: {type(error).__name__}") from None

    def _open(self) -> TextIOWrapper:
        file = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return os.fdopen(file, "a", encoding="utf-8")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - logging's own signature
        raise PhiError("the access log can't be written, see its disk; the access itself may have been made") from None

    def close(self) -> None:
        with suppress(OSError):  # a line that is left over, of which was told
            super().close()


@contextmanager
def written(path: Path | None, verbose: bool) -> Iterator[None]:
    """While it lasts, accesses are logged to the file and, if verbose, to stderr."""
    handlers: list[logging.Handler] = [Kept(path)] if path else [logging.NullHandler()]
    if verbose:
        handlers.append(logging.StreamHandler())
    propagated, LOGGER.propagate = LOGGER.propagate, False
    for handler in handlers:
        LOGGER.addHandler(handler)
    try:
        yield
    finally:
        LOGGER.propagate = propagated
        for handler in handlers:
            LOGGER.removeHandler(handler)
            handler.close()
