"""An object's content into a file, which is there whole and verified or not at all, or into an open file."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from phi.atomic_files import atomic_replace
from phi.errors import ConfigurationError
from phi.store import checksum, concurrent
from phi.store.download_stream import CHUNK, Opened, Span, Verified, verify

MOST_OF_SPAN = 64 << 20  # bytes that are asked for in one request

Progress = Callable[[int], object]


def to_path(opened: Opened, target: Path, at_once: int, progress: Progress) -> None:
    """A large object comes in spans side by side, and progress is then called in other threads, one at a time.

    Raises ConfigurationError where the file can't be written.
    """
    with _replaced(target) as file:
        if opened.part_size and opened.part_size < opened.stored.size:
            _in_parts(opened, opened.part_size, file, at_once, progress)
        else:
            to_file(opened, file, progress)


def to_file(opened: Opened, target: IO[bytes], progress: Progress) -> None:
    """In order, as for a pipe. What is written before an IntegrityError must not be used."""
    with Verified(opened) as stream:
        while data := stream.read(CHUNK):
            _write(target, data)
            progress(len(data))


def _in_parts(opened: Opened, part_size: int, file: IO[bytes], at_once: int, progress: Progress) -> None:
    size = opened.stored.size
    step = part_size * min(-(-size // (part_size * at_once)), max(1, MOST_OF_SPAN // part_size))
    told, ended = threading.Lock(), threading.Event()

    def span(start: int) -> list[str]:
        """The checksums of some parts, which are then in the file. The first come by the stream that is open."""
        running, at = checksum.Running(part_size), start
        with closing(Span(opened, start, min(start + step, size), None if start else opened.body)) as content:
            while not ended.is_set() and (data := content.read(CHUNK)):
                running.update(data)
                _write_at(file.fileno(), data, at)
                at += len(data)
                with told:
                    progress(len(data))
        return running.parts()

    tasks = (partial(span, start) for start in range(0, size, step))
    with closing(concurrent.results(tasks, at_once)) as done:
        try:
            verify(opened, checksum.of_parts(sha256 for parts in done for sha256 in parts))
        finally:
            ended.set()


@contextmanager
def _replaced(target: Path) -> Iterator[IO[bytes]]:
    """A file beside the target, that only its owner reads, and that takes the target's place at the end."""
    if target.is_dir():
        raise ConfigurationError("the target is a folder: name a file in it")
    try:
        with atomic_replace(target) as file:
            yield file
    except OSError as error:
        raise ConfigurationError(f"the target can't be written: {error.strerror or type(error).__name__}") from None


def _write(target: IO[bytes], data: bytes) -> None:
    rest = memoryview(data)
    while rest:  # a raw file may take less than it is given
        taken = target.write(rest)
        rest = rest[taken:] if taken else rest[len(rest) :]


def _write_at(file: int, data: bytes, at: int) -> None:
    rest = memoryview(data)
    while rest:
        taken = os.pwrite(file, rest, at)
        rest, at = rest[taken:], at + taken
