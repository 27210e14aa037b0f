"""Vaults, and what plans back up into them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crossguard.graph import BUCKET, KEYS, Graph, get, items, number, text
from crossguard.resources import Resource
from hipaa.model.stack import Fact
from hipaa.model.values import Number, Ref, StackResource, Unknown
from hipaa.services.backup.facts import BackupSelection, BackupVault

VAULT = "aws:backup/vault:Vault"
AIR_GAPPED = "aws:backup/logicallyAirGappedVault:LogicallyAirGappedVault"
LOCK = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"
PLAN = "aws:backup/plan:Plan"
SELECTION = "aws:backup/selection:Selection"


def _vault(vault: Resource, graph: Graph) -> list[Fact]:
    key = graph.resolve(vault, vault.inputs.get("kmsKeyArn"), "kmsKeyArn", KEYS)
    locks = (_days(lock, vault, graph) for lock in graph.by_type.get(LOCK, []))
    return [BackupVault(vault.urn, key, tuple(days for each in locks for days in each))]


def _days(lock: Resource, vault: Resource, graph: Graph) -> list[Number]:
    """The least retention of a lock that is of the vault; Unknown of one that may be."""
    of = graph.resolve(lock, lock.inputs.get("backupVaultName"), "backupVaultName", {VAULT})
    if of == StackResource(vault.urn):
        return [number(lock.inputs.get("minRetentionDays"))]
    return [of] if isinstance(of, Unknown) and vault.urn in of.sources else []


def _air_gapped(vault: Resource, graph: Graph) -> list[Fact]:
    """It is locked by itself: https://docs.aws.amazon.com/aws-backup/latest/devguide/logicallyairgappedvault.html"""
    key = graph.resolve(vault, vault.inputs.get("encryptionKeyArn"), "encryptionKeyArn", KEYS)
    return [BackupVault(vault.urn, key, (number(vault.inputs.get("minRetentionDays")),))]


def _selection(selection: Resource, graph: Graph) -> list[Fact]:
    given = selection.inputs
    return [
        BackupSelection(
            selection.urn,
            _resources(selection, "resources", graph),
            _resources(selection, "notResources", graph),
            _tags(given.get("selectionTags")),
            _conditions(given.get("conditions")),
            _vaults(selection, graph),
            selection.region,
        )
    ]


def _tags(given: Any) -> tuple[Mapping[str, Any], ...] | Unknown:
    """Any of them selects, so one that isn't known leaves them all open."""
    tags = items(given)
    if isinstance(tags, Unknown):
        return tags
    unknown = [each for each in tags if isinstance(each, Unknown)]
    return unknown[0] if unknown else tuple(each for each in tags if isinstance(each, Mapping))


def _conditions(given: Any) -> tuple[tuple[str, Any, Any], ...] | Unknown:
    blocks = items(given)
    if isinstance(blocks, Unknown):
        return blocks
    found: list[tuple[str, Any, Any]] = []
    for block in blocks:
        for operator, value in block.items() if isinstance(block, Mapping) else [("", block)]:
            entries = items(value)
            if isinstance(entries, Unknown):
                return entries
            found += [(operator, get(each, "key"), get(each, "value")) for each in entries]
    return tuple(found)


def _resources(selection: Resource, prop: str, graph: Graph) -> tuple[Ref, ...] | Unknown:
    """Patterns of ARNs; one that isn't known but can only come from one bucket is that bucket."""
    every = items(selection.inputs.get(prop))
    if isinstance(every, Unknown):
        return every
    return tuple(
        graph.resolve(selection, each, prop, {BUCKET}) if isinstance(each, Unknown) else text(each) for each in every
    )


def _vaults(selection: Resource, graph: Graph) -> tuple[Ref, ...] | Unknown:
    """Where the plan's rules put what is selected. Of a plan of another stack that can't be told."""
    of = graph.resolve(selection, selection.inputs.get("planId"), "planId", {PLAN})
    plan = graph.resource_for(of)
    if plan is None:
        return of if isinstance(of, Unknown) else Unknown(f"the plan of {selection.name}")
    rules = items(plan.inputs.get("rules"))
    if isinstance(rules, Unknown):
        return rules
    named: list[Any] = [get(rule, "targetVaultName") for rule in rules]
    return tuple(graph.resolve(plan, each, "rules", {VAULT, AIR_GAPPED}, KEYS) for each in named if each not in (None, ""))


READERS: dict[str, Callable[[Resource, Graph], list[Fact]]] = {
    VAULT: _vault,
    AIR_GAPPED: _air_gapped,
    SELECTION: _selection,
}
