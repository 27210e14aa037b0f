"""What guards a whole account, and what people answer for. Only the audit of a live account tells these."""

from __future__ import annotations

from dataclasses import dataclass

from hipaa.facts.values import Flag


@dataclass(frozen=True)
class ThreatDetection:
    """GuardDuty in a region; enabled: the detector, where there is one; s3: whether it looks at the use of objects."""

    resource: str
    enabled: Flag
    s3: Flag


@dataclass(frozen=True)
class DataDiscovery:
    """Macie in a region; enabled: not where it was never switched on, or is paused."""

    resource: str
    enabled: Flag


@dataclass(frozen=True)
class ConfigurationRecorder:
    """AWS Config's recorder of a region.

    everything: whether it records every type of resource that AWS Config supports; recording: whether it is switched
    on; failing: whether it couldn't deliver what it recorded last.
    """

    resource: str
    everything: Flag
    recording: Flag
    failing: Flag


@dataclass(frozen=True)
class RootUser:
    """The account's root; password: None where AWS doesn't tell whether it has one."""

    resource: str
    mfa: Flag
    access_keys: Flag
    certificates: Flag
    password: Flag


@dataclass(frozen=True)
class Attestation:
    """What a person answers for.

    control: its id; days_left: until it is stale, negative once it is.
    """

    resource: str
    control: str
    owner: str
    days_left: int
