"""Macie sessions."""

from __future__ import annotations

from dataclasses import dataclass

from hipaa_controls.model.values import Flag


@dataclass(frozen=True)
class MacieSession:
    """Macie in a region.

    Attributes:
        enabled: False where Macie was never enabled, or is paused.
    """

    resource: str
    enabled: Flag
