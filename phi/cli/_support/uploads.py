"""Files that are sent, and what became of each however that ends: a stored object whose key nobody knows is lost.

A file is told by its place among those given, never by its name, which may be somebody's.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from types import FrameType

from phi.errors import ConfigurationError, IntegrityError, PhiError, BatchError, UnavailableError, WrongKeyError
from phi.object_keys import new_key
from phi.store import PhiStore, Source, StoredObject

# After these S3 may hold the object nevertheless.
UNSURE = (IntegrityError, UnavailableError, WrongKeyError)


class StoppedError(Exception):
    """Raised within an upload, so that it ends and its parts are taken back."""


@dataclass
class Uploads:
    """Of files, each with the key it is to have. By place, from 0: stored, failed, and how many were begun."""

    files: Sequence[Path]
    keys: Sequence[str]
    stored: dict[int, StoredObject] = field(default_factory=dict)
    failed: dict[int, PhiError] = field(default_factory=dict)
    begun: int = 0

    @classmethod
    def of(cls, files: Sequence[Path], key: str | None) -> Uploads:
        """key: of the only file; None for a random one each."""
        return cls(files, [key or new_key() for _ in files])

    def send(self, store: PhiStore, metadata: Mapping[str, str], advance: Callable[[int], None]) -> None:
        """advance is called with the bytes sent since. What is known is here even where this raises."""
        with _interrupt() as interrupted:

            def advance_or_stop(sent: int) -> None:
                if interrupted.is_set():
                    raise StoppedError
                advance(sent)

            try:
                if len(self.files) == 1:  # with all that the store does at once
                    ((source, key),) = self._sources()
                    self.stored[0] = store.upload(source, key, metadata=metadata, progress=advance_or_stop)
                else:
                    for place, stored in store.upload_many(
                        self._sources(), metadata=metadata, progress=advance_or_stop
                    ):
                        self.stored[place] = stored
            except BatchError as error:
                self.failed |= error.failed
                raise
            except PhiError as error:
                self.failed[0] = error
                raise

    def told(self) -> list[str]:
        """A line for each file that was begun and isn't known to be stored."""
        lines: list[str] = []
        for place in range(self.begun):
            if place in self.stored:
                continue
            error = self.failed.get(place)
            why = [f": {error}"] if error and len(self.files) > 1 else []
            if not error or isinstance(error, UNSURE):
                why.append(f"; it may be stored nevertheless, as {self.keys[place]}")
            if why:
                lines.append(f"file {place + 1} of {len(self.files)}{''.join(why)}")
        return lines

    def _sources(self) -> Iterator[tuple[Source, str]]:
        for file, key in zip(self.files, self.keys, strict=True):
            self.begun += 1
            yield (sys.stdin.buffer if str(file) == "-" else file), key


def check(files: Sequence[Path]) -> None:
    """Raises ConfigurationError for every file that can't be sent, before any is."""
    alone = len(files) == 1
    faults = [f"file {place} {why}" for place, file in enumerate(files, 1) if (why := _why_unfit(file, alone))]
    if faults:
        raise ConfigurationError(f"nothing was sent: {'; '.join(faults)}")


def size_of(files: Sequence[Path]) -> int | None:
    """In bytes; None where one is a pipe."""
    return None if any(not file.is_file() for file in files) else sum(file.stat().st_size for file in files)


def _why_unfit(file: Path, alone: bool) -> str | None:
    """A pipe that stalls keeps a thread from ending: it is sent alone, without one."""
    try:
        if file.is_dir():
            return "is a folder"
        if str(file) == "-" or file.is_fifo():
            return None if alone else "is a pipe: send it by itself"
        file.open("rb").close()
    except (OSError, ValueError) as error:
        return f"can't be read ({type(error).__name__})"
    return None


@contextmanager
def _interrupt() -> Iterator[Event]:
    """Set as an interrupt comes, before it is raised: the threads that send see it, and aren't waited for till the end.

    Else a file of a terabyte would be sent whole before Ctrl-C took effect.
    """
    event = Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handle(number: int, frame: FrameType | None) -> None:
        event.set()
        then = before[signal.Signals(number)]
        if callable(then):
            then(number, frame)

    handled = [number for number, then in before.items() if callable(then)]
    for number in handled:
        signal.signal(number, handle)
    try:
        yield event
    finally:
        for number in handled:
            signal.signal(number, before[number])
