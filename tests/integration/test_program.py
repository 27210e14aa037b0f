"""Single behaviors of a preview and an `up` of the program, on the real engine and emulated AWS."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.folder import ROOT
from tests.aws import Aws
from tests.integration.sandboxed_stack import UP, SandboxedStack, pack_options
from tests.sandboxes import Sandbox, copy_project


@pytest.fixture
def dev(sandbox: Sandbox, tmp_path: Path) -> SandboxedStack:
    """The stack `dev` of a copy of the program and the pack, which the test may change."""
    return SandboxedStack("dev", copy_project(tmp_path), sandbox)


@pytest.fixture
def prod(sandbox: Sandbox, tmp_path: Path) -> SandboxedStack:
    """The stack `prod` of such a copy."""
    return SandboxedStack("prod", copy_project(tmp_path), sandbox)


def replace_in_file(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_stack_with_every_option_passes_every_control(prod: SandboxedStack):
    """Only at preview, because the emulator lacks organizations' conformance packs."""
    with Aws(prod.sandbox) as aws:
        organization = aws("organizations.create_organization", FeatureSet="ALL")["Organization"]["Id"]
    settings = prod.settings.read_text() + (
        "  phi:intelligentTiering: true\n"
        "  phi:buckets: {phi: {}, imaging: {objectLockDays: 2500, applicationTrust: {service: ec2.amazonaws.com}}}\n"
        "  phi:networks: [vpce-0a1b2c3d4e5f60718, 203.0.113.0/24]\n"
        "  phi:athenaEnabled: true\n"
        "  phi:backupLockMode: COMPLIANCE\n"
        "  phi:backupLockConfirmed: permanent-35-days\n"
        f"  phi:organizationId: {organization}\n"
        "  phi:permissionsBoundary: arn:aws:iam::123456789012:policy/boundary\n"
        "  phi:alertSubscribers: [security@example.com, 'https://alerts.example.com/hook']\n"
    )
    prod.settings.write_text(settings)
    config = prod.project / "policy" / "config" / "prod.json"
    trusted_host = {"sns-no-external-subscriptions": {"hosts": ["alerts.example.com"]}}
    config.write_text(json.dumps(json.loads(config.read_text()) | trusted_host))
    preview = prod.pulumi("preview", *pack_options("prod"))
    assert preview.returncode == 0, preview.stdout + preview.stderr
    assert "0 failed, 0 unverified, 0 exempted or allowed" in preview.stdout
    assert "account-malware-plan" in preview.stdout


def test_preview_leaves_the_projects_files_unchanged(dev: SandboxedStack):
    original = dev.settings.read_text()
    assert dev.pulumi("preview").returncode == 0
    assert dev.settings.read_text() == original
    assert sorted(path.name for path in dev.project.glob("Pulumi*")) == [
        "Pulumi.dev.yaml",
        "Pulumi.prod.yaml",
        "Pulumi.yaml",
    ]


def test_up_without_versioning_creates_nothing(dev: SandboxedStack):
    component = dev.project / "components" / "hardened_bucket.py"
    text = component.read_text()
    start = text.index("    versioning = aws.s3.BucketVersioning(")
    end = text.index("    default_encryption = aws.s3.")
    component.write_text(text[:start] + "    versioning = public_access_block\n" + text[end:])

    up = dev.pulumi("up", "--yes", *pack_options("dev"))
    assert up.returncode != 0
    findings = [line.split()[-4:] for line in up.stdout.splitlines() if "[mandatory]" in line]
    assert sorted(findings) == [
        ["critical]", "s3-versioning", "(aws:s3:Bucket:", "access-logs)"],
        ["critical]", "s3-versioning", "(aws:s3:Bucket:", "phi)"],
        ["critical]", "s3-versioning", "(aws:s3:Bucket:", "trail-files)"],
    ]
    assert "Traceback" not in up.stdout + up.stderr
    assert dev.resource_types() == []


