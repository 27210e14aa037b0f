"""Translates a resource in CloudFormation's property model to the resources that pulumi-aws has for the same.

A property of CloudFormation that no table has, or that the pack doesn't read, becomes a doubt about the resource.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from crossguard.cloudformation.declared import DeclaredResource, declared_resource
from crossguard.cloudformation.tables import Irrelevant, NotRead, Part, Table, To
from crossguard.properties.messages import MAX_REPORTED, UNREAD, shown_name
from hipaa_controls.model.values import Unknown


@dataclass(frozen=True)
class Translated:
    """A resource of pulumi-aws.

    Attributes:
        origins: By property, the property of the declared resource that its value comes from.
    """

    type: str
    inputs: Mapping[str, Any]
    origins: Mapping[str, str]


@dataclass(frozen=True)
class Translation:
    """A declared resource in the types of pulumi-aws.

    Attributes:
        parts: Its settings that are resources of their own in pulumi-aws, such as the versioning of a bucket.
        doubts: The first few of the properties that can't be judged.
        outputs: By property of pulumi-aws, the property in which AWS returns a value, as the resource spells it.
        holder: The property that holds all others in a declared resource; empty if there is none.
    """

    resource: Translated
    parts: tuple[Translated, ...]
    doubts: tuple[Unknown, ...]
    outputs: Mapping[str, str]
    holder: str


def translate(token: str, inputs: Mapping[str, Any], name: str) -> Translation | None:
    """Return a resource's translation, or None if it isn't in CloudFormation's property model, or isn't translated.

    Args:
        token: The type token in Pulumi.
        inputs: Its properties in Pulumi.
        name: The resource's name, for messages.
    """
    declared = declared_resource(token, inputs, name)
    if declared is None:
        return None
    reading = _read_resource(declared, f"{name}.{declared.holder}" if declared.holder else name)
    resource = Translated(declared.table.type, reading.properties, reading.origins)
    parts = [part.translated(reading.properties.get("name")) for part in reading.parts]
    if prop := declared.table.one_for_each:
        resource, *others = _one_for_each(resource, prop)
        parts += others
    outputs = {prop: declared.spell(cfn_name) for prop, cfn_name in declared.table.outputs.items()}
    return Translation(
        resource, tuple(parts), tuple(islice(dict.fromkeys(reading.doubts), MAX_REPORTED)), outputs, declared.holder
    )


@dataclass
class _PartReading:
    part: Part
    properties: dict[str, Any]
    origin: str = ""

    def translated(self, owner: Any) -> Translated:
        properties = self.properties | ({self.part.owner: owner} if self.part.owner else {})
        return Translated(self.part.type, properties, dict.fromkeys(properties, self.origin))


@dataclass
class _Reading:
    """What has been read of a resource, or of an object in it."""

    properties: dict[str, Any] = field(default_factory=dict)
    parts: list[_PartReading] = field(default_factory=list)
    doubts: list[Unknown] = field(default_factory=list)
    origins: dict[str, str] = field(default_factory=dict)

    def assign(self, path: str, value: Any, message_path: str) -> None:
        """Set the property at a path. Two properties of CloudFormation may mean the same one: then either may apply."""
        *parents, name = path.split(".")
        target: Any = self.properties
        for parent in parents:
            target = target.setdefault(parent, {}) if isinstance(target, dict) else None
        if not isinstance(target, dict) or target.get(name, value) is not value:
            self.doubts.append(Unknown(message_path, reason="says the same as another property"))
        if isinstance(target, dict):
            target[name] = value


def _read_resource(declared: DeclaredResource, path: str) -> _Reading:
    """Read each property by itself, so that the origin of all that comes from it is known."""
    reading = _Reading()
    properties = declared.properties
    if isinstance(properties, Unknown):
        _read_object(properties, declared.table.properties, declared.spell, path, reading)
    else:
        for name, value in properties.items():
            read_before, parts_before = set(reading.properties), len(reading.parts)
            _read_object({name: value}, declared.table.properties, declared.spell, path, reading)
            reading.origins |= dict.fromkeys(set(reading.properties) - read_before, name)
            for part in reading.parts[parts_before:]:
                part.origin = name
    if declared.holder:
        reading.origins = dict.fromkeys(reading.properties, declared.holder)
        for part in reading.parts:
            part.origin = declared.holder
    return reading


def _read_object(value: Any, table: Table, spell: Callable[[str], str], path: str, reading: _Reading) -> None:
    """Read the properties of an object. Of an Unknown, each property may be set, so each is Unknown."""
    if isinstance(value, Unknown):
        items = {spell(name): value for name in table}
    elif isinstance(value, Mapping):  # a name that starts with __ is Pulumi's own
        items = {name: item for name, item in value.items() if item is not None and not name.startswith("__")}
    else:
        reading.doubts.append(Unknown(path, reason="isn't an object"))
        return
    entries = {spell(name): entry for name, entry in table.items()}
    for name, item in items.items():
        item_path = item.path if isinstance(item, Unknown) else f"{path}.{shown_name(name)}"
        match entries.get(name):
            case To() as target:
                _read_property(item, target, spell, item_path, reading)
            case Part() as part:
                _read_part(item, part, spell, item_path, reading)
            case NotRead(harmless) if item not in harmless:
                reading.doubts.append(_not_read(item, item_path))
            case None:
                reading.doubts.append(_not_read(item, item_path))
            case Irrelevant() | NotRead():
                pass


def _not_read(value: Any, path: str) -> Unknown:
    return value if isinstance(value, Unknown) else Unknown(path, reason=UNREAD)


def _read_property(value: Any, target: To, spell: Callable[[str], str], path: str, reading: _Reading) -> None:
    if target.table is None:
        result = value
    elif not target.path:
        _read_object(value, target.table, spell, path, reading)
        return
    elif isinstance(value, list):
        result = [
            _nested(item, target.table, spell, f"{path}[{position}]", reading) for position, item in enumerate(value)
        ]
    else:
        result = _nested(value, target.table, spell, path, reading)
    reading.assign(target.path, target.convert(result, path) if target.convert else result, path)


def _nested(value: Any, table: Table, spell: Callable[[str], str], path: str, reading: _Reading) -> Any:
    """Return an object in the property of another. Its doubts are those of the resource."""
    if isinstance(value, Unknown):
        return value
    nested = _Reading(parts=reading.parts, doubts=reading.doubts)
    _read_object(value, table, spell, path, nested)
    return nested.properties


def _read_part(value: Any, part: Part, spell: Callable[[str], str], path: str, reading: _Reading) -> None:
    entries = value if part.each and isinstance(value, list) else [value]
    for entry in entries:
        nested = _Reading(doubts=reading.doubts)
        if isinstance(part.holds, To):
            nested.assign(part.holds.path, entry, path)
        else:
            _read_object(entry, part.holds, spell, path, nested)
        reading.parts.append(_PartReading(part, nested.properties))


def _one_for_each(resource: Translated, prop: str) -> list[Translated]:
    """Return one resource for each entry in the list that a property has."""
    value = resource.inputs.get(prop)
    entries = value or [None] if isinstance(value, list) else [value]
    return [Translated(resource.type, {**resource.inputs, prop: entry}, resource.origins) for entry in entries]
