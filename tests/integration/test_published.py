"""The pack by itself: a copy of `policy/` elsewhere, in an environment with only its own requirements."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from pulumi_engine.engine import Engine
from sandbox.folder import ROOT
from tests.sandboxes import BUILT, Sandbox

PROJECT = """\
name: other
runtime:
  name: python
  options:
    virtualenv: {venv}
"""
PROGRAM = """\
import pulumi_aws as aws

aws.s3.Bucket("reports", tags={"DataClass": "PHI"})
"""


def test_packs_folder_is_published_without_an_environment():
    """It may still contain one: the README says to make it there with `pulumi install`."""
    tracked = subprocess.run(["git", "ls-files", "policy"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "policy/PulumiPolicy.yaml" in tracked
    assert ".venv" not in tracked
    commands = subprocess.run(["make", "-Bn", "setup"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    made = {line.split()[-1] for line in commands.splitlines() if line.startswith(("ln ", "mkdir "))}
    assert made == {".venv/policy", ".venv/policy/", ".venv/policy/.venv"}


def test_pack_in_its_own_environment_checks_another_program(engine: Engine, sandbox: Sandbox, tmp_path: Path):
    pack = tmp_path / "elsewhere" / "hipaa"
    shutil.copytree(ROOT / "policy", pack, ignore=BUILT)
    path = os.pathsep.join([str(engine.bin), os.environ["PATH"]])
    subprocess.run(["pulumi", "install"], cwd=pack, env=os.environ | {"PATH": path}, check=True, capture_output=True)
    pip = [pack / ".venv" / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    installed = subprocess.run([*pip, "list", "--format", "freeze"], check=True, capture_output=True, text=True).stdout
    assert not {"pulumi_aws", "boto3", "moto"} & {line.split("==")[0] for line in installed.splitlines()}

    program = tmp_path / "other"
    program.mkdir()
    (program / "Pulumi.yaml").write_text(PROJECT.format(venv=ROOT / ".venv"))
    (program / "__main__.py").write_text(PROGRAM)
    stack = ("--stack", "dev", "--cwd", program)
    preview = sandbox("pulumi", "preview", *stack, "--policy-pack", pack)
    assert preview.returncode != 0
    controls = {line.split()[4] for line in preview.stdout.splitlines() if "[mandatory]" in line}
    assert controls >= {"s3-public-access-block", "s3-customer-managed-key", "s3-tls-only", "cloudtrail-enabled"}
    assert "Traceback" not in preview.stdout + preview.stderr
