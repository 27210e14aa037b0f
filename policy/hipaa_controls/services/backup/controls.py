"""Controls for AWS Backup vaults."""

from hipaa_controls.model.control import Control, Option, Severity, StricterWhen, addressed_by, required_by
from hipaa_controls.model.options import ACCOUNTS
from hipaa_controls.model.rule import FactRule
from hipaa_controls.services.backup import rules
from hipaa_controls.services.backup.facts import BackupVault

CONTROLS = (
    Control(
        id="backup-vault-customer-managed-key",
        title="Backup vaults use a customer managed KMS key",
        statement="Every backup vault is encrypted with a customer managed KMS key.",
        rationale=(
            "Backups hold the same PHI as the bucket. The policy of the AWS managed key aws/backup can't be changed: "
            "the hospital can't limit who decrypts a backup, or revoke that in an incident."
        ),
        requirement="kmsKeyArn is a customer managed key of the stack's account or of a trusted one ({accounts})",
        paragraphs=addressed_by("312(a)(2)(iv)"),
        severity=Severity.MEDIUM,
        remediation='aws.backup.Vault("phi", kms_key_arn=key.arn)',
        options=(ACCOUNTS,),
        rule=FactRule((BackupVault,), rules.vault_customer_managed_key),
    ),
    Control(
        id="backup-vault-lock",
        title="Backup vaults have a Vault Lock",
        statement="Every backup vault has a Vault Lock with a minimum retention.",
        rationale=(
            "Ransomware attacks often delete backups first. AWS Backup refuses to delete the backups in a locked vault "
            "before their retention ends; a lock in compliance mode (changeableForDays) can't be removed, not even by "
            "the root user."
        ),
        requirement="a Vault Lock with minRetentionDays of {days} or more",
        paragraphs=required_by("308(a)(7)(ii)(A)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation='aws.backup.VaultLockConfiguration("phi", backup_vault_name=vault.name, min_retention_days=7)',
        options=(Option("days", "Minimum retention of a backup in days.", 1, StricterWhen.HIGHER),),
        rule=FactRule((BackupVault,), rules.vault_lock, needs_whole_stack=True),
    ),
)
