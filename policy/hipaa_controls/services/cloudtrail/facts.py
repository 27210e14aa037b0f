"""CloudTrail trails and the events that they record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hipaa_controls.model.values import Flag, Location, Ref, Text, Unknown


@dataclass(frozen=True)
class FieldSelector:
    """One field of an advanced event selector.

    Attributes:
        name: The field, such as `resources.ARN`.
        operators: The values of each operator, by its name in the API, such as `startsWith`. A value that isn't known
            but can only come from one bucket is a reference to that bucket.
    """

    name: Text
    operators: Mapping[str, tuple[Ref, ...] | Unknown] = field(hash=False)


@dataclass(frozen=True)
class EventSelector:
    """A basic or an advanced event selector of a trail.

    Attributes:
        read_write_type: `All`, `ReadOnly` or `WriteOnly`. Basic selectors only.
        arn_prefixes: The ARN prefixes of `AWS::S3::Object` data resources. Basic selectors only.
        field_selectors: The conditions, all of which an event must meet. None for a basic selector.
        management_events: Whether it also selects management events. On by default (None). Basic selectors only.
        excluded_sources: The event sources whose management events it leaves out. Basic selectors only.
    """

    read_write_type: Text = "All"
    arn_prefixes: tuple[Ref, ...] | Unknown = ()
    field_selectors: tuple[FieldSelector, ...] | Unknown | None = None
    management_events: Flag = None
    excluded_sources: tuple[Ref, ...] | Unknown = ()


@dataclass(frozen=True)
class Trail:
    """A CloudTrail trail.

    Attributes:
        logging: On by default (None).
        multi_region: Off by default (None).
        global_service_events: On by default (None).
        log_file_validation: Off by default (None).
        log_group: The log group that it also delivers to, by reference or by name.
        selectors: Its event selectors, any of which selects an event. Without one, a trail records all management
            events and no data events.
        of_organization: Whether it also records the events of other accounts, as the members of an organization.
        bucket: The bucket that it delivers to. None for an organization's trail, whose bucket is another account's.
        topic: The topic that it sends notifications to, by reference, ARN or name; None if there is none.
    """

    resource: str
    logging: Flag
    multi_region: Flag
    global_service_events: Flag
    log_file_validation: Flag
    kms_key: Ref
    log_group: Ref
    selectors: tuple[EventSelector, ...] | Unknown
    location: Location
    of_organization: Flag = None
    bucket: Ref = None
    topic: Ref = None
