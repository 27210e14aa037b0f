"""What is told of the objects in a bucket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class StoredObject:
    """An object whose key of encryption and whose checksum were seen to be right.

    size: in bytes. sha256: as S3 tells it, in base64: of the whole, or, where it was sent in parts, of their SHA-256s
    with `-` and their number. modified: in UTC; of an upload, when S3 answered. metadata: of phi.metadata's vocabulary.
    """

    key: str
    version: str
    size: int
    sha256: str
    modified: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ListedObject:
    """An object as a listing tells of it: nothing of it was verified."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True)
class ObjectVersion:
    """A version of an object. deleted: a delete marker, which has no content."""

    key: str
    version: str
    size: int
    modified: datetime
    latest: bool
    deleted: bool
