"""bin/engine, in a copy of the checkout where `go` and `pulumi` are small scripts."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pulumi_engine import engine

ROOT = Path(__file__).parents[2]
PLUGIN = Path("plugins/resource-aws-v7.51.1/pulumi-resource-aws")

GO = """
echo "$*" >> "$FAKE/go.log"
case "$1" in
    env) printf '%s\\n%s\\n' "$GO_VERSION" "$GO_TOOLCHAIN" ;;
    list) echo "$FAKE/sdk" ;;
    build)
        echo 'go: downloading example.com/module v1.0.0' >&2
        echo 'example.com/module/package' >&2
        if [ -n "$GO_SAYS" ]; then echo "$GO_SAYS" >&2; exit 1; fi
        if [ -n "$GO_WAITS_FOR" ]; then
            echo $$ >> "$FAKE/waiting.log"
            while [ ! -e "$GO_WAITS_FOR" ]; do sleep 0.02; done
        fi
        while [ "$1" != -o ]; do shift; done
        printf '#!/bin/sh\n[ -z "$PLUGIN_SAYS" ] || { echo "$PLUGIN_SAYS" >&2; exit 1; }\n' > "$2"; chmod 755 "$2" ;;
esac
"""

PULUMI = """
echo "$*" >> "$FAKE/pulumi.log"
case "$1" in
    version) echo "$PULUMI_VERSION" ;;
    plugin)
        if [ -z "$PULUMI_FETCHES" ]; then echo 'error: no route to host' >&2; exit 1; fi
        folder="$PULUMI_HOME/plugins/resource-aws-v$5"
        mkdir -p "$folder"; echo > "$folder/pulumi-resource-aws" ;;
esac
"""


@dataclass
class Checkout:
    """A small checkout and a PATH of its own, in folders whose names have spaces."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return self.root / "on path"

    @property
    def cache(self) -> Path:
        return self.root / "a cache"

    def install(self, name: str, script: str) -> Path:
        file = self.path / name
        file.write_text(f"#!/bin/sh\n{script}")
        file.chmod(0o755)
        return file

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [self.root / "check out/bin/engine", *arguments],
            env=self.environment | environment,
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        with self.start(*arguments, **environment) as process:
            out, err = process.communicate(timeout=60)
        assert "Traceback" not in err
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def said(self, name: str) -> list[str]:
        log = self.root / f"{name}.log"
        return log.read_text().splitlines() if log.exists() else []

    def builds(self) -> int:
        return sum(line.startswith("build") for line in self.said("go"))

    def engines(self) -> list[Path]:
        return [folder.parent for folder in self.cache.glob("*/bin")]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Without Go and without Pulumi."""
    here = tmp_path / "check out"
    for file in ("bin/engine", "pulumi_engine/__init__.py", "pulumi_engine/engine.py", "pulumi_engine/go.py"):
        (here / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, here / file)
    (here / "requirements.txt").write_text("pulumi==3.272.0 \\\n    --hash=x\npulumi-aws==7.51.1 \\\n    --hash=y\n")
    for module, go in (("cli", "1.25.11"), ("aws", "1.26")):
        folder = here / "pulumi_engine" / module
        folder.mkdir()
        (folder / "go.mod").write_text(f"go {go}\n\tgithub.com/pulumi/pulumi/pkg/v3 v3.259.0 // indirect\n")
        (folder / "go.sum").write_text("")
        (folder / "main.go").write_text("//go:embed data.json\nvar data string\n")
        (folder / "data.json").write_text("{}")
    for script in engine.SCRIPTS:
        (tmp_path / "sdk" / script).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "sdk" / script).write_text("#!/bin/sh\n")
    made = Checkout(tmp_path)
    made.path.mkdir()
    for tool in ("sh", "dirname", "sleep", "mkdir", "chmod"):
        (made.path / tool).symlink_to(shutil.which(tool) or pytest.fail(f"no {tool} on PATH"))
    made.install("python3", f'exec "{sys.executable}" "$@"\n')
    made.environment = {
        "PATH": str(made.path), "HOME": str(tmp_path / "a home"), "FAKE": str(tmp_path),
        "PHI_ENGINE_CACHE": str(made.cache),
        "PULUMI_HOME": str(tmp_path / "pulumi home"), "PULUMI_VERSION": "v3.259.0", "PULUMI_FETCHES": "",
        "GO_VERSION": "go1.26.8", "GO_TOOLCHAIN": "local", "GO_SAYS": "", "GO_WAITS_FOR": "",
        "PLUGIN_SAYS": "",
    }  # fmt: skip
    return made


@pytest.fixture
def with_go(checkout: Checkout) -> Checkout:
    checkout.install("go", GO)
    return checkout


@pytest.fixture
def with_pulumi(with_go: Checkout) -> Checkout:
    """With Go too, which builds an engine where that Pulumi is not used."""
    with_go.install("pulumi", PULUMI)
    with_go.install(engine.HOST, "")
    return with_go


@pytest.fixture
def waiting(with_go: Checkout) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start an engine whose build goes on until the file `go on` is there."""
    started = []

    def start() -> "subprocess.Popen[str]":
        process = with_go.start(GO_WAITS_FOR=str(with_go.root / "go on"))
        started.append(process)
        wait_until(lambda: bool(with_go.said("waiting")))
        return process

    yield start
    (with_go.root / "go on").touch()
    for process in started:
        process.communicate(timeout=60)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# --- Building


