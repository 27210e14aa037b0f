"""bin/engine, in a copy of the checkout with fake `go` and `pulumi` scripts."""

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
from pulumi_engine.versions import version_numbers

ROOT = Path(__file__).parents[2]
PLUGIN = Path("plugins/resource-aws-v7.51.1/pulumi-resource-aws")

FAKE_GO = """
echo "$*" >> "$FAKE/go.log"
case "$1" in
    env) printf '%s\\n%s\\n' "$GO_VERSION" "$GO_TOOLCHAIN" ;;
    list)
        if [ "$2" = -m ]; then echo "$FAKE/sdk"; exit; fi
        if [ -n "$GO_LIST_ERROR" ] && [ "${PWD##*/}" = aws ]; then echo "$GO_LIST_ERROR" >&2; exit 1; fi
        echo 'go: downloading example.com/module v1.0.0' >&2
        printf 'example.com/module/package\texample.com/module@v1.0.0\t/\t\t\n' ;;
    build)
        echo 'example.com/module/package' >&2
        if [ -n "$GO_ERROR" ]; then echo "$GO_ERROR" >&2; exit 1; fi
        if [ -n "$GO_WAITS_FOR" ]; then
            echo $$ >> "$FAKE/waiting.log"
            while [ ! -e "$GO_WAITS_FOR" ]; do sleep 0.02; done
        fi
        while [ "$1" != -o ]; do shift; done
        if [ -d "$2" ]; then echo > "$2/pulumi"; echo > "$2/host"; chmod 755 "$2"/*; exit; fi
        printf '#!/bin/sh\n[ -z "$PLUGIN_ERROR" ] || { echo "$PLUGIN_ERROR" >&2; exit 1; }\n' > "$2"; chmod 755 "$2" ;;
esac
"""

FAKE_PULUMI = """
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
    """A small checkout with its own PATH, in folders whose names have spaces."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return self.root / "on path"

    @property
    def cache(self) -> Path:
        return self.root / "a cache"

    def install(self, name: str, script: str) -> Path:
        """Put a shell script on PATH."""
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

    def calls(self, name: str) -> list[str]:
        """Return the arguments of each call of a fake command."""
        log = self.root / f"{name}.log"
        return log.read_text().splitlines() if log.exists() else []

    def builds(self) -> list[str]:
        """Return the arguments of each build."""
        return [call for call in self.calls("go") if call.startswith("build")]

    def engines(self) -> list[Path]:
        """Return the cached engines."""
        return [folder.parent for folder in self.cache.glob("*/bin")]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout without Go and without Pulumi."""
    root = tmp_path / "check out"
    for file in (ROOT / "bin/engine", *(ROOT / "pulumi_engine").glob("*.py")):
        copy = root / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    (root / "requirements.txt").write_text("pulumi==3.272.0 \\\n    --hash=x\npulumi-aws==7.51.1 \\\n    --hash=y\n")
    for module, go in (("cli", "1.25.11"), ("aws", "1.26")):
        folder = root / "pulumi_engine" / module
        folder.mkdir()
        (folder / "go.mod").write_text(f"go {go}\n\tgithub.com/pulumi/pulumi/pkg/v3 v3.259.0 // indirect\n")
        (folder / "go.sum").write_text("")
        (folder / "main.go").write_text("//go:embed data.json\nvar data string\n")
        (folder / "data.json").write_text("{}")
    stub = root / "pulumi_engine/stubs/library"
    stub.mkdir(parents=True)
    (stub / "go.mod").write_text("module example.com/library\n")
    for script in engine.SCRIPTS:
        (tmp_path / "sdk" / script).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "sdk" / script).write_text("#!/bin/sh\n")
    checkout = Checkout(tmp_path)
    checkout.path.mkdir()
    for tool in ("sh", "dirname", "sleep", "mkdir", "chmod"):
        (checkout.path / tool).symlink_to(shutil.which(tool) or pytest.fail(f"no {tool} on PATH"))
    checkout.install("python3", f'exec "{sys.executable}" "$@"\n')
    checkout.environment = {
        "PATH": str(checkout.path), "HOME": str(tmp_path / "a home"), "FAKE": str(tmp_path),
        "PHI_ENGINE_CACHE": str(checkout.cache),
        "PULUMI_HOME": str(tmp_path / "pulumi home"), "PULUMI_VERSION": "v3.259.0", "PULUMI_FETCHES": "",
        "GO_VERSION": "go1.26.8", "GO_TOOLCHAIN": "local", "GO_ERROR": "", "GO_LIST_ERROR": "", "GO_WAITS_FOR": "",
        "PLUGIN_ERROR": "",
    }  # fmt: skip
    return checkout


@pytest.fixture
def with_go(checkout: Checkout) -> Checkout:
    """A checkout with Go."""
    checkout.install("go", FAKE_GO)
    return checkout


@pytest.fixture
def with_pulumi(with_go: Checkout) -> Checkout:
    """A checkout with Pulumi, and with Go to build an engine if that Pulumi isn't used."""
    with_go.install("pulumi", FAKE_PULUMI)
    with_go.install(engine.HOST, "")
    return with_go


