"""Descriptions of the objects in a bucket, and the type of progress callbacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

Progress = Callable[[int], object]
"""A function that is called with the number of bytes transferred since the last call."""


@dataclass(frozen=True)
class StoredObject:
    """An object whose KMS key and checksum were verified.

    Attributes:
        size: In bytes.
        sha256: In S3's format: base64, of the full object or, if it was uploaded in parts, the composite checksum with
            `-` and the number of parts.
        modified: In UTC; for an upload, the time of S3's response.
        metadata: Fields of the phi_buckets.metadata vocabulary.
    """

    key: str
    version: str
    size: int
    sha256: str
    modified: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ListedObject:
    """An object in a listing. Nothing about it was verified. `size` is in bytes, `modified` in UTC."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True)
class ObjectVersion:
    """A version of an object, or a delete marker.

    Attributes:
        size: In bytes; 0 for a delete marker.
        modified: In UTC.
        latest: Whether it is the current version, which S3 returns by default.
        deleted: Whether it is a delete marker.
    """

    key: str
    version: str
    size: int
    modified: datetime
    latest: bool
    deleted: bool
