"""An object's content into a file, which is there whole and verified or not at all, or into an open file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any

from phi.errors import ConfigurationError
from phi.store import checksum, side_by_side
from phi.store.reading import CHUNK, Opened, Span, Verified, verify

Progress = Callable[[int], object]


def to_path(opened: Opened, target: Path, at_once: int, progress: Progress) -> None:
    """Large objects come in parts, side by side. Raises ConfigurationError where the file can't be written."""
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
    bodies: list[Any] = [opened.body]  # the first part comes by the stream that is open

    def part(start: int) -> tuple[int, str]:
        span = Span(opened, start, min(start + part_size, size), bodies.pop() if start == 0 else None)
        running, at = checksum.Running(), start
        with closing(span):
            while data := span.read(CHUNK):
                running.update(data)
                _write_at(file.fileno(), data, at)
                at += len(data)
        return at - start, running.told()

    told: list[str] = []
    tasks = (partial(part, start) for start in range(0, size, part_size))
    with closing(side_by_side.results(tasks, at_once)) as done:
        for count, sha256 in done:
            told.append(sha256)
            progress(count)
    verify(opened, checksum.of_parts(told))


@contextmanager
def _replaced(target: Path) -> Iterator[IO[bytes]]:
    """A file beside the target, that only its owner reads, and that takes the target's place at the end."""
    if target.is_dir():
        raise ConfigurationError("the target is a folder: name a file in it")
    try:
        with tempfile.NamedTemporaryFile(prefix=".phi-", dir=target.parent, delete=False) as file:
            unfinished = Path(file.name)
            try:
                yield file.file
                file.flush()
                os.fsync(file.fileno())
                unfinished.replace(target)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise
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
