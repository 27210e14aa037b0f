"""Vaults of AWS Backup."""

from __future__ import annotations

from hipaa.model.rule import RuleContext
from hipaa.model.values import Unknown
from hipaa.model.verdict import Finding, failed, passed, unverified
from hipaa.services.backup.facts import Vault
from hipaa.services.kms.customer_managed_keys import encrypted


def customer_key(vault: Vault, _: RuleContext) -> Finding:
    return encrypted(vault.key)


def locked(vault: Vault, context: RuleContext) -> Finding:
    for days in vault.minimum_days:
        if days is None:
            return failed("its lock has no least retention")
        if not isinstance(days, Unknown) and days < context.options["days"]:
            return failed(f"its lock keeps what is in it for {days:g} days")
    unknown = [days for days in vault.minimum_days if isinstance(days, Unknown)]
    if unknown:
        return unverified(*unknown)
    return passed("it is locked") if vault.minimum_days else failed("no lock is on it")
