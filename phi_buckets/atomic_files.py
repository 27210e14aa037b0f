"""Files that are replaced atomically, and that only their owner can read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from phi_buckets.errors import ConfigurationError


@contextmanager
def atomic_replace(path: Path) -> Iterator[IO[bytes]]:
    """Yield a temporary file in the same folder, which replaces `path` when the block succeeds.

    If the block raises, the temporary file is deleted and `path` stays as it was.

    Raises:
        OSError: The file can't be written.
    """
    with tempfile.NamedTemporaryFile(prefix=".phi-", dir=path.parent, delete=False) as file:
        temporary = Path(file.name)
        try:
            yield file.file
            file.flush()
            os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def write_atomically(path: Path, text: str) -> None:
    """Write a text file atomically. Raises ConfigurationError if it can't be written."""
    try:
        with atomic_replace(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise ConfigurationError(f"{path} can't be written: {error.strerror}") from None
