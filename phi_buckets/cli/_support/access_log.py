"""Destinations of a command's access log: a file, stderr, or both. By default, only CloudTrail records the accesses."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path

from phi_buckets.access_log import LOGGER
from phi_buckets.errors import ConfigurationError, PhiError


class AccessLogFile(logging.FileHandler):
    """A handler that appends to a file that only its owner can read. It raises PhiError if a line can't be written."""

    def __init__(self, path: Path) -> None:
        try:
            super().__init__(path, encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(
                f"--access-log can't be opened ({type(error).__name__}): check its folder and permissions"
            ) from None

    def _open(self) -> TextIOWrapper:
        file_descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return os.fdopen(file_descriptor, "a", encoding="utf-8")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - logging's own signature
        raise PhiError(
            "the access log can't be written: check its disk; the access itself may have succeeded"
        ) from None

    def close(self) -> None:
        with suppress(OSError):  # flushing a buffered line may fail again; handleError has reported it
            super().close()


@contextmanager
def access_logging(path: Path | None, verbose: bool) -> Iterator[None]:
    """Log accesses to the file at `path`, if given, while the block runs, and also to stderr if `verbose`."""
    handlers: list[logging.Handler] = [AccessLogFile(path)] if path else [logging.NullHandler()]
    if verbose:
        handlers.append(logging.StreamHandler())
    propagate, LOGGER.propagate = LOGGER.propagate, False
    for handler in handlers:
        LOGGER.addHandler(handler)
    try:
        yield
    finally:
        LOGGER.propagate = propagate
        for handler in handlers:
            LOGGER.removeHandler(handler)
            handler.close()
