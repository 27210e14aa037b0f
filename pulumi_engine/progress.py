"""Shows how far a build is and how long it has left."""

from __future__ import annotations

import shutil
import sys
import time

from pulumi_engine.messages import log
from pulumi_engine.packages import Packages, Workload

ERASE_LINE = "\r\x1b[K"  # terminal control sequence

# Until this share is done, the packages are too few to be typical of the rest: the standard library compiles faster.
MIN_SHARE_FOR_ESTIMATE = 0.2


class Progress:
    """Shows the progress of a build.

    On a terminal it updates one line; otherwise it prints a line at the start, every minute and at the end.
    """

    def __init__(self, name: str) -> None:
        self.workload = Workload()
        self.modules_downloaded = 0
        self._packages_compiled = 0
        self._compiling_since: float | None = None
        self._name = name
        self._is_terminal = sys.stderr.isatty()
        self._start = time.monotonic()
        self._next_report = self._start + 60

    def __enter__(self) -> Progress:
        log(f"building {self._name} from Go modules ...")
        return self

    def count_compiled(self, packages: Packages, path: str) -> None:
        """Count a package, which Go has started to compile."""
        self._compiling_since = self._compiling_since or time.monotonic()
        self._packages_compiled += 1
        self.workload.mark_compiled(packages, path)

    def show(self) -> None:
        if self._is_terminal:
            line = f"engine: {self}"[: shutil.get_terminal_size().columns - 1]  # a longer one would wrap
            print(f"{ERASE_LINE}{line}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() >= self._next_report:
            self._next_report += 60
            log(str(self))

    def __exit__(self, failed: object, *_: object) -> None:
        if self._is_terminal:
            print(end="\n" if failed else ERASE_LINE, file=sys.stderr)
        if not failed:
            log(f"built {self._name}: {self._counts()}")

    def __str__(self) -> str:
        left = ""
        if self._compiling_since is not None and self.workload.share_done >= MIN_SHARE_FOR_ESTIMATE:
            left = ", " + time_left(time.monotonic() - self._compiling_since, self.workload.share_done)
        return self._counts() + left

    def _counts(self) -> str:
        minutes, seconds = divmod(round(time.monotonic() - self._start), 60)
        duration = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
        counts = ((self.modules_downloaded, "module", "downloaded"), (self._packages_compiled, "package", "compiled"))
        done = [f"{count} {noun if count == 1 else noun + 's'} {verb}" for count, noun, verb in counts if count]
        return ", ".join([*(done or ["all from Go's caches"]), duration])


def time_left(elapsed: float, share_done: float) -> str:
    """Return how long a build has left, if it goes on at the same pace.

    Args:
        elapsed: The seconds since its start.
        share_done: The share of it that is done; above 0.
    """
    minutes = round(elapsed * (1 - share_done) / share_done / 60)
    return f"about {minutes} min left" if minutes else "less than a minute left"
