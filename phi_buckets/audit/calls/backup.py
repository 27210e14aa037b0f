"""Calls to AWS Backup."""

from __future__ import annotations

from phi_buckets.audit.calls import Call, ResourceType

_DELETED_SINCE_LISTED = ("ResourceNotFoundException",)

LIST_BACKUP_VAULTS = Call("backup", "list_backup_vaults", "backup:ListBackupVaults", ResourceType.ANY)
# The error is the same for a vault without a policy and for one that was deleted since it was listed.
GET_BACKUP_VAULT_ACCESS_POLICY = Call(
    "backup",
    "get_backup_vault_access_policy",
    "backup:GetBackupVaultAccessPolicy",
    ResourceType.BACKUP_VAULT,
    _DELETED_SINCE_LISTED,
)
LIST_BACKUP_PLANS = Call("backup", "list_backup_plans", "backup:ListBackupPlans", ResourceType.ANY)
GET_BACKUP_PLAN = Call(
    "backup", "get_backup_plan", "backup:GetBackupPlan", ResourceType.BACKUP_PLAN, _DELETED_SINCE_LISTED
)
LIST_BACKUP_SELECTIONS = Call(
    "backup", "list_backup_selections", "backup:ListBackupSelections", ResourceType.BACKUP_PLAN, _DELETED_SINCE_LISTED
)
GET_BACKUP_SELECTION = Call(
    "backup", "get_backup_selection", "backup:GetBackupSelection", ResourceType.BACKUP_PLAN, _DELETED_SINCE_LISTED
)
CALLS = (
    LIST_BACKUP_VAULTS,
    GET_BACKUP_VAULT_ACCESS_POLICY,
    LIST_BACKUP_PLANS,
    GET_BACKUP_PLAN,
    LIST_BACKUP_SELECTIONS,
    GET_BACKUP_SELECTION,
)