@pytest.fixture
def waiting(with_go: Checkout) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """A function that starts a build, which waits until the test ends or creates the file `continue`."""
    processes = []

    def start() -> "subprocess.Popen[str]":
        process = with_go.start(GO_WAITS_FOR=str(with_go.root / "continue"))
        processes.append(process)
        wait_until(lambda: bool(with_go.calls("waiting")))
        return process

    yield start
    (with_go.root / "continue").touch()
    for process in processes:
        process.communicate(timeout=60)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# --- Building


def test_engine_is_built_and_only_its_folder_printed(with_go: Checkout) -> None:
    done = with_go.run()
    (built,) = with_go.engines()
    assert done.stdout == f"{built}/bin\n"
    assert {file.name for file in (built / "bin").iterdir()} == {
        "pulumi", "pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-pulumi-python",
    }  # fmt: skip
    assert all(os.access(file, os.X_OK) for file in [*(built / "bin").iterdir(), built / PLUGIN])
    programs = "pulumi 3.259.0 and the AWS plugin 7.51.1"
    assert f"engine: building {programs} from Go modules ...\n" in done.stderr
    assert f"engine: built {programs}: 2 modules downloaded, 2 packages compiled, 0 s\n" in done.stderr
    (build_of_cli, _) = with_go.builds()
    assert "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.259.0" in build_of_cli


def test_modules_of_the_plugin_are_downloaded_while_the_cli_is_built(with_go: Checkout) -> None:
    with_go.run()
    verbs = [call.split()[0] for call in with_go.calls("go")]
    assert verbs == ["env", "list", "list", "build", "build", "list"]  # the last one finds the SDK's scripts


def test_second_run_uses_the_cache_silently(with_go: Checkout) -> None:
    first, before = with_go.run(), with_go.calls("go")
    second = with_go.run(PATH=os.pathsep.join([first.stdout.strip(), with_go.environment["PATH"]]))
    assert (second.stdout, second.stderr) == (first.stdout, "")
    assert with_go.calls("go") == before


def test_plugin_folder_has_the_layout_of_a_pulumi_home(with_go: Checkout) -> None:
    printed = with_go.run("--plugins").stdout
    assert (Path(printed.strip()).parent / PLUGIN).is_file()


def test_build_does_not_change_the_checkout(with_go: Checkout) -> None:
    before = sorted((with_go.root / "check out").rglob("*"))
    with_go.run()
    assert sorted((with_go.root / "check out").rglob("*")) == before


@pytest.mark.parametrize(
    ("file", "rebuilt"),
    [
        ("aws/main.go", True),
        ("aws/data.json", True),
        ("aws/go.sum", True),
        ("aws/a_test.go", False),
        ("stubs/library/go.mod", True),
        ("stubs/library/a.go", True),
    ],
)
def test_engine_is_rebuilt_if_a_file_that_go_reads_changes(with_go: Checkout, file: str, rebuilt: bool) -> None:
    with_go.run()
    (with_go.root / "check out/pulumi_engine" / file).write_text("changed")
    with_go.run()
    assert len(with_go.engines()) == 1 + rebuilt


def build_from(checkout: Checkout, sources: str) -> Path:
    """Return the engine for this version of the sources."""
    (checkout.root / "check out/pulumi_engine/aws/go.sum").write_text(sources)
    return Path(checkout.run().stdout.strip()).parent


def test_two_most_recently_used_engines_are_kept(with_go: Checkout) -> None:
    a = build_from(with_go, "a")
    os.utime(a, (1, 1))
    b = build_from(with_go, "b")
    assert set(with_go.engines()) == {a, b}
    os.utime(b, (2, 2))
    assert build_from(with_go, "a") == a  # used more recently than b
    c = build_from(with_go, "c")
    assert set(with_go.engines()) == {a, c}


