"""The resources of a program that are in CloudFormation's property model: of aws-native and of CloudControl."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from crossguard.cloudformation import cloudtrail, cloudwatch, iam, kms, logs, s3, sns, sqs
from crossguard.cloudformation.tables import ResourceTable
from hipaa_controls.model.json_text import as_object, parse_object
from hipaa_controls.model.values import Unknown

TABLES: Mapping[str, ResourceTable] = {
    **s3.TABLES,
    **kms.TABLES,
    **sns.TABLES,
    **sqs.TABLES,
    **logs.TABLES,
    **cloudwatch.TABLES,
    **iam.TABLES,
    **cloudtrail.TABLES,
}
"""By CloudFormation's name of a type, how its resources are read."""

NATIVE_TYPES = {
    f"aws-native:{service.lower()}:{name}": type_name
    for type_name in TABLES
    for _, service, name in [type_name.split("::")]
}
"""By the type token of aws-native, CloudFormation's name of the type."""

# Pulumi's own ID, and what aws-native calls CloudFormation's property Id, which is read-only. Both are in saved states.
IDS = ("id", "awsId")
CLOUD_CONTROL = "aws:cloudcontrol/resource:Resource"
EXTENSION = "aws-native:index:ExtensionResource"
# The properties of these two types that name CloudFormation's type.
TYPE_PROPERTIES = {CLOUD_CONTROL: "typeName", EXTENSION: "type"}


@dataclass(frozen=True)
class DeclaredResource:
    """A resource in CloudFormation's property model.

    Attributes:
        table: How its properties are read.
        properties: The properties, by the names that `spell` gives them.
        spell: Returns the name that a property of CloudFormation has here.
        holder: The property of the Pulumi resource that holds all of them; empty if each is a property of its own.
    """

    table: ResourceTable
    properties: Mapping[str, Any] | Unknown
    spell: Callable[[str], str]
    holder: str = ""


def declared_resource(token: str, inputs: Mapping[str, Any], path: str) -> DeclaredResource | None:
    """Return a resource in CloudFormation's property model, or None if it isn't one, or of a type without a table.

    Args:
        token: The type token in Pulumi.
        inputs: Its properties in Pulumi.
        path: The start of the path of a value in messages.
    """
    if token not in TYPE_PROPERTIES:
        table = native_table(token)
        properties = {name: value for name, value in inputs.items() if name not in IDS}
        return DeclaredResource(table, properties, native_name) if table else None
    type_name = inputs.get(TYPE_PROPERTIES[token])
    table = TABLES.get(type_name) if isinstance(type_name, str) else None
    if table is None:
        return None
    if token == CLOUD_CONTROL:
        return DeclaredResource(
            table, parse_object(inputs.get("desiredState"), f"{path}.desiredState"), str, "desiredState"
        )
    return DeclaredResource(table, as_object(inputs.get("properties"), f"{path}.properties"), str, "properties")


def native_table(token: str) -> ResourceTable | None:
    """Return how a type of aws-native is read, or None if it has no table."""
    type_name = NATIVE_TYPES.get(token)
    return TABLES[type_name] if type_name else None


def display_type(token: str, inputs: Mapping[str, Any]) -> str:
    """Return a resource's type for people: with CloudFormation's type, where a property names it."""
    type_property = TYPE_PROPERTIES.get(token)
    if type_property is None:
        return token
    type_name = inputs.get(type_property)
    return f"{token} ({type_name})" if isinstance(type_name, str) else f"{token} (its type isn't known yet)"


def native_name(name: str) -> str:
    """Return the name that aws-native gives a property of CloudFormation: `KMSMasterKeyID` is `kmsMasterKeyId`."""
    words = re.sub(r"(?<=[A-Z0-9])[A-Z0-9]+(?=[A-Z0-9][a-z]|$)", lambda match: match[0].lower(), name)
    return words[0].lower() + words[1:]
