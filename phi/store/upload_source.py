"""What is to be sent, as a stream of parts that is read once."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from phi.errors import ConfigurationError, IntegrityError

Source = Path | BinaryIO | bytes
"""A file, an open binary file from where it stands, or the content itself."""


@dataclass
class Stream:
    """size: in bytes, where it is known before it is read. at: how much was read."""

    file: IO[bytes]
    size: int | None
    stamp: tuple[int, int] | None = None
    at: int = 0

    def part(self, size: int) -> bytes:
        """So many bytes; fewer at the end alone, where it raises IntegrityError if the source changed meanwhile."""
        chunks: list[bytes] = []
        left = size
        while left and (chunk := self._read(left)):
            chunks.append(chunk)
            left -= len(chunk)
        self.at += size - left
        if left:
            self._check()
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _read(self, most: int) -> bytes:
        try:
            chunk = self.file.read(most)
        except OSError as error:
            raise ConfigurationError(f"the source can't be read: {error.strerror or type(error).__name__}") from None
        if not isinstance(chunk, bytes):
            raise ConfigurationError("the source must be a binary file that waits for its data: open it with mode rb")
        return chunk

    def _check(self) -> None:
        if (self.size is not None and self.at != self.size) or (self.stamp and self.stamp != _stamp(self.file)):
            raise IntegrityError("the source changed while it was read; nothing of it was kept, send it again")


@contextmanager
def reading(source: Source) -> Iterator[Stream]:
    """Raises ConfigurationError where it can't be read, without its name."""
    if isinstance(source, bytes):
        yield Stream(io.BytesIO(source), len(source))
    elif isinstance(source, Path):
        try:
            file = source.open("rb")
        except OSError as error:
            raise ConfigurationError(f"the source can't be read: {error.strerror or type(error).__name__}") from None
        with file:
            regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            yield Stream(file, _left(file), _stamp(file)) if regular else Stream(file, None)
    elif hasattr(source, "read"):
        yield Stream(source, _left(source))
    else:
        raise ConfigurationError("the source must be a Path, an open binary file or bytes")


def _left(file: IO[bytes]) -> int | None:
    """How much is to be read, where it can be told without reading it."""
    try:
        if not file.seekable():
            return None
        here = file.tell()
        end = file.seek(0, os.SEEK_END)
        file.seek(here)
    except (AttributeError, OSError):
        return None
    return max(0, end - here)


def _stamp(file: IO[bytes]) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns
