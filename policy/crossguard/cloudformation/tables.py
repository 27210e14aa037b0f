"""The form of the tables that say how CloudFormation's properties are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hipaa_controls.model.values import Unknown


@dataclass(frozen=True)
class To:
    """A property that pulumi-aws has under another name or in another place.

    Attributes:
        path: The property of pulumi-aws, with dots between nested names. If it is empty, the properties in the value
            belong to the level above.
        table: The properties of the object in the value, or of each object in its list. None if the value stays as it
            is, such as a policy document.
        convert: Changes the value, which may be an Unknown. The second argument is its path for messages.
    """

    path: str
    table: Table | None = None
    convert: Callable[[Any, str], Any] | None = None


@dataclass(frozen=True)
class Part:
    """A property that is a resource of its own in pulumi-aws, such as the versioning of a bucket.

    Attributes:
        type: The token of that resource.
        holds: The properties of the object in the value, or the property of that resource that has the whole value.
        each: Whether the value is a list, each entry of which is such a resource.
        owner: The property of that resource that has the name of the resource around it; empty if it has none.
    """

    type: str
    holds: Table | To
    each: bool = False
    owner: str = ""


@dataclass(frozen=True)
class Irrelevant:
    """A property on which no control depends."""

    reason: str


@dataclass(frozen=True)
class NotRead:
    """A property on which a control may depend, and which the pack doesn't read. If it is set, nothing about the
    resource is verified, unless its value is one of `harmless`.
    """

    harmless: tuple[Any, ...] = ()


Table = Mapping[str, To | Part | Irrelevant | NotRead]
"""By the name that CloudFormation gives a property, how it is read."""


@dataclass(frozen=True)
class ResourceTable:
    """How the resources of a type are read.

    Attributes:
        type: The token of pulumi-aws.
        properties: All properties of the type, as CloudFormation's schema has them.
        outputs: By property of pulumi-aws, the property in which AWS returns a name that it has chosen.
        one_for_each: The property of pulumi-aws whose list means one resource for each entry.
    """

    type: str
    properties: Table
    outputs: Mapping[str, str] = field(default_factory=dict)
    one_for_each: str = ""


READ_ONLY = Irrelevant("AWS returns it; a program can't set it")
ONLY_NAMES = Irrelevant("it only names or describes something")


def by_key(value: Any, path: str) -> Any:
    """Return a list of keys with values as a mapping: Unknown if a key isn't known, isn't text or is there twice."""
    if not isinstance(value, list):
        return value
    keys = [tag.get("key") if isinstance(tag, Mapping) else tag for tag in value]
    if unknown := next((key for key in keys if isinstance(key, Unknown)), None):
        return unknown
    if not all(isinstance(key, str) for key in keys) or len(set(keys)) < len(keys):
        return Unknown(path, reason="isn't a list with different keys")
    return {tag["key"]: tag.get("value") for tag in value}


TAGS = To("tags", {"Key": To("key"), "Value": To("value")}, by_key)
