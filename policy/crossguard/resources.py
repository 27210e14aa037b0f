"""Pulumi resources as the pack keeps them: plain values, with an Unknown for each value that isn't known yet.

The SDK's proxies raise UnknownValueError when an unknown property is read. Where a policy doesn't catch it, the SDK
turns the mandatory policy into an advisory note. So this module catches it, and no other module sees a proxy.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pulumi_policy import PolicyProviderResource, PolicyResource, ResourceValidationArgs
from pulumi_policy.proxy import UnknownValueError

from crossguard.cloudformation.declared import CLOUD_CONTROL, TYPE_PROPERTIES, display_type, native_table
from crossguard.cloudformation.translate import Translated, Translation, translate
from crossguard.resource_types import VALID_WITHOUT_INPUTS
from hipaa_controls.model.values import Text, Unknown

AWS_PACKAGES = ("aws", "aws-native")
STACK_REFERENCE = "pulumi:pulumi:StackReference"
READ_PREFIX = "read "  # of the type of a resource that the program only reads, such as with `Bucket.get`
# The properties of the AWS provider that say nothing about whose resources it manages, and where. Any other may.
# https://www.pulumi.com/registry/packages/aws/api-docs/provider/
NOT_ABOUT_CREDENTIALS = frozenset(
    {
        "allowedAccountIds",  # only a check of the account that the credentials belong to
        "autoNaming",
        "defaultTags",
        "endpoints",  # compared by itself, because even providers of the same account may differ in it
        "forbiddenAccountIds",
        "ignoreTags",
        "maxRetries",
        "region",
        "retryMode",
        "skipCredentialsValidation",
        "skipGetEc2Platforms",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "skipRequestingAccountId",
        "tokenBucketRateLimiterCapacity",
        "version",
    }
)

# The output that has all properties, by the input that has them.
OUTPUT_HOLDERS = {"desiredState": "properties", "properties": "outputs"}


@dataclass(frozen=True)
class Provider:
    """The provider of a resource.

    Attributes:
        region: None where it isn't configured.
        accounts: The accounts that its configuration gives, each with the property that gives it, for messages.
        tags: The default tags.
        credentials: The properties that decide in which account it works. The environment may decide it too.
        endpoints: The URLs that it sends requests to, instead of AWS's, as the program gives them.
    """

    urn: str = ""
    region: Text = None
    accounts: Mapping[str, str] = field(default_factory=dict, hash=False)
    tags: Mapping[str, Any] | Unknown = field(default_factory=dict, hash=False)
    credentials: tuple[tuple[str, Any], ...] = field(default=(), hash=False, repr=False)
    endpoints: Any = field(default=None, hash=False)


class LeftOut(Mapping[str, Any]):
    """The inputs of a new resource that --target or --exclude left out of the run: every one of them is Unknown.

    The engine shows a pack the resource, its provider and its dependencies, but none of its properties.

    Args:
        name: The name of the resource.
    """

    def __init__(self, name: str) -> None:
        self._unknown = Unknown(name, reason="was left out of this run by --target or --exclude, so it isn't judged")

    def __getitem__(self, name: str) -> Any:
        return self._unknown

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@dataclass(frozen=True)
class PulumiResource:
    """A resource of the stack. One of aws-native or CloudControl has the type and inputs that pulumi-aws would have.

    Attributes:
        type: Its type token, with a word before it if the token doesn't count: `component` (`resource_type`), or `read`
            for a resource that the program only reads.
        parent: The URN of its parent.
        protected: Whether the resource option `protect` is on.
        outputs: The properties that the engine shows at the end of a run. They are read lazily, through `output`,
            because most are never needed.
        sources: For each property, the resources that its value depends on.
        parts: Settings in its own properties that are resources of their own in pulumi-aws. They have its URN.
        unread: The properties that can't be judged.
        declared: The resource as the program declares it; None if that is how it is here.
    """

    urn: str
    type: str
    inputs: Mapping[str, Any]
    parent: str | None = None
    provider: Provider = Provider()
    protected: bool = False
    outputs: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    sources: Mapping[str, tuple[PulumiResource, ...]] = field(default_factory=dict, compare=False, repr=False)
    parts: tuple[PulumiResource, ...] = field(default=(), compare=False, repr=False)
    unread: tuple[Unknown, ...] = field(default=(), compare=False, repr=False)
    declared: PulumiResource | None = field(default=None, compare=False, repr=False)

    @property
    def name(self) -> str:
        return self.urn.rsplit("::", 1)[-1]

    @property
    def declared_type(self) -> str:
        """The type that the program declares, for people."""
        declared = self.declared or self
        return display_type(declared.type, declared.inputs)

    @property
    def region(self) -> str | None:
        """The AWS region: from the resource itself (pulumi-aws 7), its provider or the environment.

        None where it isn't configured or isn't known yet.
        """
        candidates = (
            None if self.left_out else self.inputs.get("region"),
            self.provider.region,
            os.environ.get("AWS_REGION"),
            os.environ.get("AWS_DEFAULT_REGION"),
        )
        region = next((region for region in candidates if region and isinstance(region, str | Unknown)), None)
        return region if isinstance(region, str) else None

    @property
    def only_read(self) -> bool:
        """Whether the program only reads it, such as with `Bucket.get`."""
        return self.type.startswith(READ_PREFIX)

    @property
    def left_out(self) -> bool:
        """Whether --target or --exclude left it out of the run, so that nothing about it is known."""
        return isinstance(self.inputs, LeftOut)

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

    Args:
        of_saved_state: Whether they are those of a saved state, in which the engine also shows what is only read.
    """

    def __init__(self, *, of_saved_state: bool = True) -> None:
        self._of_saved_state = of_saved_state
        self._by_urn: dict[str, PulumiResource] = {}
        self._by_bucket_name: dict[tuple[str, str], dict[str, PulumiResource]] = {}
        self._lock = threading.Lock()  # the SDK serves requests from several threads

    def remember(self, args: ResourceValidationArgs) -> PulumiResource:
        """Remember the inputs of a resource that the engine is about to create, and return the resource."""
        inputs = unwrap(args.props, args.name)
        resource = in_pulumi_aws(
            PulumiResource(
                args.urn,
                resource_type(args.resource_type, args.provider),
                inputs,
                args.opts.parent,
                _provider(args.provider),
                bool(args.opts.protect),
            )
        )
        with self._lock:
            self._by_urn[args.urn] = resource
            if isinstance(name := resource.inputs.get("bucket"), str):
                self._by_bucket_name.setdefault((resource.type, name), {})[args.urn] = resource
        return resource

    def find_buckets(self, name: Any, types: Iterable[str]) -> list[PulumiResource]:
        """Return the resources of these types with this bucket name that the engine has shown so far."""
        if not isinstance(name, str):
            return []
        with self._lock:
            return [bucket for token in types for bucket in self._by_bucket_name.get((token, name), {}).values()]

    def get(self, urn: str | None) -> PulumiResource | None:
        with self._lock:
            return self._by_urn.get(urn or "")

    def join_stack(
        self, resources: Iterable[PolicyResource], hidden: Mapping[str, References] | None = None
    ) -> list[PulumiResource]:
        """Return all resources of the stack, with their remembered inputs and the sources of their properties.

        They are in the order of their URNs, and so are the sources. The engine's order depends on which of a program's
        concurrent registrations comes first, and a report has to be the same from run to run.

        Args:
            resources: The resources that the engine shows.
            hidden: The references of each to resources that the engine doesn't show (`hidden_references`).

        Returns:
            The resources, and those that they refer to and that the program only reads, of which only the URN is known.
        """
        policy_resources = sorted(resources, key=lambda resource: resource.urn)
        sources: dict[str, dict[str, tuple[PulumiResource, ...]]] = {resource.urn: {} for resource in policy_resources}
        joined = {resource.urn: self._join(resource, sources[resource.urn]) for resource in policy_resources}
        for resource in policy_resources:
            for prop, dependencies in resource.property_dependencies.items():
                urns = sorted(dependency.urn for dependency in dependencies)
                sources[resource.urn][prop] = tuple(joined[urn] for urn in urns)
        read: dict[str, PulumiResource] = {}
        for urn, references in (hidden or {}).items():
            for prop, read_urns in references.items():
                for read_urn in read_urns:
                    read.setdefault(read_urn, PulumiResource(read_urn, READ_PREFIX + type_in_urn(read_urn), {}))
                if prop:
                    sources[urn][prop] = (*sources[urn].get(prop, ()), *(read[read_urn] for read_urn in read_urns))
        return [*joined.values(), *read.values()]

    def _join(self, resource: PolicyResource, sources: Mapping[str, tuple[PulumiResource, ...]]) -> PulumiResource:
        remembered = self.get(resource.urn)
        inputs = (remembered.declared or remembered).inputs if remembered else unwrap(resource.props, resource.name)
        token = resource_type(resource.resource_type, resource.provider)
        if resource.provider and not inputs and not list(resource.props):
            inputs = LeftOut(resource.name)  # any other resource has an ID at least, which may not be known yet
        elif self._of_saved_state and not inputs and _has_inputs_if_created(token):
            token = READ_PREFIX + token
        if remembered and not isinstance(inputs.get("bucket"), str) and "bucket" in set(resource.props):
            bucket_name = _unwrap_item(resource.props, "bucket", f"{resource.name}.bucket")
            if isinstance(bucket_name, str):  # AWS or the provider chose it, so only the outputs have it
                inputs = {**inputs, "bucket": bucket_name}
        return in_pulumi_aws(
            PulumiResource(
                resource.urn,
                token,
                inputs,
                resource.parent.urn if resource.parent else None,
                _provider(resource.provider),
                bool(resource.opts.protect),
                resource.props,
                sources,
            )
        )


