"""SHA-256 as S3 tells it: of a whole object, or of the SHA-256s of its parts, with their number (`…-3`).

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable


def of(data: bytes) -> str:
    return _text(hashlib.sha256(data).digest())


def of_parts(checksums: Iterable[str]) -> str:
    """Of parts, by each one's own checksum."""
    digests = [base64.b64decode(each) for each in checksums]
    return f"{_text(hashlib.sha256(b''.join(digests)).digest())}-{len(digests)}"


def parts_in(checksum: str) -> int | None:
    """How many parts it is of; None where it is of the whole."""
    _, dash, number = checksum.partition("-")
    return int(number) if dash else None


class Running:
    """The checksum of what goes by. part_size: in bytes; None for the whole's."""

    def __init__(self, part_size: int | None = None) -> None:
        self._part_size = part_size
        self._parts: list[str] = []
        self._hash = hashlib.sha256()
        self._filled = 0

    def update(self, data: bytes | memoryview) -> None:
        if self._part_size is None:
            self._hash.update(data)
            return
        view = memoryview(data)
        while view:
            if self._filled == self._part_size:
                self._close_part()
            taken = view[: self._part_size - self._filled]
            self._hash.update(taken)
            self._filled += len(taken)
            view = view[len(taken) :]

    def told(self) -> str:
        """Once all has gone by."""
        return _text(self._hash.digest()) if self._part_size is None else of_parts(self.parts())

    def parts(self) -> list[str]:
        """Each part's own, once all has gone by."""
        self._close_part()
        return self._parts

    def _close_part(self) -> None:
        self._parts.append(_text(self._hash.digest()))
        self._hash, self._filled = hashlib.sha256(), 0


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
