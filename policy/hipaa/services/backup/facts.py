"""AWS Backup: vaults and what is selected into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hipaa.model.values import Number, Ref, Unknown


@dataclass(frozen=True)
class BackupVault:
    """A vault; minimum_days: the least retention of each lock on it, Unknown of one that may be another vault's."""

    resource: str
    kms_key: Ref
    min_retention_days: tuple[Number, ...]


@dataclass(frozen=True)
class BackupSelection:
    """What a plan backs up: resources by reference or ARN pattern, those left out, and tags that select.

    vaults: where the plan's rules put it. conditions: each narrows the selection further, by operator, key and value.
    region: where it selects, which is nowhere else.
    """

    resource: str
    resources: tuple[Ref, ...] | Unknown
    excluded: tuple[Ref, ...] | Unknown
    tags: tuple[Mapping[str, Any], ...] | Unknown = field(hash=False)
    conditions: tuple[tuple[str, Any, Any], ...] | Unknown = field(hash=False)
    vaults: tuple[Ref, ...] | Unknown
    region: str | None
