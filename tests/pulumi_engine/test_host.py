"""The engine of bin/engine, with programs, a pack and a provider in Python; most tests check how a run ends.

No traceback may appear for code that the user didn't write, and no process may be left running.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import pytest

from pulumi_engine.engine import Engine
from pulumi_engine.versions import required_plugin_version, required_pulumi_version

TOY = Path(__file__).parent / "toy"
PACK = ("--policy-pack", str(TOY / "pack"))
UP = ("up", "--yes", "--skip-preview")

PROGRAM = """
import pulumi

class Toy(pulumi.CustomResource):
    def __init__(self, name, opts=None):
        super().__init__("toy:index:Toy", name, {}, opts)

print("the program runs")
"""
# Starts a child process, which must end too, and has an output that never resolves.
ENDLESS = """
import asyncio, pathlib, subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "endless-child"])
pathlib.Path("endless").touch()
pulumi.export("never", pulumi.Output.from_input(asyncio.sleep(600)))
"""


@dataclass
class Project:
    """A project. All its processes have a marker in their environment, so that `running` finds them."""

    folder: Path
    environment: dict[str, str]
    marker: str
    started: "list[subprocess.Popen[str]]" = field(default_factory=list)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start pulumi with these arguments."""
        process = subprocess.Popen(
            ["pulumi", *arguments, "--stack", "dev"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def run(self, *arguments: str, program: str | None = None) -> tuple[int, str]:
        """Run pulumi, with a new program if one is given; return its exit code and its output."""
        if program is not None:
            self.write(program)
        return finish(self.start(*arguments))

    def write(self, program: str) -> None:
        (self.folder / "__main__.py").write_text(PROGRAM + program)

    def running(self) -> dict[int, str]:
        """Return the command lines of the project's running processes by process ID."""
        listed = subprocess.run(
            ["ps", "axeww", "-o", "pid=,stat=,command="], capture_output=True, text=True, check=True
        )
        processes = (line.split(maxsplit=2) for line in listed.stdout.splitlines() if self.marker in line)
        return {int(pid): command for pid, state, command in processes if not state.startswith("Z")}


@pytest.fixture
def project(engine: Engine, tmp_path: Path) -> Iterator[Project]:
    folder = tmp_path / "a project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(
        f"name: toys\nruntime: python\nplugins:\n  providers:\n    - name: toy\n      path: {TOY / 'provider'}\n"
    )
    (tmp_path / "home").mkdir()
    (tmp_path / "home/plugins").symlink_to(engine.plugins)
    (tmp_path / "state").mkdir()
    marker = f"PHI_TEST_MARKER={uuid.uuid4()}"
    environment = os.environ | {
        "PATH": os.pathsep.join([str(engine.bin), str(Path(sys.prefix) / "bin"), os.environ["PATH"]]),
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path}/state",
        "PULUMI_CONFIG_PASSPHRASE": "a test",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        **dict([marker.split("=")]),
    }
    project = Project(folder, environment, marker)
    code, output = project.run("stack", "init", program="")
    assert code == 0, output
    yield project
    for process in project.started:
        process.kill()  # does nothing if it has ended
    try:
        wait_until(lambda: not project.running())
    finally:
        for pid in project.running():
            os.kill(pid, signal.SIGKILL)
        for process in project.started:
            process.communicate()


