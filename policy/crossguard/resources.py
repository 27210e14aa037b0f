"""Resources as the pack keeps them: plain values, in which what isn't known yet is a fact's Unknown.

The SDK hands over proxies that raise UnknownValueError when an unknown property is read. Left to itself that turns
a mandatory policy into an advisory note, so it is met here and nowhere else.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi_policy import PolicyProviderResource, PolicyResource, ResourceValidationArgs
from pulumi_policy.proxy import UnknownValueError

from hipaa.model.values import Unknown


@dataclass(frozen=True)
class Provider:
    """The provider of a resource, by its URN; the region and the account that it tells of, and its default tags."""

    urn: str = ""
    region: str | None = None
    account: str | None = None
    tags: Mapping[str, Any] | Unknown = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Resource:
    """A resource of the stack: its inputs, and for each property the resources that its value comes from.

    outputs: what the engine shows of it at the end; read through `output`, since most of it is never asked for.
    """

    urn: str
    type: str
    inputs: Mapping[str, Any]
    parent: str | None = None
    provider: Provider = Provider()
    protected: bool = False
    outputs: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    sources: Mapping[str, tuple[Resource, ...]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        return self.urn.rsplit("::", 1)[-1]

    @property
    def region(self) -> str | None:
        """Its AWS region, where anything says it: itself (pulumi-aws 7), its provider or the environment."""
        told = (
            self.inputs.get("region"),
            self.provider.region,
            os.environ.get("AWS_REGION"),
            os.environ.get("AWS_DEFAULT_REGION"),
        )
        return next((each for each in told if each and isinstance(each, str)), None)

    @property
    def tags(self) -> Mapping[str, Any] | Unknown:
        """Its own over its provider's, which AWS is given for it too."""
        own, defaults = self.inputs.get("tags"), self.provider.tags
        if isinstance(own, Unknown) or isinstance(defaults, Unknown):
            return own if isinstance(own, Unknown) else defaults
        return {**defaults, **(own if isinstance(own, Mapping) else {})}

    def output(self, name: str) -> Any:
        """A property that AWS or the provider may have chosen: None where there is none, Unknown before it is."""
        try:
            return _read(self.outputs, name, f"{self.name}.{name}")
        except KeyError:
            return self.inputs.get(name)


class Inputs:
    """What each resource was declared with, as the engine showed it before the resource came to be.

    At the end of a preview the engine shows planned outputs instead, in which every property that AWS may fill in
    is unknown and a component has only what it registered. The inputs say more, so they are remembered.
    """

    def __init__(self) -> None:
        self._seen: dict[str, Resource] = {}
        self._named: dict[tuple[str, str], Resource] = {}
        self._lock = threading.Lock()  # the SDK serves requests from several threads

    def remember(self, args: ResourceValidationArgs) -> Resource:
        inputs = plain(args.props, args.name)
        resource = Resource(
            args.urn, args.resource_type, inputs, args.opts.parent, _provider(args.provider), bool(args.opts.protect)
        )
        with self._lock:
            self._seen[args.urn] = resource
            if isinstance(name := inputs.get("bucket"), str):
                self._named[args.resource_type, name] = resource
        return resource

    def bucket(self, name: Any, types: Iterable[str]) -> list[Resource]:
        """The bucket of a name, of one of these types, that was seen already."""
        with self._lock:
            return [found for each in types if isinstance(name, str) and (found := self._named.get((each, name)))]

    def get(self, urn: str | None) -> Resource | None:
        with self._lock:
            return self._seen.get(urn or "")

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
        return Resource(
            resource.urn,
            resource.resource_type,
            inputs,
            resource.parent.urn if resource.parent else None,
            _provider(resource.provider),
            bool(resource.opts.protect),
            resource.props,
            sources,
        )


def _provider(provider: PolicyProviderResource | None) -> Provider:
    if provider is None:
        return Provider()
    props = plain(provider.props, provider.name)
    accounts = decoded(props.get("allowedAccountIds"))
    roles = decoded(props.get("assumeRoles")) or [decoded(props.get("assumeRole"))]
    role = roles[-1].get("roleArn") if isinstance(roles, list) and isinstance(roles[-1], Mapping) else None
    account = accounts[0] if isinstance(accounts, list) and len(accounts) == 1 else account_of(role)
    region = props.get("region")
    given = decoded(props.get("defaultTags"))
    tags = given.get("tags") if isinstance(given, Mapping) else given
    return Provider(
        provider.urn,
        region if isinstance(region, str) else None,
        account if isinstance(account, str) else None,
        tags if isinstance(tags, Mapping | Unknown) else {},
    )


def account_of(arn: Any) -> str | None:
    """The account in an ARN; None where there is none."""
    parts = arn.split(":", 5) if isinstance(arn, str) else []
    return parts[4] if len(parts) == 6 and len(parts[4]) == 12 and parts[4].isdecimal() else None


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


def decoded(value: Any) -> Any:
    """A property of a provider, which Pulumi hands over as JSON text where it isn't a text by itself."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
