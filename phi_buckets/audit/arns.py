"""Parts of an ARN."""

from __future__ import annotations


def region_of(arn: str) -> str:
    """Return the region in an ARN: empty for a global resource, and for text that isn't an ARN."""
    parts = arn.split(":", 5)
    return parts[3] if len(parts) == 6 else ""
