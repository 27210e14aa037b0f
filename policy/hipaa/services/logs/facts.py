"""Log groups and metric filters of CloudWatch Logs."""

from __future__ import annotations

from dataclasses import dataclass

from hipaa.model.values import Flag, Number, Ref, Text, Unknown

# The data classes of a log group that holds audit records, as `spelled` has them.
AUDIT_DATA_CLASSES = ("auditlog", "cloudtraillog")


@dataclass(frozen=True)
class LogGroup:
    """A log group; audit: whether a trail writes to it, or its data-class tag says that it holds audit records.

    days: how long events are kept; None or 0 for ever.
    """

    resource: str
    holds_audit_logs: Flag
    kms_key: Ref
    retention_days: Number


@dataclass(frozen=True)
class MetricFilter:
    """A metric filter on a log group, of the stack or by name: its pattern, and the metric it publishes.

    dimensions: their names; their values come from each log event.
    """

    resource: str
    log_group: Ref
    pattern: Text
    namespace: Text
    metric_name: Text
    dimensions: tuple[str, ...] | Unknown