def test_builds_an_engine_and_prints_its_folder_alone(with_go: Checkout) -> None:
    done = with_go.run()
    (built,) = with_go.engines()
    assert done.stdout == f"{built}/bin\n"
    assert {file.name for file in (built / "bin").iterdir()} == {
        "pulumi", "pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-pulumi-python",
    }  # fmt: skip
    assert all(os.access(file, os.X_OK) for file in [*(built / "bin").iterdir(), built / PLUGIN])
    assert "engine: building pulumi 3.259.0 ...\n" in done.stderr
    assert "engine: built pulumi 3.259.0: 1 modules fetched, 1 packages, 0 s\n" in done.stderr
    assert "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.259.0" in with_go.said("go")[1]


def test_a_second_run_does_not_start_go_and_says_nothing(with_go: Checkout) -> None:
    first, before = with_go.run(), with_go.said("go")
    second = with_go.run(PATH=os.pathsep.join([first.stdout.strip(), with_go.environment["PATH"]]))
    assert (second.stdout, second.stderr) == (first.stdout, "")
    assert with_go.said("go") == before


def test_plugins_are_laid_out_as_in_a_pulumi_home(with_go: Checkout) -> None:
    printed = with_go.run("--plugins").stdout
    assert (Path(printed.strip()).parent / PLUGIN).is_file()


def test_leaves_the_checkout_as_it_was(with_go: Checkout) -> None:
    before = sorted((with_go.root / "check out").rglob("*"))
    with_go.run()
    assert sorted((with_go.root / "check out").rglob("*")) == before


@pytest.mark.parametrize(
    ("file", "rebuilt"), [("main.go", True), ("data.json", True), ("go.sum", True), ("a_test.go", False)]
)
def test_builds_anew_when_what_go_reads_has_changed(with_go: Checkout, file: str, rebuilt: bool) -> None:
    with_go.run()
    (with_go.root / "check out/pulumi_engine/aws" / file).write_text("changed")
    with_go.run()
    assert len(with_go.engines()) == 1 + rebuilt


def engine_of(checkout: Checkout, sources: str) -> Path:
    (checkout.root / "check out/pulumi_engine/aws/go.sum").write_text(sources)
    return Path(checkout.run().stdout.strip()).parent


def test_the_two_engines_used_last_are_kept(with_go: Checkout) -> None:
    a = engine_of(with_go, "a")
    os.utime(a, (1, 1))
    b = engine_of(with_go, "b")
    assert set(with_go.engines()) == {a, b}
    os.utime(b, (2, 2))
    assert engine_of(with_go, "a") == a  # used again, and so after b
    c = engine_of(with_go, "c")
    assert set(with_go.engines()) == {a, c}


def test_engines_that_may_be_running_are_kept(with_go: Checkout) -> None:
    made = {engine_of(with_go, sources) for sources in "abcd"}
    assert set(with_go.engines()) == made


# --- The user's own Pulumi


