"""The packages that a build compiles, and how much of that work is done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True)
class Package:
    """A package that a build needs.

    Attributes:
        identity: The same in two modules if both compile the same thing, so that the second takes it from Go's cache.
        source_bytes: The size of its source, which the time to compile it is proportional to: when half of the source
            of a build was compiled, 49 % of the CPU time was used.
        imports: The import paths of the packages that are compiled before it.
    """

    identity: int
    source_bytes: int
    imports: tuple[str, ...]


Packages = dict[str, Package]  # by import path


def read_packages(listing: str) -> Packages:
    """Return the packages that `go list -deps -f LIST_FORMAT` printed: each comes after those that it imports."""
    packages: Packages = {}
    for line in listing.splitlines():
        path, module, folder, files, imported = line.split("\t")
        imports = tuple(name for name in imported.split() if name in packages)
        identity = hash((path, module, *(packages[name].identity for name in imports)))
        source_bytes = sum((Path(folder) / file).stat().st_size for file in files.split())
        packages[path] = Package(identity, source_bytes, imports)
    return packages


class Workload:
    """The packages that a build compiles, and those that it has compiled.

    Go prints the packages that it compiles, but not those that it finds in its cache. Until it compiles something that
    imports these, they count as work to do.
    """

    def __init__(self) -> None:
        self._known: set[int] = set()  # identities of all packages
        self._accounted_for: set[int] = set()  # of those that were compiled or found in the cache
        self._bytes = self._bytes_done = 0  # of source

    def add(self, packages: Packages) -> None:
        """Add the packages of a module to the work."""
        for package in packages.values():
            if package.identity not in self._known:
                self._known.add(package.identity)
                self._bytes += package.source_bytes

    def mark_compiled(self, packages: Packages, path: str) -> None:
        """Mark a package as compiled, and take what it imports off the work if that wasn't compiled."""
        if package := packages.get(path):
            if package.identity not in self._accounted_for:
                self._accounted_for.add(package.identity)
                self._bytes_done += package.source_bytes
            self.remove_cached(packages, package.imports)

    def remove_cached(self, packages: Packages, paths: Iterable[str]) -> None:
        """Take packages that weren't compiled, which Go found in its cache, and all that they import off the work."""
        waiting = [packages[path] for path in paths]
        while waiting:
            package = waiting.pop()
            if package.identity not in self._accounted_for:
                self._accounted_for.add(package.identity)
                self._bytes -= package.source_bytes
                waiting += [packages[path] for path in package.imports]

    @property
    def share_done(self) -> float:
        return self._bytes_done / self._bytes if self._bytes else 0.0
