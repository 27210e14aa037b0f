"""The program's lifecycle on the real engine, the real AWS provider and emulated AWS, checked by the pack."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from hipaa_controls.catalogue import PREVIEW_CONTROLS
from sandbox.folder import ROOT
from tests.conftest import Sandbox
from tests.integration.conftest import ACCOUNT_CONTROLS, audit_evidence, outcomes

STACK = ("--stack", "dev")
PACK = ("--policy-pack", "policy", "--policy-pack-config", "policy/config/dev.json")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the program and the pack, which the test may change."""
    for name in ("__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("components", "phi_buckets", "policy"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for folder in (tmp_path, tmp_path / "policy"):
        (folder / ".venv").symlink_to(ROOT / ".venv")
    return tmp_path


def replace_in_file(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def aws_resources(sandbox: Sandbox, project: Path, stack: str = "dev") -> list[dict[str, Any]]:
    """Return the AWS resources in the stack's state."""
    export = sandbox("pulumi", "stack", "export", "--stack", stack, cwd=project)
    assert export.returncode == 0, export.stderr
    resources = json.loads(export.stdout)["deployment"].get("resources", [])
    return [resource for resource in resources if resource["type"].startswith("aws:")]


def resource_types(sandbox: Sandbox, project: Path, stack: str = "dev") -> list[str]:
    """Return the type of each AWS resource in the stack's state."""
    return [resource["type"] for resource in aws_resources(sandbox, project, stack)]


def bucket_and_key_ids(sandbox: Sandbox, project: Path) -> dict[str, str]:
    """Return the AWS ID of each bucket and key of the stack, by URN."""
    types = ("aws:s3/bucket:Bucket", "aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey")
    resources = aws_resources(sandbox, project)
    return {resource["urn"]: resource["id"] for resource in resources if resource["type"] in types}


def take_verdicts(report: Path) -> set[tuple[str, str, str]]:
    """Return the control, resource and status of each verdict in a report, and delete the report."""
    controls = json.loads(report.read_text())["controls"]
    report.unlink()
    return {
        (control["id"], verdict["resource"].rsplit("::", 1)[-1], verdict["status"])
        for control in controls
        for verdict in control["verdicts"]
    }


@pytest.mark.parametrize(
    ("stack", "summary", "resource_count"),
    [("dev", "⚠️ hipaa@", 98), ("prod", "✅ hipaa@", 136)],
    ids=["dev", "prod"],
)
def test_stack_passes_every_control_from_the_first_preview_to_destroy(
    sandbox: Sandbox, tmp_path: Path, stack: str, summary: str, resource_count: int
):
    """The summary of dev has a warning, because its config relaxes the days of Object Lock."""
    stack_option = ("--stack", stack)
    pack = ("--policy-pack", "policy", "--policy-pack-config", f"policy/config/{stack}.json")
    preview = sandbox("pulumi", "preview", *stack_option, *pack)
    assert preview.returncode == 0, preview.stdout + preview.stderr
    assert summary in preview.stdout
    assert f"+ {resource_count} to create" in preview.stdout
    for word in ("warning", "Traceback", "mandatory", "known yet", "can't run policy"):
        assert word not in preview.stdout + preview.stderr

    up = sandbox("pulumi", "up", "--yes", "--skip-preview", *stack_option, *pack)
    assert up.returncode == 0, up.stdout + up.stderr

    outputs = json.loads(sandbox("pulumi", "stack", "output", "--json", *stack_option).stdout)
    assert outputs["phi_bucket_name"] == f"phi-{stack}-phi-123456789012-us-east-1"
    program = "import boto3, sys; print(boto3.client('s3').get_bucket_encryption(Bucket=sys.argv[1]))"
    assert outputs["phi_key_arn"] in sandbox("python", "-c", program, outputs["phi_bucket_name"]).stdout

    report = tmp_path / "report.json"
    refresh = ("--refresh", "--expect-no-changes")
    second_preview = sandbox("pulumi", "preview", *refresh, *stack_option, *pack, HIPAA_REPORT=str(report))
    assert second_preview.returncode == 0, second_preview.stdout + second_preview.stderr
    preview_verdicts = take_verdicts(report)

    analysis = sandbox("pulumi", "policy", "analyze", *stack_option, *pack, HIPAA_REPORT=str(report))
    assert analysis.returncode == 0, analysis.stdout + analysis.stderr
    assert take_verdicts(report) == preview_verdicts
    assert ("s3-tls-only", "phi-policy", "pass") in preview_verdicts
    assert {status for _, _, status in preview_verdicts} == {"pass", "not applicable"}

    outputs_file = tmp_path / "outputs.json"
    outputs_file.write_text(json.dumps(outputs))
    live_outcomes = outcomes(audit_evidence(sandbox, outputs_file, f"policy/config/{stack}.json"))
    shared_controls = {control.id for control in PREVIEW_CONTROLS} & live_outcomes.keys() - ACCOUNT_CONTROLS
    assert {live_outcomes[control] for control in shared_controls} == {"pass", "not applicable"}
    passed_at_preview = {control for control, _, status in preview_verdicts if status == "pass"}
    passed_live = {control for control in shared_controls if live_outcomes[control] == "pass"}
    assert passed_live == passed_at_preview & shared_controls

    if stack == "prod":
        rejected = sandbox("pulumi", "destroy", "--yes", *stack_option)
        assert rejected.returncode != 0
        assert "protect" in rejected.stdout
        assert len(resource_types(sandbox, ROOT, stack)) == 112
        assert sandbox("pulumi", "state", "unprotect", "--all", "--yes", *stack_option).returncode == 0
    destroy = sandbox("pulumi", "destroy", "--yes", "--skip-preview", *stack_option)
    assert destroy.returncode == 0, destroy.stdout + destroy.stderr
    assert resource_types(sandbox, ROOT, stack) == []


def test_stack_with_every_option_passes_every_control(sandbox: Sandbox, project: Path):
    """Only at preview, because the emulator can't create some of the resources."""
    settings = (ROOT / "Pulumi.prod.yaml").read_text() + (
        "  phi:accountSecurityServices: [publicAccessBlock, guardDuty, malwareProtection, macie, config]\n"
        "  phi:intelligentTiering: true\n"
        "  phi:organizationId: o-abcdefghij\n"
        "  phi:permissionsBoundary: arn:aws:iam::123456789012:policy/boundary\n"
        "  phi:alertSubscribers: [security@example.com, 'https://alerts.example.com/hook']\n"
    )
    (project / "Pulumi.prod.yaml").write_text(settings)
    pack = ("--policy-pack", "policy", "--policy-pack-config", "policy/config/prod.json")
    preview = sandbox("pulumi", "preview", "--stack", "prod", *pack, cwd=project)
    assert preview.returncode == 0, preview.stdout + preview.stderr
    assert "✅ hipaa@" in preview.stdout
    assert "account-malware-plan" in preview.stdout


def test_settings_change_replaces_no_bucket_and_no_key(sandbox: Sandbox, project: Path):
    """A replica is added and removed, and noncurrent versions are kept longer."""
    up = ("pulumi", "up", "--yes", "--skip-preview", *STACK)
    assert sandbox(*up, cwd=project).returncode == 0
    original_ids = bucket_and_key_ids(sandbox, project)

    settings = project / "Pulumi.dev.yaml"
    original_settings = settings.read_text()
    settings.write_text(f"{original_settings}  phi:replicaRegion: us-west-2\n  phi:noncurrentRetentionDays: 2600\n")
    with_replica = sandbox(*up, cwd=project)
    assert with_replica.returncode == 0, with_replica.stdout + with_replica.stderr
    assert "replace" not in with_replica.stdout
    assert original_ids.items() < bucket_and_key_ids(sandbox, project).items()

    settings.write_text(original_settings)
    reverted = sandbox(*up, cwd=project)
    assert reverted.returncode == 0, reverted.stdout + reverted.stderr
    assert "replace" not in reverted.stdout
    assert bucket_and_key_ids(sandbox, project) == original_ids
    assert sandbox(*up, "--expect-no-changes", cwd=project).returncode == 0


def test_preview_leaves_the_projects_files_unchanged(sandbox: Sandbox, project: Path):
    original = (project / "Pulumi.dev.yaml").read_text()
    assert sandbox("pulumi", "preview", *STACK, cwd=project).returncode == 0
    assert (project / "Pulumi.dev.yaml").read_text() == original
    assert sorted(path.name for path in project.glob("Pulumi*")) == ["Pulumi.dev.yaml", "Pulumi.yaml"]


def test_up_without_versioning_creates_nothing(sandbox: Sandbox, project: Path):
    component = project / "components" / "hardened_bucket.py"
    text = component.read_text()
    start = text.index("    versioning = aws.s3.BucketVersioning(")
    end = text.index("    default_encryption = aws.s3.")
    component.write_text(text[:start] + "    versioning = public_access_block\n" + text[end:])

    up = sandbox("pulumi", "up", "--yes", *STACK, *PACK, cwd=project)
    assert up.returncode != 0
    findings = [line.split()[-4:] for line in up.stdout.splitlines() if "[mandatory]" in line]
    assert sorted(findings) == [
        ["critical]", "s3-versioning", "(aws:s3:Bucket:", "access-logs)"],
        ["critical]", "s3-versioning", "(aws:s3:Bucket:", "phi)"],
        ["critical]", "s3-versioning", "(aws:s3:Bucket:", "trail-files)"],
    ]
    assert "Traceback" not in up.stdout + up.stderr
    assert resource_types(sandbox, project) == []


def test_up_without_preview_blocks_a_noncompliant_resource(sandbox: Sandbox, project: Path):
    component = project / "components" / "hardened_bucket.py"
    replace_in_file(component, "restrict_public_buckets=True", "restrict_public_buckets=False")
    up = sandbox("pulumi", "up", "--yes", "--skip-preview", *STACK, *PACK, cwd=project)
    assert up.returncode != 0
    assert "s3-public-access-block" in up.stdout
    assert "Traceback" not in up.stdout + up.stderr
    assert "KeyboardInterrupt" not in up.stdout + up.stderr
    assert "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock" not in resource_types(sandbox, project)


def test_up_blocks_a_noncompliant_policy_that_the_component_declared_otherwise(sandbox: Sandbox, project: Path):
    """The component's structured input is compliant, but the bucket policy that it creates isn't."""
    replace_in_file(
        project / "components" / "hardened_bucket.py",
        "policy=pulumi.Output.json_dumps(policy),",
        "policy=pulumi.Output.json_dumps(policy).apply(lambda text: text.replace('s3:*', 's3:Get*')),",
    )
    up = sandbox("pulumi", "up", "--yes", "--skip-preview", *STACK, *PACK, cwd=project)
    assert up.returncode != 0
    assert "s3-tls-only" in up.stdout
    assert "aws:s3/bucketPolicy:BucketPolicy" not in resource_types(sandbox, project)


def test_all_invalid_settings_are_reported_together(sandbox: Sandbox, project: Path):
    (project / "Pulumi.dev.yaml").write_text("config:\n  phi:noncurrentRetentionDays: x\n  phi:logRetentionDays: 1\n")
    preview = sandbox("pulumi", "preview", "--skip-config-validation", *STACK, *PACK, cwd=project)
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
    preview = sandbox(*without_credentials, "pulumi", "preview", *STACK)
    assert preview.returncode != 0
    assert "can't determine the AWS account: No valid credential sources found" in preview.stdout
    assert "Traceback" not in preview.stdout + preview.stderr


def test_interrupted_up_stops_without_a_traceback_and_the_next_up_continues(sandbox: Sandbox):
    """The interrupt goes to the process group, as from a terminal, while the bucket's lifecycle is created."""
    up = sandbox.command("pulumi", "up", "--yes", "--skip-preview", *STACK)
    with subprocess.Popen(
        up, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        text = ""
        for line in process.stdout:
            text += line
            if "BucketLifecycleConfiguration access-logs-lifecycle creating" in line:
                os.killpg(process.pid, signal.SIGINT)
                break
        text += process.stdout.read()
    assert process.returncode != 0
    assert "Traceback" not in text
    assert "KeyboardInterrupt" not in text

    created = resource_types(sandbox, ROOT)
    assert "aws:s3/bucket:Bucket" in created
    second_up = sandbox("pulumi", "up", "--yes", "--skip-preview", *STACK)
    assert second_up.returncode == 0, second_up.stdout + second_up.stderr
    assert set(created) < set(resource_types(sandbox, ROOT))


@pytest.mark.skipif(sys.platform != "linux", reason="processes are listed from /proc")
def test_killed_engine_leaves_no_provider_running(sandbox: Sandbox):
    up = sandbox.command("pulumi", "up", "--yes", "--skip-preview", *STACK)
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
    preview = sandbox("pulumi", "preview", "--stack", "nope", *PACK)
    assert preview.returncode != 0
    assert "no stack 'nope'" in preview.stderr
    assert "Its stacks: dev, prod." in preview.stderr