def test_uses_a_recent_pulumi_that_has_the_plugin(with_pulumi: Checkout) -> None:
    plugins = with_pulumi.root / "pulumi home/plugins"
    (plugins / PLUGIN.parent.name).mkdir(parents=True)
    (plugins / PLUGIN.parent.name / PLUGIN.name).touch()
    assert with_pulumi.run().stdout == f"{with_pulumi.path}\n"
    assert with_pulumi.run("--plugins").stdout == f"{plugins}\n"
    assert with_pulumi.said("pulumi") == ["version"]  # the second answer was remembered
    assert with_pulumi.builds() == 0


def test_uses_a_recent_pulumi_that_can_fetch_the_plugin(with_pulumi: Checkout) -> None:
    done = with_pulumi.run(PULUMI_FETCHES="yes")
    assert done.stdout == f"{with_pulumi.path}\n"
    assert "engine: fetching the AWS plugin 7.51.1" in done.stderr
    assert with_pulumi.said("pulumi") == ["version", "plugin install resource aws 7.51.1"]


def test_a_pulumi_that_can_not_fetch_the_plugin_is_asked_once(with_pulumi: Checkout) -> None:
    first, second = with_pulumi.run(), with_pulumi.run()
    (built,) = with_pulumi.engines()
    assert first.stdout == second.stdout == f"{built}/bin\n"
    assert "could not fetch the AWS plugin 7.51.1: error: no route to host" in first.stderr
    assert second.stderr == ""
    assert len(with_pulumi.said("pulumi")) == 2

    os.utime(with_pulumi.path / "pulumi", (1, 1))  # another pulumi
    assert with_pulumi.run(PULUMI_FETCHES="yes").stdout == f"{with_pulumi.path}\n"


@pytest.mark.parametrize(
    ("version", "host", "reason"),
    [
        ("v3.258.9", True, "is v3.258.9, older than 3.259.0"),
        ("nonsense", True, "is nonsense, older than 3.259.0"),
        ("v3.259.0", False, "has no pulumi-language-python beside it"),
    ],
)
def test_a_pulumi_that_will_not_do_is_passed_over(with_pulumi: Checkout, version: str, host: bool, reason: str) -> None:
    if not host:
        (with_pulumi.path / engine.HOST).unlink()
    done = with_pulumi.run(PULUMI_VERSION=version, PULUMI_FETCHES="yes")
    assert reason in done.stderr
    assert str(with_pulumi.cache) in done.stdout


@pytest.mark.parametrize(
    ("older", "newer"), [("3.9.0", "v3.259.0"), ("go1.21", "go1.21.1"), ("v3.259.0", "v3.260.0-alpha.1"), ("", "0.0.1")]
)
def test_versions_compare_by_number(older: str, newer: str) -> None:
    assert engine.numbers(older) < engine.numbers(newer)


# --- What goes wrong


def test_without_go_and_pulumi_both_ways_out_are_named(checkout: Checkout) -> None:
    done = checkout.run()
    assert (done.returncode, done.stdout) == (1, "")
    assert "Pulumi: there is none on PATH" in done.stderr
    assert "Go: there is none on PATH" in done.stderr
    assert "Pulumi 3.259.0 or newer, and: pulumi plugin install resource aws 7.51.1" in done.stderr
    assert "Go 1.26 or newer" in done.stderr


@pytest.mark.parametrize(
    ("version", "toolchain", "enough"),
    [
        ("go1.25.11", "local", False),
        ("go1.25.11", "auto", True),  # it fetches the one that go.mod asks for
        ("go1.20.1", "", False),
        ("go1.26.0", "local", True),
    ],
)
def test_go_is_as_new_as_go_mod_asks_or_fetches_that(
    with_go: Checkout, version: str, toolchain: str, enough: bool
) -> None:
    done = with_go.run(GO_VERSION=version, GO_TOOLCHAIN=toolchain)
    assert (done.returncode == 0) == enough
    assert (f"{version} is older than 1.26" in done.stderr) == (not enough)


