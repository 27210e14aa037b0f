"""AWS Backup: the vaults that copies of PHI are kept in."""

from hipaa.model.control import Control, Option, Severity, StricterWhen, addressed_by, required_by
from hipaa.model.rule import FactRule
from hipaa.services.backup import rules
from hipaa.services.backup.facts import BackupVault

CONTROLS = (
    Control(
        id="backup-vault-customer-managed-key",
        title="A customer managed key encrypts backups",
        statement="A vault is encrypted with a customer managed key.",
        requirement="kmsKeyArn is a customer managed key",
        paragraphs=addressed_by("312(a)(2)(iv)"),
        severity=Severity.MEDIUM,
        remediation="aws.backup.Vault(…, kms_key_arn=key.arn)",
        rule=FactRule((BackupVault,), rules.vault_customer_managed_key),
    ),
    Control(
        id="backup-vault-lock",
        title="Backups can't be deleted early",
        statement="A vault has a lock that keeps what is in it for a while at least.",
        requirement="a vault lock with minRetentionDays of {days} or more",
        paragraphs=required_by("308(a)(7)(ii)(A)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation="aws.backup.VaultLockConfiguration(…, backup_vault_name=vault.name, min_retention_days=7)",
        options=(Option("days", "Days that a backup is kept at least.", 1, StricterWhen.HIGHER),),
        rule=FactRule((BackupVault,), rules.vault_lock, needs_whole_stack=True),
    ),
)
