"""CloudWatch alarms and EventBridge rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hipaa.model.values import Flag, Location, Ref, Text, Unknown


@dataclass(frozen=True)
class Metric:
    """A metric. Of its dimensions BucketName may be a bucket of the stack, and FilterId a metrics configuration."""

    namespace: Text
    name: Text
    dimensions: Mapping[str, Ref] | Unknown = field(hash=False)


@dataclass(frozen=True)
class Alarm:
    """An alarm, simple or composite (which has no metrics of its own). actions: what it notifies; None: enabled."""

    resource: str
    metrics: tuple[Metric, ...] | Unknown
    actions_enabled: Flag
    actions: tuple[Ref, ...] | Unknown


@dataclass(frozen=True)
class EventRule:
    """An EventBridge rule: its pattern as JSON, whether it is enabled, has a target and is on the default bus."""

    resource: str
    pattern: Text
    enabled: Flag
    has_targets: Flag
    on_default_bus: Flag
    location: Location
