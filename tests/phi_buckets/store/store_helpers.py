"""The bucket, the content and the assertions that the store's tests share."""

from __future__ import annotations

import hashlib
from typing import Any

BUCKET = "phi-dev-bucket"
KEY_ARN = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
PART = 1000


def content(size: int) -> bytes:
    """Return `size` pseudorandom bytes, the same for every call with this size."""
    return hashlib.shake_256(str(size).encode()).digest(size)


# Content that the store uploads in one request, and in six parts.
WHOLE, PARTS = content(10), content(5 * PART + 1)


def content_id(value: Any) -> str | None:
    """Return a readable test ID for WHOLE and PARTS."""
    return {WHOLE: "whole", PARTS: "parts"}.get(value) if isinstance(value, bytes) else None


class Interrupt(BaseException):
    """An exception that, like KeyboardInterrupt, isn't an Exception."""


def assert_nothing_stored(s3: Any) -> None:
    """Assert that the bucket has neither object versions nor unfinished multipart uploads."""
    assert "Versions" not in s3.list_object_versions(Bucket=BUCKET)
    assert not s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads")