def test_engines_that_may_be_running_are_kept(with_go: Checkout) -> None:
    engines = {build_from(with_go, sources) for sources in "abcd"}
    assert set(with_go.engines()) == engines


# --- The installed Pulumi


def test_recent_pulumi_with_the_plugin_is_used(with_pulumi: Checkout) -> None:
    plugins = with_pulumi.root / "pulumi home/plugins"
    (plugins / PLUGIN.parent.name).mkdir(parents=True)
    (plugins / PLUGIN.parent.name / PLUGIN.name).touch()
    assert with_pulumi.run().stdout == f"{with_pulumi.path}\n"
    assert with_pulumi.run("--plugins").stdout == f"{plugins}\n"
    assert with_pulumi.calls("pulumi") == ["version"]  # the result was cached
    assert with_pulumi.builds() == []


def test_recent_pulumi_that_can_fetch_the_plugin_is_used(with_pulumi: Checkout) -> None:
    done = with_pulumi.run(PULUMI_FETCHES="yes")
    assert done.stdout == f"{with_pulumi.path}\n"
    assert "engine: fetching the AWS plugin 7.51.1" in done.stderr
    assert with_pulumi.calls("pulumi") == ["version", "plugin install resource aws 7.51.1"]


def test_failed_fetch_of_the_plugin_is_not_repeated(with_pulumi: Checkout) -> None:
    first, second = with_pulumi.run(), with_pulumi.run()
    (built,) = with_pulumi.engines()
    assert first.stdout == second.stdout == f"{built}/bin\n"
    assert "could not fetch the AWS plugin 7.51.1: error: no route to host" in first.stderr
    assert f"or you run: rm '{with_pulumi.cache}/own-pulumi.json'\n" in first.stderr
    assert second.stderr == ""
    assert len(with_pulumi.calls("pulumi")) == 2

    os.utime(with_pulumi.path / "pulumi", (1, 1))  # a different pulumi
    assert with_pulumi.run(PULUMI_FETCHES="yes").stdout == f"{with_pulumi.path}\n"


@pytest.mark.parametrize(
    ("version", "host", "reason"),
    [
        ("v3.258.9", True, "is version v3.258.9, older than 3.259.0"),
        ("nonsense", True, "is version nonsense, older than 3.259.0"),
        ("v3.259.0", False, "has no pulumi-language-python in its folder"),
    ],
)
def test_unsuitable_pulumi_is_not_used(with_pulumi: Checkout, version: str, host: bool, reason: str) -> None:
    if not host:
        (with_pulumi.path / engine.HOST).unlink()
    done = with_pulumi.run(PULUMI_VERSION=version, PULUMI_FETCHES="yes")
    assert reason in done.stderr
    assert str(with_pulumi.cache) in done.stdout


@pytest.mark.parametrize(
    ("older", "newer"), [("3.9.0", "v3.259.0"), ("go1.21", "go1.21.1"), ("v3.259.0", "v3.260.0-alpha.1"), ("", "0.0.1")]
)
def test_versions_are_compared_by_number(older: str, newer: str) -> None:
    assert version_numbers(older) < version_numbers(newer)


# --- Errors


def test_without_go_and_pulumi_both_fixes_are_listed(checkout: Checkout) -> None:
    done = checkout.run()
    assert (done.returncode, done.stdout) == (1, "")
    assert "Pulumi: not found on PATH" in done.stderr
    assert "Go: not found on PATH" in done.stderr
    assert "Pulumi 3.259.0 or newer, then run: pulumi plugin install resource aws 7.51.1" in done.stderr
    assert "Go 1.26 or newer" in done.stderr


@pytest.mark.parametrize(
    ("version", "toolchain", "enough"),
    [
        ("go1.25.11", "local", False),
        ("go1.25.11", "auto", True),  # it fetches the version that go.mod requires
        ("go1.20.1", "", False),
        ("go1.26.0", "local", True),
    ],
)
def test_go_must_be_recent_enough_or_fetch_a_newer_version(
    with_go: Checkout, version: str, toolchain: str, enough: bool
) -> None:
    done = with_go.run(GO_VERSION=version, GO_TOOLCHAIN=toolchain)
    assert (done.returncode == 0) == enough
    assert (f"{version} is older than 1.26" in done.stderr) == (not enough)


