"""Controls for AWS Backup vaults, and for the vaults to which backups are copied."""

from hipaa_controls.model.control import (
    PREVIEW_ONLY,
    Control,
    Option,
    Severity,
    StricterWhen,
    addressed_by,
    required_by,
)
from hipaa_controls.model.options import ACCOUNTS, ONLY_TRUSTED_PARTIES, TRUSTED_PARTIES
from hipaa_controls.model.rule import FactRule
from hipaa_controls.services.backup import rules
from hipaa_controls.services.backup.facts import BackupVault, CopyActions, VaultPolicy

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
        id="backup-vault-key-separation",
        title="Backups and PHI have separate KMS keys",
        statement="Every backup vault is encrypted with a different KMS key than the buckets with PHI.",
        rationale=(
            "If a bucket's key is disabled or deleted, no record in the bucket can be read. If the backups have the "
            "same key, they are lost too."
        ),
        requirement="no vault uses a key that encrypts a bucket with PHI or replicas",
        paragraphs=required_by("308(a)(7)(ii)(A)", own_mapping=True),
        severity=Severity.LOW,
        remediation=(
            'backup_key = aws.kms.Key("backup", enable_key_rotation=True, policy=backup_key_policy), with '
            "kms_key_arn=backup_key.arn for the vault. A vault keeps its key, so this replaces the vault: give it "
            "another name, and keep the old one until its last backup expires"
        ),
        rule=FactRule((BackupVault,), rules.key_separation, needs_whole_stack=True),
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
        requirement="a Vault Lock with minRetentionDays of {days} or more, in {mode} mode or a stricter one",
        paragraphs=required_by("308(a)(7)(ii)(A)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation='aws.backup.VaultLockConfiguration("phi", backup_vault_name=vault.name, min_retention_days=7)',
        options=(
            Option("days", "Minimum retention of a backup in days.", 1, StricterWhen.HIGHER),
            Option(
                "mode",
                "The weakest Vault Lock mode that is accepted.",
                "GOVERNANCE",
                StricterWhen.HIGHER,
                choices=rules.LOCK_MODES,
            ),
        ),
        rule=FactRule((BackupVault,), rules.vault_lock, needs_whole_stack=True),
    ),
    Control(
        id="backup-vault-no-force-destroy",
        title="Backup vaults are protected from destruction",
        statement="No backup vault is destroyed together with the backups in it.",
        rationale=(
            "With forceDestroy, removing the vault from the program deletes every backup in it without "
            "confirmation. After such a mistake, lost records can't be recovered."
        ),
        requirement="forceDestroy is not true",
        paragraphs=(*required_by("308(a)(7)(i)", own_mapping=True), *required_by("312(c)(1)", own_mapping=True)),
        severity=Severity.MEDIUM,
        remediation="remove force_destroy=True from the aws.backup.Vault",
        stages=PREVIEW_ONLY,  # only Pulumi knows the setting
        rule=FactRule((BackupVault,), rules.no_force_destroy),
    ),
    Control(
        id="backup-no-external-access",
        title="Backup vault policies grant access only to trusted accounts",
        statement=(
            "The access policy of a backup vault grants access only to the stack's own account, to trusted accounts "
            "and organizations, and to AWS services acting for them."
        ),
        rationale=(
            "An external account that may copy backups into the vault can fill it with forged records, or with "
            "malware that a restore brings back in an emergency."
        ),
        requirement=ONLY_TRUSTED_PARTIES,
        paragraphs=(
            *addressed_by("308(a)(4)(ii)(B)", "308(a)(4)(ii)(C)", own_mapping=True),
            *required_by("312(a)(1)", own_mapping=True),
        ),
        severity=Severity.HIGH,
        remediation=(
            'name principals of the account in each Allow: "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"}; '
            'for all accounts of a trusted organization "Principal": "*" with "Condition": {"StringEquals": '
            '{"aws:PrincipalOrgID": organization_id}}'
        ),
        options=TRUSTED_PARTIES,
        rule=FactRule((VaultPolicy,), rules.no_external_access),
        verified_before_creation=True,
    ),
    Control(
        id="backup-no-external-copies",
        title="AWS Backup copies backups only to trusted accounts",
        statement="Backup plans copy backups only to vaults of the stack's own account and of trusted accounts.",
        rationale=(
            "A backup is a copy of every record. A copy action to a mistyped or a former vendor's account hands all of "
            "them over, every night."
        ),
        requirement=(
            "each destinationVaultArn and targetLogicallyAirGappedBackupVaultArn is a vault of the stack, or belongs "
            "to the stack's account or a trusted one ({accounts}); and each rule copies its backups to the place that "
            "is required ({place})"
        ),
        paragraphs=required_by("312(a)(1)", "308(a)(4)(i)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            'copy to a vault of the stack: "copy_actions": [{"destination_vault_arn": second_vault.arn}]; or list the '
            "account of the vault in the option accounts of backup-no-external-copies"
        ),
        options=(
            ACCOUNTS,
            Option(
                "place",
                "Where AWS Backup must copy each backup: otherRegion (another region or account) or otherAccount. With "
                "anywhere, no copy is required.",
                "anywhere",
                StricterWhen.HIGHER,
                choices=rules.COPY_PLACES,
            ),
        ),
        rule=FactRule((CopyActions,), rules.no_external_copies),
    ),
)
