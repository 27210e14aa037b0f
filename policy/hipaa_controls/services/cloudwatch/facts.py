"""CloudWatch alarms and EventBridge rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hipaa_controls.model.values import Flag, Location, Number, Ref, Text, Unknown


@dataclass(frozen=True)
class Metric:
    """A metric that an alarm watches.

    Attributes:
        dimensions: Their values by name. `BucketName` may refer to a bucket of this stack, and `FilterId` to a metrics
            configuration.
        statistic: Such as `Sum`; None for a percentile.
        period_seconds: The length of the periods for which the statistic is computed.
        unit: The alarm sees only values of this unit; None stands for every unit.
        compared: Whether the alarm compares the metric itself with the threshold, rather than a metric math expression.
    """

    namespace: Text
    name: Text
    dimensions: Mapping[str, Ref] | Unknown = field(hash=False)
    statistic: Text
    period_seconds: Number
    unit: Text
    compared: Flag


@dataclass(frozen=True)
class Trigger:
    """What puts a metric alarm into the state ALARM.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html

    Attributes:
        comparison: The `comparisonOperator`.
        threshold: None for an anomaly detection alarm, which compares with a band of expected values.
        evaluation_periods: The number of the last periods that are compared.
        datapoints_to_alarm: How many of those periods must breach the threshold; None or 0 stands for all of them.
        missing_data: The `treatMissingData`; `missing` by default (None).
    """

    comparison: Text
    threshold: Number
    evaluation_periods: Number
    datapoints_to_alarm: Number
    missing_data: Text


@dataclass(frozen=True)
class Alarm:
    """A metric alarm or a composite alarm.

    Attributes:
        metrics: Empty for a composite alarm, which has no metric of its own.
        actions_enabled: On by default (None).
        actions: The `alarmActions`.
        name: The alarm's name, by which the rule of a composite alarm refers to it.
        rule: The rule expression of a composite alarm; None for a metric alarm.
        trigger: None for a composite alarm.
    """

    resource: str
    metrics: tuple[Metric, ...] | Unknown
    actions_enabled: Flag
    actions: tuple[Ref, ...] | Unknown
    name: Text
    rule: Text
    trigger: Trigger | Unknown | None
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
