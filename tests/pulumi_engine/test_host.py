"""The engine that bin/engine makes available, with programs, a pack and a provider in Python: above all how it ends.

Nothing that a person did not write may end in a traceback, and nothing may be left running.
"""

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pulumi_engine.engine import Engine, EngineError, ensure

TOY = Path(__file__).parent / "toy"
PACK = ("--policy-pack", str(TOY / "pack"))
UP = ("up", "--yes", "--skip-preview")

PROGRAM = """
import pulumi

class Toy(pulumi.CustomResource):
    def __init__(self, name, opts=None):
        super().__init__("toy:index:Toy", name, {}, opts)

print("the program is here")
"""
# Starts a child, which must end as well, and has an output that never comes.
ENDLESS = """
import asyncio, pathlib, subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "endless-child"])
pathlib.Path("endless").touch()
pulumi.export("never", pulumi.Output.from_input(asyncio.sleep(600)))
"""


@pytest.fixture(scope="session")
def engine() -> Engine:
    try:
        return ensure()
    except EngineError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no engine: {error}")


@dataclass
class Project:
    """A project whose processes all carry a mark in their environment, by which they are found again."""

    folder: Path
    environment: dict[str, str]
    mark: str
    started: "list[subprocess.Popen[str]]" = field(default_factory=list)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
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
        if program is not None:
            self.write(program)
        return finish(self.start(*arguments))

    def write(self, program: str) -> None:
        (self.folder / "__main__.py").write_text(PROGRAM + program)

    def running(self) -> dict[int, str]:
        """Return the command line of each of the project's processes that is running, by its number."""
        listed = subprocess.run(
            ["ps", "axeww", "-o", "pid=,stat=,command="], capture_output=True, text=True, check=True
        )
        processes = (line.split(maxsplit=2) for line in listed.stdout.splitlines() if self.mark in line)
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
    mark = f"PHI_TEST_MARK={uuid.uuid4()}"
    environment = os.environ | {
        "PATH": os.pathsep.join([str(engine.bin), str(Path(sys.prefix) / "bin"), os.environ["PATH"]]),
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path}/state",
        "PULUMI_CONFIG_PASSPHRASE": "a test",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        **dict([mark.split("=")]),
    }
    made = Project(folder, environment, mark)
    code, output = made.run("stack", "init", program="")
    assert code == 0, output
    yield made
    for process in made.started:
        process.kill()  # does nothing to one that has ended
    try:
        wait_until(lambda: not made.running())
    finally:
        for pid in made.running():
            os.kill(pid, signal.SIGKILL)
        for process in made.started:
            process.communicate()


