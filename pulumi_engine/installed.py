"""The Pulumi that the user has installed, and whether it can be used."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
from pathlib import Path

from pulumi_engine.commands import CommandError, run
from pulumi_engine.messages import EngineError, log
from pulumi_engine.versions import plugin_folder, required_plugin_version, required_pulumi_version, version_numbers

HOST = "pulumi-language-python"
FETCH_TIMEOUT_SECONDS = 120


class UnusablePulumiError(EngineError):
    """The user has no Pulumi that can be used; the message is the reason."""


def usable_pulumi(cache: Path) -> Path:
    """Return the folder of the user's pulumi and its Python host. If only the AWS plugin is missing, fetch it first.

    The result is cached until that pulumi, its plugin or the required version changes, because it can take minutes to
    fail to fetch the plugin.

    Args:
        cache: The folder for built engines.

    Raises:
        UnusablePulumiError: No pulumi is on PATH, or the one there can't be used.
    """
    pulumi = _find_pulumi(cache)
    plugin = plugins_folder() / plugin_folder() / "pulumi-resource-aws"
    cached_result = cache / "own-pulumi.json"

    def cache_key() -> list[object]:
        return [str(pulumi), pulumi.stat().st_mtime_ns, str(plugin), plugin.exists(), required_pulumi_version()]

    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        result = json.loads(cached_result.read_text())
        if result["key"] == cache_key():
            if result["rejection"]:
                raise UnusablePulumiError(result["rejection"])
            return Path(result["bin"])

    folder: Path | None = None
    rejection = ""
    try:
        folder = _check(pulumi, plugin)
    except UnusablePulumiError as error:
        rejection = str(error)
        remove = shlex.join(["rm", str(cached_result)])
        log(f"{rejection}. This isn't checked again unless that pulumi changes or you run: {remove}")
    with contextlib.suppress(OSError):
        cached_result.parent.mkdir(parents=True, exist_ok=True)
        cached_result.write_text(json.dumps({"key": cache_key(), "rejection": rejection, "bin": str(folder)}))
    if not folder:
        raise UnusablePulumiError(rejection)
    return folder


def plugins_folder() -> Path:
    """Return the folder of the user's plugins."""
    return Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi").absolute() / "plugins"


def _find_pulumi(cache: Path) -> Path:
    """Return the user's pulumi: the first on PATH that isn't a cached engine."""
    folders = [folder for folder in os.get_exec_path() if cache not in Path(folder).absolute().parents]
    pulumi = shutil.which("pulumi", path=os.pathsep.join(folders))
    if not pulumi:
        raise UnusablePulumiError("not found on PATH")
    return Path(pulumi).absolute()


def _check(pulumi: Path, plugin: Path) -> Path:
    """Return the folder of a pulumi and its Python host if it can be used; fetch the AWS plugin if it is missing."""
    folders = (pulumi.parent, pulumi.resolve().parent)
    folder = next((folder for folder in folders if (folder / HOST).exists()), None)
    if not folder:
        raise UnusablePulumiError(f"{pulumi} has no {HOST} in its folder")
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "1"}
    try:
        version = run(pulumi, "version", environment=environment)
    except CommandError as error:
        raise UnusablePulumiError(f"can't get the version of {pulumi}: {error}") from error
    if version_numbers(version) < version_numbers(required_pulumi_version()):
        raise UnusablePulumiError(f"{pulumi} is version {version}, older than {required_pulumi_version()}")
    if not plugin.exists():
        _fetch(plugin, pulumi, environment)
    return folder


def _fetch(plugin: Path, pulumi: Path, environment: dict[str, str]) -> None:
    version = required_plugin_version()
    log(f"fetching the AWS plugin {version} with {pulumi}, for at most {FETCH_TIMEOUT_SECONDS} s")
    command = (pulumi, "plugin", "install", "resource", "aws", version)
    try:
        run(*command, environment=environment, timeout=FETCH_TIMEOUT_SECONDS)
    except CommandError as error:
        raise UnusablePulumiError(f"{pulumi} could not fetch the AWS plugin {version}: {error}") from error
    if not plugin.exists():
        raise UnusablePulumiError(f"{pulumi} fetched the AWS plugin {version}, but not to {plugin.parent}")