def test_network_error_shows_gos_output_and_names_goproxy(with_go: Checkout) -> None:
    done = with_go.run(GO_ERROR="go: example.com@v1: Get https://proxy: dial tcp: lookup proxy: no such host")
    assert (done.returncode, done.stdout) == (1, "")
    assert "  go: example.com@v1: Get https://proxy: dial tcp: lookup proxy: no such host\n" in done.stderr
    assert "set GOPROXY" in done.stderr
    assert str(with_go.cache / "build.log") in done.stderr
    assert "dial tcp" in (with_go.cache / "build.log").read_text()
    assert not list(with_go.cache.glob("building-*"))


def test_failed_download_for_the_plugin_is_shown_when_the_cli_is_built(with_go: Checkout) -> None:
    done = with_go.run(GO_LIST_ERROR="go: example.com@v1: Get https://proxy: dial tcp: no such host")
    assert (done.returncode, done.stdout) == (1, "")
    assert "downloading the Go modules of the AWS plugin 7.51.1 failed:\n  go: example.com@v1: Get" in done.stderr
    assert "set GOPROXY" in done.stderr
    assert len(with_go.builds()) == 1
    assert not with_go.engines()


def test_full_disk_error_names_the_folder_settings(with_go: Checkout) -> None:
    done = with_go.run(GO_ERROR="write /cache/x: no space left on device")
    assert "PHI_ENGINE_CACHE, GOCACHE, GOMODCACHE and TMPDIR" in done.stderr
    assert "GOPROXY" not in done.stderr


def test_missing_terraform_provider_shows_the_plugins_message(with_go: Checkout) -> None:
    run = with_go.run(PLUGIN_ERROR="looked here\nand there")
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.endswith("engine: looked here\nand there\n")
    assert with_go.run().returncode == 0


def test_unwritable_cache_is_named(with_go: Checkout) -> None:
    (with_go.root / "file").touch()
    done = with_go.run(PHI_ENGINE_CACHE=str(with_go.root / "file/cache"))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"can't cache the engine in {with_go.root}/file/cache: " in done.stderr
    assert "Set PHI_ENGINE_CACHE" in done.stderr


def test_old_python_is_reported(checkout: Checkout) -> None:
    checkout.install("python3", 'case "$1" in --version) echo Python 3.9.1 ;; *) exit 1 ;; esac\n')
    done = checkout.run()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "engine: python3 must be Python 3.11 or newer, and is: Python 3.9.1. Set PYTHON to the path of one\n"
    )


@pytest.mark.parametrize(
    ("number", "code", "last"),
    [(signal.SIGINT, 130, "engine: interrupted"), (signal.SIGTERM, 143, "engine: building ")],
)
def test_terminated_build_leaves_nothing_behind(
    with_go: Checkout, waiting: Callable[..., "subprocess.Popen[str]"], number: signal.Signals, code: int, last: str
) -> None:
    process = waiting()
    os.killpg(process.pid, number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, "")
    assert err.splitlines()[-1].startswith(last)
    assert "Traceback" not in err
    assert not is_running(int(with_go.calls("waiting")[0]))
    assert not list(with_go.cache.glob("building-*"))
    assert not with_go.engines()


def test_next_build_removes_what_a_killed_build_left(
    with_go: Checkout, waiting: Callable[..., "subprocess.Popen[str]"]
) -> None:
    process = waiting()
    process.kill()
    process.wait()
    assert len(list(with_go.cache.glob("building-*"))) == 1
    assert with_go.run().returncode == 0
    assert not list(with_go.cache.glob("building-*"))
    assert len(with_go.engines()) == 1


def test_concurrent_runs_build_once(with_go: Checkout, waiting: Callable[..., "subprocess.Popen[str]"]) -> None:
    first = waiting()
    second = with_go.start()
    assert second.stderr
    assert second.stderr.readline() == "engine: waiting for another build to finish\n"
    (with_go.root / "continue").touch()
    (first_output, _), (second_output, _) = first.communicate(timeout=60), second.communicate(timeout=60)
    assert first_output == second_output == f"{with_go.engines()[0]}/bin\n"
    assert len(with_go.builds()) == 2  # pulumi with its Python host, and the AWS plugin


# --- The cache


def test_cache_folder_is_in_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
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


def test_invalid_cached_result_is_ignored(with_pulumi: Checkout) -> None:
    with_pulumi.cache.mkdir()
    for content in ("", "[]", json.dumps({"key": 1})):
        (with_pulumi.cache / "own-pulumi.json").write_text(content)
        assert with_pulumi.run(PULUMI_FETCHES="yes").stdout == f"{with_pulumi.path}\n"
