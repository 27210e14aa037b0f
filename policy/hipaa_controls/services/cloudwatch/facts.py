"""CloudWatch alarms and EventBridge rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hipaa_controls.model.values import Flag, Location, Ref, Text, Unknown


@dataclass(frozen=True)
class Metric:
    """A metric that an alarm watches.

    Attributes:
        dimensions: Their values by name. `BucketName` may refer to a bucket of this stack, and `FilterId` to a metrics
            configuration.
    """

    namespace: Text
    name: Text
    dimensions: Mapping[str, Ref] | Unknown = field(hash=False)


@dataclass(frozen=True)
class Alarm:
    """A metric alarm or a composite alarm.

    Attributes:
        metrics: Empty for a composite alarm, which has no metric of its own.
        actions_enabled: On by default (None).
        actions: The `alarmActions`.
        name: The alarm's name, by which the rule of a composite alarm refers to it.
        rule: The rule expression of a composite alarm; None for a metric alarm.
    """

    resource: str
    metrics: tuple[Metric, ...] | Unknown
    actions_enabled: Flag
    actions: tuple[Ref, ...] | Unknown
    name: Text
    rule: Text
    location: Location


@dataclass(frozen=True)
class EventRule:
    """An EventBridge rule.

    Attributes:
        pattern: The event pattern, as JSON.
        on_default_bus: Whether it is on the default event bus, to which AWS services send their events.
    """

    resource: str
    pattern: Text
    enabled: Flag
    has_targets: Flag
    on_default_bus: Flag
    location: Location
