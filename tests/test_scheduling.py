"""The tests that pytest-xdist runs on one worker, and the order of the tests."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sandbox.folder import ROOT

CONFTEST = """
from tests.scheduling import SchedulingByModule, start_order

def pytest_collection_modifyitems(items):
    items.sort(key=start_order)

def pytest_xdist_make_scheduler(config, log):
    return SchedulingByModule(config, log)
"""
# Each test appends its name to its worker's file.
TESTS = """
import os, pathlib, pytest

@pytest.mark.parametrize("value", ["1", "arn:aws:s3:::b", "c::d"])
def test(value, worker_id):
    with pathlib.Path(worker_id).open("a") as file:
        print(pathlib.Path(__file__).stem, file=file)
"""
DEPLOYED, LIFECYCLE = "tests/integration/deployed", "tests/integration/test_lifecycle.py"


@pytest.fixture(scope="module")
def modules_by_worker(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """The modules whose tests each of two workers ran, in order, in a project with tests like this one's."""
    project = tmp_path_factory.mktemp("project")
    files = (f"{DEPLOYED}/test_a.py", f"{DEPLOYED}/test_b.py", LIFECYCLE, "tests/test_c.py", "tests/test_d.py")
    for file in files:
        (project / file).parent.mkdir(parents=True, exist_ok=True)
        (project / file).write_text(TESTS)
    (project / "conftest.py").write_text(CONFTEST)
    options = ["--import-mode=importlib", "--numprocesses=2", f"--rootdir={project}", "-p", "no:hypothesispytest"]
    command = [sys.executable, "-m", "pytest", *options]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.delenv("PYTEST_XDIST_WORKER", raising=False)
        patch.delenv("PYTEST_ADDOPTS", raising=False)
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return [(project / worker).read_text().split() for worker in ("gw0", "gw1")]


def test_each_module_and_the_deployed_stacks_folder_run_on_one_worker(modules_by_worker):
    first, second = map(set, modules_by_worker)
    assert first
    assert second
    assert not first & second
    assert any({"test_a", "test_b"} <= modules for modules in (first, second))


def test_longest_tests_run_first(modules_by_worker):
    assert {modules[0] for modules in modules_by_worker} == {"test_a", "test_lifecycle"}