def test_without_a_network_go_is_quoted_and_goproxy_named(with_go: Checkout) -> None:
    done = with_go.run(GO_SAYS="go: example.com@v1: Get https://proxy: dial tcp: lookup proxy: no such host")
    assert (done.returncode, done.stdout) == (1, "")
    assert "  go: example.com@v1: Get https://proxy: dial tcp: lookup proxy: no such host\n" in done.stderr
    assert "set GOPROXY" in done.stderr
    assert str(with_go.cache / "build.log") in done.stderr
    assert "dial tcp" in (with_go.cache / "build.log").read_text()
    assert not list(with_go.cache.glob("building-*"))


def test_without_space_the_folders_settings_are_named(with_go: Checkout) -> None:
    done = with_go.run(GO_SAYS="write /cache/x: no space left on device")
    assert "PHI_ENGINE_CACHE, GOCACHE, GOMODCACHE and TMPDIR" in done.stderr
    assert "GOPROXY" not in done.stderr


def test_without_a_terraform_provider_what_the_plugin_says_is_told(with_go: Checkout) -> None:
    run = with_go.run(PLUGIN_SAYS="looked here\nand there")
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.endswith("engine: looked here\nand there\n")
    assert with_go.run().returncode == 0


def test_a_cache_that_can_not_be_written_is_named(with_go: Checkout) -> None:
    (with_go.root / "file").touch()
    done = with_go.run(PHI_ENGINE_CACHE=str(with_go.root / "file/cache"))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"can't keep the engine in {with_go.root}/file/cache: " in done.stderr
    assert "Set PHI_ENGINE_CACHE" in done.stderr


def test_an_old_python_is_told_of(checkout: Checkout) -> None:
    checkout.install("python3", 'case "$1" in --version) echo Python 3.9.1 ;; *) exit 1 ;; esac\n')
    done = checkout.run()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "engine: Python 3.10 or newer is needed, as python3 on PATH; found: Python 3.9.1\n"


@pytest.mark.parametrize(
    ("number", "code", "last"),
    [(signal.SIGINT, 130, "engine: interrupted"), (signal.SIGTERM, 143, "engine: building pulumi 3.259.0 ...")],
)
def test_a_build_that_is_ended_leaves_nothing(
    with_go: Checkout, waiting: Callable[..., "subprocess.Popen[str]"], number: signal.Signals, code: int, last: str
) -> None:
    process = waiting()
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, "")
    assert err.splitlines()[-1] == last
    assert "Traceback" not in err
    assert not running(int(with_go.said("waiting")[0]))
    assert not list(with_go.cache.glob("building-*"))
    assert not with_go.engines()


def test_what_a_killed_build_left_is_removed_by_the_next(
    with_go: Checkout, waiting: Callable[..., "subprocess.Popen[str]"]
) -> None:
    process = waiting()
    process.kill()
    process.wait()
    assert len(list(with_go.cache.glob("building-*"))) == 1
    assert with_go.run().returncode == 0
    assert not list(with_go.cache.glob("building-*"))
    assert len(with_go.engines()) == 1


def test_two_at_once_build_once(with_go: Checkout, waiting: Callable[..., "subprocess.Popen[str]"]) -> None:
    first = waiting()
    second = with_go.start()
    assert second.stderr
    assert second.stderr.readline() == "engine: another build is at work; waiting for it\n"
    (with_go.root / "go on").touch()
    (printed, _), (same, _) = first.communicate(timeout=60), second.communicate(timeout=60)
    assert printed == same == f"{with_go.engines()[0]}/bin\n"
    assert with_go.builds() == 3  # pulumi, its host and the plugin


# --- Where engines are kept


def test_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("PHI_ENGINE_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert engine.cache_folder() == tmp_path / ".cache/phi-engine"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert engine.cache_folder() == tmp_path / "Library/Caches/phi-engine"
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert engine.cache_folder() == Path("/elsewhere/phi-engine")
    monkeypatch.setenv("PHI_ENGINE_CACHE", "~/chosen")
    assert engine.cache_folder() == tmp_path / "chosen"


def test_a_spoilt_memory_is_no_obstacle(with_pulumi: Checkout) -> None:
    with_pulumi.cache.mkdir()
    for spoilt in ("", "[]", json.dumps({"question": 1})):
        (with_pulumi.cache / "own-pulumi.json").write_text(spoilt)
        assert with_pulumi.run(PULUMI_FETCHES="yes").stdout == f"{with_pulumi.path}\n"
