"""Make the Pulumi engine and its AWS plugin available: the user's own, else built once from Go modules.

    PATH="$(bin/engine):$PATH"

prints the folder that holds `pulumi`; everything else goes to stderr. The user's own Pulumi is used when it is recent
enough and has, or can fetch, the AWS plugin. Otherwise the engine is built with Go from the module proxy, which takes
minutes the first time, and is kept for the next.

Settings: PHI_ENGINE_CACHE is the folder that keeps built engines (default: phi-engine in the user's cache folder).
Go's own settings (GOPROXY, GOCACHE, ...) apply to the build.
"""

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run by path
from pulumi_engine.go import ENDINGS, EngineError, Go, say

AIRGAP = Path(__file__).resolve().parent
CLI, AWS = AIRGAP / "cli", AIRGAP / "aws"
REQUIREMENTS = AIRGAP.parent / "requirements.txt"

PULUMI = "github.com/pulumi/pulumi/pkg/v3"
SDK = "github.com/pulumi/pulumi/sdk/v3"
HOST = "pulumi-language-python"
SCRIPTS = (f"python/cmd/{HOST}-exec", "python/dist/pulumi-resource-pulumi-python")  # what the SDK ships beside the host

INSTALL_LIMIT = 120  # seconds
KEPT_ENGINES = 2
RECENT = 60 * 60  # an engine used within this many seconds may be running


@dataclass(frozen=True)
class Engine:
    """Where the engine is: `bin` goes first on PATH, `plugins` is laid out like $PULUMI_HOME/plugins."""

    bin: Path
    plugins: Path


def ensure() -> Engine:
    """Return the engine, which is built first if need be."""
    cache = cache_folder()
    refused: str | None = "there is none on PATH"
    if pulumi := own_pulumi(cache):
        engine, refused = judge(pulumi, cache)
        if engine:
            return engine
    built = cache / key()
    if not built.is_dir():
        build(built, f"Pulumi: {refused}")
    with contextlib.suppress(OSError):  # a read-only cache will do once it holds the engine
        os.utime(built)
    require_terraform_provider(built / "plugins" / plugin_folder() / "pulumi-resource-aws")
    return Engine(built / "bin", built / "plugins")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="bin/engine", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--plugins", action="store_true", help="print the plugins' folder instead")
    arguments = parser.parse_args()
    for ending in ENDINGS - {signal.SIGINT}:
        signal.signal(ending, lambda number, _: sys.exit(128 + number))  # by way of the `finally`s that clear a build
    try:
        engine = ensure()
    except EngineError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 128 + signal.SIGINT
    print(engine.plugins if arguments.plugins else engine.bin)
    return 0


# --- What is wanted: versions, each pinned in one place


def wanted_pulumi() -> str:
    return _find(rf"^\s*{re.escape(PULUMI)} v(\S+)", CLI / "go.mod")


def wanted_plugin() -> str:
    return _find(r"^pulumi-aws==(\S+)", REQUIREMENTS)


def wanted_go() -> str:
    return max((_find(r"^go (\S+)", module / "go.mod") for module in (CLI, AWS)), key=numbers)


def _find(pattern: str, file: Path) -> str:
    match = re.search(pattern, file.read_text(), re.MULTILINE)
    if not match:
        raise EngineError(f"{file} does not say which version to use: no line matches {pattern}")
    return match[1]


def numbers(version: str) -> tuple[int, int, int]:
    """Return the version's three numbers, zeros where it has none, to compare with."""
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else (0, 0, 0)


def plugin_folder() -> str:
    return f"resource-aws-v{wanted_plugin()}"


# --- The user's own Pulumi


def own_pulumi(cache: Path) -> Path | None:
    """Return the user's pulumi: the first one on PATH that isn't an engine of ours."""
    folders = [folder for folder in os.get_exec_path() if cache not in Path(folder).absolute().parents]
    found = shutil.which("pulumi", path=os.pathsep.join(folders))
    return Path(found).absolute() if found else None


