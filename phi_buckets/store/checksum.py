"""SHA-256 checksums in S3's format: base64, of the full object or, for a composite checksum, of its parts' checksums.

A composite checksum ends with the number of parts (`…-3`):
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable


def sha256(data: bytes) -> str:
    """Return the full-object checksum of the data."""
    return _base64(hashlib.sha256(data).digest())


def composite_sha256(part_checksums: Iterable[str]) -> str:
    """Return the composite checksum of an object from the checksums of its parts."""
    digests = [base64.b64decode(part_checksum) for part_checksum in part_checksums]
    return f"{_base64(hashlib.sha256(b''.join(digests)).digest())}-{len(digests)}"


def part_count(checksum: str) -> int | None:
    """Return the number of parts in a composite checksum, or None for a full-object checksum."""
    _, dash, number = checksum.partition("-")
    return int(number) if dash else None


class RunningChecksum:
    """The checksum of a stream: composite, with parts of `part_size` bytes, or full-object if `part_size` is None."""

    def __init__(self, part_size: int | None = None) -> None:
        self._part_size = part_size
        self._parts: list[str] = []
        self._hash = hashlib.sha256()
        self._bytes_in_part = 0

    def update(self, data: bytes | memoryview) -> None:
        if self._part_size is None:
            self._hash.update(data)
            return
        remaining = memoryview(data)
        while remaining:
            if self._bytes_in_part == self._part_size:
                self._finish_part()
            chunk = remaining[: self._part_size - self._bytes_in_part]
            self._hash.update(chunk)
            self._bytes_in_part += len(chunk)
            remaining = remaining[len(chunk) :]

    def value(self) -> str:
        """Return the checksum of the stream. Call it once, at the end."""
        return _base64(self._hash.digest()) if self._part_size is None else composite_sha256(self.part_values())

    def part_values(self) -> list[str]:
        """Return the checksum of each part. Call it once, at the end."""
        self._finish_part()
        return self._parts

    def _finish_part(self) -> None:
        self._parts.append(_base64(self._hash.digest()))
        self._hash, self._bytes_in_part = hashlib.sha256(), 0


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
