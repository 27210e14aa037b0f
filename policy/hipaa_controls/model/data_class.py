"""Data classes: what a bucket, or another data store, holds. They decide which controls apply to it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from hipaa_controls.model.values import Unknown


class DataClass(Enum):
    """What a data store holds. The controls against public access apply to each class."""

    PHI = "phi"
    REPLICA = "replica"
    ACCESS_LOG = "access-log"
    TRAIL_LOG = "trail-log"
    INVENTORY = "inventory"
    OTHER = "other"


def first_class(data_classes: Iterable[DataClass]) -> DataClass:
    """Return the data class of several data stores together: PHI if one of them holds PHI."""
    present = set(data_classes)
    return next(data_class for data_class in DataClass if data_class in present)


def normalize_data_class(text: str) -> str:
    """Return a data class without the differences in its spelling: `s3-access-log` and `S3AccessLog` are the same."""
    return re.sub(r"[\W_]", "", text).lower()


# By the normalized value of the tag.
DATA_CLASSES = {
    "phi": DataClass.PHI,
    "replica": DataClass.REPLICA,
    "s3accesslog": DataClass.ACCESS_LOG,
    "cloudtraillog": DataClass.TRAIL_LOG,
    "inventory": DataClass.INVENTORY,
    "other": DataClass.OTHER,
    "public": DataClass.OTHER,
    "internal": DataClass.OTHER,
}
# By precedence, for a bucket with several uses.
USES = (DataClass.TRAIL_LOG, DataClass.ACCESS_LOG, DataClass.REPLICA, DataClass.INVENTORY)


@dataclass(frozen=True)
class DataClassTag:
    """The tag that gives the data class, and the data class of a data store without the tag."""

    name: str = "DataClass"
    untagged_as: DataClass = DataClass.PHI

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> DataClassTag:
        """Return the tag that the options of the control s3-data-class-tag describe."""
        return cls(options["tag"], DATA_CLASSES[options["untaggedAs"]])

    def declared_data_class(self, tags: Mapping[str, Any] | Unknown) -> DataClass | None:
        """Return the data class that the tag gives: None without a tag, PHI if its value is unknown or unrecognized."""
        value = tags if isinstance(tags, Unknown) else tags.get(self.name)
        if value is None or value == "":
            return None
        return DATA_CLASSES.get(normalize_data_class(value), DataClass.PHI) if isinstance(value, str) else DataClass.PHI

    def data_class_of(self, tags: Mapping[str, Any] | Unknown, uses: Collection[DataClass]) -> DataClass:
        """Return the data class of a data store from its tags and from how other resources use it.

        A use decides only if the tag is missing or says inventory or other. Any other tag takes precedence, because a
        use must not exempt a data store that may hold PHI from a control.
        """
        tagged = self.declared_data_class(tags)
        if tagged in (None, DataClass.INVENTORY, DataClass.OTHER):
            use = next((data_class for data_class in USES if data_class in uses), None)
            return use or tagged or self.untagged_as
        return tagged