def _has_inputs_if_created(token: str) -> bool:
    return token.partition(":")[0] in AWS_PACKAGES and token not in VALID_WITHOUT_INPUTS


References = Mapping[str, tuple[str, ...]]
"""By property, the URNs that it depends on. The key of those that no property depends on is empty."""


def hidden_references(resources: Iterable[Any]) -> dict[str, References]:
    """Return the references to resources that the engine doesn't show: at preview and `up`, those only read.

    The SDK drops them. A reference to another stack isn't one: its values are known at preview.

    Args:
        resources: The resources of a request to check the stack (`AnalyzerResource`).

    Returns:
        By the URN of the resource that has them.
    """
    requested = list(resources)
    dependencies = {urn for resource in requested for urn in resource.dependencies}
    shown = {"", *(resource.urn for resource in requested)}
    shown |= {urn for urn in dependencies if type_in_urn(urn) == STACK_REFERENCE}
    hidden: dict[str, References] = {}
    for resource in requested:
        urns = {prop: dependencies.urns for prop, dependencies in resource.propertyDependencies.items()}
        urns[""] = [*resource.dependencies, resource.parent]
        references = {prop: tuple(sorted(set(of_property) - shown)) for prop, of_property in urns.items()}
        if any(references.values()):
            hidden[resource.urn] = {prop: of_property for prop, of_property in references.items() if of_property}
    return hidden


