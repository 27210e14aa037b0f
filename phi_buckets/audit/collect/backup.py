"""Collects AWS Backup vaults and their policies, and what backup plans select and copy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hipaa_controls.model.values import Document, Number, Ref, Unknown
from hipaa_controls.services.backup.facts import BackupSelection, BackupTarget, BackupVault, CopyActions, VaultPolicy
from phi_buckets.audit.calls.backup import (
    GET_BACKUP_PLAN,
    GET_BACKUP_SELECTION,
    GET_BACKUP_VAULT_ACCESS_POLICY,
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
    listed_vaults = reader.map(regions, lambda region: _vaults(reader, scope, region))
    vaults = [fact for facts in listed_vaults for fact in facts]
    policies = reader.map(vaults, lambda vault: _vault_policy(reader, vault))
    plans = reader.map(regions, lambda region: _list_plans(reader, region))
    plan_facts = reader.map(
        [(region, plan) for region, listed in zip(regions, plans, strict=True) for plan in listed],
        lambda plan: _plan_facts(reader, scope, *plan),
    )
    return Collected(
        (*vaults, *filter(None, policies), *(fact for facts in plan_facts for fact in facts)),
    )


# Vaults and their policies.


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


def _vault_policy(reader: AccountReader, vault: BackupVault) -> VaultPolicy | None:
    """Return the policy of a vault; None if it has none."""
    name = vault.resource.rpartition(":")[2]
    if name == "*":  # the vaults couldn't be listed
        unlisted = next(days for days in vault.min_retention_days if isinstance(days, Unknown))
        return VaultPolicy(vault.resource, Document(unlisted), vault.location)
    region = vault.location.region
    response = reader.call(GET_BACKUP_VAULT_ACCESS_POLICY, vault.resource, region, BackupVaultName=name)
    if response is None:
        return None
    policy = response.unknown if isinstance(response, FailedCall) else response["Policy"]
    return VaultPolicy(vault.resource, Document(policy), vault.location)


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
        _retention_days(entry, "MinRetentionDays"),
        account.location(region),
        max_retention_days=_retention_days(entry, "MaxRetentionDays"),
        lock_modes=_lock_modes(entry),
    )


def _retention_days(entry: Response, name: str) -> tuple[Number, ...]:
    """Return the minimum or maximum retention of each Vault Lock. A logically air-gapped vault is always locked.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/logicallyairgappedvault.html
    """
    return (entry.get(name),) if _is_locked(entry) else ()


def _lock_modes(entry: Response) -> tuple[str, ...]:
    """Return the mode of each Vault Lock. Only one in compliance mode has a date from which it can't be removed.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupVaultListMember.html (LockDate)
    """
    compliance = "LockDate" in entry or entry.get("VaultType") == AIR_GAPPED_VAULT
    return ("COMPLIANCE" if compliance else "GOVERNANCE",) if _is_locked(entry) else ()


def _is_locked(entry: Response) -> bool:
    return entry.get("Locked") is True or entry.get("VaultType") == AIR_GAPPED_VAULT


# Plans and their selections.


def _list_plans(reader: AccountReader, region: str) -> list[Response | FailedCall]:
    all_plans = reader.account.arn("backup", region, "backup-plan:*")
    listed = reader.list_all(LIST_BACKUP_PLANS, "BackupPlansList", all_plans, region)
    return [listed] if isinstance(listed, FailedCall) else listed


def _plan_facts(
    reader: AccountReader, scope: Scope, region: str, plan: Response | FailedCall
) -> list[BackupSelection | CopyActions]:
    """Return the selections of a plan, and its copy actions if it is in scope and selects anything."""
    location = reader.account.location(region)
    if isinstance(plan, FailedCall):
        unlisted = plan.unknown
        selection = _unknown_selection(plan.resource, unlisted, unlisted, region)
        return [selection, CopyActions(plan.resource, unlisted, location)]
    plan_id = plan["BackupPlanId"]
    arn = reader.account.arn("backup", region, f"backup-plan:{plan_id}")
    listed = reader.list_all(LIST_BACKUP_SELECTIONS, "BackupSelectionsList", arn, region, BackupPlanId=plan_id)
    if not listed:
        return []
    details = reader.call(GET_BACKUP_PLAN, arn, region, BackupPlanId=plan_id)
    if details is None:
        return []
    rules = details.unknown if isinstance(details, FailedCall) else details["BackupPlan"].get("Rules", ())
    targets = rules if isinstance(rules, Unknown) else read_targets(rules, reader.account, region)
    copies = [CopyActions(arn, copy_vaults(rules), location)] if scope.includes(plan["BackupPlanName"]) else []
    if isinstance(listed, FailedCall):
        return [_unknown_selection(arn, listed.unknown, targets, region), *copies]
    selections = (_selection(reader, region, arn, targets, entry["SelectionId"]) for entry in listed)
    return [*(selection for selection in selections if selection), *copies]


def _selection(
    reader: AccountReader, region: str, plan_arn: str, targets: tuple[BackupTarget, ...] | Unknown, selection_id: str
) -> BackupSelection | None:
    """Return a selection; None if it was deleted since it was listed.

    A selection has no ARN, so it is identified by its plan's ARN followed by its ID.
    """
    arn = f"{plan_arn}/{selection_id}"
    plan_id = plan_arn.rsplit(":", 1)[-1]
    response = reader.call(GET_BACKUP_SELECTION, arn, region, BackupPlanId=plan_id, SelectionId=selection_id)
    if isinstance(response, FailedCall):
        return _unknown_selection(arn, response.unknown, targets, region)
    return parse_selection(arn, response["BackupSelection"], targets, region) if response else None


def read_targets(rules: Sequence[Response], account: AuditedAccount, region: str) -> tuple[BackupTarget, ...]:
    """Return the vaults that a plan's rules back up to, as ARNs."""
    return tuple(
        BackupTarget(
            account.arn("backup", region, f"backup-vault:{name}"), (rule.get("Lifecycle") or {}).get("DeleteAfterDays")
        )
        for rule in rules
        if (name := rule.get("TargetBackupVaultName"))
    )


def copy_vaults(rules: Sequence[Response] | Unknown) -> tuple[tuple[Ref, ...], ...] | Unknown:
    """Return the ARNs of the vaults to which each of a plan's rules copies backups."""
    return rules if isinstance(rules, Unknown) else tuple(map(_copy_vaults_of_rule, rules))


def _copy_vaults_of_rule(rule: Response) -> tuple[Ref, ...]:
    copied = [action["DestinationBackupVaultArn"] for action in rule.get("CopyActions") or ()]
    return tuple(filter(None, (*copied, rule.get("TargetLogicallyAirGappedBackupVaultArn"))))


def parse_selection(
    arn: str, response: Response, targets: tuple[BackupTarget, ...] | Unknown, region: str
) -> BackupSelection:
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
        targets,
        region,
    )


def _conditions(conditions: Mapping[str, Any]) -> Iterable[tuple[str, Any, Any]]:
    for operator, entries in conditions.items():
        for entry in entries or ():
            yield OPERATORS.get(operator, operator), entry.get("ConditionKey"), entry.get("ConditionValue")


def _unknown_selection(
    arn: str, unknown: Unknown, targets: tuple[BackupTarget, ...] | Unknown, region: str
) -> BackupSelection:
    return BackupSelection(arn, unknown, unknown, unknown, unknown, targets, region)
