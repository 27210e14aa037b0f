"""The types of the installed pulumi-aws SDK as shapes, for overlay.py and the test that compares the plugin to them.

A shape is a type name, such as "string"; ("list", shape); ("map", shape); or {property: shape}.
"""

import collections.abc
import importlib
import inspect
import pkgutil
import re
import typing
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from types import ModuleType
from typing import Any, TypeAlias

import pulumi
import pulumi_aws
from pulumi._types import (
    input_type_types,
    is_input_type,
    is_output_type,
    output_type_types,
)

MODULES = (
    "accessanalyzer", "athena", "backup", "cfg", "cloudtrail", "cloudwatch", "glue", "guardduty", "iam", "kms", "macie",
    "macie2", "s3", "s3control", "sns", "sqs",
)  # fmt: skip

SINGLE_FUNCTIONS = (
    "get_arn", "get_availability_zone", "get_availability_zones", "get_billing_service_account", "get_caller_identity",
    "get_default_tags", "get_ip_ranges", "get_partition", "get_region", "get_regions", "get_service",
    "get_service_principal", "organizations.get_organization",
)  # fmt: skip


Shape: TypeAlias = "str | tuple[str, Shape] | dict[str, Shape]"
Object: TypeAlias = "dict[str, Shape]"

DOCUMENT = "document"  # JSON text or an object


@dataclass(frozen=True)
class Type:
    """The shapes of a resource's or a function's inputs, and of all its properties."""

    inputs: Object
    state: Object


def provider() -> Type:
    """Return the type of the provider's configuration."""
    inputs = properties(pulumi_aws.ProviderArgs)
    return Type(inputs, inputs)


@cache
def resources() -> dict[str, Type]:
    """Return the types of the resources by token."""
    types = {}
    for module in _submodules(MODULES):
        for name, cls in vars(module).items():
            if inspect.isclass(cls) and issubclass(cls, pulumi.CustomResource) and cls.__module__ == module.__name__:
                args = getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args")
                state = getattr(module, f"_{name}State")
                types[vars(cls)["pulumi_type"]] = Type(properties(args), properties(state))
    return types


@cache
def functions() -> dict[str, Type]:
    """Return the types of the functions by token."""
    types = {}
    for module in [
        *_submodules(MODULES),
        *(importlib.import_module(f"pulumi_aws.{name}") for name in SINGLE_FUNCTIONS),
    ]:
        function = getattr(module, module.__name__.rpartition(".")[2], None)
        if not inspect.isfunction(function):
            continue
        source = inspect.getsource(function)  # the only place that has the token and the names of the arguments
        (token,) = set(re.findall(r"invoke\('(aws:[^']+)'", source))
        hints = typing.get_type_hints(function, vars(module))
        arguments = {name: shape(hints[py]) for name, py in re.findall(r"__args__\['(\w+)'\] = (\w+)", source)}
        result = next(cls for name, cls in vars(module).items() if name.startswith("Get") and is_output_type(cls))
        types[token] = Type(arguments, properties(result) | arguments)
    return types


def _submodules(modules: Iterable[str]) -> Iterator[ModuleType]:
    for name in modules:
        package = importlib.import_module(f"pulumi_aws.{name}")
        for submodule in pkgutil.iter_modules(package.__path__):
            yield importlib.import_module(f"{package.__name__}.{submodule.name}")


PRIMITIVES = {str: "string", int: "number", float: "number", bool: "boolean", typing.Any: "any"}


def shape(annotation: Any) -> Shape:
    """Return the shape of a type annotation."""
    shapes = [_shape_of_type(member) for member in _union_members(annotation)]
    if "string" in shapes and any(isinstance(member, dict) for member in shapes):
        return DOCUMENT
    if "string" in shapes:  # the other member is an enumeration, or a resource given for its name
        return "string"
    return shapes[0]


def _union_members(annotation: Any) -> list[Any]:
    """Return the members of Optional and pulumi.Input that are plain types."""
    if typing.get_origin(annotation) is not typing.Union:
        return [annotation]
    deferred = (pulumi.Output, collections.abc.Awaitable)
    return [
        member
        for member in typing.get_args(annotation)
        if member is not type(None) and typing.get_origin(member) not in deferred and not typing.is_typeddict(member)
    ]


def _shape_of_type(cls: Any) -> Shape:
    origin, args = typing.get_origin(cls), typing.get_args(cls)
    if cls in PRIMITIVES:
        return PRIMITIVES[cls]
    if origin is collections.abc.Sequence:
        return ("list", shape(args[0]))
    if origin is collections.abc.Mapping:
        return ("map", shape(args[1]))
    if inspect.isclass(cls) and issubclass(cls, (pulumi.Asset, pulumi.Archive)):
        return "asset"
    if inspect.isclass(cls) and issubclass(cls, Enum):
        return "string"
    return properties(cls)


def properties(cls: type) -> Object:
    """Return the shapes of the properties of an input or output type."""
    types = input_type_types(cls) if is_input_type(cls) else output_type_types(cls)
    return {name: shape(annotation) for name, annotation in types.items()}
