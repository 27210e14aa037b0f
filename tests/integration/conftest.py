"""A dev stack that is up, shared by the tests that try it and those that audit it: they are of one xdist group."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pulumi_engine import engine as airgap_engine
from sandbox.folder import ROOT
from tests.aws import Aws, Credentials
from tests.conftest import Sandbox

ACCOUNT = "123456789012"
# Controls of the account itself, which fail live: the emulator has none of it.
OF_THE_ACCOUNT = {
    "config-recorder-enabled",
    "guardduty-s3-protection",
    "iam-root-mfa",
    "s3-account-public-access-block",
}
# So that a test can take the application's role.
OUR_OWN = f"  phi:applicationTrust:\n    account: '{ACCOUNT}'\n"


Audit = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class Up:
    """The project's folder, the sandbox that the stack is up in, and its outputs."""

    project: Path
    sandbox: Sandbox
    outputs: dict[str, Any]


@pytest.fixture(scope="session")
def up(engine: airgap_engine.Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    project = _project(tmp_path_factory.mktemp("project"))
    sandbox = Sandbox(f"test-{uuid.uuid4().hex[:8]}")
    done = sandbox("pulumi", "up", "--yes", "--skip-preview", "--stack", "dev", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    told = sandbox("pulumi", "stack", "output", "--json", "--stack", "dev", cwd=project)
    yield Up(project, sandbox, json.loads(told.stdout))
    sandbox("--down")


def evidence_of(
    sandbox: Sandbox, outputs: str | Path, config: str | Path, *options: str | Path, **env: str
) -> dict[str, Any]:
    """What the audit of a stack writes as JSON. It fails always, as nobody attests anything."""
    command = ["python", "-m", "phi", "audit", "--outputs", outputs, "--config", config, "--json", *options]
    done = sandbox(*command, **env)
    assert done.returncode == 1, done.stderr
    evidence: dict[str, Any] = json.loads(done.stdout)
    return evidence


def outcomes(evidence: dict[str, Any]) -> dict[str, str]:
    return {control["id"]: control["outcome"] for control in evidence["controls"]}


def _project(folder: Path) -> Path:
    for name in ("__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml"):
        shutil.copy(ROOT / name, folder)
    for name in ("components", "phi", "policy"):
        shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=shutil.ignore_patterns(".venv"))
    for each in (folder, folder / "policy"):
        (each / ".venv").symlink_to(ROOT / ".venv")
    settings = folder / "Pulumi.dev.yaml"
    settings.write_text(settings.read_text() + OUR_OWN)
    return folder


@pytest.fixture(scope="session")
def aws(up: Up) -> Iterator[Aws]:
    """The AWS that the stack is in."""
    with Aws(up.sandbox) as calls:
        yield calls


@pytest.fixture(scope="session")
def stack(up: Up) -> dict[str, Any]:
    """Its outputs."""
    return up.outputs


@pytest.fixture(scope="session")
def outputs(up: Up) -> Path:
    path = up.project / "outputs.json"
    path.write_text(json.dumps(up.outputs))
    return path


@pytest.fixture(scope="session")
def audit(aws: Aws, up: Up, outputs: Path) -> Audit:
    """The evidence of an audit of the stack. Its exit code is 1: see above."""

    def run(*options: str | Path, **env: str) -> dict[str, Any]:
        config = up.project / "policy" / "config" / "dev.json"
        return evidence_of(aws.sandbox, outputs, config, *options, **env)

    return run


@pytest.fixture(scope="session")
def untouched(audit: Audit) -> dict[str, Any]:
    return audit()


@pytest.fixture(scope="session")
def verified(aws: Aws) -> tuple[Credentials, dict[str, str]]:
    """A user who may take any role, and what shows the second factor."""
    aws("iam.create_user", UserName="somebody")
    may = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    aws("iam.put_user_policy", UserName="somebody", PolicyName="roles", PolicyDocument=policy)
    serial = aws("iam.create_virtual_mfa_device", VirtualMFADeviceName="phone")["VirtualMFADevice"]["SerialNumber"]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "234567"}
    aws("iam.enable_mfa_device", UserName="somebody", SerialNumber=serial, **codes)
    keys = aws("iam.create_access_key", UserName="somebody")["AccessKey"]
    return keys, {"SerialNumber": serial, "TokenCode": "345678"}


def as_caller(caller: Credentials, *command: str | Path) -> list[str | Path]:
    """The command in somebody's name; the sandbox gives every other one its own."""
    names = {"AWS_ACCESS_KEY_ID": "AccessKeyId", "AWS_SECRET_ACCESS_KEY": "SecretAccessKey"}
    names["AWS_SESSION_TOKEN"] = "SessionToken"
    return ["env", *(f"{name}={caller[told]}" for name, told in names.items()), *command]