def judge(pulumi: Path, cache: Path) -> tuple[Engine | None, str | None]:
    """Return the engine around the user's pulumi, or why it can't be used.

    The answer is remembered until that pulumi, its plugin or what is wanted changes: a fetch that fails takes minutes.
    """
    plugins = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi").absolute() / "plugins"
    plugin = plugins / plugin_folder() / "pulumi-resource-aws"
    memory = cache / "own-pulumi.json"

    def question() -> list[object]:
        return [str(pulumi), pulumi.stat().st_mtime_ns, str(plugin), plugin.exists(), wanted_pulumi()]

    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        answer = json.loads(memory.read_text())
        if answer["question"] == question():
            return (None, answer["refused"]) if answer["refused"] else (Engine(Path(answer["bin"]), plugins), None)

    folder = next((f for f in (pulumi.parent, pulumi.resolve().parent) if (f / HOST).exists()), None)
    refused = _refuse(pulumi, plugin) if folder else f"{pulumi} has no {HOST} beside it"
    if refused:
        say(f"{refused}. Not asked again unless it changes or {memory} is removed")
    with contextlib.suppress(OSError):
        memory.parent.mkdir(parents=True, exist_ok=True)
        memory.write_text(json.dumps({"question": question(), "refused": refused, "bin": str(folder)}))
    return (None, refused) if refused or not folder else (Engine(folder, plugins), None)


def _refuse(pulumi: Path, plugin: Path) -> str | None:
    """Return why the user's pulumi can't be used, after fetching the plugin if that is all it lacks."""
    try:
        version = ask(pulumi, "version")
    except CommandError as error:
        return f"{pulumi} does not tell its version: {error}"
    if numbers(version) < numbers(wanted_pulumi()):
        return f"{pulumi} is {version}, older than {wanted_pulumi()}"
    if plugin.exists():
        return None
    say(f"fetching the AWS plugin {wanted_plugin()} with {pulumi}, for {INSTALL_LIMIT} s at most")
    try:
        ask(pulumi, "plugin", "install", "resource", "aws", wanted_plugin(), limit=INSTALL_LIMIT)
    except CommandError as error:
        return f"{pulumi} could not fetch the AWS plugin {wanted_plugin()}: {error}"
    return None if plugin.exists() else f"{pulumi} fetched the AWS plugin {wanted_plugin()}, but not to {plugin.parent}"


class CommandError(EngineError):
    """A command failed; the message is the last thing that it said."""


def ask(*command: str | Path, cwd: Path = Path("/"), limit: float = 30) -> str:
    """Return what the command prints. In the root folder no project's files change its answer."""
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "1", "GOWORK": "off"}
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"not within {limit:g} s") from error
    except OSError as error:
        raise CommandError(str(error.strerror)) from error
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise CommandError(said[-1] if said else f"it ended with {done.returncode}")
    return done.stdout.strip()


# --- The engine that is built


def cache_folder() -> Path:
    if chosen := os.environ.get("PHI_ENGINE_CACHE"):
        return Path(chosen).expanduser().absolute()
    xdg = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not xdg.is_absolute():  # as its specification says
        xdg = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    return xdg / "phi-engine"


