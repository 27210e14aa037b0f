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


def document(rule: str = "daily") -> dict[str, Any]:
    return {"BackupPlanName": "plan", "Rules": [{"RuleName": rule, "TargetBackupVaultName": "vault"}]}


def planned() -> str:
    return client().create_backup_plan(BackupPlan=document())["BackupPlanId"]


def name_of_a_deleted_plan() -> int:
    client().delete_backup_plan(BackupPlanId=planned())
    planned()
    return len(client().list_backup_plans()["BackupPlansList"])


def rule_of_a_changed_plan() -> str:
    plan = planned()
    client().update_backup_plan(BackupPlanId=plan, BackupPlan=document("weekly"))
    return client().get_backup_plan(BackupPlanId=plan)["BackupPlan"]["Rules"][0]["RuleName"]


def selection() -> list[Any]:
    """What is told of one, before and after it is deleted."""
    plan = planned()
    made = client().create_backup_selection(BackupPlanId=plan, BackupSelection=SELECTION)["SelectionId"]
    told = client().get_backup_selection(BackupPlanId=plan, SelectionId=made)["BackupSelection"]
    listed = client().list_backup_selections(BackupPlanId=plan)["BackupSelectionsList"]
    client().delete_backup_selection(BackupPlanId=plan, SelectionId=made)
    left = client().list_backup_selections(BackupPlanId=plan)["BackupSelectionsList"]
    return [told, [each["SelectionName"] for each in listed], left]


def tags_of_the_next_vault() -> dict[str, str]:
    for tags in ({"DataClass": "PHI"}, {}):
        arn = client().create_backup_vault(BackupVaultName="vault", BackupVaultTags=tags)["BackupVaultArn"]
        told = client().list_tags(ResourceArn=arn)["Tags"]
        client().delete_backup_vault(BackupVaultName="vault")
    return told


def tags_asked_for_without_a_last_slash() -> dict[str, str]:
    backup = client()
    arn = backup.create_backup_vault(BackupVaultName="vault", BackupVaultTags={"DataClass": "PHI"})["BackupVaultArn"]
    backup.meta.events.register("before-sign.backup.ListTags", without_last_slash)
    return backup.list_tags(ResourceArn=arn)["Tags"]


def recovery_points() -> list[Any]:
    client().create_backup_vault(BackupVaultName="vault")
    return client().list_recovery_points_by_backup_vault(BackupVaultName="vault")["RecoveryPoints"]


def without_last_slash(request: Any, **_: Any) -> None:
    request.url = request.url.removesuffix("/")


@pytest.mark.parametrize(
    ("ask", "as_moto_has_it", "as_aws_has_it"),
    [
        (name_of_a_deleted_plan, "AlreadyExistsException", 1),
        (rule_of_a_changed_plan, NotImplementedError, "weekly"),
        (selection, NotImplementedError, [SELECTION, ["phi"], []]),
        (recovery_points, "404", []),
        (tags_of_the_next_vault, {"DataClass": "PHI"}, {}),
        (tags_asked_for_without_a_last_slash, {}, {"DataClass": "PHI"}),
    ],
)
def test_a_fix_is_needed_and_works(both, ask, as_moto_has_it, as_aws_has_it):
    assert both(ask) == (as_moto_has_it, as_aws_has_it)


def test_a_selection_that_is_not_there_is_not_found(fix):
    fix()
    with mock_aws(), pytest.raises(ClientError, match="ResourceNotFoundException"):
        client().get_backup_selection(BackupPlanId=planned(), SelectionId="none")
