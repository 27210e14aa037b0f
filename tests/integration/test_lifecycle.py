"""The program on the real engine, the real AWS provider and the embedded AWS, gated by the pack."""

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

from hipaa.catalogue import PREVIEW_CONTROLS
from sandbox.folder import ROOT
from tests.conftest import Sandbox
from tests.integration.conftest import OF_THE_ACCOUNT, evidence_of, outcomes

STACK = ("--stack", "dev")
GATE = ("--policy-pack", "policy", "--policy-pack-config", "policy/config/dev.json")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the program and the pack to change."""
    for name in ("__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("components", "phi", "policy"):
        shutil.copytree(ROOT / name, tmp_path / name, symlinks=True)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    return tmp_path


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def exported(sandbox: Sandbox, project: Path, stack: str) -> list[dict[str, Any]]:
    """All of AWS that the stack holds."""
    done = sandbox("pulumi", "stack", "export", "--stack", stack, cwd=project)
    assert done.returncode == 0, done.stderr
    resources = json.loads(done.stdout)["deployment"].get("resources", [])
    return [each for each in resources if each["type"].startswith("aws:")]


def state(sandbox: Sandbox, project: Path, stack: str = "dev") -> list[str]:
    """The types of all that the stack holds."""
    return [each["type"] for each in exported(sandbox, project, stack)]


def buckets_and_keys(sandbox: Sandbox, project: Path) -> dict[str, str]:
    """What AWS calls each bucket and key of the stack."""
    types = ("aws:s3/bucket:Bucket", "aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey")
    return {each["urn"]: each["id"] for each in exported(sandbox, project, "dev") if each["type"] in types}


def verdicts(report: Path) -> set[tuple[str, str, str]]:
    """Every verdict of a report, which is taken away: control, resource, status."""
    controls = json.loads(report.read_text())["controls"]
    report.unlink()
    return {
        (control["id"], each["resource"].rsplit("::", 1)[-1], each["status"])
        for control in controls
        for each in control["verdicts"]
    }


@pytest.mark.parametrize(("stack", "told", "resources"), [("dev", "⚠️ hipaa@", 98), ("prod", "✅ hipaa@", 136)])
def test_the_stack_goes_up_stays_as_it_is_and_comes_down(sandbox: Sandbox, tmp_path: Path, stack, told, resources):
    """It passes every control at its first preview: in prod as they are, in dev with a shorter lock."""
    of_stack = ("--stack", stack)
    gate = ("--policy-pack", "policy", "--policy-pack-config", f"policy/config/{stack}.json")
    preview = sandbox("pulumi", "preview", *of_stack, *gate)
    assert preview.returncode == 0, preview.stdout + preview.stderr
    assert told in preview.stdout
    assert f"+ {resources} to create" in preview.stdout
    for word in ("warning", "Traceback", "mandatory", "known yet", "can't run policy"):
        assert word not in preview.stdout + preview.stderr

    up = sandbox("pulumi", "up", "--yes", "--skip-preview", *of_stack, *gate)
    assert up.returncode == 0, up.stdout + up.stderr

    outputs = json.loads(sandbox("pulumi", "stack", "output", "--json", *of_stack).stdout)
    assert outputs["phi_bucket_name"] == f"phi-{stack}-phi-123456789012-us-east-1"
    read = "import boto3, sys; print(boto3.client('s3').get_bucket_encryption(Bucket=sys.argv[1]))"
    assert outputs["phi_key_arn"] in sandbox("python", "-c", read, outputs["phi_bucket_name"]).stdout

    report = tmp_path / "report.json"
    again = sandbox("pulumi", "preview", "--refresh", "--expect-no-changes", *of_stack, *gate, HIPAA_REPORT=str(report))
    assert again.returncode == 0, again.stdout + again.stderr
    at_preview = verdicts(report)

    saved = sandbox("pulumi", "policy", "analyze", *of_stack, *gate, HIPAA_REPORT=str(report))
    assert saved.returncode == 0, saved.stdout + saved.stderr
    assert verdicts(report) == at_preview
    assert ("s3-tls-only", "phi-policy", "pass") in at_preview
    assert {status for _, _, status in at_preview} == {"pass", "not applicable"}

    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(outputs))
    live = outcomes(evidence_of(sandbox, file, f"policy/config/{stack}.json"))
    shared = {each.id for each in PREVIEW_CONTROLS} & live.keys() - OF_THE_ACCOUNT
    assert {live[each] for each in shared} == {"pass", "not applicable"}
    passed = {control for control, _, status in at_preview if status == "pass"}
    assert {each for each in shared if live[each] == "pass"} == passed & shared

    if stack == "prod":
        refused = sandbox("pulumi", "destroy", "--yes", *of_stack)
        assert refused.returncode != 0
        assert "protect" in refused.stdout
        assert len(state(sandbox, ROOT, stack)) == 112
        assert sandbox("pulumi", "state", "unprotect", "--all", "--yes", *of_stack).returncode == 0
    down = sandbox("pulumi", "destroy", "--yes", "--skip-preview", *of_stack)
    assert down.returncode == 0, down.stdout + down.stderr
    assert state(sandbox, ROOT, stack) == []


def test_with_all_that_can_be_switched_on_every_control_passes(sandbox: Sandbox, project: Path):
    """At a preview: the emulator can't create some of it."""
    settings = (ROOT / "Pulumi.prod.yaml").read_text() + (
        "  phi:accountSecurityServices: [publicAccessBlock, guardDuty, malwareProtection, macie, config]\n"
        "  phi:intelligentTiering: true\n"
        "  phi:organizationId: o-abcdefghij\n"
        "  phi:permissionsBoundary: arn:aws:iam::123456789012:policy/boundary\n"
        "  phi:alertSubscribers: [security@example.com, 'https://alerts.example.com/hook']\n"
    )
    (project / "Pulumi.prod.yaml").write_text(settings)
    gate = ("--policy-pack", "policy", "--policy-pack-config", "policy/config/prod.json")
    preview = sandbox("pulumi", "preview", "--stack", "prod", *gate, cwd=project)
    assert preview.returncode == 0, preview.stdout + preview.stderr
    assert "✅ hipaa@" in preview.stdout
    assert "account-malware-plan" in preview.stdout


