"""GuardDuty detectors."""

from __future__ import annotations

from dataclasses import dataclass

from hipaa.model.values import Flag


@dataclass(frozen=True)
class GuardDutyDetector:
    """GuardDuty in a region; enabled: the detector, where there is one; s3: whether it looks at the use of objects."""

    resource: str
    enabled: Flag
    s3_protection: Flag
