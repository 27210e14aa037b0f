"""Vaults of AWS Backup."""

from __future__ import annotations

from hipaa.model.rule import RuleContext
from hipaa.model.values import Unknown
from hipaa.model.verdict import Finding, failed, passed, unverified
from hipaa.services.backup.facts import BackupVault
from hipaa.services.kms.customer_managed_keys import check_customer_managed_key


def vault_customer_managed_key(vault: BackupVault, _: RuleContext) -> Finding:
    return check_customer_managed_key(vault.kms_key)


def vault_lock(vault: BackupVault, context: RuleContext) -> Finding:
    for days in vault.min_retention_days:
        if days is None:
            return failed("its lock has no least retention")
        if not isinstance(days, Unknown) and days < context.options["days"]:
            return failed(f"its lock keeps what is in it for {days:g} days")
    unknown = [days for days in vault.min_retention_days if isinstance(days, Unknown)]
    if unknown:
        return unverified(*unknown)
    return passed("it is locked") if vault.min_retention_days else failed("no lock is on it")
