"""Resources as the pack keeps them: plain values, in which what isn't known yet is a fact's Unknown.

The SDK hands over proxies that raise UnknownValueError when an unknown property is read. Left to itself that turns
a mandatory policy into an advisory note, so it is met here and nowhere else.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi_policy import PolicyProviderResource, PolicyResource, ResourceValidationArgs
from pulumi_policy.proxy import UnknownValueError

from hipaa.facts import Unknown


@dataclass(frozen=True)
class Resource:
    """A resource of the stack: its inputs, and for each property the resources that its value comes from."""

    urn: str
    type: str
    inputs: Mapping[str, Any]
    parent: str | None = None
    region: str | None = None
    sources: Mapping[str, tuple[Resource, ...]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        return self.urn.rsplit("::", 1)[-1]


class Inputs:
    """What each resource was declared with, as the engine showed it before the resource came to be.

    At the end of a preview the engine shows planned outputs instead, in which every property that AWS may fill in
    is unknown and a component has only what it registered. The inputs say more, so they are remembered.
    """

    def __init__(self) -> None:
        self._seen: dict[str, Resource] = {}
        self._lock = threading.Lock()  # the SDK serves requests from several threads

    def remember(self, args: ResourceValidationArgs) -> Resource:
        inputs = plain(args.props, args.name)
        resource = Resource(args.urn, args.resource_type, inputs, args.opts.parent, region(inputs, args.provider))
        with self._lock:
            self._seen[args.urn] = resource
        return resource

    def get(self, urn: str | None) -> Resource | None:
        with self._lock:
            return self._seen.get(urn or "")

    def all(self) -> list[Resource]:
        with self._lock:
            return list(self._seen.values())

    def whole_stack(self, resources: Iterable[PolicyResource]) -> list[Resource]:
        """Every resource of the stack with its remembered inputs, and where the values of its properties come from."""
        every = list(resources)
        sources: dict[str, dict[str, tuple[Resource, ...]]] = {resource.urn: {} for resource in every}
        made = {resource.urn: self._make(resource, sources[resource.urn]) for resource in every}
        for resource in every:
            for name, dependencies in resource.property_dependencies.items():
                sources[resource.urn][name] = tuple(made[each.urn] for each in dependencies)
        return list(made.values())

    def _make(self, resource: PolicyResource, sources: Mapping[str, tuple[Resource, ...]]) -> Resource:
        seen = self.get(resource.urn)
        inputs = seen.inputs if seen else plain(resource.props, resource.name)
        if seen and not isinstance(inputs.get("bucket"), str) and "bucket" in set(resource.props):
            chosen = _read(resource.props, "bucket", f"{resource.name}.bucket")
            if isinstance(chosen, str):  # by AWS or the provider: the outputs alone tell it
                inputs = {**inputs, "bucket": chosen}
        parent = resource.parent.urn if resource.parent else None
        return Resource(
            resource.urn, resource.resource_type, inputs, parent, region(inputs, resource.provider), sources
        )


def region(inputs: Mapping[str, Any], provider: PolicyProviderResource | None) -> str | None:
    """A resource's AWS region, where anything says it: itself (pulumi-aws 7), its provider or the environment."""
    told = (
        inputs.get("region"),
        plain(provider.props, provider.name).get("region") if provider else None,
        os.environ.get("AWS_REGION"),
        os.environ.get("AWS_DEFAULT_REGION"),
    )
    return next((each for each in told if each and isinstance(each, str)), None)


def plain(value: Any, where: str) -> Any:
    """A property's value without the SDK's proxies; `where` names it for messages."""
    if isinstance(value, Mapping):
        return {key: _read(value, key, f"{where}.{key}") for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_read(value, at, f"{where}[{at}]") for at in range(len(value))]
    return value


def _read(container: Any, key: Any, where: str) -> Any:
    try:
        return plain(container[key], where)
    except UnknownValueError:
        return Unknown(where)
