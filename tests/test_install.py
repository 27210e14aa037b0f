"""bin/install, in a copy of the checkout with fake `uv` and `pip`."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Each fake writes its arguments, and what the environment says about indexes, to a log.
UV = """#!/bin/sh
echo "uv $* index=$UV_DEFAULT_INDEX extra=$UV_INDEX certificates=$SSL_CERT_FILE" >> "$LOG"
exit "${UV_EXIT:-0}"
"""
PYTHON = """#!/bin/sh
case "$*" in
    "-m pip config list")
        [ -z "$PIP_INDEX_URL" ] || echo ":env:.index-url='$PIP_INDEX_URL'"
        [ -z "$PIP_EXTRA_INDEX_URL" ] || echo ":env:.extra-index-url='$PIP_EXTRA_INDEX_URL'"
        [ -z "$PIP_CERT" ] || echo ":env:.cert='$PIP_CERT'"
        [ -z "$PIP_NO_INDEX" ] || echo ":env:.no-index='$PIP_NO_INDEX'"
        [ -z "$CONFIGURED_IN" ] || echo "$CONFIGURED_IN.index-url='https://configured/simple'" ;;
    *) echo "python $*" >> "$LOG"; exit "${PIP_EXIT:-0}" ;;
esac
"""


@dataclass(frozen=True)
class Installed:
    """What an installation did: its exit code, its error output, and the commands that it ran."""

    code: int
    errors: str
    commands: list[str]


@pytest.fixture
def install(tmp_path: Path):
    """A function that runs bin/install with an environment."""
    tools = tmp_path / "check out" / ".venv" / "bin"
    tools.mkdir(parents=True)
    (tmp_path / "check out" / "bin").mkdir()
    shutil.copy(ROOT / "bin" / "install", tmp_path / "check out" / "bin")
    for name, script in {"uv": UV, "python": PYTHON}.items():
        (tools / name).write_text(script)
        (tools / name).chmod(0o755)

    def run(**environment: str) -> Installed:
        log = tmp_path / "log"
        done = subprocess.run(
            [tmp_path / "check out" / "bin" / "install", "/the/venv", "--require-hashes", "-r", "requirements.txt"],
            env={"PATH": "/usr/bin:/bin", "LOG": str(log)} | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Installed(done.returncode, done.stderr, log.read_text().splitlines())

    return run


WITH_UV = "uv pip install --quiet --python /the/venv/bin/python --require-hashes -r requirements.txt "
WITH_PIP = (
    "python -m pip --python /the/venv/bin/python --quiet --disable-pip-version-check install --no-compile "
    "--require-hashes -r requirements.txt"
)


def test_install_uses_uv(install):
    assert install() == Installed(0, "", [WITH_UV + "index= extra= certificates="])


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"PIP_INDEX_URL": "https://own/simple"}, "index=https://own/simple extra= certificates="),
        ({"CONFIGURED_IN": "global"}, "index=https://configured/simple extra= certificates="),
        ({"CONFIGURED_IN": "install"}, "index=https://configured/simple extra= certificates="),
        (
            {"PIP_INDEX_URL": "https://own/", "CONFIGURED_IN": "global"},
            "index=https://own/ extra= certificates=",
        ),
        (
            {"PIP_INDEX_URL": "https://own/", "UV_DEFAULT_INDEX": "https://uv/"},
            "index=https://uv/ extra= certificates=",
        ),
        ({"PIP_EXTRA_INDEX_URL": "https://more/"}, "index= extra=https://more/ certificates="),
        ({"PIP_CERT": "/etc/own.pem"}, "index= extra= certificates=/etc/own.pem"),
    ],
)
def test_install_passes_pips_index_to_uv(install, environment, expected):
    assert install(**environment).commands == [WITH_UV + expected]


def test_install_uses_pip_where_uv_fails(install):
    done = install(UV_EXIT="2")
    assert done.code == 0
    assert "uv failed; trying pip" in done.errors
    assert done.commands[1:] == [WITH_PIP]


def test_install_fails_where_both_fail(install):
    assert install(UV_EXIT="2", PIP_EXIT="3").code == 3


def test_install_without_an_index_uses_pip_only(install):
    done = install(PIP_NO_INDEX="1")
    assert (done.code, done.commands) == (0, [WITH_PIP])


def test_install_without_the_checkouts_environment_says_how_to_create_it(tmp_path):
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / "bin" / "install", tmp_path / "bin")
    done = subprocess.run([tmp_path / "bin" / "install", "/the/venv"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "has no Python; run: make setup" in done.stderr
