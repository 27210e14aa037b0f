"""Checks of backup vaults."""

from __future__ import annotations

from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.values import Unknown
from hipaa_controls.model.verdict import Finding, failed, passed, unverified
from hipaa_controls.services.backup.facts import BackupVault
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
