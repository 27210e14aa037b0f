"""The properties of backup vaults, their locks, and the plans that put backups into them."""

from __future__ import annotations

from collections.abc import Mapping

from crossguard.properties.type_properties import TypeProperties

OPERATORS = ("stringEquals", "stringLikes", "stringNotEquals", "stringNotLikes")

PROPERTIES: Mapping[str, TypeProperties] = {
    "aws:backup/vault:Vault": TypeProperties(
        read=("forceDestroy", "kmsKeyArn"),
    ),
    "aws:backup/vaultPolicy:VaultPolicy": TypeProperties(
        read=("policy",), irrelevant={"the policy is judged for whichever vault it has": ("backupVaultName",)}
    ),
    "aws:backup/logicallyAirGappedVault:LogicallyAirGappedVault": TypeProperties(
        read=("encryptionKeyArn", "maxRetentionDays", "minRetentionDays"),
    ),
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": TypeProperties(
        read=("backupVaultName", "changeableForDays", "maxRetentionDays", "minRetentionDays"),
    ),
    "aws:backup/plan:Plan": TypeProperties(
        read=(
            "rules.copyActions.destinationVaultArn",
            "rules.lifecycle.deleteAfter",
            "rules.targetLogicallyAirGappedBackupVaultArn",
            "rules.targetVaultName",
        ),
        irrelevant={
            "when a backup is made": (
                "rules.schedule",
                "rules.scheduleExpressionTimezone",
                "rules.startWindow",
                "rules.completionWindow",
                "rules.enableContinuousBackup",
            ),
            "a copy is kept in addition to the backup, which is judged": ("rules.copyActions.lifecycle",),
            "AWS Backup moves no backup of S3 to cold storage": (
                "rules.lifecycle.coldStorageAfter",
                "rules.lifecycle.optInToArchiveForSupportedResources",
            ),
            "names and tags of the rule and its backups": ("rules.ruleName", "rules.recoveryPointTags"),
            "malware scans of backups": ("rules.scanActions", "scanSettings"),
            "backups of Windows servers": ("advancedBackupSettings",),
        },
    ),
    "aws:backup/selection:Selection": TypeProperties(
        read=(
            *(f"conditions.{operator}.{name}" for operator in OPERATORS for name in ("key", "value")),
            "notResources",
            "planId",
            "resources",
            "selectionTags.key",
            "selectionTags.value",
        ),
        irrelevant={
            # https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Condition.html
            "AWS Backup only knows the type STRINGEQUALS": ("selectionTags.type",),
            "AWS Backup backs up as this role, which gives no one access to a backup": ("iamRoleArn",),
        },
    ),
}
