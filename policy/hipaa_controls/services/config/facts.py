"""AWS Config recorders."""

from __future__ import annotations

from dataclasses import dataclass

from hipaa_controls.model.values import Flag


@dataclass(frozen=True)
class ConfigurationRecorder:
    """The configuration recorder of a region.

    Attributes:
        records_all_types: Whether it records every resource type that AWS Config supports.
        recording: Whether it is on.
        delivery_failing: Whether its last delivery failed.
    """

    resource: str
    records_all_types: Flag
    recording: Flag
    delivery_failing: Flag