def test_a_change_of_settings_replaces_no_bucket_and_no_key(sandbox: Sandbox, project: Path):
    """A replica comes and goes, and earlier versions are kept longer."""
    up = ("pulumi", "up", "--yes", "--skip-preview", *STACK)
    assert sandbox(*up, cwd=project).returncode == 0
    before = buckets_and_keys(sandbox, project)

    settings = project / "Pulumi.dev.yaml"
    was = settings.read_text()
    settings.write_text(f"{was}  phi:replicaRegion: us-west-2\n  phi:noncurrentRetentionDays: 2600\n")
    changed = sandbox(*up, cwd=project)
    assert changed.returncode == 0, changed.stdout + changed.stderr
    assert "replace" not in changed.stdout
    with_replica = buckets_and_keys(sandbox, project)
    assert before.items() < with_replica.items()

    settings.write_text(was)
    back = sandbox(*up, cwd=project)
    assert back.returncode == 0, back.stdout + back.stderr
    assert "replace" not in back.stdout
    assert buckets_and_keys(sandbox, project) == before
    assert sandbox(*up, "--expect-no-changes", cwd=project).returncode == 0


def test_the_users_files_are_left_as_they_are(sandbox: Sandbox, project: Path):
    before = (project / "Pulumi.dev.yaml").read_text()
    assert sandbox("pulumi", "preview", *STACK, cwd=project).returncode == 0
    assert (project / "Pulumi.dev.yaml").read_text() == before
    assert sorted(each.name for each in project.glob("Pulumi*")) == ["Pulumi.dev.yaml", "Pulumi.yaml"]


def test_without_versioning_nothing_is_created(sandbox: Sandbox, project: Path):
    guarded = project / "components" / "hardened_bucket.py"
    text = guarded.read_text()
    start, end = text.index("    versioning = aws.s3.BucketVersioning("), text.index("    default_encryption = aws.s3.")
    guarded.write_text(text[:start] + "    versioning = public_access_block\n" + text[end:])

    up = sandbox("pulumi", "up", "--yes", *STACK, *GATE, cwd=project)
    assert up.returncode != 0
    told = [line.split()[-4:] for line in up.stdout.splitlines() if "[mandatory]" in line]
    assert sorted(told) == [
        ["critical]", "s3-versioning", "(aws:s3:Bucket:", "access-logs)"],
        ["critical]", "s3-versioning", "(aws:s3:Bucket:", "phi)"],
        ["critical]", "s3-versioning", "(aws:s3:Bucket:", "trail-files)"],
    ]
    assert "Traceback" not in up.stdout + up.stderr
    assert state(sandbox, project) == []


