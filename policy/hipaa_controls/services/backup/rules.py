"""Checks of backup vaults, and of the vaults to which backups are copied."""

from __future__ import annotations

from collections.abc import Sequence

from hipaa_controls import evaluator
from hipaa_controls.access import external_access
from hipaa_controls.access.destinations import check_destination
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.access.policy_queries import parse_resource_policy
from hipaa_controls.model.property_checks import require_all
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.three_valued import any_of
from hipaa_controls.model.values import Location, Ref, StackResource, Unknown
from hipaa_controls.model.verdict import Finding, failed, passed, unverified, worst_finding
from hipaa_controls.services.backup.facts import BackupVault, CopyActions, VaultPolicy
from hipaa_controls.services.kms.customer_managed_keys import customer_managed_key
from hipaa_controls.services.kms.key_separation import separate_from_phi

# From the weakest to the strictest.
LOCK_MODES = ("GOVERNANCE", "COMPLIANCE")
# Where AWS Backup must copy each backup, from the weakest to the strictest.
COPY_PLACES = ("anywhere", "otherRegion", "otherAccount")

vault_customer_managed_key = customer_managed_key("kms_key")


def key_separation(vault: BackupVault, context: RuleContext) -> Finding:
    return separate_from_phi([vault.kms_key], context.stack)


def vault_lock(vault: BackupVault, context: RuleContext) -> Finding:
    for days in vault.min_retention_days:
        if days is None:
            return failed("its Vault Lock has no minimum retention")
        if not isinstance(days, Unknown) and days < context.options["days"]:
            return failed(f"its Vault Lock has a minimum retention of {days:g} days")
    weakest = LOCK_MODES.index(context.options["mode"])
    for mode in vault.lock_modes:
        if not isinstance(mode, Unknown) and LOCK_MODES.index(str(mode)) < weakest:
            return failed(f"its Vault Lock is in {mode} mode")
    unknowns = [days for days in vault.min_retention_days if isinstance(days, Unknown)]
    if weakest:  # any mode is accepted otherwise
        unknowns += [mode for mode in vault.lock_modes if isinstance(mode, Unknown)]
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
    if isinstance(copies.by_rule, Unknown):
        return unverified(copies.by_rule)
    trusted = TrustedParties.from_options(context.options, copies.location, copies.resource)
    findings = (
        *(check_destination("backups are copied", vault, trusted) for vaults in copies.by_rule for vault in vaults),
        *(_copied(vaults, copies.location, context) for vaults in copies.by_rule),
    )
    return worst_finding(findings, "backups are copied only to trusted accounts")


def _copied(vaults: Sequence[Ref], origin: Location, context: RuleContext) -> Finding:
    """Check that a rule of a plan copies its backups to the place that the option requires.

    Args:
        vaults: The vaults to which the rule copies its backups.
        origin: The account and region of the backups.
        context: The context, with the option.
    """
    place = context.options["place"]
    if place == "anywhere":
        return passed("no copy is required")
    answer = any_of(_is_in_place(vault, origin, place, context.stack) for vault in vaults)
    if isinstance(answer, Unknown):
        return unverified(answer)
    other = "account" if place == "otherAccount" else "region or account"
    return passed(f"backups are copied to another {other}") if answer else failed(f"no copy is in another {other}")


def _is_in_place(vault: Ref, origin: Location, place: str, stack: Stack) -> bool | Unknown:
    if isinstance(vault, Unknown):
        return vault
    if isinstance(vault, StackResource):
        fact = stack.fact(vault.resource, BackupVault)
        location = fact.location if fact else Location()
    else:
        location = _location_of(vault or "")
    if location.in_other_account(origin) or (place == "otherRegion" and location.in_other_region(origin)):
        return True
    compared = [location.account, origin.account, *([location.region, origin.region] if place == "otherRegion" else [])]
    return Unknown("the account or region of a vault") if None in compared else False


def _location_of(arn: str) -> Location:
    _, _, _, region, account, *_ = [*arn.split(":"), *[""] * 5]
    return Location(region=region or None, account=account or None)
