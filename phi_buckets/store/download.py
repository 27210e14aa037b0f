"""Download of an object into a file, which appears only once it is complete and verified, or into an open file."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from phi_buckets.atomic_files import atomic_replace
from phi_buckets.errors import ConfigurationError
from phi_buckets.store import checksum
from phi_buckets.store.concurrent import run_concurrently
from phi_buckets.store.download_stream import CHUNK_BYTES, OpenObject, RangeReader, VerifiedStream, verify_content
from phi_buckets.store.objects import Progress

MAX_RANGE_BYTES = 64 << 20  # the most to download in one request


def to_path(source: OpenObject, target: Path, max_concurrency: int, progress: Progress) -> None:
    """Download an object into a file.

    Args:
        source: The object.
        target: The file. It is replaced atomically, once the content is verified.
        max_concurrency: How many ranges of a large object to download at a time.
        progress: Called with the number of bytes received since the last call; for a large object in other threads,
            but never concurrently.

    Raises:
        ConfigurationError: The file can't be written.
    """
    with _atomic_target(target) as file:
        if source.part_size and source.part_size < source.stored.size:
            _download_ranges(source, source.part_size, file, max_concurrency, progress)
        else:
            to_file(source, file, progress)


def to_file(source: OpenObject, target: IO[bytes], progress: Progress) -> None:
    """Write an object sequentially to an open file, such as a pipe. If this raises, discard what was written."""
    with VerifiedStream(source) as stream:
        while data := stream.read(CHUNK_BYTES):
            _write_all(target, data)
            progress(len(data))


def _download_ranges(
    source: OpenObject, part_size: int, file: IO[bytes], max_concurrency: int, progress: Progress
) -> None:
    size = source.stored.size
    # A range consists of whole parts: as many as let all threads share the object, up to MAX_RANGE_BYTES.
    range_size = part_size * min(-(-size // (part_size * max_concurrency)), max(1, MAX_RANGE_BYTES // part_size))
    progress_lock, stop = threading.Lock(), threading.Event()

    def download_range(start: int) -> list[str]:
        """Write a range to the file and return its parts' checksums. The first range reads the open response body."""
        running, position = checksum.RunningChecksum(part_size), start
        body = None if start else source.body
        with closing(RangeReader(source, start, min(start + range_size, size), body)) as reader:
            while not stop.is_set() and (data := reader.read(CHUNK_BYTES)):
                running.update(data)
                _write_all_at(file.fileno(), data, position)
                position += len(data)
                with progress_lock:
                    progress(len(data))
        return running.part_values()

    tasks = (partial(download_range, start) for start in range(0, size, range_size))
    with closing(run_concurrently(tasks, max_concurrency)) as results:
        try:
            verify_content(source, checksum.composite_sha256(sha256 for parts in results for sha256 in parts))
        finally:
            stop.set()


def require_not_folder(target: Path) -> None:
    """Raise ConfigurationError if the target is a folder."""
    if target.is_dir():
        raise ConfigurationError("the target is a folder: give the name of a file in it")


@contextmanager
def _atomic_target(target: Path) -> Iterator[IO[bytes]]:
    """Yield a temporary file that replaces the target, without naming the target in errors."""
    require_not_folder(target)
    try:
        with atomic_replace(target) as file:
            yield file
    except OSError as error:
        raise ConfigurationError(f"the target can't be written: {error.strerror or type(error).__name__}") from None


def _write_all(target: IO[bytes], data: bytes) -> None:
    remaining = memoryview(data)
    while remaining:  # a raw file may write less than it gets
        written = target.write(remaining)  # None from a file-like object that doesn't count
        remaining = remaining[written:] if written else remaining[len(remaining) :]


def _write_all_at(file_descriptor: int, data: bytes, position: int) -> None:
    remaining = memoryview(data)
    while remaining:
        written = os.pwrite(file_descriptor, remaining, position)
        remaining, position = remaining[written:], position + written
