"""Vaults of AWS Backup."""

from __future__ import annotations

from hipaa.facts import Unknown, Vault
from hipaa.rules.customer_keys import encrypted
from hipaa.rules.registry import Case, rule
from hipaa.verdicts import Finding, failed, passed, unverified


@rule("backup-vault-customer-key", Vault)
def customer_key(vault: Vault, _: Case) -> Finding:
    return encrypted(vault.key)


@rule("backup-vault-locked", Vault, joins=True)
def locked(vault: Vault, case: Case) -> Finding:
    for days in vault.minimum_days:
        if days is None:
            return failed("its lock has no least retention")
        if not isinstance(days, Unknown) and days < case.options["days"]:
            return failed(f"its lock keeps what is in it for {days:g} days")
    unknown = [days for days in vault.minimum_days if isinstance(days, Unknown)]
    if unknown:
        return unverified(*unknown)
    return passed("it is locked") if vault.minimum_days else failed("no lock is on it")
