"""AWS Backup vaults and the resources that a plan backs up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hipaa.model.values import Number, Ref, Unknown


@dataclass(frozen=True)
class BackupVault:
    """A backup vault.

    Attributes:
        min_retention_days: the minimum retention of each Vault Lock on it; Unknown for a lock that may be on another
            vault.
    """

    resource: str
    kms_key: Ref
    min_retention_days: tuple[Number, ...]


@dataclass(frozen=True)
class BackupSelection:
    """The resources that a backup plan selects.

    Attributes:
        resources: the selected resources, as references or ARN patterns.
        excluded: the resources that are never backed up (`NotResources`), likewise.
        tags: tag conditions (`ListOfTags`), each of which selects resources of its own.
        conditions: operator, tag key and value. A resource must meet every one of them.
        vaults: the vaults that the plan's rules back up to.
        region: the only region in which the plan selects resources.
    """

    resource: str
    resources: tuple[Ref, ...] | Unknown
    excluded: tuple[Ref, ...] | Unknown
    tags: tuple[Mapping[str, Any], ...] | Unknown = field(hash=False)
    conditions: tuple[tuple[str, Any, Any], ...] | Unknown = field(hash=False)
    vaults: tuple[Ref, ...] | Unknown
    region: str | None
