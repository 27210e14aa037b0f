"""The interface that every source of a restore test implements."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from phi_buckets.errors import PhiError, UnavailableError
from phi_buckets.restore_test.bucket_access import RestoreTestBucket
from phi_buckets.restore_test.evidence import Leftover, SourceKind
from phi_buckets.restore_test.sample import Version, Window

POLL_SECONDS = 30


@dataclass(frozen=True)
class RestoreAttempt:
    """The attempt to restore one version.

    Attributes:
        key: The key of the restored object in the scratch bucket, if it was restored.
        seconds: The duration of the restore.
        error: The reason for the failure; None if the version was restored.
    """

    version: Version
    key: str = field(default="", repr=False)
    seconds: float = 0.0
    error: PhiError | None = None


class RestoreSource(Protocol):
    """A source that restores versions to the scratch bucket, and deletes them afterwards."""

    source: SourceKind
    reference: RestoreTestBucket
    """The bucket whose versions are sampled, and that the restored objects are compared with."""
    scratch: RestoreTestBucket
    window: Window
    deadline: Deadline

    def prepare(self) -> tuple[int, list[Leftover]]:
        """Delete the leftovers of earlier tests.

        Returns:
            The number of versions deleted, and the versions that remain.

        Raises:
            PhiError: Nothing can be restored to the scratch bucket in its current state.
        """

    def restore(self, versions: Sequence[Version]) -> Iterator[RestoreAttempt]:
        """Restore the versions one by one, and yield each attempt as soon as it ends."""

    def clean_up(self) -> list[Leftover]:
        """Delete everything that was restored, even after an error, and return what remains."""


@dataclass
class Deadline:
    """The limit on the time that a whole test waits for AWS.

    Attributes:
        seconds: The time limit, from the creation of this object.
        waited_seconds: How long the test has waited so far.
    """

    seconds: float
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    waited_seconds: float = 0.0

    def __post_init__(self) -> None:
        self._end = self.clock() + self.seconds

    def wait_until(self, done: Callable[[], bool], operation: str) -> None:
        """Wait until an operation is done. Raise UnavailableError if the deadline passes first."""
        start = self.clock()
        try:
            while not done():
                if self.clock() >= self._end:
                    raise UnavailableError(f"{operation} didn't finish within the RTO")
                self.sleep(POLL_SECONDS)
        finally:
            self.waited_seconds += self.clock() - start
