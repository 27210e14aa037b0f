"""GuardDuty detectors."""

from __future__ import annotations

from dataclasses import dataclass

from hipaa_controls.model.values import Flag


@dataclass(frozen=True)
class GuardDutyDetector:
    """The GuardDuty detector of a region.

    Attributes:
        enabled: False where the region has no detector.
        s3_protection: Whether the feature `S3_DATA_EVENTS` is on.
    """

    resource: str
    enabled: Flag
    s3_protection: Flag
