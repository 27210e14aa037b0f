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
    """The packages that a build compiles, and those that it has compiled.

    Go prints the packages that it compiles, but not those that it finds in its cache. Until it compiles something that
    imports these, they count as work to do.
    """

    def __init__(self) -> None:
        self._known: set[int] = set()  # identities of all packages
        self._settled: set[int] = set()  # of those that were compiled or found
        self._cost = self._cost_done = 0

    def add(self, packages: Packages) -> None:
        """Add the packages of a module to the work."""
        for package in packages.values():
            if package.identity not in self._known:
                self._known.add(package.identity)
                self._cost += package.cost

    def compile(self, packages: Packages, path: str) -> None:
        """Mark a package as compiled, and what it imports as found if it wasn't compiled."""
        if package := packages.get(path):
            if package.identity not in self._settled:
                self._settled.add(package.identity)
                self._cost_done += package.cost
            self.find(packages, package.imports)

    def find(self, packages: Packages, paths: Iterable[str]) -> None:
        """Take packages that weren't compiled, and all that they import, off the work."""
        waiting = [packages[path] for path in paths]
        while waiting:
            package = waiting.pop()
            if package.identity not in self._settled:
                self._settled.add(package.identity)
                self._cost -= package.cost
                waiting += [packages[path] for path in package.imports]

    @property
    def share_done(self) -> float:
        return self._cost_done / self._cost if self._cost else 0.0


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
        self.workload.compile(packages, path)

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
        counts = {"modules downloaded": self.modules, "packages compiled": self._compiled}
        done = [f"{count} {name}" for name, count in counts.items() if count]
        return ", ".join([*(done or ["all from Go's caches"]), duration])


def time_left(elapsed: float, share_done: float) -> str:
    """Return how long a build has left, if it goes on at the same pace.

    Args:
        elapsed: The seconds since its start.
        share_done: The share of it that is done; above 0.
    """
    minutes = round(elapsed * (1 - share_done) / share_done / 60)
    return f"about {minutes} min left" if minutes else "less than a minute left"
