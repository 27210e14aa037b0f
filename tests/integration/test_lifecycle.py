"""The program's lifecycle on the real engine, the real AWS provider and emulated AWS, checked by the pack.

The life of a stack is a chain of steps. Each step is a fixture that runs once, after the step before it, and returns
what it saw; the tests assert what the steps saw. So each test names one promise, and can run alone or in any order.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hipaa_controls.catalogue import PREVIEW_CONTROLS
from pulumi_engine.engine import Engine
from sandbox.folder import ROOT
from tests.integration.evidence import ACCOUNT_CONTROLS, audit_evidence, outcomes
from tests.sandboxes import Sandbox, copy_project, new_sandbox

STACK = ("--stack", "dev")
PACK = ("--policy-pack", "policy", "--policy-pack-config", "policy/config/dev.json")
UP = ("up", "--yes", "--skip-preview")

Completed = subprocess.CompletedProcess[str]
Verdicts = set[tuple[str, str, str]]
"""The control, the resource and the status of each verdict."""


@dataclass(frozen=True)
class Stack:
    """A stack of a copy of the project, in a sandbox of its own."""

    name: str
    project: Path
    sandbox: Sandbox

    @property
    def pack(self) -> tuple[str, ...]:
        """The options that run the pack with the stack's config."""
        return ("--policy-pack", "policy", "--policy-pack-config", f"policy/config/{self.name}.json")

    @property
    def settings(self) -> Path:
        return self.project / f"Pulumi.{self.name}.yaml"

    def pulumi(self, *arguments: str, **env: str) -> Completed:
        return self.sandbox("pulumi", *arguments, "--stack", self.name, cwd=self.project, **env)

    def resources(self) -> list[dict[str, Any]]:
        """Return the AWS resources in the stack's state."""
        export = self.pulumi("stack", "export")
        assert export.returncode == 0, export.stderr
        resources = json.loads(export.stdout)["deployment"].get("resources", [])
        return [resource for resource in resources if resource["type"].startswith("aws:")]

    def resource_types(self) -> list[str]:
        """Return the type of each AWS resource in the stack's state."""
        return [resource["type"] for resource in self.resources()]

    def bucket_and_key_ids(self) -> dict[str, str]:
        """Return the AWS ID of each bucket and key of the stack, by URN."""
        types = ("aws:s3/bucket:Bucket", "aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey")
        return {resource["urn"]: resource["id"] for resource in self.resources() if resource["type"] in types}


@dataclass(frozen=True)
class Interrupted:
    """An `up` that was interrupted: its exit code, its output, and the types of the resources that it created."""

    exit_code: int
    output: str
    created: list[str]


@dataclass(frozen=True)
class Updated:
    """A later `up`, and the IDs of the buckets and keys after it."""

    up: Completed
    ids: dict[str, str]


@dataclass(frozen=True)
class Destroyed:
    """A `destroy`, the types of the resources that it left, and the same of one that was rejected before it, if any."""

    destroy: Completed
    left: list[str]
    rejected: Completed | None
    left_by_rejected: list[str]


