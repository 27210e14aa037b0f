"""Fixtures for a dev stack that is deployed once. All tests of this folder share it, so one worker runs them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_engine.engine import Engine
from tests.aws import Aws, Credentials
from tests.integration.deployed.stack import ACCOUNT, DeployedStack
from tests.integration.evidence import audit_evidence
from tests.sandboxes import copy_project, new_sandbox

# Lets a test assume the application role.
APPLICATION_TRUST = f"  phi:applicationTrust:\n    account: '{ACCOUNT}'\n"

RunAudit = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def deployed_stack(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedStack]:
    project = copy_project(tmp_path_factory.mktemp("project"))
    settings = project / "Pulumi.dev.yaml"
    settings.write_text(settings.read_text() + APPLICATION_TRUST)
    with new_sandbox() as sandbox:
        up = sandbox("pulumi", "up", "--yes", "--skip-preview", "--stack", "dev", cwd=project)
        assert up.returncode == 0, up.stdout + up.stderr
        output = sandbox("pulumi", "stack", "output", "--json", "--stack", "dev", cwd=project)
        yield DeployedStack(project, sandbox, json.loads(output.stdout))


@pytest.fixture(scope="session")
def aws(deployed_stack: DeployedStack) -> Iterator[Aws]:
    """A client of the emulated AWS that the stack is deployed to."""
    with Aws(deployed_stack.sandbox) as client:
        yield client


@pytest.fixture(scope="session")
def stack_outputs(deployed_stack: DeployedStack) -> dict[str, Any]:
    return deployed_stack.outputs


@pytest.fixture(scope="session")
def outputs_file(deployed_stack: DeployedStack) -> Path:
    path = deployed_stack.project / "outputs.json"
    path.write_text(json.dumps(deployed_stack.outputs))
    return path


@pytest.fixture(scope="session")
def run_audit(aws: Aws, deployed_stack: DeployedStack, outputs_file: Path) -> RunAudit:
    """A function that audits the stack, with further options, and returns the evidence."""

    def run(*options: str | Path, **env: str) -> dict[str, Any]:
        config = deployed_stack.project / "policy" / "config" / "dev.json"
        return audit_evidence(aws.sandbox, outputs_file, config, *options, **env)

    return run


@pytest.fixture(scope="session")
def initial_evidence(run_audit: RunAudit) -> dict[str, Any]:
    """The evidence of an audit before any test has changed the stack."""
    return run_audit()


@pytest.fixture(scope="session")
def mfa_user(aws: Aws) -> tuple[Credentials, dict[str, str]]:
    """The credentials of a user who may assume any role, and the parameters that prove the second factor."""
    aws("iam.create_user", UserName="user")
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws("iam.put_user_policy", UserName="user", PolicyName="roles", PolicyDocument=policy)
    serial = aws("iam.create_virtual_mfa_device", VirtualMFADeviceName="phone")["VirtualMFADevice"]["SerialNumber"]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "234567"}
    aws("iam.enable_mfa_device", UserName="user", SerialNumber=serial, **codes)
    credentials = aws("iam.create_access_key", UserName="user")["AccessKey"]
    return credentials, {"SerialNumber": serial, "TokenCode": "345678"}