def key() -> str:
    """Return the name of the engine that the present sources make on this machine."""
    digest = hashlib.sha256(f"{sys.platform} {platform.machine()} {plugin_folder()}".encode())
    for file in sorted({file for module in (CLI, AWS) for file in sources(module)}):
        content = file.read_bytes()
        digest.update(f"\n{file.relative_to(AIRGAP)} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def sources(module: Path) -> Iterator[Path]:
    """Yield the files that a build reads: Go's own and those that they embed."""
    yield from (module / "go.mod", module / "go.sum")
    for file in module.rglob("*.go"):
        if not file.stem.endswith("_test"):
            yield file
            yield from (file.parent / name for name in re.findall(r"^//go:embed (\S+)", file.read_text(), re.MULTILINE))


def build(built: Path, no_pulumi: str) -> None:
    """Build the engine into the folder, which appears only once it is whole."""
    require_go(no_pulumi)
    cache = built.parent
    try:
        with locked(cache):
            for stale in cache.glob("building-*"):  # its builder is gone, since the lock is ours
                shutil.rmtree(stale, ignore_errors=True)
            if built.is_dir():  # by whoever held the lock before
                return
            half_made = Path(tempfile.mkdtemp(prefix="building-", dir=cache))
            try:
                _make(half_made, Go(cache / "build.log"))
                half_made.chmod(0o755)  # a cache may be shared, and a temporary folder is private
                half_made.rename(built)
            finally:
                shutil.rmtree(half_made, ignore_errors=True)
            remove_old(cache)
    except OSError as error:
        raise EngineError(
            f"can't keep the engine in {cache}: {error}. "
            "Set PHI_ENGINE_CACHE to a folder that can be written and has 1 GB to spare"
        ) from error


def _make(folder: Path, go: Go) -> None:
    binaries = folder / "bin"
    plugin = folder / "plugins" / plugin_folder()
    binaries.mkdir(parents=True)
    plugin.mkdir(parents=True)
    version = f"-X {SDK}/go/common/version.Version=v{wanted_pulumi()}"
    go.build(f"pulumi {wanted_pulumi()}", CLI, f"{PULUMI}/cmd/pulumi", binaries / "pulumi", version)
    go.build("its Python host", CLI, "./host", binaries / HOST)
    sdk = Path(ask("go", "list", "-m", "-f", "{{.Dir}}", SDK, cwd=CLI))
    for script in SCRIPTS:
        shutil.copyfile(sdk / script, binaries / Path(script).name)
        (binaries / Path(script).name).chmod(0o755)
    go.build(f"the AWS plugin {wanted_plugin()}", AWS, ".", plugin / "pulumi-resource-aws")


def require_terraform_provider(plugin: Path) -> None:
    """Raise unless the plugin that we build finds what it stands on. At a preview Pulumi would call that its bug."""
    try:
        found = subprocess.run([plugin, "terraform"], capture_output=True, text=True, check=False)
    except OSError as error:
        raise EngineError(f"can't run {plugin}: {error.strerror}") from error
    if found.returncode:
        raise EngineError(found.stderr.strip())


@contextlib.contextmanager
def locked(cache: Path) -> Iterator[None]:
    """Have the cache to ourselves. The lock goes with the process, however that ends."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another build is at work; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def remove_old(cache: Path) -> None:
    """Keep the engines that were used last, and those that may be running."""
    engines = sorted(cache.glob("*/bin"), key=lambda folder: folder.parent.stat().st_mtime, reverse=True)
    for engine in engines[KEPT_ENGINES:]:
        if time.time() - engine.parent.stat().st_mtime > RECENT:
            shutil.rmtree(engine.parent, ignore_errors=True)


# --- Go


def require_go(no_pulumi: str) -> None:
    """Raise unless there is a Go to build with."""
    problem = _go_problem()
    if problem:
        raise EngineError(
            f"there is no Pulumi that can be used, and none can be built.\n"
            f"  {no_pulumi}\n"
            f"  Go: {problem}\n"
            f"Install either one:\n"
            f"  Pulumi {wanted_pulumi()} or newer, and: pulumi plugin install resource aws {wanted_plugin()}\n"
            f"  Go {wanted_go()} or newer, to build the engine from Go modules"
        )


def _go_problem() -> str | None:
    if not shutil.which("go"):
        return "there is none on PATH"
    try:
        version, _, toolchain = ask("go", "env", "GOVERSION", "GOTOOLCHAIN").partition("\n")
    except CommandError as error:
        return f"it does not tell its version: {error}"
    fetches = toolchain.endswith("auto")  # it will fetch what go.mod asks for; before 1.21 Go knew no such setting
    if numbers(version) < numbers(wanted_go()) and not fetches:
        return f"{version} is older than {wanted_go()}, and fetches no newer one (GOTOOLCHAIN={toolchain or 'unset'})"
    return None


if __name__ == "__main__":
    sys.exit(main())
