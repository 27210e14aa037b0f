"""AWS Config recorders."""

from __future__ import annotations

from dataclasses import dataclass

from hipaa.model.values import Flag


@dataclass(frozen=True)
class ConfigurationRecorder:
    """AWS Config's recorder of a region.

    everything: whether it records every type of resource that AWS Config supports; recording: whether it is switched
    on; failing: whether it couldn't deliver what it recorded last.
    """

    resource: str
    records_all_types: Flag
    recording: Flag
    delivery_failing: Flag
