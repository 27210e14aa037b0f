"""AWS Backup vaults, their access policies, and what a plan backs up and copies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hipaa_controls.model.values import Document, Flag, Location, Number, Ref, Text, Unknown


@dataclass(frozen=True)
class BackupVault:
    """A backup vault.

    Attributes:
        min_retention_days: The minimum retention of each Vault Lock on it; Unknown for a lock that may be on another
            vault.
        max_retention_days: The maximum retention of each Vault Lock, likewise.
        lock_modes: The mode of each Vault Lock, likewise: `GOVERNANCE`, or `COMPLIANCE` for one that can't be removed,
            or can't be after its grace time.
        force_destroy: Whether Pulumi deletes the backups when it destroys the vault. AWS has no such setting.
    """

    resource: str
    kms_key: Ref
    min_retention_days: tuple[Number, ...]
    location: Location
    force_destroy: Flag = None
    max_retention_days: tuple[Number, ...] = ()
    lock_modes: tuple[Text, ...] = ()


@dataclass(frozen=True)
class VaultPolicy:
    """The access policy of a vault. A vault without one grants access only by IAM policies of its own account."""

    resource: str
    document: Document
    location: Location


@dataclass(frozen=True)
class CopyActions:
    """The vaults to which a backup plan copies its backups.

    Attributes:
        by_rule: For each rule of the plan, the destinations of its copy actions, and the logically air-gapped vault to
            which AWS Backup also copies, as references or ARNs.
    """

    resource: str
    by_rule: tuple[tuple[Ref, ...], ...] | Unknown
    location: Location


@dataclass(frozen=True)
class BackupTarget:
    """A vault that a rule of a backup plan backs up to.

    Attributes:
        retention_days: The age in days at which AWS Backup deletes a backup; None if it keeps each forever.
    """

    vault: Ref
    retention_days: Number


@dataclass(frozen=True)
class BackupSelection:
    """The resources that a backup plan selects.

    Attributes:
        resources: The selected resources, as references or ARN patterns.
        excluded: The resources that are never backed up (`NotResources`), as references or ARN patterns.
        tags: Tag conditions (`ListOfTags`). A resource that meets any of them is selected.
        conditions: Operator, condition key and value of each condition. A resource must meet all of them.
        targets: The vaults that the plan's rules back up to.
        region: The only region in which the plan selects resources.
        account: The only account in which it does; None while it can't be determined.
    """

    resource: str
    resources: tuple[Ref, ...] | Unknown
    excluded: tuple[Ref, ...] | Unknown
    tags: tuple[Mapping[str, Any], ...] | Unknown = field(hash=False)
    conditions: tuple[tuple[str, Any, Any], ...] | Unknown = field(hash=False)
    targets: tuple[BackupTarget, ...] | Unknown
    region: str | None
    account: str | None = None