def finish(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Wait for a command to end; return its exit code and its output."""
    output, _ = process.communicate(timeout=60)
    return process.returncode, output


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.02)


def assert_quiet(output: str) -> None:
    """Assert that the output has no traceback and no warning."""
    for word in ("Traceback", "KeyboardInterrupt", "non-zero exit code", "warning"):
        assert word not in output


# --- Runs that the engine ends


def test_blocked_resource_at_preview_shows_only_its_finding(project: Project) -> None:
    code, output = project.run("preview", *PACK, program="[Toy(n) for n in ('one', 'forbidden', 'two')]")
    assert code != 0
    assert "the name forbidden is forbidden" in output
    assert "error: preview failed" in output
    assert_quiet(output)


def test_blocked_resource_at_up_ends_the_program_quietly(project: Project) -> None:
    code, output = project.run(*UP, *PACK, program="[Toy(n) for n in ('one', 'forbidden', 'two')]\n" + ENDLESS)
    assert code != 0
    assert "the name forbidden is forbidden" in output
    assert "the program runs" in output
    assert_quiet(output)
    assert not project.running()


def test_failing_resource_ends_the_program_quietly(project: Project) -> None:
    code, output = project.run(*UP, program="[Toy(n) for n in ('one', 'failing', 'two')]\n" + ENDLESS)
    assert code != 0
    assert "error: the toy failed" in output
    assert_quiet(output)
    assert not project.running()


@pytest.mark.parametrize("resources", ["[]", "[Toy('endless')]"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_ends_everything_quietly(project: Project, resources: str, number: signal.Signals) -> None:
    project.write(resources + "\n" + ENDLESS)
    process = project.start(*UP, *PACK)
    wait_until((project.folder / "endless").exists)
    os.killpg(process.pid, number)  # as a terminal does
    code, output = finish(process)
    assert code != 0
    assert "cancelling" in output
    assert_quiet(output)
    assert not project.running()


def test_killed_engine_leaves_no_process(project: Project) -> None:
    project.write(ENDLESS)
    process = project.start(*UP, *PACK)
    wait_until((project.folder / "endless").exists)
    assert any("endless-child" in line for line in project.running().values())
    process.kill()
    process.communicate(timeout=60)
    wait_until(lambda: not project.running())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills a process when its parent ends")
def test_killed_host_leaves_no_program(project: Project) -> None:
    project.write(ENDLESS.replace("subprocess.Popen", "str"))
    project.start(*UP)
    wait_until((project.folder / "endless").exists)
    (host,) = (pid for pid, line in project.running().items() if re.match(r"\S*/pulumi-language-python ", line))
    (program,) = (pid for pid, line in project.running().items() if "pulumi-language-python-exec" in line)
    os.kill(host, signal.SIGKILL)
    wait_until(lambda: project.running().keys().isdisjoint({host, program}))


# --- Runs that the program ends


def test_exception_in_program_is_shown(project: Project) -> None:
    code, output = project.run("preview", program="raise ValueError('my mistake')")
    assert code != 0
    assert "Program failed with an unhandled exception" in output
    assert "ValueError: my mistake" in output
    assert "non-zero exit code" not in output


def test_exit_code_of_program_is_shown(project: Project) -> None:
    code, output = project.run("preview", program="raise SystemExit(7)")
    assert code != 0
    assert "error: an unhandled error occurred: Program exited with non-zero exit code: 7" in output


def test_exception_in_pack_is_shown(project: Project, tmp_path: Path) -> None:
    (tmp_path / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (tmp_path / "__main__.py").write_text("raise ValueError('my mistake')")
    code, output = project.run("preview", "--policy-pack", str(tmp_path), program="")
    assert code != 0
    assert "ValueError: my mistake" in output


@pytest.mark.parametrize("broken", [False, True], ids=["missing", "broken"])
def test_pack_without_a_usable_environment_is_an_error_that_says_how_to_create_it(
    project: Project, tmp_path: Path, broken: bool
) -> None:
    pack = tmp_path / "someone's pack"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text("runtime: {name: python, options: {virtualenv: .venv}}\n")
    (pack / "__main__.py").touch()
    if broken:
        (pack / ".venv/bin").mkdir(parents=True)
        (pack / ".venv/bin/python").symlink_to(tmp_path / "removed")
    code, output = project.run("preview", "--policy-pack", str(pack), program="")
    assert code != 0
    assert f"{pack} has no usable Python environment; to create one, delete the old one, if any, and run:" in output
    command = re.search(r"\((cd .*) && pulumi install\)", output)
    assert command
    assert shlex.split(command[1]) == ["cd", str(pack)]


# --- The lifecycle of a stack


def test_stack_lifecycle_has_no_warnings(project: Project) -> None:
    program = "pulumi.export('greeting', pulumi.Config().require('greeting'))\n[Toy(n) for n in ('one', 'two')]"
    project.write(program)
    outputs = []
    for command in (
        ("config", "set", "greeting", "hello world"),
        ("preview", *PACK),
        (*UP, *PACK),
        ("preview", "--expect-no-changes", *PACK),
        ("refresh", "--yes", "--expect-no-changes"),
        ("stack", "output", "greeting"),
        ("destroy", "--yes"),
    ):
        code, output = project.run(*command)
        assert code == 0, output
        assert_quiet(output)
        outputs.append(output)
    assert "hello world" in outputs[5]


def test_import_generates_python(project: Project) -> None:
    code, output = project.run("import", "--yes", "toy:index:Toy", "imported", "its-id")
    assert code == 0, output
    assert_quiet(output)
    assert 'imported = toy.Toy("imported"' in output


def test_about_shows_the_interpreter_and_the_pinned_versions(project: Project) -> None:
    code, output = project.run("about")
    assert code == 0, output
    assert str(Path(sys.prefix) / "bin") in output
    for name, pinned in (
        ("pulumi-policy", version("pulumi-policy")),
        (r"language\s+python", required_pulumi_version()),
        (r"resource\s+aws", required_plugin_version()),
    ):
        assert re.search(rf"^{name}\s+{re.escape(pinned)}", output, re.MULTILINE)
