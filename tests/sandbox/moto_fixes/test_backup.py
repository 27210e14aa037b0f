from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

REGION = "us-east-1"
ROLE = "arn:aws:iam::123456789012:role/backup"
SELECTION = {"SelectionName": "phi", "IamRoleArn": ROLE, "Resources": ["arn:aws:s3:::phi"]}


def client() -> Any:
    return boto3.client("backup", REGION)


def plan_document(rule: str = "daily") -> dict[str, Any]:
    return {"BackupPlanName": "plan", "Rules": [{"RuleName": rule, "TargetBackupVaultName": "vault"}]}


def create_plan() -> str:
    return client().create_backup_plan(BackupPlan=plan_document())["BackupPlanId"]


def plans_after_reusing_a_deleted_name() -> int:
    client().delete_backup_plan(BackupPlanId=create_plan())
    create_plan()
    return len(client().list_backup_plans()["BackupPlansList"])


def rule_after_updating_a_plan() -> str:
    plan = create_plan()
    client().update_backup_plan(BackupPlanId=plan, BackupPlan=plan_document("weekly"))
    return client().get_backup_plan(BackupPlanId=plan)["BackupPlan"]["Rules"][0]["RuleName"]


def selection_before_and_after_deletion() -> list[Any]:
    """Return a selection, the names of all, and the selections that remain after its deletion."""
    plan = create_plan()
    selection_id = client().create_backup_selection(BackupPlanId=plan, BackupSelection=SELECTION)["SelectionId"]
    selection = client().get_backup_selection(BackupPlanId=plan, SelectionId=selection_id)["BackupSelection"]
    listed = client().list_backup_selections(BackupPlanId=plan)["BackupSelectionsList"]
    client().delete_backup_selection(BackupPlanId=plan, SelectionId=selection_id)
    remaining = client().list_backup_selections(BackupPlanId=plan)["BackupSelectionsList"]
    return [selection, [item["SelectionName"] for item in listed], remaining]


def tags_of_a_vault_with_a_reused_name() -> dict[str, str]:
    for tags in ({"DataClass": "PHI"}, {}):
        arn = client().create_backup_vault(BackupVaultName="vault", BackupVaultTags=tags)["BackupVaultArn"]
        vault_tags = client().list_tags(ResourceArn=arn)["Tags"]
        client().delete_backup_vault(BackupVaultName="vault")
    return vault_tags


def tags_by_a_path_without_a_trailing_slash() -> dict[str, str]:
    backup = client()
    arn = backup.create_backup_vault(BackupVaultName="vault", BackupVaultTags={"DataClass": "PHI"})["BackupVaultArn"]
    backup.meta.events.register("before-sign.backup.ListTags", remove_trailing_slash)
    return backup.list_tags(ResourceArn=arn)["Tags"]


def recovery_points() -> list[Any]:
    client().create_backup_vault(BackupVaultName="vault")
    return client().list_recovery_points_by_backup_vault(BackupVaultName="vault")["RecoveryPoints"]


def access_policies_before_and_after_deletion() -> list[str]:
    client().create_backup_vault(BackupVaultName="vault")
    client().put_backup_vault_access_policy(BackupVaultName="vault", Policy="{}")
    policy = client().get_backup_vault_access_policy(BackupVaultName="vault")["Policy"]
    client().delete_backup_vault_access_policy(BackupVaultName="vault")
    with pytest.raises(ClientError) as error:
        client().get_backup_vault_access_policy(BackupVaultName="vault")
    return [policy, error.value.response["Error"]["Code"]]


def remove_trailing_slash(request: Any, **_: Any) -> None:
    request.url = request.url.removesuffix("/")


@pytest.mark.parametrize(
    ("behavior", "in_moto", "in_aws"),
    [
        (plans_after_reusing_a_deleted_name, "AlreadyExistsException", 1),
        (rule_after_updating_a_plan, NotImplementedError, "weekly"),
        (selection_before_and_after_deletion, NotImplementedError, [SELECTION, ["phi"], []]),
        (recovery_points, "404", []),
        (access_policies_before_and_after_deletion, "404", ["{}", "ResourceNotFoundException"]),
        (tags_of_a_vault_with_a_reused_name, {"DataClass": "PHI"}, {}),
        (tags_by_a_path_without_a_trailing_slash, {}, {"DataClass": "PHI"}),
    ],
)
def test_fix_is_needed_and_works(in_both, behavior, in_moto, in_aws):
    assert in_both(behavior) == (in_moto, in_aws)


def test_missing_selection_is_not_found(fix):
    fix()
    with mock_aws(), pytest.raises(ClientError, match="ResourceNotFoundException"):
        client().get_backup_selection(BackupPlanId=create_plan(), SelectionId="none")
