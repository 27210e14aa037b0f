"""Trails and the events that they record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hipaa.model.values import Flag, Location, Ref, Text, Unknown


@dataclass(frozen=True)
class FieldSelector:
    """A condition of an advanced selector: the field's name, and the texts of each operator by its name (`equals`, …).

    A text that isn't known but can only come from one bucket is that bucket.
    """

    name: Text
    operators: Mapping[str, tuple[Ref, ...] | Unknown] = field(hash=False)


@dataclass(frozen=True)
class EventSelector:
    """A selector of a trail.

    Basic: read_write (`All`, `ReadOnly`, `WriteOnly`) and the ARN prefixes of `AWS::S3::Object` resources.
    Advanced: its field selectors, all of which must hold; `fields` is None for a basic one.
    """

    read_write_type: Text = "All"
    arn_prefixes: tuple[Ref, ...] | Unknown = ()
    field_selectors: tuple[FieldSelector, ...] | Unknown | None = None


@dataclass(frozen=True)
class Trail:
    """A trail of CloudTrail. log_group: where it also goes, a group of the stack or the name of another.

    logging and global_services are on where they are None; all_regions and validation are off.
    management: whether it records all management events, reads and those of KMS among them.
    """

    resource: str
    logging: Flag
    multi_region: Flag
    global_service_events: Flag
    log_file_validation: Flag
    kms_key: Ref
    log_group: Ref
    selectors: tuple[EventSelector, ...] | Unknown
    records_management_events: Flag
    location: Location
