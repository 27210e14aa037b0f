"""Collects AWS Backup vaults, and the resources that backup plans select."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hipaa_controls.model.values import Number, Ref, Unknown
from hipaa_controls.services.backup.facts import BackupSelection, BackupVault
from phi_buckets.audit.calls.backup import (
    GET_BACKUP_PLAN,
    GET_BACKUP_SELECTION,
    LIST_BACKUP_PLANS,
    LIST_BACKUP_SELECTIONS,
    LIST_BACKUP_VAULTS,
)
from phi_buckets.audit.collect import kms
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader, AuditedAccount, FailedCall
from phi_buckets.audit.scope import Scope

AIR_GAPPED_VAULT = "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"
# A view of another account's vault, which contains no recovery points itself:
# https://docs.aws.amazon.com/aws-backup/latest/devguide/multipartyapproval.html
RESTORE_ACCESS_VAULT = "RESTORE_ACCESS_BACKUP_VAULT"
# The name that the rules use for each condition operator, by its name in the API.
OPERATORS = {
    "StringEquals": "stringEquals",
    "StringNotEquals": "stringNotEquals",
    "StringLike": "stringLikes",
    "StringNotLike": "stringNotLikes",
}

Response = Mapping[str, Any]


def collect(reader: AccountReader, scope: Scope) -> Collected:
    """Collect the vaults in scope, and the selections of every plan, since any plan may back up a stack's bucket."""
    regions = reader.account.regions
    vaults = reader.map(regions, lambda region: _vaults(reader, scope, region))
    plan_ids = reader.map(regions, lambda region: _plan_ids(reader, region))
    plans = [(region, plan_id) for region, ids in zip(regions, plan_ids, strict=True) for plan_id in ids]
    selections = reader.map(plans, lambda plan: _selections(reader, *plan))
    return Collected(
        (
            *(vault for region_vaults in vaults for vault in region_vaults),
            *(selection for plan_selections in selections for selection in plan_selections),
        )
    )


# Vaults.


def _vaults(reader: AccountReader, scope: Scope, region: str) -> list[BackupVault]:
    all_vaults = reader.account.arn("backup", region, "backup-vault:*")
    listed = reader.list_all(LIST_BACKUP_VAULTS, "BackupVaultList", all_vaults, region)
    if isinstance(listed, FailedCall):
        return [BackupVault(all_vaults, listed.unknown, (listed.unknown,), reader.account.location(region))]
    vaults = [
        vault
        for vault in listed
        if scope.includes(vault["BackupVaultName"]) and vault.get("VaultType") != RESTORE_ACCESS_VAULT
    ]
    encrypted = any(vault.get("EncryptionKeyArn") for vault in vaults)
    aliases = kms.key_ids_by_alias(reader, scope, region) if encrypted else {}
    return [parse_vault(vault, aliases, reader.account, region) for vault in vaults]


def parse_vault(
    entry: Response, aliases: Mapping[str, str] | FailedCall, account: AuditedAccount, region: str
) -> BackupVault:
    """Return a vault from an entry of ListBackupVaults.

    The ARN of an AWS managed key looks like that of a customer managed key. Only the alias distinguishes them.

    Args:
        entry: The entry.
        aliases: The key ID of each alias of the region.
        account: The audited account.
        region: The vault's region.
    """
    key = kms.canonical_key(entry.get("EncryptionKeyArn"), aliases, account, region)
    return BackupVault(
        entry["BackupVaultArn"],
        None if entry.get("EncryptionKeyType") == "AWS_OWNED_KMS_KEY" else key,
        _min_retention_days(entry),
        account.location(region),
    )


def _min_retention_days(entry: Response) -> tuple[Number, ...]:
    """Return the minimum retention of each Vault Lock. A logically air-gapped vault is always locked.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/logicallyairgappedvault.html
    """
    locked = entry.get("Locked") is True or entry.get("VaultType") == AIR_GAPPED_VAULT
    return (entry.get("MinRetentionDays"),) if locked else ()


