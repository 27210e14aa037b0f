"""CloudWatch alarms and EventBridge rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hipaa.model.values import Flag, Location, Ref, Text, Unknown


@dataclass(frozen=True)
class Metric:
    """A metric that an alarm watches.

    Attributes:
        dimensions: by name. `BucketName` may refer to a bucket of this stack, `FilterId` to a metrics configuration.
    """

    namespace: Text
    name: Text
    dimensions: Mapping[str, Ref] | Unknown = field(hash=False)


@dataclass(frozen=True)
class Alarm:
    """A metric alarm or a composite alarm.

    Attributes:
        metrics: empty for a composite alarm, which has no metric of its own.
        actions_enabled: on by default (None).
        actions: the `alarmActions`.
    """

    resource: str
    metrics: tuple[Metric, ...] | Unknown
    actions_enabled: Flag
    actions: tuple[Ref, ...] | Unknown


@dataclass(frozen=True)
class EventRule:
    """An EventBridge rule.

    Attributes:
        pattern: the event pattern, as JSON.
        on_default_bus: whether it is on the default event bus, to which AWS services send their events.
    """

    resource: str
    pattern: Text
    enabled: Flag
    has_targets: Flag
    on_default_bus: Flag
    location: Location
