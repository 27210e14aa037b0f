"""Make the Pulumi engine and its AWS plugin available: the installed Pulumi, or one built from Go modules.

    PATH="$(bin/engine):$PATH"

Prints the folder that holds `pulumi`; everything else goes to stderr. An installed Pulumi is used if it is recent
enough and has, or can fetch, the AWS plugin. Otherwise the engine is built once with Go from the module proxy, which
takes minutes, and is cached.

PHI_ENGINE_CACHE is the folder for built engines (default: phi-engine in the user's cache folder). Go's own settings
(GOPROXY, GOCACHE, ...) apply to the build.
"""

import argparse
import contextlib
import fcntl
import hashlib
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

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # this file is run by its path
from pulumi_engine.commands import CommandError, run
from pulumi_engine.go import TERMINATION_SIGNALS, Go, go_environment
from pulumi_engine.installed import HOST, UnusablePulumiError, plugins_folder, usable_pulumi
from pulumi_engine.messages import EngineError, log
from pulumi_engine.progress import Progress
from pulumi_engine.versions import (
    AWS,
    CLI,
    PULUMI,
    SOURCES,
    STUBS,
    plugin_folder,
    required_go_version,
    required_plugin_version,
    required_pulumi_version,
    version_numbers,
)

SDK = "github.com/pulumi/pulumi/sdk/v3"
PROGRAMS = (f"{PULUMI}/cmd/pulumi", "./host")
SCRIPTS = (f"python/cmd/{HOST}-exec", "python/dist/pulumi-resource-pulumi-python")  # in the SDK's module

MAX_CACHED_ENGINES = 2
RECENTLY_USED_SECONDS = 60 * 60  # an engine that was used in this time may still be running


@dataclass(frozen=True)
class Engine:
    """A Pulumi engine.

    Attributes:
        bin: The folder to put first on PATH.
        plugins: The folder of its plugins, with the layout of $PULUMI_HOME/plugins.
    """

    bin: Path
    plugins: Path


def ensure_engine() -> Engine:
    """Return the engine, building it first if necessary.

    Raises:
        EngineError: No installed Pulumi can be used, and none can be built.
    """
    cache = cache_folder()
    try:
        return Engine(usable_pulumi(cache), plugins_folder())
    except UnusablePulumiError as error:
        pulumi_problem = str(error)
    built = cache / engine_key()
    if not built.is_dir():
        build(built, f"Pulumi: {pulumi_problem}")
    with contextlib.suppress(OSError):  # a read-only cache works if it has the engine
        os.utime(built)
    require_terraform_provider(built / "plugins" / plugin_folder() / "pulumi-resource-aws")
    return Engine(built / "bin", built / "plugins")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="bin/engine", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--plugins", action="store_true", help="print the plugin folder instead")
    arguments = parser.parse_args()
    # Exit instead of dying, so that `finally` blocks remove a partial build.
    for number in TERMINATION_SIGNALS - {signal.SIGINT}:
        signal.signal(number, lambda received, _: sys.exit(128 + received))
    try:
        engine = ensure_engine()
    except EngineError as error:
        log(str(error))
        return 1
    except KeyboardInterrupt:
        log("interrupted")
        return 128 + signal.SIGINT
    print(engine.plugins if arguments.plugins else engine.bin)
    return 0


# --- The built engine


def cache_folder() -> Path:
    if configured := os.environ.get("PHI_ENGINE_CACHE"):
        return Path(configured).expanduser().absolute()
    xdg = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not xdg.is_absolute():  # the specification says to ignore a relative path
        xdg = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    return xdg / "phi-engine"