def test_what_is_wrong_by_itself_is_blocked_without_a_preview(sandbox: Sandbox, project: Path):
    change(
        project / "components" / "hardened_bucket.py", "restrict_public_buckets=True", "restrict_public_buckets=False"
    )
    up = sandbox("pulumi", "up", "--yes", "--skip-preview", *STACK, *GATE, cwd=project)
    assert up.returncode != 0
    assert "s3-public-access-block" in up.stdout
    assert "Traceback" not in up.stdout + up.stderr
    assert "KeyboardInterrupt" not in up.stdout + up.stderr
    assert "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock" not in state(sandbox, project)


def test_a_policy_that_is_known_at_up_alone_is_judged_before_it_is_put(sandbox: Sandbox, project: Path):
    """The component declares a good document, and puts another."""
    change(
        project / "components" / "hardened_bucket.py",
        "policy=pulumi.Output.json_dumps(policy),",
        "policy=pulumi.Output.json_dumps(policy).apply(lambda text: text.replace('s3:*', 's3:Get*')),",
    )
    up = sandbox("pulumi", "up", "--yes", "--skip-preview", *STACK, *GATE, cwd=project)
    assert up.returncode != 0
    assert "s3-tls-only" in up.stdout
    assert "aws:s3/bucketPolicy:BucketPolicy" not in state(sandbox, project)


def test_every_wrong_setting_is_told_at_once(sandbox: Sandbox, project: Path):
    (project / "Pulumi.dev.yaml").write_text("config:\n  phi:noncurrentRetentionDays: x\n  phi:logRetentionDays: 1\n")
    done = sandbox("pulumi", "preview", "--skip-config-validation", *STACK, *GATE, cwd=project)
    assert done.returncode != 0
    words = done.stdout + done.stderr
    for key in (
        "aws:region is missing",
        "phi:environment is missing",
        "phi:noncurrentRetentionDays is 'x'",
        "phi:logRetentionDays is 1",
    ):
        assert key in words
    assert "Traceback" not in words


def test_credentials_that_are_missing_are_told(sandbox: Sandbox):
    without = ("env", "-u", "AWS_ACCESS_KEY_ID", "-u", "AWS_SECRET_ACCESS_KEY")
    done = sandbox(*without, "pulumi", "preview", *STACK)
    assert done.returncode != 0
    assert "AWS doesn't tell which account this is: No valid credential sources found" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_an_interrupt_ends_an_up_quietly_and_the_next_goes_on(sandbox: Sandbox):
    """The interrupt comes as a terminal sends it, while the bucket's lifecycle is awaited."""
    up = sandbox.command("pulumi", "up", "--yes", "--skip-preview", *STACK)
    with subprocess.Popen(
        up, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as running:
        assert running.stdout is not None
        words = ""
        for line in running.stdout:
            words += line
            if "BucketLifecycleConfiguration access-logs-lifecycle creating" in line:
                os.killpg(running.pid, signal.SIGINT)
                break
        words += running.stdout.read()
    assert running.returncode != 0
    assert "Traceback" not in words
    assert "KeyboardInterrupt" not in words

    kept = state(sandbox, ROOT)
    assert "aws:s3/bucket:Bucket" in kept
    again = sandbox("pulumi", "up", "--yes", "--skip-preview", *STACK)
    assert again.returncode == 0, again.stdout + again.stderr
    assert set(kept) < set(state(sandbox, ROOT))


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what runs")
def test_an_engine_that_is_killed_leaves_no_provider_behind(sandbox: Sandbox):
    up = sandbox.command("pulumi", "up", "--yes", "--skip-preview", *STACK)
    with subprocess.Popen(up, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if "aws:kms:Key phi-key creating" in line:
                break
        mine = processes(sandbox)
        assert any("terraform-provider-aws" in line for line in mine.values())
        (engine,) = (pid for pid, line in mine.items() if "/pulumi up" in line.replace("\0", " ")[:200])
        os.kill(engine, signal.SIGKILL)
        running.stdout.read()
    deadline = time.monotonic() + 30
    while left := processes(sandbox):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def processes(sandbox: Sandbox) -> dict[int, str]:
    """The command lines of what runs on the state of this sandbox, the emulator and the sandbox's own part apart."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"PULUMI_BACKEND_URL={sandbox.folder.state.as_uri()}\0" in (folder / "environ").read_text():
                found[int(folder.name)] = (folder / "cmdline").read_text()
        except (OSError, UnicodeDecodeError):
            continue
    return found


def test_an_unknown_stack_is_told_with_those_there_are(sandbox: Sandbox):
    done = sandbox("pulumi", "preview", "--stack", "nope", *GATE)
    assert done.returncode != 0
    assert "no stack 'nope'" in done.stderr
    assert "Its stacks: dev, prod." in done.stderr
