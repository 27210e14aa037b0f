"""Pulumi resources as the pack keeps them: plain values, with an Unknown for each value that isn't known yet.

The SDK's proxies raise UnknownValueError when an unknown property is read. Where a policy doesn't catch it, the SDK
turns the mandatory policy into an advisory note. So this module catches it, and no other module sees a proxy.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi_policy import PolicyProviderResource, PolicyResource, ResourceValidationArgs
from pulumi_policy.proxy import UnknownValueError

from hipaa_controls.model.values import Unknown


@dataclass(frozen=True)
class Provider:
    """The provider of a resource.

    Attributes:
        region: None where it isn't configured or isn't known.
        accounts: The accounts that its configuration gives, each with the property that gives it, for messages.
        tags: The default tags.
    """

    urn: str = ""
    region: str | None = None
    accounts: Mapping[str, str] = field(default_factory=dict, hash=False)
    tags: Mapping[str, Any] | Unknown = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class PulumiResource:
    """A resource of the stack.

    Attributes:
        parent: The URN of its parent.
        protected: Whether the resource option `protect` is on.
        outputs: The properties that the engine shows at the end of a run. They are read lazily, through `output`,
            because most are never needed.
        sources: For each property, the resources that its value depends on.
    """

    urn: str
    type: str
    inputs: Mapping[str, Any]
    parent: str | None = None
    provider: Provider = Provider()
    protected: bool = False
    outputs: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    sources: Mapping[str, tuple[PulumiResource, ...]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        return self.urn.rsplit("::", 1)[-1]

    @property
    def region(self) -> str | None:
        """The AWS region: from the resource itself (pulumi-aws 7), its provider or the environment."""
        candidates = (
            self.inputs.get("region"),
            self.provider.region,
            os.environ.get("AWS_REGION"),
            os.environ.get("AWS_DEFAULT_REGION"),
        )
        return next((region for region in candidates if region and isinstance(region, str)), None)

    @property
    def tags(self) -> Mapping[str, Any] | Unknown:
        """The resource's own tags and its provider's default tags. Its own take precedence."""
        own_tags, default_tags = self.own_tags, self.provider.tags
        if isinstance(own_tags, Unknown):
            return own_tags
        return default_tags if isinstance(default_tags, Unknown) else {**default_tags, **own_tags}

    @property
    def own_tags(self) -> Mapping[str, Any] | Unknown:
        """The tags of the resource itself. Only these give a data class: a default tag is given without looking."""
        tags = self.inputs.get("tags")
        return tags if isinstance(tags, Mapping | Unknown) else {}

    def output(self, name: str) -> Any:
        """Return a property that AWS or the provider may have chosen: Unknown until then, None if it doesn't exist."""
        try:
            return _unwrap_item(self.outputs, name, f"{self.name}.{name}")
        except KeyError:
            return self.inputs.get(name)


