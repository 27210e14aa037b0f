"""CloudWatch Logs log groups and metric filters."""

from __future__ import annotations

from dataclasses import dataclass

from hipaa_controls.model.values import Flag, Location, Number, Ref, Text, Unknown

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
    """

    resource: str
    log_group: Ref
    pattern: Text
    namespace: Text
    metric_name: Text
    dimensions: tuple[str, ...] | Unknown
