"""The program's lifecycle on the real engine, the real AWS provider and emulated AWS, checked by the pack.

The life of a stack is a chain of steps. Each step is a fixture that runs once, after the step before it, and returns
what it saw; the tests assert what the steps saw. So each test names one promise, and can run alone or in any order.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hipaa_controls.catalogue import PREVIEW_CONTROLS
from pulumi_engine.engine import Engine
from tests.integration.evidence import ACCOUNT_CONTROLS, audit_evidence, outcomes
from tests.integration.sandboxed_stack import UP, Completed, SandboxedStack, pack_options
from tests.sandboxes import copy_project, new_sandbox

Verdicts = set[tuple[str, str, str]]
"""The control, the resource and the status of each verdict."""


@dataclass(frozen=True)
class InterruptedUp:
    """An `up` that was interrupted: its exit code, its output, and the types of the resources that it created."""

    exit_code: int
    output: str
    created_types: list[str]


@dataclass(frozen=True)
class UpResult:
    """A later `up`, and the IDs of the buckets and keys after it."""

    up: Completed
    ids: dict[str, str]


@dataclass(frozen=True)
class LockedUp:
    """An `up` with longer backups, and AWS's description of the backup vault after it."""

    up: Completed
    vault: dict[str, Any]


@dataclass(frozen=True)
class DestroyResult:
    """A `destroy`, the types of the resources that it left, and the same of one that was rejected before it, if any."""

    destroy: Completed
    remaining_types: list[str]
    rejected: Completed | None
    remaining_types_after_rejected: list[str]


@pytest.fixture(scope="class")
def stack(
    request: pytest.FixtureRequest, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SandboxedStack]:
    with new_sandbox() as sandbox:
        yield SandboxedStack(request.cls.stack_name, copy_project(tmp_path_factory.mktemp("project")), sandbox)


@pytest.fixture(scope="class")
def first_preview(stack: SandboxedStack) -> Completed:
    return stack.pulumi("preview", *pack_options(stack.name))


@pytest.fixture(scope="class")
def interrupted_up(stack: SandboxedStack, first_preview: Completed) -> InterruptedUp:
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
    return InterruptedUp(process.returncode, output, stack.resource_types())


@pytest.fixture(scope="class")
def before_up(first_preview: Completed) -> None:
    """The step before `up`, which a class can replace."""


@pytest.fixture(scope="class")
def up(stack: SandboxedStack, before_up: object) -> dict[str, Any]:
    """Return the stack's outputs. No later step can run if this one fails."""
    done = stack.pulumi(*UP, *pack_options(stack.name))
    assert done.returncode == 0, done.stdout + done.stderr
    outputs: dict[str, Any] = json.loads(stack.pulumi("stack", "output", "--json").stdout)
    return outputs


@pytest.fixture(scope="class")
def created_types(stack: SandboxedStack, up: dict[str, Any]) -> list[str]:
    """The types of the resources that exist after `up`."""
    return stack.resource_types()


@pytest.fixture(scope="class")
def printed_encryption(stack: SandboxedStack, up: dict[str, Any], created_types: list[str]) -> str:
    """The encryption of the PHI bucket, as boto3 prints it."""
    program = "import boto3, sys; print(boto3.client('s3').get_bucket_encryption(Bucket=sys.argv[1]))"
    return stack.sandbox("python", "-c", program, up["phi_bucket_name"]).stdout


@pytest.fixture(scope="class")
def second_preview(
    stack: SandboxedStack, printed_encryption: str, tmp_path_factory: pytest.TempPathFactory
) -> Verdicts:
    report = tmp_path_factory.mktemp("preview") / "report.json"
    refresh = ("--refresh", "--expect-no-changes")
    preview = stack.pulumi("preview", *refresh, *pack_options(stack.name), HIPAA_REPORT=str(report))
    assert preview.returncode == 0, preview.stdout + preview.stderr
    return verdicts(report)


