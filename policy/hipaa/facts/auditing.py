"""What records and raises alerts: trails, log groups, metric filters, alarms, event rules, topics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hipaa.facts.values import Document, Flag, Number, Place, Ref, Text, Unknown

# The data classes of a log group that holds audit records, as `spelled` has them.
AUDIT = ("auditlog", "traillog")


@dataclass(frozen=True)
class FieldSelector:
    """A condition of an advanced selector: the field's name, and the texts of each operator by its name (`equals`, …).

    A text that isn't known but can only come from one bucket is that bucket.
    """

    name: Text
    tests: Mapping[str, tuple[Ref, ...] | Unknown] = field(hash=False)


@dataclass(frozen=True)
class DataEvents:
    """A selector of a trail.

    Basic: read_write (`All`, `ReadOnly`, `WriteOnly`) and the ARN prefixes of `AWS::S3::Object` resources.
    Advanced: its field selectors, all of which must hold; `fields` is None for a basic one.
    """

    read_write: Text = "All"
    prefixes: tuple[Ref, ...] | Unknown = ()
    fields: tuple[FieldSelector, ...] | Unknown | None = None


@dataclass(frozen=True)
class Trail:
    """A trail of CloudTrail. log_group: where it also goes, a group of the stack or the name of another.

    logging and global_services are on where they are None; all_regions and validation are off.
    management: whether it records all management events, reads and those of KMS among them.
    """

    resource: str
    logging: Flag
    all_regions: Flag
    global_services: Flag
    validation: Flag
    key: Ref
    log_group: Ref
    selectors: tuple[DataEvents, ...] | Unknown
    management: Flag
    place: Place


@dataclass(frozen=True)
class LogGroup:
    """A log group; audit: whether a trail writes to it, or its data-class tag says that it holds audit records.

    days: how long events are kept; None or 0 for ever.
    """

    resource: str
    audit: Flag
    key: Ref
    days: Number


@dataclass(frozen=True)
class MetricFilter:
    """A metric filter on a log group, of the stack or by name: its pattern, and the metric it publishes.

    dimensions: their names; their values come from each log event.
    """

    resource: str
    log_group: Ref
    pattern: Text
    namespace: Text
    metric: Text
    dimensions: tuple[str, ...] | Unknown


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
    enabled: Flag
    actions: tuple[Ref, ...] | Unknown


@dataclass(frozen=True)
class EventRule:
    """An EventBridge rule: its pattern as JSON, whether it is enabled, has a target and is on the default bus."""

    resource: str
    pattern: Text
    enabled: Flag
    targeted: Flag
    default_bus: Flag
    place: Place


@dataclass(frozen=True)
class Topic:
    """An SNS topic. publishers: the services that this stack has publish to it, such as `cloudwatch.amazonaws.com`.

    Unknown of a live account: what couldn't be read may have a service publish to it.
    """

    resource: str
    arn: Text
    key: Ref
    publishers: tuple[str | Unknown, ...]
    place: Place = Place()


@dataclass(frozen=True)
class TopicPolicy:
    """A topic's policy, or what a topic says of its policy itself: document is None where that is nothing."""

    resource: str
    topic: Ref
    arn: Text
    document: Document | None
    place: Place = Place()