def engine_key() -> str:
    """Return the cache key of the engine that the current sources build on this machine."""
    digest = hashlib.sha256(f"{sys.platform} {platform.machine()} {plugin_folder()}".encode())
    for file in sorted({file for folder in (CLI, AWS, STUBS) for file in sources(folder)}):
        content = file.read_bytes()
        digest.update(f"\n{file.relative_to(SOURCES)} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def sources(folder: Path) -> Iterator[Path]:
    """Yield the files that a build reads: the Go files of the modules in a folder and the files that they embed."""
    yield from folder.rglob("go.mod")
    yield from folder.rglob("go.sum")
    for file in folder.rglob("*.go"):
        if not file.stem.endswith("_test"):
            yield file
            yield from (file.parent / name for name in re.findall(r"^//go:embed (\S+)", file.read_text(), re.MULTILINE))


def build(built: Path, pulumi_problem: str) -> None:
    """Build the engine into a folder, which is created only when the build is complete.

    Args:
        built: The folder, in the cache.
        pulumi_problem: Why no installed Pulumi can be used, for the error message.

    Raises:
        EngineError: Go isn't installed, the build failed, or the cache can't be written.
    """
    require_go(pulumi_problem)
    cache = built.parent
    try:
        with locked(cache):
            for stale in cache.glob("building-*"):  # no other build is running, because this process holds the lock
                shutil.rmtree(stale, ignore_errors=True)
            if built.is_dir():  # built by the previous holder of the lock
                return
            partial = Path(tempfile.mkdtemp(prefix="building-", dir=cache))
            try:
                _build_into(partial, cache / "build.log")
                partial.chmod(0o755)  # a temporary folder is private, but a cache may be shared
                partial.rename(built)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
            remove_old_engines(cache)
    except OSError as error:
        raise EngineError(
            f"can't cache the engine in {cache}: {error}. "
            "Set PHI_ENGINE_CACHE to a writable folder with 1 GB of free space"
        ) from error


def _build_into(folder: Path, log_file: Path) -> None:
    binaries = folder / "bin"
    plugin = folder / "plugins" / plugin_folder()
    binaries.mkdir(parents=True)
    plugin.mkdir(parents=True)
    cli_name, plugin_name = f"pulumi {required_pulumi_version()}", f"the AWS plugin {required_plugin_version()}"
    linker_flags = f"-s -w -X {SDK}/go/common/version.Version=v{required_pulumi_version()}"
    with Progress(f"{cli_name} and {plugin_name}") as progress, Go(log_file, progress) as go:
        listing_of_cli = go.start_listing(cli_name, CLI, *PROGRAMS)
        listing_of_plugin = go.start_listing(plugin_name, AWS, ".")  # it downloads while the CLI is compiled
        packages = go.finish_listing(listing_of_cli)
        go.build(cli_name, CLI, packages, binaries, "-ldflags", linker_flags, *PROGRAMS)
        packages = go.finish_listing(listing_of_plugin)
        go.build(plugin_name, AWS, packages, plugin / "pulumi-resource-aws", "-ldflags", "-s -w", ".")
    (binaries / "host").rename(binaries / HOST)  # go names a program after its folder
    sdk = Path(run("go", "list", "-m", "-f", "{{.Dir}}", SDK, environment=go_environment(), cwd=CLI))
    for script in SCRIPTS:
        shutil.copyfile(sdk / script, binaries / Path(script).name)
        (binaries / Path(script).name).chmod(0o755)


def require_terraform_provider(plugin: Path) -> None:
    """Raise EngineError unless the built plugin finds a Terraform provider.

    Otherwise Pulumi would report this as its own bug at the first preview.
    """
    try:
        done = subprocess.run([plugin, "terraform"], capture_output=True, text=True, check=False)
    except OSError as error:
        raise EngineError(f"can't run {plugin}: {error.strerror}") from error
    if done.returncode:
        raise EngineError(done.stderr.strip())


@contextlib.contextmanager
def locked(cache: Path) -> Iterator[None]:
    """Hold the cache's lock. The kernel releases it however the process ends."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log("waiting for another build to finish")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def remove_old_engines(cache: Path) -> None:
    """Remove engines, except the most recently used ones and those that may still be running."""
    engines = sorted(cache.glob("*/bin"), key=lambda folder: folder.parent.stat().st_mtime, reverse=True)
    for engine in engines[MAX_CACHED_ENGINES:]:
        if time.time() - engine.parent.stat().st_mtime > RECENTLY_USED_SECONDS:
            shutil.rmtree(engine.parent, ignore_errors=True)


# --- Go


def require_go(pulumi_problem: str) -> None:
    """Raise EngineError unless a suitable Go is installed. The message also has the reason why Pulumi can't be used."""
    problem = _go_problem()
    if problem:
        raise EngineError(
            f"no usable Pulumi is installed, and the engine can't be built.\n"
            f"  {pulumi_problem}\n"
            f"  Go: {problem}\n"
            f"Install one of these:\n"
            f"  Pulumi {required_pulumi_version()} or newer, "
            f"then run: pulumi plugin install resource aws {required_plugin_version()}\n"
            f"  Go {required_go_version()} or newer, to build the engine from Go modules"
        )


def _go_problem() -> str | None:
    """Return why Go can't build the engine; None if it can."""
    if not shutil.which("go"):
        return "not found on PATH"
    try:
        settings = run("go", "env", "GOVERSION", "GOTOOLCHAIN", environment=go_environment())
    except CommandError as error:
        return f"can't get its version: {error}"
    version, _, toolchain = settings.partition("\n")
    fetches = toolchain.endswith("auto")  # Go fetches the version that go.mod requires; unset before Go 1.21
    if version_numbers(version) < version_numbers(required_go_version()) and not fetches:
        setting = toolchain or "unset"
        return f"{version} is older than {required_go_version()} and doesn't fetch a newer one (GOTOOLCHAIN={setting})"
    return None


if __name__ == "__main__":
    sys.exit(main())