def type_in_urn(urn: str) -> str:
    """Return the type in a URN, without the types of its parents: urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME."""
    parts = urn.split("::", 3)
    return parts[2].rsplit("$", 1)[-1] if len(parts) == 4 else ""


def resource_type(token: str, provider: PolicyProviderResource | None) -> str:
    """Return the type of a resource: its token, or `component` before it if it claims to be of AWS_PACKAGES and isn't.

    A component chooses its token freely and creates nothing by itself. The engine shows no provider for a component,
    even if the program sets one, and one for every other resource.
    """
    package = token.partition(":")[0]
    is_provided = provider is not None and provider.resource_type == f"pulumi:providers:{package}"
    return token if is_provided or package not in AWS_PACKAGES else f"component {token}"


class RenamedSources(Mapping[str, tuple[PulumiResource, ...]]):
    """The sources of a translated resource, by the properties of pulumi-aws and by those that the program declares.

    They are looked up late, because the resources of a stack are joined one by one.
    """

    def __init__(self, sources: Mapping[str, tuple[PulumiResource, ...]], origins: Mapping[str, str]) -> None:
        self._sources = sources
        self._origins = origins

    def __getitem__(self, prop: str) -> tuple[PulumiResource, ...]:
        return self._sources[self._origins.get(prop, prop)]

    def __iter__(self) -> Iterator[str]:
        renamed = (prop for prop, origin in self._origins.items() if origin in self._sources)
        return iter({*renamed, *self._sources})

    def __len__(self) -> int:
        return sum(1 for _ in self)


