"""The resource types of pulumi-aws: the input properties that the installed SDK declares, with sample values."""

from __future__ import annotations

import importlib
import re
import sys
from collections import abc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Union, get_args, get_origin

from pulumi import _types

SAMPLES = {str: "value", int: 1, float: 1.0, bool: True}


@dataclass(frozen=True)
class Property:
    """An input property.

    Attributes:
        is_list: Whether it holds a list.
        properties: The properties of the object, or of each object in the list; empty for any other value.
        sample: A value; for a list, an entry.
    """

    is_list: bool = False
    properties: Mapping[str, Property] = field(default_factory=dict)
    sample: Any = "value"


def input_properties(token: str) -> dict[str, Property]:
    """Return the input properties of a type, by the names that the engine uses; none if the SDK has no such type."""
    match = re.fullmatch(r"aws:(\w+)/\w+:(\w+)", token)
    assert match, token
    resource_class = getattr(importlib.import_module(f"pulumi_aws.{match[1]}"), match[2], None)
    if resource_class is None:
        return {}
    module = sys.modules[resource_class.__module__]
    # The SDK calls the arguments …InitArgs if a nested type has the usual name.
    return _properties(getattr(module, f"{match[2]}InitArgs", None) or getattr(module, f"{match[2]}Args"))


def leaves(properties: Mapping[str, Property], prefix: str = "") -> Iterator[str]:
    """Yield the path of each property that holds no objects, such as `rules.filter.prefix`."""
    for name, declared in properties.items():
        if declared.properties:
            yield from leaves(declared.properties, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _properties(args: type, parents: tuple[type, ...] = ()) -> dict[str, Property]:
    names = _types.input_type_py_to_pulumi_names(args).values()
    types = _types.input_type_types(args)
    return {name: _property(types[name], (*parents, args)) for name in names}


def _property(declared_type: Any, parents: tuple[type, ...]) -> Property:
    """Return the property of a type. The first type of a Union is the value's own; the others are its outputs.

    Text that may be an object as well, such as a policy document, counts as text. A type within itself ends there.
    """
    origin, arguments = get_origin(declared_type), get_args(declared_type)
    if declared_type in SAMPLES:
        return Property(sample=SAMPLES[declared_type])
    if origin is abc.Mapping:
        return Property(sample={"key": "value"})
    if origin is abc.Sequence:
        entry = _property(arguments[0], parents)
        return Property(True, entry.properties, entry.sample)
    if origin is Union:
        return _property(arguments[0], parents)
    if isinstance(declared_type, type) and _types.is_input_type(declared_type):
        return Property(properties={} if declared_type in parents else _properties(declared_type, parents))
    return Property()
