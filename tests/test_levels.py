"""Each test has one level, and a unit test can't use what only the other levels have."""

from __future__ import annotations

import subprocess

import pytest

from sandbox.folder import ROOT
from tests.levels import HIDDEN_TOOLS, LEVELS, level, unavailable


@pytest.mark.parametrize(
    ("fixtures", "expected"),
    [
        (["tmp_path"], "unit"),
        (["tmp_path", "sandbox", "engine"], "engine"),
        (["session", "endpoint", "moto_server"], "aws"),
        (["go"], "engine"),
        (["wheel"], "engine"),
        (["open_page", "chromium"], "browser"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_level_is_that_of_the_fixtures(fixtures, expected):
    assert level(fixtures) == expected


def test_level_of_a_test_with_fixtures_of_two_levels_is_an_error():
    with pytest.raises(ValueError, match="browser and engine"):
        level(["chromium", "engine"])


def test_every_test_has_exactly_one_level(request):
    """A mark in a test's own file would be a second one."""
    levels = {
        item.nodeid: [mark.name for mark in item.iter_markers() if mark.name in LEVELS]
        for item in request.session.items
    }
    assert {nodeid: marks for nodeid, marks in levels.items() if len(marks) != 1} == {}


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_unavailable_skips_the_test_or_fails_it_in_ci(monkeypatch, ci, outcome):
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="no Chromium"):
        unavailable("no Chromium")


@pytest.mark.parametrize("tool", sorted(path.name for path in HIDDEN_TOOLS.iterdir() if path.is_symlink()))
def test_unit_test_that_starts_a_tool_fails(tool):
    done = subprocess.run([tool, "version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (97, "")
    assert done.stderr.startswith(f"{tool}: unit tests run without this")


def test_unit_test_that_starts_the_sandbox_fails():
    command = [ROOT / "bin" / "sandbox", "--name", "unit-test", "true"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "sandbox: " in done.stderr
    assert "Traceback" not in done.stderr