@pytest.fixture(scope="class")
def analysis(stack: SandboxedStack, second_preview: Verdicts, tmp_path_factory: pytest.TempPathFactory) -> Verdicts:
    report = tmp_path_factory.mktemp("analysis") / "report.json"
    analysis = stack.pulumi("policy", "analyze", *pack_options(stack.name), HIPAA_REPORT=str(report))
    assert analysis.returncode == 0, analysis.stdout + analysis.stderr
    return verdicts(report)


@pytest.fixture(scope="class")
def live_outcomes(stack: SandboxedStack, up: dict[str, Any], analysis: Verdicts) -> dict[str, str]:
    """The outcome of each control in an audit, by the control's ID."""
    outputs_file = stack.project / "outputs.json"
    outputs_file.write_text(json.dumps(up))
    config = stack.project / "policy" / "config" / f"{stack.name}.json"
    return outcomes(audit_evidence(stack.sandbox, outputs_file, config))


@pytest.fixture(scope="class")
def up_with_longer_backups(stack: SandboxedStack, up: dict[str, Any], live_outcomes: dict[str, str]) -> LockedUp:
    """Backups are kept for 60 days from here on. Every change of a Vault Lock replaces the resource."""
    stack.settings.write_text(f"{stack.settings.read_text()}  phi:backupDays: 60\n")
    updated = stack.pulumi("up", "--yes")
    program = (
        "import boto3, json, sys; "
        "vault = boto3.client('backup').describe_backup_vault(BackupVaultName=sys.argv[1]); "
        "print(json.dumps(vault, default=str))"
    )
    described = stack.sandbox("python", "-c", program, up["backup_vault_name"])
    return LockedUp(updated, json.loads(described.stdout))


@pytest.fixture(scope="class")
def original_ids(stack: SandboxedStack, up_with_longer_backups: LockedUp) -> dict[str, str]:
    """The IDs of the buckets and keys before the settings change."""
    return stack.bucket_and_key_ids()


@pytest.fixture(scope="class")
def up_with_more(stack: SandboxedStack, original_ids: dict[str, str]) -> UpResult:
    """A replica and a second PHI bucket are added, and noncurrent versions are kept longer."""
    settings = stack.settings.read_text()
    more = (
        "  phi:replicaRegion: us-west-2\n  phi:noncurrentRetentionDays: 2600\n  phi:buckets: {phi: {}, imaging: {}}\n"
    )
    stack.settings.write_text(settings + more)
    updated = UpResult(stack.pulumi(*UP), stack.bucket_and_key_ids())
    stack.settings.write_text(settings)
    return updated


@pytest.fixture(scope="class")
def up_with_original_settings(stack: SandboxedStack, up_with_more: UpResult) -> UpResult:
    """The settings are as they were before."""
    return UpResult(stack.pulumi(*UP), stack.bucket_and_key_ids())


@pytest.fixture(scope="class")
def up_again(stack: SandboxedStack, up_with_original_settings: UpResult) -> Completed:
    return stack.pulumi(*UP, "--expect-no-changes")


@pytest.fixture(scope="class")
def before_destroy(up_with_longer_backups: LockedUp) -> None:
    """The step before `destroy`, which a class can replace."""


@pytest.fixture(scope="class")
def destroyed(request: pytest.FixtureRequest, stack: SandboxedStack, before_destroy: object) -> DestroyResult:
    rejected, remaining_types_after_rejected = None, []
    if request.cls.protected:
        rejected = stack.pulumi("destroy", "--yes")
        remaining_types_after_rejected = stack.resource_types()
        assert stack.pulumi("state", "unprotect", "--all", "--yes").returncode == 0
    destroy = stack.pulumi("destroy", "--yes", "--skip-preview")
    return DestroyResult(destroy, stack.resource_types(), rejected, remaining_types_after_rejected)


def verdicts(report: Path) -> Verdicts:
    return {
        (control["id"], verdict["resource"].rsplit("::", 1)[-1], verdict["status"])
        for control in json.loads(report.read_text())["controls"]
        for verdict in control["verdicts"]
    }


