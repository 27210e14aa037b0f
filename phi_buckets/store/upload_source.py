"""The source of an upload, as a stream of parts that is read once."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from phi_buckets.errors import ConfigurationError, IntegrityError

Source = Path | BinaryIO | bytes
"""A file, an open binary file that is read from its current position, or the content itself."""


@dataclass
class SourceStream:
    """A source that is being read.

    Attributes:
        size: In bytes; None if it isn't known before the end.
        stamp: The file's size and modification time when it was opened; None if they aren't checked.
        position: How many bytes have been read so far.
    """

    file: IO[bytes]
    size: int | None
    stamp: tuple[int, int] | None = None
    position: int = 0

    def read_part(self, size: int) -> bytes:
        """Return the next `size` bytes, or fewer at the end.

        Raises:
            IntegrityError: At the end, if the source changed while it was read.
        """
        chunks: list[bytes] = []
        remaining = size
        while remaining and (chunk := self._read(remaining)):
            chunks.append(chunk)
            remaining -= len(chunk)
        self.position += size - remaining
        if remaining:
            self._require_unchanged()
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _read(self, max_bytes: int) -> bytes:
        try:
            chunk = self.file.read(max_bytes)
        except OSError as error:
            raise ConfigurationError(f"the source can't be read: {error.strerror or type(error).__name__}") from None
        if not isinstance(chunk, bytes):
            raise ConfigurationError("the source must be a blocking binary file: open it with mode rb")
        return chunk

    def _require_unchanged(self) -> None:
        truncated_or_grown = self.size is not None and self.position != self.size
        if truncated_or_grown or (self.stamp and self.stamp != _size_and_mtime(self.file)):
            raise IntegrityError("the source changed while it was read; nothing was stored, so try again")


@contextmanager
def open_source(source: Source) -> Iterator[SourceStream]:
    """Open a source and yield its stream. Raises ConfigurationError, without the file's name, if it can't be read."""
    if isinstance(source, bytes):
        yield SourceStream(io.BytesIO(source), len(source))
    elif isinstance(source, Path):
        try:
            file = source.open("rb")
        except OSError as error:
            raise ConfigurationError(f"the source can't be read: {error.strerror or type(error).__name__}") from None
        with file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                yield SourceStream(file, _remaining_bytes(file), _size_and_mtime(file))
            else:
                yield SourceStream(file, None)
    elif hasattr(source, "read"):
        yield SourceStream(source, _remaining_bytes(source))
    else:
        raise ConfigurationError("the source must be a Path, an open binary file or bytes")


def _remaining_bytes(file: IO[bytes]) -> int | None:
    """Return how many bytes follow the current position, or None if the file isn't seekable."""
    try:
        if not file.seekable():
            return None
        position = file.tell()
        end = file.seek(0, os.SEEK_END)
        file.seek(position)
    except (AttributeError, OSError):
        return None
    return max(0, end - position)


def _size_and_mtime(file: IO[bytes]) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns
