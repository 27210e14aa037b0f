"""What is known about each type: each property of pulumi-aws is read, irrelevant or unjudged, and the readers agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from crossguard import read_stack
from crossguard.graph import Graph
from crossguard.properties.type_properties import IRRELEVANT_FOR_EVERY_TYPE, READ_FOR_EVERY_TYPE, TypeProperties
from crossguard.properties.unread import PROPERTIES
from crossguard.resource_inputs import ResourceInputs
from crossguard.resources import PulumiResource
from hipaa_controls.model.data_class import DataClassTag
from tests.policy.sdk_types import Property, input_properties, leaves

READ_TYPES = read_stack.READ_TYPES
# A reader may read a property only next to a certain value of another one.
SAMPLES = {"eventSelectors.dataResources.type": "AWS::S3::Object"}
NEW = "propertyOfANewerVersion"
# Properties of pulumi-aws 6, and one that the readers read of BucketV2, because Bucket has it.
NOT_IN_SDK = {
    "hostedZoneId",
    "serverSideEncryptionConfigurations.rules.blockedEncryptionTypes",
    "websiteDomain",
    "websiteEndpoint",
}


def sdk_tokens(token: str) -> list[str]:
    """Return the tokens of a type in pulumi-aws 7 and 6 that the SDK has."""
    return [
        name for name in (token, token.replace(":", "V2:").replace("awsV2", "aws") + "V2") if input_properties(name)
    ]


def with_new_properties(properties: Mapping[str, Property]) -> dict[str, Property]:
    """Return the properties with one more in each object, as a newer version of the SDK may have."""
    extended = {
        name: replace(declared, properties=with_new_properties(declared.properties))
        if declared.properties
        else declared
        for name, declared in properties.items()
    }
    return {**extended, NEW: Property()}


def sdk_leaves(token: str) -> set[str]:
    return {path for name in sdk_tokens(token) for path in leaves(with_new_properties(input_properties(name)))}


class Recorder(Mapping[str, Any]):
    """An object that records the paths of the properties that are read from it."""

    def __init__(self, values: Mapping[str, Any], prefix: str, touched: set[str]) -> None:
        self._values, self._prefix, self._touched = values, prefix, touched

    def __getitem__(self, name: str) -> Any:
        value = self._values[name]
        self._touched.add(self._prefix + name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        return self is other  # a comparison reads nothing

    __hash__ = None


def sample(properties: Mapping[str, Property], touched: set[str], prefix: str = "") -> Recorder:
    """Return an object with every property set, that records in `touched` what is read from it."""
    values: dict[str, Any] = {}
    for name, declared in properties.items():
        path = prefix + name
        value = sample(declared.properties, touched, f"{path}.") if declared.properties else declared.sample
        value = SAMPLES.get(path, value)
        values[name] = [value] if declared.is_list else value
    return Recorder(values, prefix, touched)


def variants(properties: Mapping[str, Property]) -> Iterator[Mapping[str, Property]]:
    """Yield all properties, all but one, and each by itself: a reader may prefer one property to another."""
    yield properties
    for name in properties:
        yield {other: declared for other, declared in properties.items() if other != name}
        yield {name: properties[name]}


def resource(token: str, inputs: Mapping[str, Any]) -> PulumiResource:
    return PulumiResource(f"urn:pulumi:dev::test::{token}::r", token, inputs)


OTHERS = [resource(token, sample(input_properties(token), set())) for token in sorted(PROPERTIES)]


def touched_properties(token: str) -> set[str]:
    """Return the paths that the readers read from a resource, next to resources of the other types.

    Everything has the same name, so each resource refers to every other. A reader that looks for one resource among
    several stops at the first, so the resource is also read next to each other type by itself.
    """
    touched: set[str] = set()
    for name in sdk_tokens(token):
        others = [other for other in OTHERS if other.type != name]
        for properties in variants(with_new_properties(input_properties(name))):
            read_stack.resource_facts(
                resource(name, sample(properties, touched)), ResourceInputs(), DataClassTag(), None
            )
            read([resource(name, sample(properties, touched)), *others])
        for other in others:
            read([resource(name, sample(with_new_properties(input_properties(name)), touched)), other])
    return touched


def read(resources: list[PulumiResource]) -> None:
    read_stack.stack_facts(resources, ResourceInputs(), DataClassTag(), None)


def covers(paths: tuple[str, ...], leaf: str) -> bool:
    return any(leaf == path or leaf.startswith(f"{path}.") for path in paths)


def all_paths(account: TypeProperties) -> list[str]:
    groups = (*account.irrelevant.values(), *account.unjudged.values())
    return [*account.read, *(path for paths in groups for path in paths)]


def test_every_type_that_is_read_has_an_account(monkeypatch):
    looked_up: set[str] = set()

    class Types(dict[str, Any]):
        def get(self, token: str, default: Any = None) -> Any:
            looked_up.add(token)
            return super().get(token, default)

    by_type = Graph.by_type.func
    monkeypatch.setattr(Graph, "by_type", property(lambda graph: Types(by_type(graph))))
    read(OTHERS)
    assert looked_up >= set(read_stack.READERS)
    assert (READ_TYPES | looked_up) - set(PROPERTIES) == set()


@pytest.mark.parametrize("token", sorted(PROPERTIES))
def test_property_account_covers_each_property_of_the_sdk_once(token):
    account = PROPERTIES[token]
    for_every_type = (*READ_FOR_EVERY_TYPE, *(path for paths in IRRELEVANT_FOR_EVERY_TYPE.values() for path in paths))
    paths = all_paths(account)
    leaf_paths = {leaf for leaf in sdk_leaves(token) if NEW not in leaf}
    assert leaf_paths, "the SDK has no such type"
    assert {leaf for leaf in leaf_paths if not covers((*paths, *for_every_type), leaf)} == set(), "in no list"
    assert {path for path in paths if sum(covers((other,), path) for other in paths) > 1} == set(), "in two lists"
    assert {path for path in paths if not any(covers((path,), leaf) for leaf in leaf_paths)} <= NOT_IN_SDK, (
        "not in the SDK"
    )
    assert set(account.harmless) <= {path for group in account.unjudged.values() for path in group}


@pytest.mark.parametrize("token", sorted(PROPERTIES))
def test_property_account_says_what_the_readers_read(token):
    """What it calls read is read, even in an object with a property of a newer version, and nothing else is."""
    account = PROPERTIES[token]
    touched = touched_properties(token)
    leaf_paths = {leaf for leaf in sdk_leaves(token) if leaf not in READ_FOR_EVERY_TYPE}
    said_to_be_read = {leaf for leaf in leaf_paths if covers(account.read, leaf)}
    assert said_to_be_read - touched == set(), "not read"
    assert {leaf for leaf in leaf_paths & touched if NEW not in leaf} - said_to_be_read == set(), "read"
