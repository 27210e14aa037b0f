"""Files that are whole or not there at all, and that only their owner reads."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from phi.errors import ConfigurationError


@contextmanager
def atomic_replace(path: Path) -> Iterator[IO[bytes]]:
    """A file beside this one that takes its place at the end, or goes. Raises OSError where it can't be written."""
    with tempfile.NamedTemporaryFile(prefix=".phi-", dir=path.parent, delete=False) as file:
        unfinished = Path(file.name)
        try:
            yield file.file
            file.flush()
            os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise


def write_atomically(path: Path, text: str) -> None:
    """Replaces a file at once. Raises ConfigurationError where it can't be written."""
    try:
        with atomic_replace(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise ConfigurationError(f"{path} can't be written: {error.strerror}") from None
