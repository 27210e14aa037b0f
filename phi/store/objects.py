"""Descriptions of the objects in a bucket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class StoredObject:
    """An object whose KMS key and checksum were verified.

    Attributes:
        size: In bytes.
        sha256: In S3's format: base64, of the whole object or, if it was uploaded in parts, the composite checksum with
            `-` and the number of parts.
        modified: In UTC; for an upload, the time of S3's response.
        metadata: Fields of the phi.metadata vocabulary.
    """

    key: str
    version: str
    size: int
    sha256: str
    modified: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ListedObject:
    """An object in a listing, of which nothing was verified. `size` is in bytes."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True)
class ObjectVersion:
    """A version of an object.

    Attributes:
        size: In bytes.
        deleted: Whether it is a delete marker, which has no content.
    """

    key: str
    version: str
    size: int
    modified: datetime
    latest: bool
    deleted: bool
