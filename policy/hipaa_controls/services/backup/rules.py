"""Checks of backup vaults, and of the vaults to which backups are copied."""

from __future__ import annotations

from hipaa_controls import evaluator
from hipaa_controls.access import external_access
from hipaa_controls.access.destinations import check_destination
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.access.policy_queries import parse_resource_policy
from hipaa_controls.model.property_checks import require_all
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.values import Unknown
from hipaa_controls.model.verdict import Finding, failed, passed, unverified, worst_finding
from hipaa_controls.services.backup.facts import BackupVault, CopyActions, VaultPolicy
from hipaa_controls.services.kms.customer_managed_keys import customer_managed_key

vault_customer_managed_key = customer_managed_key("kms_key")


def vault_lock(vault: BackupVault, context: RuleContext) -> Finding:
    for days in vault.min_retention_days:
        if days is None:
            return failed("its Vault Lock has no minimum retention")
        if not isinstance(days, Unknown) and days < context.options["days"]:
            return failed(f"its Vault Lock has a minimum retention of {days:g} days")
    unknowns = [days for days in vault.min_retention_days if isinstance(days, Unknown)]
    if unknowns:
        return unverified(*unknowns)
    return passed("it has Vault Lock") if vault.min_retention_days else failed("it has no Vault Lock")


def no_force_destroy(vault: BackupVault, _: RuleContext) -> Finding:
    deletes = vault.force_destroy
    kept = deletes if isinstance(deletes, Unknown) else not deletes
    return require_all([(kept, "forceDestroy is true")], "the vault can't be destroyed while it holds backups")


def no_external_access(policy: VaultPolicy, context: RuleContext) -> Finding:
    """Check every action, although AWS Backup rejects requests of other accounts except backup:CopyIntoBackupVault.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/create-a-vault-access-policy.html
    """
    trusted = TrustedParties.from_options(context.options, policy.location, policy.resource)
    # The policy is about the vault and about the backups in it, whose ARNs are those of many services.
    return external_access.only_trusted_access(parse_resource_policy(policy.document), [evaluator.ANY], trusted)


def no_external_copies(copies: CopyActions, context: RuleContext) -> Finding:
    if isinstance(copies.vaults, Unknown):
        return unverified(copies.vaults)
    trusted = TrustedParties.from_options(context.options, copies.location, copies.resource)
    findings = (check_destination("backups are copied", vault, trusted) for vault in copies.vaults)
    return worst_finding(findings, "backups are copied only to trusted accounts")
