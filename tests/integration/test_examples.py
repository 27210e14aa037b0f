"""The example programs on the real engine, in the sandbox, with the policy pack."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.folder import ROOT
from tests.sandboxes import Sandbox

BACKUP_ACCOUNT = ROOT / "examples" / "backup-account"
SOURCE_ACCOUNT = "111122223333"
SETTINGS = {
    "sourceRoleArn": f"arn:aws:iam::{SOURCE_ACCOUNT}:role/phi-prod-backup-role",
    "minRetentionDays": "35",
    "lockGraceDays": "3",
}
DESCRIBE_VAULT = """
import boto3, json, sys
backup, name = boto3.client("backup"), sys.argv[1].rpartition(":")[2]
vault = backup.describe_backup_vault(BackupVaultName=name)
policy = json.loads(backup.get_backup_vault_access_policy(BackupVaultName=name)["Policy"])
recovery_points = backup.list_recovery_points_by_backup_vault(BackupVaultName=name)["RecoveryPoints"]
print(json.dumps({"vault": vault, "policy": policy, "recovery_points": recovery_points}, default=str))
"""


def stack_file(folder: Path, **settings: str) -> Path:
    """Return a stack file of the program with these settings, changed from those that work."""
    config = {"aws:region": "us-east-1"} | {
        f"backup-account:{key}": value for key, value in (SETTINGS | settings).items()
    }
    file = folder / "Pulumi.prod.yaml"
    file.write_text(json.dumps({"config": config}))  # JSON is YAML
    return file


def test_backup_account_passes_the_pack_and_has_a_vault_locked_in_compliance_mode(sandbox: Sandbox, tmp_path: Path):
    pack_config = tmp_path / "pack.json"
    pack_config.write_text(json.dumps({"backup-no-external-access": {"accounts": [SOURCE_ACCOUNT]}}))
    pack = ("--policy-pack", ROOT / ".venv" / "policy", "--policy-pack-config", pack_config)
    options = ("--stack", "prod", "--config-file", stack_file(tmp_path))
    up = sandbox("pulumi", "up", "--yes", *options, *pack, cwd=BACKUP_ACCOUNT)
    assert up.returncode == 0, up.stdout + up.stderr
    assert "0 failed, 0 unverified, 0 exempted or allowed" in up.stdout
    assert "0 are not judged" in up.stdout

    outputs = json.loads(sandbox("pulumi", "stack", "output", "--json", "--stack", "prod", cwd=BACKUP_ACCOUNT).stdout)
    described = json.loads(sandbox("python", "-c", DESCRIBE_VAULT, outputs["vault_arn"]).stdout)
    vault, (statement,) = described["vault"], described["policy"]["Statement"]
    assert (vault["Locked"], vault["MinRetentionDays"]) == (True, 35)
    assert vault["LockDate"]
    assert described["recovery_points"] == []
    assert statement["Action"] == "backup:CopyIntoBackupVault"
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{SOURCE_ACCOUNT}:root"}
    assert statement["Condition"] == {"ArnEquals": {"aws:PrincipalArn": SETTINGS["sourceRoleArn"]}}

    refresh = sandbox("pulumi", "preview", "--refresh", "--expect-no-changes", *options, cwd=BACKUP_ACCOUNT)
    assert refresh.returncode == 0, refresh.stdout + refresh.stderr


@pytest.mark.parametrize(
    ("role", "problem"),
    [
        ("phi-prod-backup-role", "isn't the ARN of an IAM role"),
        ("arn:aws:iam::123456789012:role/phi-prod-backup-role", "belongs to the account of the vault"),
    ],
)
def test_backup_account_refuses_a_role_that_is_not_of_another_account(sandbox: Sandbox, tmp_path: Path, role, problem):
    file = stack_file(tmp_path, sourceRoleArn=role)
    preview = sandbox("pulumi", "preview", "--stack", "prod", "--config-file", file, cwd=BACKUP_ACCOUNT)
    assert preview.returncode != 0
    assert f"sourceRoleArn {problem}; it must be the role of AWS Backup" in preview.stdout
    assert "Traceback" not in preview.stdout + preview.stderr


@pytest.mark.parametrize(
    ("name", "days", "requirement"),
    [
        ("lockGraceDays", "0", "3 to 36500"),
        ("lockGraceDays", "2", "3 to 36500"),
        ("minRetentionDays", "0", "1 to 36500"),
    ],
)
def test_backup_account_refuses_days_that_would_leave_the_vault_without_its_lock(
    sandbox: Sandbox, tmp_path: Path, name, days, requirement
):
    """The AWS provider makes a lock with 0 days of grace one in governance mode."""
    file = stack_file(tmp_path, **{name: days})
    preview = sandbox("pulumi", "preview", "--stack", "prod", "--config-file", file, cwd=BACKUP_ACCOUNT)
    assert preview.returncode != 0
    assert f"{name} is {days}; it must be a number of days from {requirement}" in preview.stdout
    assert "Traceback" not in preview.stdout + preview.stderr
