"""Readers of backup vaults and their policies, and of what backup plans put into vaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crossguard.graph import FactReader, Graph
from crossguard.property_values import as_flag, as_list, as_number, get_property
from crossguard.resource_types import KMS_KEYS
from crossguard.resources import PulumiResource
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Number, Ref, StackResource, Text, Unknown
from hipaa_controls.services.backup.facts import BackupSelection, BackupTarget, BackupVault, CopyActions, VaultPolicy

VAULT = "aws:backup/vault:Vault"
AIR_GAPPED_VAULT = "aws:backup/logicallyAirGappedVault:LogicallyAirGappedVault"
VAULTS = frozenset({VAULT, AIR_GAPPED_VAULT})
VAULT_LOCK = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"
PLAN = "aws:backup/plan:Plan"
SELECTION = "aws:backup/selection:Selection"


def _vault(vault: PulumiResource, graph: Graph) -> list[Fact]:
    kms_key = graph.resolve(vault, vault.inputs.get("kmsKeyArn"), "kmsKeyArn", KMS_KEYS)
    locks = graph.by_type.get(VAULT_LOCK, [])
    min_days, max_days, grace_days = (
        tuple(days for lock in locks for days in _lock_days(lock, prop, vault, graph))
        for prop in ("minRetentionDays", "maxRetentionDays", "changeableForDays")
    )
    modes = tuple(map(_lock_mode, grace_days))
    force_destroy = as_flag(vault.inputs.get("forceDestroy"))
    return [BackupVault(vault.urn, kms_key, min_days, graph.location_of(vault), force_destroy, max_days, modes)]


def _lock_days(lock: PulumiResource, prop: str, vault: PulumiResource, graph: Graph) -> list[Number]:
    """Return the days of a lock on the vault, Unknown for a lock that may be on it, else nothing."""
    name = lock.inputs.get("backupVaultName")
    locked_vault = graph.resolve(lock, name, "backupVaultName", {VAULT}, same_place=True)
    if locked_vault == StackResource(vault.urn):
        return [as_number(lock.inputs.get(prop))]
    return [locked_vault] if isinstance(locked_vault, Unknown) and vault.urn in locked_vault.sources else []


def _lock_mode(grace_days: Number) -> Text:
    """Return the mode of a lock: with changeableForDays it is in compliance mode.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_PutBackupVaultLockConfiguration.html
    """
    if isinstance(grace_days, Unknown):
        return grace_days
    return "COMPLIANCE" if grace_days else "GOVERNANCE"  # 0 is none in Terraform's provider


def _air_gapped_vault(vault: PulumiResource, graph: Graph) -> list[Fact]:
    """Return the fact of a vault that is always locked.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/logicallyairgappedvault.html
    """
    kms_key = graph.resolve(vault, vault.inputs.get("encryptionKeyArn"), "encryptionKeyArn", KMS_KEYS)
    min_days, max_days = (as_number(vault.inputs.get(prop)) for prop in ("minRetentionDays", "maxRetentionDays"))
    location = graph.location_of(vault)
    return [
        BackupVault(
            vault.urn, kms_key, (min_days,), location, max_retention_days=(max_days,), lock_modes=("COMPLIANCE",)
        )
    ]


def _vault_policy(policy: PulumiResource, graph: Graph) -> list[Fact]:
    document = graph.policy_document(policy, "policy", "vaultPolicy")
    return [VaultPolicy(policy.urn, document, graph.location_of(policy))]


def _plan(plan: PulumiResource, graph: Graph) -> list[Fact]:
    return [CopyActions(plan.urn, _copy_destinations(plan, graph), graph.location_of(plan))]


def _copy_destinations(plan: PulumiResource, graph: Graph) -> tuple[tuple[Ref, ...], ...] | Unknown:
    rules = as_list(plan.inputs.get("rules"))
    if isinstance(rules, Unknown):
        return rules
    targets = [get_property(rule, "targetVaultName") for rule in rules]
    destinations: list[tuple[Ref, ...]] = []
    for rule in rules:
        actions = as_list(get_property(rule, "copyActions"))
        if isinstance(actions, Unknown):
            return actions
        arns = [get_property(action, "destinationVaultArn") for action in actions]
        if (air_gapped := get_property(rule, "targetLogicallyAirGappedBackupVaultArn")) not in (None, ""):
            arns.append(air_gapped)
        destinations.append(tuple(_copy_destination(plan, arn, targets, graph) for arn in arns))
    return tuple(destinations)


def _copy_destination(plan: PulumiResource, arn: Any, targets: Sequence[Any], graph: Graph) -> Ref:
    """Return the vault that an ARN in the rules names. It is the stack's if the rules depend only on its vaults.

    If it may be one of several, it is none that the rules back up to by its known name, and one in the plan's own
    region rather than another.
    """
    sources = plan.sources.get("rules", ())
    if isinstance(arn, Unknown) and sources and all(_is_own_vault(source, plan, graph) for source in sources):
        copies = [source for source in sources if source.inputs.get("name") not in targets] or sources
        return StackResource(min(copies, key=lambda vault: vault.region != plan.region).urn)
    return graph.resolve_arn(plan, arn, "rules", VAULTS)


def _is_own_vault(source: PulumiResource, plan: PulumiResource, graph: Graph) -> bool:
    return source.type in VAULTS and graph.same_account(source, plan) is True


def _selection(selection: PulumiResource, graph: Graph) -> list[Fact]:
    inputs = selection.inputs
    return [
        BackupSelection(
            selection.urn,
            graph.resolve_bucket_arns(selection, inputs.get("resources"), "resources"),
            graph.resolve_bucket_arns(selection, inputs.get("notResources"), "notResources"),
            _tags(inputs.get("selectionTags")),
            _conditions(inputs.get("conditions")),
            _targets(selection, graph),
            selection.region,
            graph.location_of(selection).account,
        )
    ]


def _tags(value: Any) -> tuple[Mapping[str, Any], ...] | Unknown:
    """Return the tags that select resources: Unknown if one of them is, because any one tag selects."""
    tags = as_list(value)
    if isinstance(tags, Unknown):
        return tags
    unknown = next((tag for tag in tags if isinstance(tag, Unknown)), None)
    return unknown or tuple(
        {name: tag.get(name) for name in ("key", "value")} for tag in tags if isinstance(tag, Mapping)
    )


def _conditions(value: Any) -> tuple[tuple[str, Any, Any], ...] | Unknown:
    """Return each condition as its operator, key and value."""
    blocks = as_list(value)
    if isinstance(blocks, Unknown):
        return blocks
    conditions: list[tuple[str, Any, Any]] = []
    for block in blocks:
        for operator, operands in block.items() if isinstance(block, Mapping) else [("", block)]:
            entries = as_list(operands)
            if isinstance(entries, Unknown):
                return entries
            conditions += [(operator, get_property(entry, "key"), get_property(entry, "value")) for entry in entries]
    return tuple(conditions)


def _targets(selection: PulumiResource, graph: Graph) -> tuple[BackupTarget, ...] | Unknown:
    """Return the target vaults of the plan's rules: Unknown for a plan of another stack."""
    plan_ref = graph.resolve(selection, selection.inputs.get("planId"), "planId", {PLAN})
    plan = graph.resource_for(plan_ref)
    if plan is None:
        return plan_ref if isinstance(plan_ref, Unknown) else Unknown(f"the plan of {selection.name}")
    rules = as_list(plan.inputs.get("rules"))
    if isinstance(rules, Unknown):
        return rules
    return tuple(
        BackupTarget(
            graph.resolve(plan, name, "rules", VAULTS, KMS_KEYS),
            as_number(get_property(rule, "lifecycle", "deleteAfter")) or None,  # 0 is none in Terraform's provider
        )
        for rule in rules
        if (name := get_property(rule, "targetVaultName")) not in (None, "")
    )


READERS: Mapping[str, FactReader] = {
    VAULT: _vault,
    AIR_GAPPED_VAULT: _air_gapped_vault,
    "aws:backup/vaultPolicy:VaultPolicy": _vault_policy,
    PLAN: _plan,
    SELECTION: _selection,
}