# Plans and their selections.


def _plan_ids(reader: AccountReader, region: str) -> list[str | FailedCall]:
    all_plans = reader.account.arn("backup", region, "backup-plan:*")
    listed = reader.list_all(LIST_BACKUP_PLANS, "BackupPlansList", all_plans, region)
    return [listed] if isinstance(listed, FailedCall) else [plan["BackupPlanId"] for plan in listed]


def _selections(reader: AccountReader, region: str, plan_id: str | FailedCall) -> list[BackupSelection]:
    if isinstance(plan_id, FailedCall):
        return [_unknown_selection(plan_id.resource, plan_id.unknown, plan_id.unknown, region)]
    arn = reader.account.arn("backup", region, f"backup-plan:{plan_id}")
    listed = reader.list_all(LIST_BACKUP_SELECTIONS, "BackupSelectionsList", arn, region, BackupPlanId=plan_id)
    if not listed:
        return []
    plan = reader.call(GET_BACKUP_PLAN, arn, region, BackupPlanId=plan_id)
    if plan is None:
        return []
    vaults = plan.unknown if isinstance(plan, FailedCall) else target_vaults(plan["BackupPlan"], reader.account, region)
    if isinstance(listed, FailedCall):
        return [_unknown_selection(arn, listed.unknown, vaults, region)]
    selections = (_selection(reader, region, arn, vaults, entry["SelectionId"]) for entry in listed)
    return [selection for selection in selections if selection]


def _selection(
    reader: AccountReader, region: str, plan_arn: str, vaults: tuple[Ref, ...] | Unknown, selection_id: str
) -> BackupSelection | None:
    """Return a selection; None if it was deleted since it was listed.

    A selection has no ARN, so it is identified by its plan's ARN followed by its ID.
    """
    arn = f"{plan_arn}/{selection_id}"
    plan_id = plan_arn.rsplit(":", 1)[-1]
    response = reader.call(GET_BACKUP_SELECTION, arn, region, BackupPlanId=plan_id, SelectionId=selection_id)
    if isinstance(response, FailedCall):
        return _unknown_selection(arn, response.unknown, vaults, region)
    return parse_selection(arn, response["BackupSelection"], vaults, region) if response else None


def target_vaults(plan: Response, account: AuditedAccount, region: str) -> tuple[Ref, ...]:
    """Return the ARNs of the vaults that a plan's rules back up to."""
    names = (rule.get("TargetBackupVaultName") for rule in plan.get("Rules", ()))
    return tuple(account.arn("backup", region, f"backup-vault:{name}") for name in names if name)


def parse_selection(arn: str, response: Response, vaults: tuple[Ref, ...] | Unknown, region: str) -> BackupSelection:
    """Return a selection from the response of GetBackupSelection."""
    tags = (
        {"key": tag.get("ConditionKey"), "value": tag.get("ConditionValue")}
        for tag in response.get("ListOfTags") or ()
        if tag.get("ConditionType", "STRINGEQUALS") == "STRINGEQUALS"  # the only type that AWS supports
    )
    return BackupSelection(
        arn,
        tuple(response.get("Resources") or ()),
        tuple(response.get("NotResources") or ()),
        tuple(tags),
        tuple(_conditions(response.get("Conditions") or {})),
        vaults,
        region,
    )


def _conditions(conditions: Mapping[str, Any]) -> Iterable[tuple[str, Any, Any]]:
    for operator, entries in conditions.items():
        for entry in entries or ():
            yield OPERATORS.get(operator, operator), entry.get("ConditionKey"), entry.get("ConditionValue")


def _unknown_selection(arn: str, unknown: Unknown, vaults: tuple[Ref, ...] | Unknown, region: str) -> BackupSelection:
    return BackupSelection(arn, unknown, unknown, unknown, unknown, vaults, region)
