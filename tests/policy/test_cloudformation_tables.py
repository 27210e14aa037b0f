"""The tables of CloudFormation's properties: complete, read by the pack, and in the spelling of aws-native."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cfnlint
import pytest

from crossguard.cloudformation.declared import NATIVE_TYPES, TABLES, display_type, native_name
from crossguard.cloudformation.tables import Irrelevant, NotRead, Part, Table, To
from crossguard.read_stack import READ_TYPES
from crossguard.resource_types import KMS_ALIAS
from tests.policy.cloudformation_forms import RENAMED

SCHEMAS = Path(cfnlint.__file__).parent / "data" / "schemas"
FILES = json.loads((SCHEMAS / "providers" / "us-east-1.json").read_text())
# Types without facts of their own: an alias stands for its key, and a group only has policies.
WITHOUT_FACTS = {KMS_ALIAS, "aws:iam/group:Group"}


def schema_of(type_name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / "resources" / f"{FILES[type_name]}.json").read_text())
    return schema


def resolve(node: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a property's schema: what a reference names, and of a list what its entries are."""
    while "$ref" in node or "items" in node:
        node = schema["definitions"][node["$ref"].rsplit("/", 1)[-1]] if "$ref" in node else node["items"]
    return node


def differences(table: Table, node: Mapping[str, Any], schema: Mapping[str, Any], path: str) -> Iterator[str]:
    """Yield each property that only the schema or only the table has."""
    properties = resolve(node, schema).get("properties", {})
    yield from (f"{path}.{name}" for name in properties.keys() ^ table.keys())
    for name in properties.keys() & table.keys():
        entry, node_of_name = table[name], resolve(properties[name], schema)
        nested = nested_table(entry)
        if nested is not None:
            yield from differences(nested, node_of_name, schema, f"{path}.{name}")
        elif isinstance(entry, To) and entry.convert is None and "properties" in node_of_name:
            yield f"{path}.{name}: its properties have no table"


def nested_table(entry: To | Part | Irrelevant | NotRead) -> Table | None:
    match entry:
        case To(table=table):
            return table
        case Part(holds=holds):
            return None if isinstance(holds, To) else holds
    return None


def entries(table: Table) -> Iterator[To | Part | Irrelevant | NotRead]:
    for entry in table.values():
        yield entry
        yield from entries(nested_table(entry) or {})


def names(table: Table) -> Iterator[str]:
    for name, entry in table.items():
        yield name
        yield from names(nested_table(entry) or {})


@pytest.mark.parametrize("type_name", TABLES)
def test_table_has_each_property_of_cloudformations_schema(type_name):
    schema = schema_of(type_name)
    assert not sorted(differences(TABLES[type_name].properties, schema, schema, type_name))


@pytest.mark.parametrize("type_name", TABLES)
def test_each_translated_type_has_a_reader(type_name):
    read = READ_TYPES | WITHOUT_FACTS
    parts = {entry.type for entry in entries(TABLES[type_name].properties) if isinstance(entry, Part)}
    assert {TABLES[type_name].type, *parts} <= read


@pytest.mark.parametrize("type_name", TABLES)
def test_each_irrelevant_property_has_a_reason(type_name):
    irrelevant = [entry for entry in entries(TABLES[type_name].properties) if isinstance(entry, Irrelevant)]
    assert all(len(entry.reason) > 20 for entry in irrelevant)


@pytest.mark.parametrize("type_name", TABLES)
def test_native_name_of_each_property_is_that_of_the_sdk(type_name):
    for name in names(TABLES[type_name].properties):
        assert native_name(name) == RENAMED.get(name, name[0].lower() + name[1:])


def test_native_types_are_those_of_the_sdk():
    """aws-native has no resource for the types that Cloud Control doesn't serve, so their tokens don't occur."""
    assert NATIVE_TYPES["aws-native:s3:Bucket"] == "AWS::S3::Bucket"
    assert NATIVE_TYPES["aws-native:cloudtrail:Trail"] == "AWS::CloudTrail::Trail"
    assert NATIVE_TYPES["aws-native:iam:ManagedPolicy"] == "AWS::IAM::ManagedPolicy"


@pytest.mark.parametrize(
    ("token", "inputs", "expected"),
    [
        ("aws:s3/bucket:Bucket", {"bucket": "data"}, "aws:s3/bucket:Bucket"),
        ("aws-native:s3:StorageLens", {}, "aws-native:s3:StorageLens"),
        (
            "aws:cloudcontrol/resource:Resource",
            {"typeName": "AWS::S3::StorageLens"},
            "aws:cloudcontrol/resource:Resource (AWS::S3::StorageLens)",
        ),
        (
            "aws-native:index:ExtensionResource",
            {"type": "Example::Store::Table"},
            "aws-native:index:ExtensionResource (Example::Store::Table)",
        ),
        (
            "aws:cloudcontrol/resource:Resource",
            {},
            "aws:cloudcontrol/resource:Resource (its type isn't known yet)",
        ),
        ("aws:cloudformation/stack:Stack", {"templateBody": "{}"}, "aws:cloudformation/stack:Stack"),
    ],
)
def test_display_type_names_cloudformations_type(token, inputs, expected):
    assert display_type(token, inputs) == expected
