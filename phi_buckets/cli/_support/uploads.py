"""Upload of files. A failed command reports the key of each object too: an object whose key isn't known is lost.

Messages identify a file by its position in the arguments, never by its name, which may identify a patient.
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

from phi_buckets.errors import BatchError, ConfigurationError, IntegrityError, PhiError, UnavailableError, WrongKeyError
from phi_buckets.object_keys import new_key
from phi_buckets.store import PhiStore, Source, StoredObject

# S3 may have stored the object in spite of these errors.
MAY_BE_STORED = (IntegrityError, UnavailableError, WrongKeyError)


class StoppedError(Exception):
    """Raised within an upload to end it and abort its multipart upload."""


@dataclass
class Uploads:
    """Files to upload and their outcomes, by the file's index from 0.

    Attributes:
        keys: The object key of each file.
        stored: The object of each file that was uploaded.
        failures: The exception for each file that failed.
        started: How many uploads were started.
    """

    files: Sequence[Path]
    keys: Sequence[str]
    stored: dict[int, StoredObject] = field(default_factory=dict)
    failures: dict[int, PhiError] = field(default_factory=dict)
    started: int = 0

    @classmethod
    def plan(cls, files: Sequence[Path], key: str | None) -> Uploads:
        """Return uploads that use this key, which requires a single file, or a random key for each file."""
        return cls(files, [key or new_key() for _ in files])

    def send(self, store: PhiStore, metadata: Mapping[str, str], advance: Callable[[int], None]) -> None:
        """Upload the files. The outcomes are recorded even if this raises.

        Args:
            store: Where to store them.
            metadata: The metadata of every object.
            advance: Called with the number of bytes sent since the last call.
        """
        with _interrupt_event() as interrupted:

            def advance_or_stop(sent: int) -> None:
                if interrupted.is_set():
                    raise StoppedError
                advance(sent)

            try:
                if len(self.files) == 1:  # uses the store's full concurrency
                    ((source, key),) = self._sources()
                    self.stored[0] = store.upload(source, key, metadata=metadata, progress=advance_or_stop)
                else:
                    uploads = store.upload_many(self._sources(), metadata=metadata, progress=advance_or_stop)
                    for index, stored in uploads:
                        self.stored[index] = stored
            except BatchError as error:
                self.failures |= error.failures
                raise
            except PhiError as error:
                self.failures[0] = error
                raise

    def problem_lines(self) -> list[str]:
        """Return a line for each file whose upload was started and that isn't known to be stored."""
        lines: list[str] = []
        for index in range(self.started):
            if index in self.stored:
                continue
            error = self.failures.get(index)
            notes = [str(error)] if error and len(self.files) > 1 else []
            if not error or isinstance(error, MAY_BE_STORED):
                notes.append(f"it may have been stored as {self.keys[index]}")
            if notes:
                lines.append(f"file {index + 1} of {len(self.files)}: {'; '.join(notes)}")
        return lines

    def _sources(self) -> Iterator[tuple[Source, str]]:
        for file, key in zip(self.files, self.keys, strict=True):
            self.started += 1
            yield (sys.stdin.buffer if str(file) == "-" else file), key


def check_readable(files: Sequence[Path]) -> None:
    """Raise ConfigurationError if a file can't be uploaded. The message lists every such file."""
    is_only_file = len(files) == 1
    errors = [
        f"file {position} {problem}"
        for position, file in enumerate(files, 1)
        if (problem := _file_problem(file, is_only_file))
    ]
    if errors:
        raise ConfigurationError(f"nothing was uploaded: {'; '.join(errors)}")


def total_size(files: Sequence[Path]) -> int | None:
    """Return the size of all files in bytes, or None if one of them is a pipe."""
    return None if any(not file.is_file() for file in files) else sum(file.stat().st_size for file in files)


def _file_problem(file: Path, is_only_file: bool) -> str | None:
    """Return the reason why a file can't be uploaded, or None if it can.

    A stalled pipe would keep a worker thread from ending. A pipe must therefore be the only file, which is read without
    worker threads.
    """
    try:
        if file.is_dir():
            return "is a folder"
        if str(file) == "-" or file.is_fifo():
            return None if is_only_file else "is a pipe: upload it in a separate command"
        file.open("rb").close()
    except (OSError, ValueError) as error:
        return f"can't be read ({type(error).__name__})"
    return None


@contextmanager
def _interrupt_event() -> Iterator[Event]:
    """Yield an event that is set on SIGINT or SIGTERM, before the previous handler runs.

    The uploading threads see the event and stop. Otherwise Ctrl-C would take effect only after a file of a terabyte
    was uploaded to its end.
    """
    event = Event()
    previous_handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handle(number: int, frame: FrameType | None) -> None:
        event.set()
        previous = previous_handlers[signal.Signals(number)]
        if callable(previous):
            previous(number, frame)

    handled = [number for number, previous in previous_handlers.items() if callable(previous)]
    for number in handled:
        signal.signal(number, handle)
    try:
        yield event
    finally:
        for number in handled:
            signal.signal(number, previous_handlers[number])