def in_pulumi_aws(declared: PulumiResource) -> PulumiResource:
    """Return a resource of aws-native or CloudControl as pulumi-aws has it, and any other as it is."""
    if declared.left_out and (table := native_table(declared.type)):
        return replace(declared, type=table.type, declared=declared)
    translation = translate(declared.type, declared.inputs, declared.name)
    if translation is None:
        return declared
    outputs = _translated_outputs(declared, translation)
    provider, added = declared.provider, {}
    if declared.type == CLOUD_CONTROL and "region" in declared.inputs:
        added["region"] = declared.inputs["region"]
    if declared.type in TYPE_PROPERTIES:
        provider = replace(provider, tags={})  # the provider may not know which property has the tags

    def translated(resource: Translated) -> PulumiResource:
        sources = RenamedSources(declared.sources, resource.origins)
        return PulumiResource(
            declared.urn,
            resource.type,
            {**resource.inputs, **added},
            declared.parent,
            provider,
            declared.protected,
            sources=sources,
        )

    resource = translated(translation.resource)
    inputs = dict(resource.inputs)
    if "bucket" in outputs:
        inputs.setdefault("bucket", outputs["bucket"])  # as in ResourceInputs._join
    if declared.type != CLOUD_CONTROL and isinstance(resource.own_tags, Mapping):
        # aws-native adds its default tags to the inputs before the pack sees them, so the two can't be distinguished.
        # https://github.com/pulumi/pulumi-aws-native/blob/master/provider/pkg/provider/provider.go (Check)
        defaults = declared.provider.tags
        inputs["tags"] = (
            defaults
            if isinstance(defaults, Unknown)
            else {key: tag for key, tag in resource.own_tags.items() if defaults.get(key) != tag}
        )
    return replace(
        resource,
        inputs=inputs,
        outputs=outputs,
        parts=tuple(translated(part) for part in translation.parts),
        unread=translation.doubts,
        declared=declared,
    )


def _translated_outputs(declared: PulumiResource, translation: Translation) -> dict[str, Any]:
    """Return the outputs that the readers need. A name that the program sets is known before them."""
    outputs: Any = declared.outputs
    if translation.holder:
        name = OUTPUT_HOLDERS[translation.holder]
        outputs = parse_json(_unwrap_output(outputs, name, f"{declared.name}.{name}"))
    found: dict[str, Any] = {}
    for prop, name in translation.outputs.items():
        path = f"{declared.name}.{name}"
        value = Unknown(path) if isinstance(outputs, Unknown) else _unwrap_output(outputs, name, path)
        is_set = isinstance(translation.resource.inputs.get(prop), str)
        if value is not None and not (is_set and isinstance(value, Unknown)):
            found[prop] = value
    return found


def _unwrap_output(outputs: Any, name: str, path: str) -> Any:
    """Return an output, or None if it doesn't exist. `in` raises an exception for an unknown one."""
    try:
        return _unwrap_item(outputs, name, path) if isinstance(outputs, Mapping) else None
    except KeyError:
        return None


def _provider(provider: PolicyProviderResource | None) -> Provider:
    if provider is None:
        return Provider()
    props = unwrap(provider.props, provider.name)
    region = props.get("region")
    default_tags = parse_json(props.get("defaultTags"))
    tags = default_tags.get("tags") if isinstance(default_tags, Mapping) else default_tags
    return Provider(
        provider.urn,
        region if isinstance(region, str | Unknown) else None,
        _provider_accounts(provider.name, props),
        tags if isinstance(tags, Mapping | Unknown) else {},
        tuple((name, value) for name, value in sorted(props.items()) if name not in NOT_ABOUT_CREDENTIALS),
        parse_json(props.get("endpoints")) or None,
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
    except (ValueError, RecursionError):
        return value
