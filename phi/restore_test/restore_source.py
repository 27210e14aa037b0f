"""What all ways to restore have in common."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from phi.errors import PhiError, UnavailableError
from phi.restore_test.bucket_access import Place
from phi.restore_test.evidence import LeftBehind, Source
from phi.restore_test.sample import Version, Window

POLL = 30  # seconds


@dataclass(frozen=True)
class Attempt:
    """What became of a version: where it was restored to and how long that took, or why it wasn't."""

    version: Version
    key: str = field(default="", repr=False)
    seconds: float = 0.0
    error: PhiError | None = None


class Restoring(Protocol):
    """A way to restore versions to scratch, and to take them away again."""

    source: Source
    reference: Place
    """The bucket whose versions are restored, which what comes back is compared with."""
    scratch: Place
    window: Window
    patience: Patience

    def prepare(self) -> tuple[int, list[LeftBehind]]:
        """Takes away what earlier drills had to leave: how many versions went, and what still stays.

        Raises PhiError where nothing can be restored to scratch as it is.
        """

    def restore(self, drawn: Sequence[Version]) -> Iterator[Attempt]:
        """One after the other, each as soon as its restoring has ended."""

    def clear(self) -> list[LeftBehind]:
        """Takes away all that was restored, whatever happened; what stays of it."""


@dataclass
class Patience:
    """How long AWS is waited for in a whole drill. seconds: from now on."""

    seconds: float
    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    waited: float = 0.0

    def __post_init__(self) -> None:
        self._end = self.clock() + self.seconds

    def until(self, done: Callable[[], bool], what: str) -> None:
        """Raises UnavailableError once there is no time left."""
        began = self.clock()
        try:
            while not done():
                if self.clock() >= self._end:
                    raise UnavailableError(f"{what} isn't done within the objective")
                self.pause(POLL)
        finally:
            self.waited += self.clock() - began