@pytest.fixture(scope="class")
def stack(request: pytest.FixtureRequest, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with new_sandbox() as sandbox:
        yield Stack(request.cls.stack_name, copy_project(tmp_path_factory.mktemp("project")), sandbox)


@pytest.fixture(scope="class")
def first_preview(stack: Stack) -> Completed:
    return stack.pulumi("preview", *stack.pack)


@pytest.fixture(scope="class")
def interrupted_up(stack: Stack, first_preview: Completed) -> Interrupted:
    """The interrupt goes to the process group, as from a terminal, while the bucket's lifecycle is created."""
    command = stack.sandbox.command("pulumi", *UP, "--stack", stack.name)
    with subprocess.Popen(
        command,
        cwd=stack.project,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        output = ""
        for line in process.stdout:
            output += line
            if "BucketLifecycleConfiguration access-logs-lifecycle creating" in line:
                os.killpg(process.pid, signal.SIGINT)
                break
        output += process.stdout.read()
    return Interrupted(process.returncode, output, stack.resource_types())


@pytest.fixture(scope="class")
def before_up(first_preview: Completed) -> None:
    """The step before `up`, which a class can replace."""


@pytest.fixture(scope="class")
def up(stack: Stack, before_up: object) -> dict[str, Any]:
    """Return the stack's outputs. No later step can run if this one fails."""
    done = stack.pulumi(*UP, *stack.pack)
    assert done.returncode == 0, done.stdout + done.stderr
    outputs: dict[str, Any] = json.loads(stack.pulumi("stack", "output", "--json").stdout)
    return outputs


@pytest.fixture(scope="class")
def created(stack: Stack, up: dict[str, Any]) -> list[str]:
    """The types of the resources that exist after `up`."""
    return stack.resource_types()


@pytest.fixture(scope="class")
def encryption(stack: Stack, up: dict[str, Any], created: list[str]) -> str:
    """The encryption of the PHI bucket, as boto3 prints it."""
    program = "import boto3, sys; print(boto3.client('s3').get_bucket_encryption(Bucket=sys.argv[1]))"
    return stack.sandbox("python", "-c", program, up["phi_bucket_name"]).stdout


@pytest.fixture(scope="class")
def second_preview(stack: Stack, encryption: str, tmp_path_factory: pytest.TempPathFactory) -> Verdicts:
    report = tmp_path_factory.mktemp("preview") / "report.json"
    refresh = ("--refresh", "--expect-no-changes")
    preview = stack.pulumi("preview", *refresh, *stack.pack, HIPAA_REPORT=str(report))
    assert preview.returncode == 0, preview.stdout + preview.stderr
    return verdicts(report)


@pytest.fixture(scope="class")
def analysis(stack: Stack, second_preview: Verdicts, tmp_path_factory: pytest.TempPathFactory) -> Verdicts:
    report = tmp_path_factory.mktemp("analysis") / "report.json"
    analysis = stack.pulumi("policy", "analyze", *stack.pack, HIPAA_REPORT=str(report))
    assert analysis.returncode == 0, analysis.stdout + analysis.stderr
    return verdicts(report)


@pytest.fixture(scope="class")
def live_outcomes(stack: Stack, up: dict[str, Any], analysis: Verdicts) -> dict[str, str]:
    """The outcome of each control in an audit, by the control's ID."""
    outputs_file = stack.project / "outputs.json"
    outputs_file.write_text(json.dumps(up))
    config = stack.project / "policy" / "config" / f"{stack.name}.json"
    return outcomes(audit_evidence(stack.sandbox, outputs_file, config))


@pytest.fixture(scope="class")
def original_ids(stack: Stack, live_outcomes: dict[str, str]) -> dict[str, str]:
    """The IDs of the buckets and keys before the settings change."""
    return stack.bucket_and_key_ids()


@pytest.fixture(scope="class")
def with_replica(stack: Stack, original_ids: dict[str, str]) -> Updated:
    """A replica is added, and noncurrent versions are kept longer."""
    settings = stack.settings.read_text()
    stack.settings.write_text(f"{settings}  phi:replicaRegion: us-west-2\n  phi:noncurrentRetentionDays: 2600\n")
    updated = Updated(stack.pulumi(*UP), stack.bucket_and_key_ids())
    stack.settings.write_text(settings)
    return updated


@pytest.fixture(scope="class")
def reverted(stack: Stack, with_replica: Updated) -> Updated:
    """The settings are as they were before."""
    return Updated(stack.pulumi(*UP), stack.bucket_and_key_ids())


@pytest.fixture(scope="class")
def up_again(stack: Stack, reverted: Updated) -> Completed:
    return stack.pulumi(*UP, "--expect-no-changes")


@pytest.fixture(scope="class")
def before_destroy(live_outcomes: dict[str, str]) -> None:
    """The step before `destroy`, which a class can replace."""


@pytest.fixture(scope="class")
def destroyed(request: pytest.FixtureRequest, stack: Stack, before_destroy: object) -> Destroyed:
    rejected, left_by_rejected = None, []
    if request.cls.protected:
        rejected = stack.pulumi("destroy", "--yes")
        left_by_rejected = stack.resource_types()
        assert stack.pulumi("state", "unprotect", "--all", "--yes").returncode == 0
    destroy = stack.pulumi("destroy", "--yes", "--skip-preview")
    return Destroyed(destroy, stack.resource_types(), rejected, left_by_rejected)


def verdicts(report: Path) -> Verdicts:
    return {
        (control["id"], verdict["resource"].rsplit("::", 1)[-1], verdict["status"])
        for control in json.loads(report.read_text())["controls"]
        for verdict in control["verdicts"]
    }


class Lifecycle:
    """The promises that hold for each stack, from its first preview to its destruction."""

    stack_name: str
    summary: str
    """The pack's summary. That of dev has a warning, because its config relaxes the days of Object Lock."""
    resource_count: int
    """The number of resources to create, with components."""
    protected: bool
    """Whether Pulumi protects the resources from destroy."""

    def test_first_preview_passes_every_control(self, first_preview: Completed):
        text = first_preview.stdout + first_preview.stderr
        assert first_preview.returncode == 0, text
        assert self.summary in first_preview.stdout
        assert f"+ {self.resource_count} to create" in first_preview.stdout
        for word in ("warning", "Traceback", "mandatory", "known yet", "can't run policy"):
            assert word not in text

    def test_outputs_name_the_deployed_bucket_and_its_key(self, stack: Stack, up: dict[str, Any], encryption: str):
        assert up["phi_bucket_name"] == f"phi-{stack.name}-phi-123456789012-us-east-1"
        assert up["phi_key_arn"] in encryption

    def test_refresh_finds_nothing_to_change_and_every_control_passes(self, second_preview: Verdicts):
        assert ("s3-tls-only", "phi-policy", "pass") in second_preview
        assert {status for _, _, status in second_preview} == {"pass", "not applicable"}

    def test_analysis_of_the_state_has_the_verdicts_of_the_preview(self, second_preview: Verdicts, analysis: Verdicts):
        assert analysis == second_preview

    def test_audit_passes_the_controls_that_pass_at_preview(
        self, second_preview: Verdicts, live_outcomes: dict[str, str]
    ):
        shared_controls = {control.id for control in PREVIEW_CONTROLS} & live_outcomes.keys() - ACCOUNT_CONTROLS
        assert {live_outcomes[control] for control in shared_controls} == {"pass", "not applicable"}
        passed_at_preview = {control for control, _, status in second_preview if status == "pass"}
        passed_live = {control for control in shared_controls if live_outcomes[control] == "pass"}
        assert passed_live == passed_at_preview & shared_controls

    def test_destroy_leaves_nothing(self, destroyed: Destroyed):
        assert destroyed.destroy.returncode == 0, destroyed.destroy.stdout + destroyed.destroy.stderr
        assert destroyed.left == []


class TestDev(Lifecycle):
    stack_name, summary, resource_count, protected = "dev", "⚠️ hipaa@", 98, False

    @pytest.fixture(scope="class")
    @classmethod
    def before_up(cls, interrupted_up: Interrupted) -> None:
        """So the first `up` that succeeds continues one that was interrupted."""

    @pytest.fixture(scope="class")
    @classmethod
    def before_destroy(cls, up_again: Completed) -> None:
        """The stack is destroyed after its settings have changed and are reverted."""

    def test_interrupted_up_stops_without_a_traceback(self, interrupted_up: Interrupted):
        assert interrupted_up.exit_code != 0
        assert "Traceback" not in interrupted_up.output
        assert "KeyboardInterrupt" not in interrupted_up.output
        assert "aws:s3/bucket:Bucket" in interrupted_up.created

    def test_up_continues_an_interrupted_up(self, interrupted_up: Interrupted, created: list[str]):
        assert set(interrupted_up.created) < set(created)

    def test_added_replica_replaces_no_bucket_and_no_key(self, original_ids: dict[str, str], with_replica: Updated):
        assert with_replica.up.returncode == 0, with_replica.up.stdout + with_replica.up.stderr
        assert "replace" not in with_replica.up.stdout
        assert original_ids.items() < with_replica.ids.items()

    def test_removed_replica_leaves_the_original_buckets_and_keys(
        self, original_ids: dict[str, str], reverted: Updated, up_again: Completed
    ):
        assert reverted.up.returncode == 0, reverted.up.stdout + reverted.up.stderr
        assert "replace" not in reverted.up.stdout
        assert reverted.ids == original_ids
        assert up_again.returncode == 0, up_again.stdout + up_again.stderr


class TestProd(Lifecycle):
    stack_name, summary, resource_count, protected = "prod", "✅ hipaa@", 136, True

    def test_destroy_of_a_protected_stack_is_rejected(self, destroyed: Destroyed):
        assert destroyed.rejected is not None
        assert destroyed.rejected.returncode != 0
        assert "protect" in destroyed.rejected.stdout
        assert len(destroyed.left_by_rejected) == 112


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the program and the pack, which the test may change."""
    return copy_project(tmp_path)


def replace_in_file(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


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


def test_preview_leaves_the_projects_files_unchanged(sandbox: Sandbox, project: Path):
    original = (project / "Pulumi.dev.yaml").read_text()
    assert sandbox("pulumi", "preview", *STACK, cwd=project).returncode == 0
    assert (project / "Pulumi.dev.yaml").read_text() == original
    assert sorted(path.name for path in project.glob("Pulumi*")) == [
        "Pulumi.dev.yaml",
        "Pulumi.prod.yaml",
        "Pulumi.yaml",
    ]


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
    assert Stack("dev", project, sandbox).resource_types() == []


def test_up_without_preview_blocks_a_noncompliant_resource(sandbox: Sandbox, project: Path):
    component = project / "components" / "hardened_bucket.py"
    replace_in_file(component, "restrict_public_buckets=True", "restrict_public_buckets=False")
    up = sandbox("pulumi", "up", "--yes", "--skip-preview", *STACK, *PACK, cwd=project)
    assert up.returncode != 0
    assert "s3-public-access-block" in up.stdout
    assert "Traceback" not in up.stdout + up.stderr
    assert "KeyboardInterrupt" not in up.stdout + up.stderr
    assert (
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock" not in Stack("dev", project, sandbox).resource_types()
    )


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
    assert "aws:s3/bucketPolicy:BucketPolicy" not in Stack("dev", project, sandbox).resource_types()


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