def test_up_without_preview_blocks_a_noncompliant_resource(dev: SandboxedStack):
    component = dev.project / "components" / "hardened_bucket.py"
    replace_in_file(component, "restrict_public_buckets=True", "restrict_public_buckets=False")
    up = dev.pulumi(*UP, *pack_options("dev"))
    assert up.returncode != 0
    assert "s3-public-access-block" in up.stdout
    assert "Traceback" not in up.stdout + up.stderr
    assert "KeyboardInterrupt" not in up.stdout + up.stderr
    assert "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock" not in dev.resource_types()


def test_up_blocks_a_noncompliant_policy_that_the_component_declared_otherwise(dev: SandboxedStack):
    """The component's structured input is compliant, but the bucket policy that it creates isn't."""
    replace_in_file(
        dev.project / "components" / "hardened_bucket.py",
        "policy=pulumi.Output.json_dumps(policy),",
        "policy=pulumi.Output.json_dumps(policy).apply(lambda text: text.replace('s3:*', 's3:Get*')),",
    )
    up = dev.pulumi(*UP, *pack_options("dev"))
    assert up.returncode != 0
    assert "s3-tls-only" in up.stdout
    assert "aws:s3/bucketPolicy:BucketPolicy" not in dev.resource_types()


def test_all_invalid_settings_are_reported_together(dev: SandboxedStack):
    dev.settings.write_text("config:\n  phi:noncurrentRetentionDays: x\n  phi:logRetentionDays: 1\n")
    preview = dev.pulumi("preview", "--skip-config-validation", *pack_options("dev"))
    assert preview.returncode != 0
    text = preview.stdout + preview.stderr
    for error in (
        "aws:region is missing",
        "phi:environment is missing",
        "phi:noncurrentRetentionDays is 'x'",
        "phi:logRetentionDays is 1",
    ):
        assert error in text
    assert "Traceback" not in text


def test_missing_credentials_are_reported(sandbox: Sandbox):
    without_credentials = ("env", "-u", "AWS_ACCESS_KEY_ID", "-u", "AWS_SECRET_ACCESS_KEY")
    preview = sandbox(*without_credentials, "pulumi", "preview", "--stack", "dev")
    assert preview.returncode != 0
    assert "can't determine the AWS account: No valid credential sources found" in preview.stdout
    assert "Traceback" not in preview.stdout + preview.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="processes are listed from /proc")
def test_killed_engine_leaves_no_provider_running(sandbox: Sandbox):
    up = sandbox.command("pulumi", *UP, "--stack", "dev")
    with subprocess.Popen(up, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "aws:kms:Key phi-key creating" in line:
                break
        command_lines = sandbox_processes(sandbox)
        assert any("terraform-provider-aws" in line for line in command_lines.values())
        (engine,) = (pid for pid, line in command_lines.items() if "/pulumi up" in line.replace("\0", " ")[:200])
        os.kill(engine, signal.SIGKILL)
        process.stdout.read()
    deadline = time.monotonic() + 30
    while remaining := sandbox_processes(sandbox):
        assert time.monotonic() < deadline, remaining
        time.sleep(0.1)


def sandbox_processes(sandbox: Sandbox) -> dict[int, str]:
    """Return the command lines, by PID, of the processes that use this sandbox's Pulumi state.

    The emulator and the sandbox's own processes don't use it.
    """
    command_lines = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"PULUMI_BACKEND_URL={sandbox.folder.state.as_uri()}\0" in (folder / "environ").read_text():
                command_lines[int(folder.name)] = (folder / "cmdline").read_text()
        except (OSError, UnicodeDecodeError):
            continue
    return command_lines


def test_unknown_stack_is_reported_with_the_existing_stacks(sandbox: Sandbox):
    preview = sandbox("pulumi", "preview", "--stack", "nope", *pack_options("dev"))
    assert preview.returncode != 0
    assert "no stack 'nope'" in preview.stderr
    assert "Its stacks: dev, prod." in preview.stderr
