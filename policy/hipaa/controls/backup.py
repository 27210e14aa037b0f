"""AWS Backup: the vaults that copies of PHI are kept in."""

from hipaa.controls.model import Control, Option, Severity, Tightens, addressable, required

CONTROLS = (
    Control(
        id="backup-vault-customer-key",
        title="A customer managed key encrypts backups",
        statement="A vault is encrypted with a customer managed key.",
        required="kmsKeyArn is a customer managed key",
        paragraphs=addressable("312(a)(2)(iv)"),
        severity=Severity.MEDIUM,
        remedy="aws.backup.Vault(…, kms_key_arn=key.arn)",
    ),
    Control(
        id="backup-vault-locked",
        title="Backups can't be deleted early",
        statement="A vault has a lock that keeps what is in it for a while at least.",
        required="a vault lock with minRetentionDays of {days} or more",
        paragraphs=required("308(a)(7)(ii)(A)", ours=True),
        severity=Severity.MEDIUM,
        remedy="aws.backup.VaultLockConfiguration(…, backup_vault_name=vault.name, min_retention_days=7)",
        options=(Option("days", "Days that a backup is kept at least.", 1, Tightens.UP),),
    ),
)