class ResourceInputs:
    """The inputs of each resource, as the engine showed them before the resource was created.

    At the end of a preview the engine shows planned outputs instead. In those, every property that AWS may fill in is
    unknown, and a component has only the outputs that it registered. The inputs say more, so they are remembered.
    """

    def __init__(self) -> None:
        self._by_urn: dict[str, PulumiResource] = {}
        self._by_bucket_name: dict[tuple[str, str], PulumiResource] = {}
        self._lock = threading.Lock()  # the SDK serves requests from several threads

    def remember(self, args: ResourceValidationArgs) -> PulumiResource:
        """Remember the inputs of a resource that the engine is about to create, and return the resource."""
        inputs = unwrap(args.props, args.name)
        resource = PulumiResource(
            args.urn, args.resource_type, inputs, args.opts.parent, _provider(args.provider), bool(args.opts.protect)
        )
        with self._lock:
            self._by_urn[args.urn] = resource
            if isinstance(name := inputs.get("bucket"), str):
                self._by_bucket_name[args.resource_type, name] = resource
        return resource

    def find_buckets(self, name: Any, types: Iterable[str]) -> list[PulumiResource]:
        """Return the resources of these types with this bucket name that the engine has shown so far."""
        if not isinstance(name, str):
            return []
        with self._lock:
            return [self._by_bucket_name[token, name] for token in types if (token, name) in self._by_bucket_name]

    def get(self, urn: str | None) -> PulumiResource | None:
        with self._lock:
            return self._by_urn.get(urn or "")

    def join_stack(self, resources: Iterable[PolicyResource]) -> list[PulumiResource]:
        """Return all resources of the stack, with their remembered inputs and the sources of their properties.

        They are in the order of their URNs, and so are the sources. The engine's order depends on which of a program's
        concurrent registrations comes first, and a report has to be the same from run to run.
        """
        policy_resources = sorted(resources, key=lambda resource: resource.urn)
        sources: dict[str, dict[str, tuple[PulumiResource, ...]]] = {resource.urn: {} for resource in policy_resources}
        joined = {resource.urn: self._join(resource, sources[resource.urn]) for resource in policy_resources}
        for resource in policy_resources:
            for prop, dependencies in resource.property_dependencies.items():
                urns = sorted(dependency.urn for dependency in dependencies)
                sources[resource.urn][prop] = tuple(joined[urn] for urn in urns)
        return list(joined.values())

    def _join(self, resource: PolicyResource, sources: Mapping[str, tuple[PulumiResource, ...]]) -> PulumiResource:
        remembered = self.get(resource.urn)
        inputs = remembered.inputs if remembered else unwrap(resource.props, resource.name)
        if remembered and not isinstance(inputs.get("bucket"), str) and "bucket" in set(resource.props):
            bucket_name = _unwrap_item(resource.props, "bucket", f"{resource.name}.bucket")
            if isinstance(bucket_name, str):  # AWS or the provider chose it, so only the outputs have it
                inputs = {**inputs, "bucket": bucket_name}
        return PulumiResource(
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
    props = unwrap(provider.props, provider.name)
    region = props.get("region")
    default_tags = parse_json(props.get("defaultTags"))
    tags = default_tags.get("tags") if isinstance(default_tags, Mapping) else default_tags
    return Provider(
        provider.urn,
        region if isinstance(region, str) else None,
        _provider_accounts(provider.name, props),
        tags if isinstance(tags, Mapping | Unknown) else {},
    )


def _provider_accounts(provider: str, props: Mapping[str, Any]) -> dict[str, str]:
    """Return the accounts that the AWS provider can only work in, each with the property that says so.

    With `allowedAccountIds`, it rejects the credentials of any other account. The last role that it assumes is the one
    that it works with.
    """
    accounts: dict[str, str] = {}
    allowed = parse_json(props.get("allowedAccountIds"))
    if isinstance(allowed, list) and len(allowed) == 1 and is_account(allowed[0]):
        accounts[allowed[0]] = f"allowedAccountIds of the provider {provider}"
    roles = parse_json(props.get("assumeRoles")) or [
        parse_json(props.get("assumeRole") or props.get("assumeRoleWithWebIdentity"))
    ]
    last_role = roles[-1] if isinstance(roles, list) else None
    if isinstance(last_role, Mapping) and (account := account_in_arn(last_role.get("roleArn"))):
        accounts.setdefault(account, f"the role that the provider {provider} assumes")
    return accounts


def is_account(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9]{12}", value) is not None


def account_in_arn(arn: Any) -> str | None:
    """Return the account in an ARN, or None if there is none."""
    parts = arn.split(":", 5) if isinstance(arn, str) else []
    return parts[4] if len(parts) == 6 and is_account(parts[4]) else None


def unwrap(value: Any, path: str) -> Any:
    """Return a property's value without the SDK's proxies.

    Args:
        value: The value, which may be a proxy.
        path: The path that an Unknown in it has in messages, such as `phi-policy.policy`.
    """
    if isinstance(value, Mapping):
        return {key: _unwrap_item(value, key, f"{path}.{key}") for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_unwrap_item(value, index, f"{path}[{index}]") for index in range(len(value))]
    return value


def _unwrap_item(container: Any, key: Any, path: str) -> Any:
    try:
        return unwrap(container[key], path)
    except UnknownValueError:
        return Unknown(path)


def parse_json(value: Any) -> Any:
    """Return a provider's property. Pulumi passes every property of a provider that isn't a string as JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