class Lifecycle:
    """The promises that hold for each stack, from its first preview to its destruction."""

    stack_name: str
    resource_count: int
    """The number of resources to create, with components."""
    protected: bool
    """Whether Pulumi protects the resources from destroy."""

    def test_first_preview_passes_every_control(self, first_preview: Completed):
        text = first_preview.stdout + first_preview.stderr
        assert first_preview.returncode == 0, text
        assert "0 failed, 0 unverified, 0 exempted or allowed" in first_preview.stdout
        assert "0 are not judged" in first_preview.stdout
        assert f"+ {self.resource_count} to create" in first_preview.stdout
        for word in ("warning", "Traceback", "mandatory", "known yet", "can't run policy"):
            assert word not in text

    def test_outputs_name_the_deployed_bucket_and_its_key(
        self, stack: SandboxedStack, up: dict[str, Any], printed_encryption: str
    ):
        assert up["phi_bucket_name"] == f"phi-{stack.name}-phi-123456789012-us-east-1"
        assert up["phi_key_arn"] in printed_encryption

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

    def test_longer_backups_leave_the_vault_locked_for_the_new_days(self, up_with_longer_backups: LockedUp):
        up = up_with_longer_backups.up
        assert up.returncode == 0, up.stdout + up.stderr
        assert (up_with_longer_backups.vault["Locked"], up_with_longer_backups.vault["MinRetentionDays"]) == (True, 60)

    def test_destroy_leaves_nothing(self, destroyed: DestroyResult):
        assert destroyed.destroy.returncode == 0, destroyed.destroy.stdout + destroyed.destroy.stderr
        assert destroyed.remaining_types == []


class TestDev(Lifecycle):
    stack_name, resource_count, protected = "dev", 140, False

    @pytest.fixture(scope="class")
    @classmethod
    def before_up(cls, interrupted_up: InterruptedUp) -> None:
        """So the first `up` that succeeds continues one that was interrupted."""

    @pytest.fixture(scope="class")
    @classmethod
    def before_destroy(cls, up_again: Completed) -> None:
        """The stack is destroyed after its settings have changed and are reverted."""

    def test_interrupted_up_stops_without_a_traceback(self, interrupted_up: InterruptedUp):
        assert interrupted_up.exit_code != 0
        assert "Traceback" not in interrupted_up.output
        assert "KeyboardInterrupt" not in interrupted_up.output
        assert "aws:s3/bucket:Bucket" in interrupted_up.created_types

    def test_up_continues_an_interrupted_up(self, interrupted_up: InterruptedUp, created_types: list[str]):
        assert set(interrupted_up.created_types) < set(created_types)

    def test_added_replica_and_bucket_replace_no_bucket_and_no_key(
        self, original_ids: dict[str, str], up_with_more: UpResult
    ):
        assert up_with_more.up.returncode == 0, up_with_more.up.stdout + up_with_more.up.stderr
        assert "replace" not in up_with_more.up.stdout
        assert original_ids.items() < up_with_more.ids.items()
        buckets = [urn.rpartition("::")[2] for urn in up_with_more.ids if urn.rpartition("::")[0].endswith(":Bucket")]
        assert {"imaging", "imaging-replica"} < set(buckets)

    def test_removed_replica_and_bucket_leave_the_original_buckets_and_keys(
        self, original_ids: dict[str, str], up_with_original_settings: UpResult, up_again: Completed
    ):
        assert up_with_original_settings.up.returncode == 0, (
            up_with_original_settings.up.stdout + up_with_original_settings.up.stderr
        )
        assert "replace" not in up_with_original_settings.up.stdout
        assert up_with_original_settings.ids == original_ids
        assert up_again.returncode == 0, up_again.stdout + up_again.stderr


class TestProd(Lifecycle):
    stack_name, resource_count, protected = "prod", 265, True

    def test_destroy_of_a_protected_stack_is_rejected(self, destroyed: DestroyResult, created_types: list[str]):
        assert destroyed.rejected is not None
        assert destroyed.rejected.returncode != 0
        assert "protect" in destroyed.rejected.stdout
        assert sorted(destroyed.remaining_types_after_rejected) == sorted(created_types)
