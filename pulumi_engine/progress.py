"""Shows how far a build is and how long it has left."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ERASE_LINE = "\r\x1b[K"  # terminal control sequence

# Until this share is done, the packages are too few to be typical of the rest: the standard library compiles faster.
MIN_SHARE_FOR_ESTIMATE = 0.2

# `go list -f` prints a line for each package, which `read_packages` parses.
LIST_FORMAT = "\t".join(
    (
        "{{.ImportPath}}",
        "{{with .Module}}{{.Path}}@{{.Version}}{{end}}",
        "{{.Dir}}",
        '{{join .GoFiles " "}}',
        '{{join .Imports " "}}',
    )
)


def log(message: str) -> None:
    print(f"engine: {message}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Package:
    """A package that a build needs.

    Attributes:
        identity: The same in two modules if both compile the same thing, so that the second takes it from Go's cache.
        cost: The size of its source in bytes, which the time to compile it is proportional to: when half of the source
            of a build was compiled, 49 % of the CPU time was used.
        imports: The import paths of the packages that are compiled before it.
    """

    identity: int
    cost: int
    imports: tuple[str, ...]


Packages = dict[str, Package]  # by import path


def read_packages(listing: str) -> Packages:
    """Return the packages that `go list -deps -f LIST_FORMAT` printed: each comes after those that it imports."""
    packages: Packages = {}
    for line in listing.splitlines():
        path, module, folder, files, imported = line.split("\t")
        imports = tuple(name for name in imported.split() if name in packages)
        identity = hash((path, module, *(packages[name].identity for name in imports)))
        cost = sum((Path(folder) / file).stat().st_size for file in files.split())
        packages[path] = Package(identity, cost, imports)
    return packages


class Workload:
    """The share of a build that is done.

    Go prints the packages that it compiles and not those that it finds in its cache. But when it compiles a package,
    everything that this imports is done, whether compiled or found. So a build with a full cache moves on quickly too.
    """

    def __init__(self) -> None:
        self._cost: dict[int, int] = {}  # by identity
        self._done: set[int] = set()
        self._total = self._done_cost = 0

    def add(self, packages: Packages) -> None:
        """Add the packages of a module to the build."""
        for package in packages.values():
            if package.identity not in self._cost:
                self._cost[package.identity] = package.cost
                self._total += package.cost

    def finish(self, packages: Packages, paths: Iterable[str]) -> None:
        """Mark packages as done, with all that they import."""
        waiting = [packages[path] for path in paths if path in packages]
        while waiting:
            package = waiting.pop()
            if package.identity not in self._done:
                self._done.add(package.identity)
                self._done_cost += package.cost
                waiting += [packages[name] for name in package.imports]

    @property
    def share_done(self) -> float:
        return self._done_cost / self._total if self._total else 0.0


class Progress:
    """Shows the progress of a build.

    On a terminal it updates one line; otherwise it prints a line at the start, every minute and at the end.
    """

    def __init__(self, name: str) -> None:
        self.workload = Workload()
        self.modules = 0  # downloaded
        self._compiled = 0  # packages
        self._compiling_since: float | None = None
        self._name = name
        self._is_terminal = sys.stderr.isatty()
        self._start = time.monotonic()
        self._next_report = self._start + 60

    def __enter__(self) -> Progress:
        log(f"building {self._name} from Go modules ...")
        return self

    def compiles(self, packages: Packages, path: str) -> None:
        """Count a package, which Go has started to compile."""
        self._compiling_since = self._compiling_since or time.monotonic()
        self._compiled += 1
        self.workload.finish(packages, packages[path].imports if path in packages else ())

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
        downloads = f"{self.modules} modules downloaded, " if self.modules else ""
        duration = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
        return f"{downloads}{self._compiled} packages compiled, {duration}"


def time_left(elapsed: float, share_done: float) -> str:
    """Return how long a build has left, if it goes on at the same pace.

    Args:
        elapsed: The seconds since its start.
        share_done: The share of it that is done; above 0.
    """
    minutes = round(elapsed * (1 - share_done) / share_done / 60)
    return f"about {minutes} min left" if minutes else "less than a minute left"
