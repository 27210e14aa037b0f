"""The progress line of a build, and its estimate of the time that is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_engine import progress
from pulumi_engine.packages import Packages, Workload, read_packages
from pulumi_engine.progress import Progress, time_left


def packages(folder: Path, *lines: tuple[str, str, int, str]) -> Packages:
    """Return packages from lines of (import path, module, bytes of source, imports)."""
    listing = []
    for path, module, size, imports in lines:
        (folder / f"{path}.go").write_bytes(b" " * size)
        listing.append("\t".join((path, module, str(folder), f"{path}.go", imports)))
    return read_packages("\n".join(listing) + "\n")


@pytest.fixture
def chain(tmp_path: Path) -> Packages:
    """Three packages: the program imports a library, and this another."""
    return packages(
        tmp_path,
        ("base", "m@v1", 1000, "unsafe"),
        ("library", "m@v1", 3000, "base"),
        ("main", "p@", 1000, "library base"),
    )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, as a list of one number that the test changes."""
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


# --- The share that is done


def test_read_packages_adds_up_the_sizes_of_the_sources(chain: Packages) -> None:
    assert {path: package.source_bytes for path, package in chain.items()} == {
        "base": 1000,
        "library": 3000,
        "main": 1000,
    }


def test_share_done_of_nothing_is_zero() -> None:
    assert Workload().share_done == 0


def test_share_done_is_the_share_of_the_source(chain: Packages) -> None:
    workload = Workload()
    workload.add(chain)
    shares = [workload.share_done]
    for path in chain:
        workload.mark_compiled(chain, path)
        shares.append(workload.share_done)
    assert shares == [0, 0.2, 0.8, 1]


def test_share_done_leaves_out_what_is_in_the_cache(chain: Packages) -> None:
    workload = Workload()
    workload.add(chain)
    workload.mark_compiled(chain, "library")  # Go has found `base`, because it never printed it
    assert workload.share_done == 0.75


def test_share_done_of_a_build_that_compiled_nothing_is_zero(chain: Packages) -> None:
    workload = Workload()
    workload.add(chain)
    workload.remove_cached(chain, chain)
    assert workload.share_done == 0


def test_share_done_counts_a_package_of_two_modules_once(chain: Packages, tmp_path: Path) -> None:
    workload = Workload()
    workload.add(chain)
    for path in chain:
        workload.mark_compiled(chain, path)
    plugin = packages(tmp_path, ("base", "m@v1", 1000, ""), ("plugin", "q@", 5000, "base"))
    workload.add(plugin)
    assert workload.share_done == 0.5
    workload.remove_cached(plugin, ["base"])
    assert workload.share_done == 0.5


@pytest.mark.parametrize("changed", ["base", "library"])
def test_identity_of_a_package_includes_the_versions_that_it_imports(
    chain: Packages, tmp_path: Path, changed: str
) -> None:
    versions = {"base": "m@v1", "library": "m@v1", changed: "m@v2"}
    plugin = packages(tmp_path, ("base", versions["base"], 1000, ""), ("library", versions["library"], 3000, "base"))
    assert plugin["library"].identity != chain["library"].identity
    assert (plugin["base"].identity == chain["base"].identity) == (changed == "library")


# --- The time that is left


@pytest.mark.parametrize(
    ("elapsed", "share_done", "text"),
    [
        (60, 0.25, "about 3 min left"),
        (60, 0.5, "about 1 min left"),
        (60, 0.9, "less than a minute left"),
        (600, 1.0, "less than a minute left"),
        (0.0, 0.1, "less than a minute left"),
    ],
)
def test_time_left_is_in_minutes_and_never_zero(elapsed: float, share_done: float, text: str) -> None:
    assert time_left(elapsed, share_done) == text


def test_progress_reports_every_minute_in_a_log(
    chain: Packages, clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress("a program") as shown:
        shown.workload.add(chain)
        shown.modules_downloaded = 7
        for second in range(0, 91, 10):
            clock[0] = 1000.0 + second
            if second == 20:
                shown.count_compiled(chain, "base")
            if second == 50:
                shown.count_compiled(chain, "library")
            shown.show()
        shown.count_compiled(chain, "main")
    assert capsys.readouterr().err.splitlines() == [
        "engine: building a program from Go modules ...",
        "engine: 7 modules downloaded, 2 packages compiled, 1 min 0 s, less than a minute left",
        "engine: built a program: 7 modules downloaded, 3 packages compiled, 1 min 30 s",
    ]


def test_progress_estimates_nothing_before_the_first_packages_are_typical(tmp_path: Path, clock: list[float]) -> None:
    program = packages(
        tmp_path, ("base", "m@v1", 100, ""), ("library", "m@v1", 100, "base"), ("main", "p@", 800, "library")
    )
    shown = Progress("a program")
    shown.workload.add(program)
    estimates = []
    for path in program:
        shown.count_compiled(program, path)
        clock[0] += 60
        estimates.append("left" in str(shown))
    assert estimates == [False, True, True]


def test_progress_with_full_caches_says_so(clock: list[float]) -> None:
    shown = Progress("a program")
    clock[0] += 5
    assert str(shown) == "all from Go's caches, 5 s"


def test_progress_of_an_unknown_package_is_counted(chain: Packages) -> None:
    shown = Progress("a program")
    shown.workload.add(chain)
    shown.count_compiled(chain, "elsewhere")
    assert str(shown) == "1 package compiled, 0 s"


def test_progress_on_a_terminal_stays_on_one_line(
    chain: Packages, clock: list[float], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    with Progress("a program") as shown:
        shown.modules_downloaded = 100
        capsys.readouterr()
        shown.show()
        line = capsys.readouterr().err
    assert line.startswith(progress.ERASE_LINE)
    assert "\n" not in line
    assert len(line.removeprefix(progress.ERASE_LINE)) < 40