def finish(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Wait for a command; return its exit code and all that it printed."""
    output, _ = process.communicate(timeout=60)
    return process.returncode, output


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def assert_quiet(output: str) -> None:
    for word in ("Traceback", "KeyboardInterrupt", "non-zero exit code", "warning"):
        assert word not in output


# --- The ends that the engine makes


def test_a_resource_blocked_at_preview_leaves_its_finding_alone(project: Project) -> None:
    code, output = project.run("preview", *PACK, program="[Toy(n) for n in ('one', 'forbidden', 'two')]")
    assert code != 0
    assert "the name forbidden is forbidden" in output
    assert "error: preview failed" in output
    assert_quiet(output)


def test_a_resource_blocked_at_up_ends_the_program_quietly(project: Project) -> None:
    code, output = project.run(*UP, *PACK, program="[Toy(n) for n in ('one', 'forbidden', 'two')]\n" + ENDLESS)
    assert code != 0
    assert "the name forbidden is forbidden" in output
    assert "the program is here" in output
    assert_quiet(output)
    assert not project.running()


def test_a_resource_that_fails_ends_the_program_quietly(project: Project) -> None:
    code, output = project.run(*UP, program="[Toy(n) for n in ('one', 'failing', 'two')]\n" + ENDLESS)
    assert code != 0
    assert "error: the toy failed" in output
    assert_quiet(output)
    assert not project.running()


@pytest.mark.parametrize("resources", ["[]", "[Toy('endless')]"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_everything_quietly(project: Project, resources: str, number: signal.Signals) -> None:
    project.write(resources + "\n" + ENDLESS)
    process = project.start(*UP, *PACK)
    wait_until((project.folder / "endless").exists)
    os.killpg(process.pid, number)  # as a terminal does
    code, output = finish(process)
    assert code != 0
    assert "cancelling" in output
    assert_quiet(output)
    assert not project.running()


def test_nothing_outlives_an_engine_that_was_killed(project: Project) -> None:
    project.write(ENDLESS)
    process = project.start(*UP, *PACK)
    wait_until((project.folder / "endless").exists)
    assert any("endless-child" in line for line in project.running().values())
    process.kill()
    process.communicate(timeout=60)
    wait_until(lambda: not project.running())


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's part in this is Linux's")
def test_no_program_outlives_a_host_that_was_killed(project: Project) -> None:
    project.write(ENDLESS.replace("subprocess.Popen", "str"))
    project.start(*UP)
    wait_until((project.folder / "endless").exists)
    (host,) = (pid for pid, line in project.running().items() if re.match(r"\S*/pulumi-language-python ", line))
    (program,) = (pid for pid, line in project.running().items() if "pulumi-language-python-exec" in line)
    os.kill(host, signal.SIGKILL)
    wait_until(lambda: project.running().keys().isdisjoint({host, program}))


# --- The ends that the program makes


def test_an_exception_of_the_program_is_shown(project: Project) -> None:
    code, output = project.run("preview", program="raise ValueError('my mistake')")
    assert code != 0
    assert "Program failed with an unhandled exception" in output
    assert "ValueError: my mistake" in output
    assert "non-zero exit code" not in output


def test_an_exit_code_of_the_program_is_shown(project: Project) -> None:
    code, output = project.run("preview", program="raise SystemExit(7)")
    assert code != 0
    assert "error: an unhandled error occurred: Program exited with non-zero exit code: 7" in output


def test_an_exception_of_the_pack_is_shown(project: Project, tmp_path: Path) -> None:
    (tmp_path / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (tmp_path / "__main__.py").write_text("raise ValueError('my mistake')")
    code, output = project.run("preview", "--policy-pack", str(tmp_path), program="")
    assert code != 0
    assert "ValueError: my mistake" in output


# --- A life


def test_a_stack_lives_and_dies_without_a_warning(project: Project) -> None:
    program = "pulumi.export('said', pulumi.Config().require('say'))\n[Toy(n) for n in ('one', 'two')]"
    project.write(program)
    outputs = []
    for command in (
        ("config", "set", "say", "hello world"),
        ("preview", *PACK),
        (*UP, *PACK),
        ("preview", "--expect-no-changes", *PACK),
        ("refresh", "--yes", "--expect-no-changes"),
        ("stack", "output", "said"),
        ("destroy", "--yes"),
    ):
        code, output = project.run(*command)
        assert code == 0, output
        assert_quiet(output)
        outputs.append(output)
    assert "hello world" in outputs[5]


def test_an_import_is_written_as_python(project: Project) -> None:
    code, output = project.run("import", "--yes", "toy:index:Toy", "found", "its-id")
    assert code == 0, output
    assert_quiet(output)
    assert 'found = toy.Toy("found"' in output


def test_about_names_the_interpreter_and_the_packages(project: Project) -> None:
    code, output = project.run("about")
    assert code == 0, output
    assert str(Path(sys.prefix) / "bin") in output
    assert re.search(r"^pulumi-policy\s+1\.21\.0", output, re.MULTILINE)
    assert re.search(r"^language\s+python\s+3\.259\.0", output, re.MULTILINE)
    assert re.search(r"^resource\s+aws\s+7\.51\.1", output, re.MULTILINE)
