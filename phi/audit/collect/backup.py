"""AWS Backup: vaults, and what plans back up into them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hipaa.model.values import Number, Ref, Unknown
from hipaa.services.backup.facts import BackupSelection, BackupVault
from phi.audit.calls import Call, ResourceType
from phi.audit.collect import kms
from phi.audit.collected import Collected
from phi.audit.reader import AuditedAccount, AccountReader, FailedCall
from phi.audit.scope import Scope

GONE = ("ResourceNotFoundException",)  # deleted since it was listed
VAULTS = Call("backup", "list_backup_vaults", "backup:ListBackupVaults", ResourceType.ANY)
PLANS = Call("backup", "list_backup_plans", "backup:ListBackupPlans", ResourceType.ANY)
PLAN = Call("backup", "get_backup_plan", "backup:GetBackupPlan", ResourceType.BACKUP_PLAN, GONE)
SELECTIONS = Call("backup", "list_backup_selections", "backup:ListBackupSelections", ResourceType.BACKUP_PLAN, GONE)
SELECTION = Call("backup", "get_backup_selection", "backup:GetBackupSelection", ResourceType.BACKUP_PLAN, GONE)
CALLS = (VAULTS, PLANS, PLAN, SELECTIONS, SELECTION, kms.LIST_KEYS, kms.LIST_ALIASES)

AIR_GAPPED = "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"
# A view of another account's vault, with nothing of its own in it:
# https://docs.aws.amazon.com/aws-backup/latest/devguide/multipartyapproval.html
VIEW = "RESTORE_ACCESS_BACKUP_VAULT"
# As AWS names the operators of a condition, and as the rules do.
OPERATORS = {
    "StringEquals": "stringEquals",
    "StringNotEquals": "stringNotEquals",
    "StringLike": "stringLikes",
    "StringNotLike": "stringNotLikes",
}

Details = Mapping[str, Any]


def collect(reader: AccountReader, scope: Scope) -> Collected:
    """Vaults that are named as the stack's, and every plan: whichever selects a bucket keeps it safe."""
    regions = reader.account.regions
    vaults = reader.map(regions, lambda region: _vaults(reader, scope, region))
    plans = reader.map(regions, lambda region: _plans(reader, region))
    known = [(region, each) for region, found in zip(regions, plans, strict=True) for each in found]
    selected = reader.map(known, lambda each: _selected(reader, *each))
    return Collected((*(fact for facts in vaults for fact in facts), *(fact for facts in selected for fact in facts)))


# Vaults.


def _vaults(reader: AccountReader, scope: Scope, region: str) -> list[BackupVault]:
    every = reader.account.arn("backup", region, "backup-vault:*")
    listed = reader.pages(VAULTS, "BackupVaultList", every, region)
    if isinstance(listed, FailedCall):
        return [BackupVault(every, listed.unknown, (listed.unknown,))]
    ours = [each for each in listed if scope.has(each["BackupVaultName"]) and each.get("VaultType") != VIEW]
    aliases = kms.names(reader, scope, region) if any(each.get("EncryptionKeyArn") for each in ours) else {}
    return [vault(each, aliases, reader.account, region) for each in ours]


def vault(told: Details, aliases: Mapping[str, str] | FailedCall, account: AuditedAccount, region: str) -> BackupVault:
    """From an entry of ListBackupVaults. The ARN of AWS's own key looks like any other: its alias tells it."""
    key = kms.known_as(told.get("EncryptionKeyArn"), aliases, account, region)
    return BackupVault(
        told["BackupVaultArn"], None if told.get("EncryptionKeyType") == "AWS_OWNED_KMS_KEY" else key, _days(told)
    )


def _days(told: Details) -> tuple[Number, ...]:
    """One that is air-gapped is locked by itself.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/logicallyairgappedvault.html
    """
    locked = told.get("Locked") is True or told.get("VaultType") == AIR_GAPPED
    return (told.get("MinRetentionDays"),) if locked else ()


# Plans, and what they select.


def _plans(reader: AccountReader, region: str) -> list[str | FailedCall]:
    """The ids of a region's plans."""
    every = reader.account.arn("backup", region, "backup-plan:*")
    listed = reader.pages(PLANS, "BackupPlansList", every, region)
    return [listed] if isinstance(listed, FailedCall) else [each["BackupPlanId"] for each in listed]


def _selected(reader: AccountReader, region: str, plan: str | FailedCall) -> list[BackupSelection]:
    if isinstance(plan, FailedCall):
        return [_unknown(plan.subject, plan.unknown, plan.unknown, region)]
    arn = reader.account.arn("backup", region, f"backup-plan:{plan}")
    listed = reader.pages(SELECTIONS, "BackupSelectionsList", arn, region, BackupPlanId=plan)
    if not listed:
        return []
    told = reader.call(PLAN, arn, region, BackupPlanId=plan)
    if told is None:
        return []
    vaults = told.unknown if isinstance(told, FailedCall) else vaults_of(told["BackupPlan"], reader.account, region)
    if isinstance(listed, FailedCall):
        return [_unknown(arn, listed.unknown, vaults, region)]
    found = (_selection(reader, region, arn, vaults, each["SelectionId"]) for each in listed)
    return [each for each in found if each]


def _selection(reader: AccountReader, region: str, plan: str, vaults: tuple[Ref, ...] | Unknown, id_: str) -> BackupSelection | None:
    """AWS gives a selection no ARN; it goes by its plan's with its id."""
    arn = f"{plan}/{id_}"
    told = reader.call(SELECTION, arn, region, BackupPlanId=plan.rsplit(":", 1)[-1], SelectionId=id_)
    if isinstance(told, FailedCall):
        return _unknown(arn, told.unknown, vaults, region)
    return selection(arn, told["BackupSelection"], vaults, region) if told else None


def vaults_of(plan: Details, account: AuditedAccount, region: str) -> tuple[Ref, ...]:
    """Where a plan's rules put what it selects."""
    named = (each.get("TargetBackupVaultName") for each in plan.get("Rules", ()))
    return tuple(account.arn("backup", region, f"backup-vault:{each}") for each in named if each)


def selection(arn: str, told: Details, vaults: tuple[Ref, ...] | Unknown, region: str) -> BackupSelection:
    """From the answer of GetBackupSelection."""
    tags = (
        {"key": each.get("ConditionKey"), "value": each.get("ConditionValue")}
        for each in told.get("ListOfTags") or ()
        if each.get("ConditionType", "STRINGEQUALS") == "STRINGEQUALS"  # there is no other
    )
    return BackupSelection(
        arn,
        tuple(told.get("Resources") or ()),
        tuple(told.get("NotResources") or ()),
        tuple(tags),
        tuple(_conditions(told.get("Conditions") or {})),
        vaults,
        region,
    )


def _conditions(told: Mapping[str, Any]) -> Iterable[tuple[str, Any, Any]]:
    for operator, entries in told.items():
        for each in entries or ():
            yield OPERATORS.get(operator, operator), each.get("ConditionKey"), each.get("ConditionValue")


def _unknown(arn: str, unknown: Unknown, vaults: tuple[Ref, ...] | Unknown, region: str) -> BackupSelection:
    return BackupSelection(arn, unknown, unknown, unknown, unknown, vaults, region)
