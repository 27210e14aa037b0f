"""AWS Backup: adds selections, plan updates and access policies, and forgets the names and tags of what is deleted."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from moto.backup import urls
from moto.backup.exceptions import ResourceNotFoundException
from moto.backup.models import BackupBackend, Plan
from moto.backup.responses import BackupResponse
from moto.core.responses import EmptyResult
from moto.core.utils import unix_time
from moto.moto_api._internal import mock_random

ACCESS_POLICY = "{0}/backup-vaults/(?P<name>[^/]+)/access-policy/?$"
# With the slash that boto3 sends. The server then also accepts a path without it, as Terraform's provider sends.
RECOVERY_POINTS = "{0}/backup-vaults/(?P<name>[^/]+)/recovery-points/$"

_delete_backup_plan = BackupBackend.delete_backup_plan
_delete_backup_vault = BackupBackend.delete_backup_vault


def delete_backup_plan(self: Any, backup_plan_id: str) -> tuple[str, str, float, str]:
    """Remove a deleted plan. Moto keeps it, so no other plan could have its name."""
    deleted: tuple[str, str, float, str] = _delete_backup_plan(self, backup_plan_id)
    del self.plans[backup_plan_id]
    return deleted


def update_backup_plan(self: Any) -> str:
    """Replace a plan's document, with a new version ID."""
    plan = _plan(self)
    # Moto sets the rules' defaults and IDs when it creates a plan.
    updated = Plan(json.loads(self.body)["BackupPlan"], plan.creator_request_id, self.backup_backend)
    plan.backup_plan, plan.version_id = updated.backup_plan, updated.version_id
    plan.advanced_backup_settings = updated.advanced_backup_settings
    return json.dumps(plan.to_dict())


def create_backup_selection(self: Any) -> str:
    """Add a resource selection to a plan.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateBackupSelection.html
    """
    plan, parameters = _plan(self), json.loads(self.body)
    selection = {
        "BackupPlanId": plan.backup_plan_id,
        "BackupSelection": parameters["BackupSelection"],
        "CreationDate": unix_time(),
        "CreatorRequestId": parameters.get("CreatorRequestId"),
        "SelectionId": str(mock_random.uuid4()),
    }
    _selections(plan)[selection["SelectionId"]] = selection
    return json.dumps({name: selection[name] for name in ("BackupPlanId", "CreationDate", "SelectionId")})


def get_backup_selection(self: Any) -> str:
    """Return a selection of a plan."""
    selections, selection_id = _selections(_plan(self)), self.path.split("/")[5]
    if selection_id not in selections:
        raise ResourceNotFoundException(f"Cannot find Backup selection with the given id {selection_id}")
    return json.dumps(selections[selection_id])


def list_backup_selections(self: Any) -> str:
    """Return the selections of a plan."""
    selections = [
        {**selection, **{name: selection["BackupSelection"][name] for name in ("IamRoleArn", "SelectionName")}}
        for selection in _selections(_plan(self)).values()
    ]
    return json.dumps({"BackupSelectionsList": selections})


def delete_backup_selection(self: Any) -> EmptyResult:
    """Delete a selection of a plan."""
    _selections(_plan(self)).pop(self.path.split("/")[5], None)
    return EmptyResult()


def list_tags(self: Any) -> str:
    """Accept a path without a trailing slash after the ARN too: not every SDK sends one."""
    arn = unquote(self.path.removeprefix("/tags/").rstrip("/"))
    return json.dumps({"Tags": self.backup_backend.list_tags(resource_arn=arn)})


def delete_backup_vault(self: Any, backup_vault_name: str) -> None:
    """Delete a vault's tags with it; otherwise the next vault of that name would have them."""
    if vault := self.vaults.get(backup_vault_name):
        self.tagger.delete_all_tags_for_resource(vault.backup_vault_arn)
    _delete_backup_vault(self, backup_vault_name)


def put_backup_vault_access_policy(self: Any) -> EmptyResult:
    """Set the access policy of a vault.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_PutBackupVaultAccessPolicy.html
    """
    _vault(self).access_policy = json.loads(self.body)["Policy"]
    return EmptyResult()


def get_backup_vault_access_policy(self: Any) -> str:
    """Return the access policy of a vault."""
    vault = _vault(self)
    if not (policy := vars(vault).get("access_policy")):
        raise ResourceNotFoundException(f"No access policy found for {vault.backup_vault_name}")
    names = {"BackupVaultName": vault.backup_vault_name, "BackupVaultArn": vault.backup_vault_arn}
    return json.dumps({**names, "Policy": policy})


def delete_backup_vault_access_policy(self: Any) -> EmptyResult:
    """Remove the access policy of a vault."""
    vars(_vault(self)).pop("access_policy", None)
    return EmptyResult()


def list_recovery_points_by_backup_vault(self: Any) -> str:
    """Return no recovery points, since moto makes no backups. A client that empties a vault to delete it calls this."""
    _vault(self)
    return json.dumps({"RecoveryPoints": []})


def _vault(self: Any) -> Any:
    """Return the vault in a request path of the form /backup-vaults/NAME…."""
    return self.backup_backend.describe_backup_vault(self.path.split("/")[2])


def _plan(self: Any) -> Any:
    """Return the plan in a request path of the form /backup/plans/ID…."""
    return self.backup_backend.get_backup_plan(self.path.split("/")[3], None)


def _selections(plan: Any) -> dict[str, Any]:
    selections: dict[str, Any] = vars(plan).setdefault("selections", {})
    return selections


FIXES: tuple[tuple[Any, str, Any], ...] = (
    (BackupBackend, "delete_backup_plan", delete_backup_plan),
    (BackupBackend, "delete_backup_vault", delete_backup_vault),
    (BackupResponse, "update_backup_plan", update_backup_plan),
    (BackupResponse, "create_backup_selection", create_backup_selection),
    (BackupResponse, "get_backup_selection", get_backup_selection),
    (BackupResponse, "list_backup_selections", list_backup_selections),
    (BackupResponse, "delete_backup_selection", delete_backup_selection),
    (BackupResponse, "list_recovery_points_by_backup_vault", list_recovery_points_by_backup_vault),
    (BackupResponse, "list_tags", list_tags),
    (BackupResponse, "put_backup_vault_access_policy", put_backup_vault_access_policy),
    (BackupResponse, "get_backup_vault_access_policy", get_backup_vault_access_policy),
    (BackupResponse, "delete_backup_vault_access_policy", delete_backup_vault_access_policy),
    (urls, "url_paths", urls.url_paths | dict.fromkeys((ACCESS_POLICY, RECOVERY_POINTS), urls.response.dispatch)),
)
