"""The shapes of the installed pulumi-aws SDK's types, for overlay.py and for the test that holds the plugin to them.

A shape is a word, such as "string"; ("list", shape); ("map", shape); or {property: shape}.
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
    "accessanalyzer", "backup", "cfg", "cloudtrail", "cloudwatch", "guardduty", "iam", "kms", "macie", "macie2",
    "s3", "s3control", "sns", "sqs",
)  # fmt: skip

PROVIDER_FUNCTIONS = (
    "get_arn", "get_availability_zone", "get_availability_zones", "get_billing_service_account", "get_caller_identity",
    "get_default_tags", "get_ip_ranges", "get_partition", "get_region", "get_regions", "get_service",
    "get_service_principal",
)  # fmt: skip


Shape: TypeAlias = "str | tuple[str, Shape] | dict[str, Shape]"
Object: TypeAlias = "dict[str, Shape]"

DOCUMENT = "document"  # JSON that may be given as an object


@dataclass(frozen=True)
class Type:
    """What a resource or a function takes, and all that it has."""

    inputs: Object
    state: Object


def provider() -> Type:
    inputs = properties(pulumi_aws.ProviderArgs)
    return Type(inputs, inputs)


@cache
def resources() -> dict[str, Type]:
    found = {}
    for module in _files(MODULES):
        for name, cls in vars(module).items():
            if inspect.isclass(cls) and issubclass(cls, pulumi.CustomResource) and cls.__module__ == module.__name__:
                args = getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args")
                found[vars(cls)["pulumi_type"]] = Type(properties(args), properties(getattr(module, f"_{name}State")))
    return found


@cache
def functions() -> dict[str, Type]:
    found = {}
    for module in [*_files(MODULES), *(importlib.import_module(f"pulumi_aws.{name}") for name in PROVIDER_FUNCTIONS)]:
        function = getattr(module, module.__name__.rpartition(".")[2], None)
        if not inspect.isfunction(function):
            continue
        source = inspect.getsource(function)  # the only place where the token and the arguments' names are
        (token,) = set(re.findall(r"invoke\('(aws:[^']+)'", source))
        hints = typing.get_type_hints(function, vars(module))
        arguments = {name: shape(hints[py]) for name, py in re.findall(r"__args__\['(\w+)'\] = (\w+)", source)}
        result = next(cls for name, cls in vars(module).items() if name.startswith("Get") and is_output_type(cls))
        found[token] = Type(arguments, properties(result) | arguments)
    return found


def _files(modules: Iterable[str]) -> Iterator[ModuleType]:
    for module in modules:
        package = importlib.import_module(f"pulumi_aws.{module}")
        for file in pkgutil.iter_modules(package.__path__):
            yield importlib.import_module(f"{package.__name__}.{file.name}")


PRIMITIVES = {str: "string", int: "number", float: "number", bool: "boolean", typing.Any: "any"}


def shape(annotation: Any) -> Shape:
    kinds = [_single(kind) for kind in _alternatives(annotation)]
    if "string" in kinds and any(isinstance(kind, dict) for kind in kinds):
        return DOCUMENT
    if "string" in kinds:  # the other is an enumeration, or a resource that stands for its name
        return "string"
    return kinds[0]


def _alternatives(annotation: Any) -> list[Any]:
    """Take Optional and pulumi.Input apart."""
    if typing.get_origin(annotation) is not typing.Union:
        return [annotation]
    waiting = (pulumi.Output, collections.abc.Awaitable)
    return [
        kind
        for kind in typing.get_args(annotation)
        if kind is not type(None) and typing.get_origin(kind) not in waiting and not typing.is_typeddict(kind)
    ]


def _single(kind: Any) -> Shape:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind in PRIMITIVES:
        return PRIMITIVES[kind]
    if origin is collections.abc.Sequence:
        return ("list", shape(args[0]))
    if origin is collections.abc.Mapping:
        return ("map", shape(args[1]))
    if inspect.isclass(kind) and issubclass(kind, (pulumi.Asset, pulumi.Archive)):
        return "asset"
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return "string"
    return properties(kind)


def properties(cls: type) -> Object:
    types = input_type_types(cls) if is_input_type(cls) else output_type_types(cls)
    return {name: shape(annotation) for name, annotation in types.items()}
