"""The client, installed from its wheel into a new environment, as an application has it.

Only the application's own test needs the deployed stack. The others are here because they share the environment.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from phi_buckets.cli import COMMANDS
from sandbox.folder import ROOT
from tests.aws import Aws

APPLICATION = """\
import sys
from pathlib import Path

from phi_buckets.object_keys import new_key
from phi_buckets.stack.outputs import read_outputs
from phi_buckets.store import PhiStore

store = PhiStore.from_outputs(read_outputs(Path(sys.argv[1])))
stored = store.upload(Path(sys.argv[2]), new_key(), metadata={"content-kind": "lab-report"})
with store.open(stored.key) as content:
    print(content.read().decode())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


def build(target: str, source: Path, folder: Path) -> Path:
    """Build a `wheel` or an `sdist` from a folder of sources into an empty folder, and return its file."""
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", target, "-d", folder], cwd=source, check=True)
    [built] = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder `bin` of an environment with only the wheel and what it requires."""
    environment = tmp_path_factory.mktemp("application") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    pinned = ("--constraint", ROOT / "requirements.txt")
    subprocess.run([ROOT / "bin" / "install", environment, wheel, *pinned], check=True)
    return environment / "bin"


@pytest.fixture
def application(tmp_path: Path) -> Path:
    file = tmp_path / "application.py"
    file.write_text(APPLICATION)
    return file


def test_wheel_has_the_two_packages_and_the_packs_version(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()
    [version] = re.findall(r"^version: (\S+)$", (ROOT / "policy" / "PulumiPolicy.yaml").read_text(), re.MULTILINE)
    metadata = f"phi_buckets-{version}.dist-info"
    assert {name.split("/")[0] for name in names} == {"phi_buckets", "hipaa_controls", metadata}
    assert {"phi_buckets/py.typed", "hipaa_controls/py.typed", f"{metadata}/licenses/LICENSE"} <= set(names)
    for package in (ROOT / "phi_buckets", ROOT / "policy" / "hipaa_controls"):
        files = {file for file in package.rglob("*") if file.is_file() and file.suffix != ".pyc"}
        assert {str(file.relative_to(package.parent)) for file in files} <= set(names)


def test_wheel_from_the_source_distribution_has_the_same_files(wheel: Path, tmp_path: Path):
    sdist = build("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    rebuilt = build("wheel", tmp_path / sdist.name.removesuffix(".tar.gz"), tmp_path / "wheel")
    assert set(zipfile.ZipFile(rebuilt).namelist()) == set(zipfile.ZipFile(wheel).namelist())


def test_environment_of_the_wheel_has_neither_pulumi_nor_moto(installed: Path):
    packages = {folder.name for folder in (installed.parent / "lib").glob("*/site-packages/*")}
    assert {"phi_buckets", "hipaa_controls", "boto3"} <= packages
    assert not {"pulumi", "pulumi_aws", "pulumi_policy", "moto", "playwright"} & packages


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_starts_outside_the_checkout(installed: Path, tmp_path: Path, command: str):
    done = subprocess.run(
        [installed / "phi", command, "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f"phi {command}" in done.stdout


def test_cost_is_estimated_from_the_installed_prices(installed: Path, tmp_path: Path):
    done = subprocess.run([installed / "phi", "cost"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "This is an estimate" in done.stdout


def test_application_stores_and_reads_an_object(installed: Path, application: Path, aws: Aws, outputs_file: Path):
    content = application.with_name("report.txt")
    content.write_text("content of the object")
    done = aws.sandbox(installed / "python", application, outputs_file, content, cwd=application.parent)
    assert (done.returncode, done.stdout) == (0, "content of the object\n"), done.stderr


def test_type_checker_sees_the_types_of_the_installed_client(installed: Path, application: Path):
    mypy = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--python-executable", installed / "python"]
    assert subprocess.run([*mypy, application], cwd=application.parent, check=False).returncode == 0
    application.write_text(APPLICATION.replace("new_key(), ", "7, "))
    wrong = subprocess.run([*mypy, application], cwd=application.parent, capture_output=True, text=True, check=False)
    assert 'Argument 2 to "upload" of "PhiStore" has incompatible type "int"' in wrong.stdout
