"""What a rule sees: what a bucket is for and how it is set, whoever says so.

A program at preview, a saved state and a live account all become these. A value that can't be known yet is Unknown;
a setting that is nowhere declared is not there at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


@dataclass(frozen=True)
class Unknown:
    """A value that isn't known yet: where it stands, such as `phi-policy.policy`, and what it will come from."""

    where: str
    sources: tuple[str, ...] = ()


def unknowns(value: Any) -> Iterator[Unknown]:
    """Every value in a structure that isn't known yet."""
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, Mapping):
        yield from (found for each in value.values() for found in unknowns(each))
    elif isinstance(value, list):
        yield from (found for each in value for found in unknowns(each))


class Role(Enum):
    """What a bucket is for; it decides which controls hold for it."""

    PHI = "phi"
    REPLICA = "replica"
    ACCESS_LOG = "access-log"
    TRAIL_LOG = "trail-log"
    INVENTORY = "inventory"
    OTHER = "other"


@dataclass(frozen=True)
class StackKey:
    """A customer managed key that this stack makes; its ARN may not be known yet."""

    resource: str


@dataclass(frozen=True)
class PublicAccessBlock:
    """The four flags. None: not given, which AWS takes as off."""

    block_public_acls: bool | Unknown | None
    block_public_policy: bool | Unknown | None
    ignore_public_acls: bool | Unknown | None
    restrict_public_buckets: bool | Unknown | None


@dataclass(frozen=True)
class DefaultEncryption:
    """What S3 encrypts an upload with that doesn't say: `AES256`, `aws:kms` or `aws:kms:dsse`, and the key."""

    algorithm: str | Unknown | None
    key: str | StackKey | Unknown | None


@dataclass(frozen=True)
class Versioning:
    """`Enabled`, `Suspended` or `Disabled`."""

    status: str | Unknown | None


@dataclass(frozen=True)
class AccessLogging:
    """The bucket that access is logged to: a name, or the URN of a bucket of this stack."""

    target: str | Unknown | None


@dataclass(frozen=True)
class BucketPolicy:
    """A policy document: JSON text or its structure, in which leaves may be Unknown."""

    document: str | Mapping[str, Any] | Unknown


Setting = PublicAccessBlock | DefaultEncryption | Versioning | AccessLogging | BucketPolicy


@dataclass(frozen=True)
class Declared:
    """A setting and the resource that declares it."""

    resource: str
    setting: Setting


@dataclass(frozen=True)
class Bucket:
    """A bucket, its ARN and what sets it.

    whole: whether all that sets it is here; of a bucket of another stack only some is, and nothing is missing.
    """

    resource: str
    arn: str | Unknown
    role: Role
    declared: tuple[Declared, ...]
    whole: bool = True

    def declaring(self, kind: type[Setting]) -> tuple[Declared, ...]:
        """Every setting of one kind. More than one is a fault of the program, and each is judged."""
        return tuple(each for each in self.declared if isinstance(each.setting, kind))
