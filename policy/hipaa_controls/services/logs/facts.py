"""CloudWatch Logs: log groups, metric filters, policies, and where log events are sent."""

from __future__ import annotations

from dataclasses import dataclass

from hipaa_controls.model.values import Document, Flag, Location, Number, Ref, Text, Unknown

# The values of the data-class tag that mark a log group as holding audit logs, as normalize_data_class returns them.
AUDIT_DATA_CLASSES = ("auditlog", "cloudtraillog")


@dataclass(frozen=True)
class LogGroup:
    """A log group.

    Attributes:
        holds_audit_logs: Whether a trail delivers to it or its data-class tag is one of AUDIT_DATA_CLASSES.
        retention_days: None or 0 keeps events forever.
    """

    resource: str
    holds_audit_logs: Flag
    kms_key: Ref
    retention_days: Number
    location: Location


@dataclass(frozen=True)
class MetricFilter:
    """A metric filter on a log group, and the metric that it publishes.

    Attributes:
        log_group: The log group, by reference or by name.
        dimensions: The names of its dimensions. Their values come from each log event.
        value: What it publishes for each log event that matches: a number, or a field of the event such as `$.bytes`.
        default_value: The number that it publishes while no log event matches; None publishes nothing then.
        unit: The unit of the metric; the text `None` by default (None).
    """

    resource: str
    log_group: Ref
    pattern: Text
    namespace: Text
    metric_name: Text
    dimensions: tuple[str, ...] | Unknown
    value: Text
    default_value: Text
    unit: Text
    location: Location


@dataclass(frozen=True)
class LogsPolicy:
    """A resource policy of CloudWatch Logs, or the policy of a destination or a delivery destination."""

    resource: str
    document: Document
    location: Location


@dataclass(frozen=True)
class LogDestination:
    """Where CloudWatch Logs sends log events.

    Attributes:
        target: The ARN in a subscription filter, in a subscription filter policy of the account, in a destination or in
            a delivery destination.
    """

    resource: str
    target: Ref
    location: Location
