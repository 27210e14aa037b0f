"""The references between the resources of a stack, and the location of each resource."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from typing import Any

from crossguard.accounts import AccountSources, account_sources, known_account
from crossguard.property_values import as_list, as_text
from crossguard.resource_types import BUCKET, KMS_ALIAS, KMS_KEYS, v7_token
from crossguard.resources import PulumiResource, ResourceInputs
from hipaa_controls.model.data_class import DataClassTag
from hipaa_controls.model.partitions import partition_of
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Document, Location, Ref, StackResource, Unknown, iter_unknowns
from hipaa_controls.services.kms.facts import PLACEHOLDER_ARN_PREFIX

# The properties whose value another resource may use to refer to a resource.
IDENTIFYING_PROPERTIES = ("arn", "bucket", "name", "keyId", "id", "topicArn")


class Graph:
    """The resources that are checked together: the whole stack, or one resource before it exists."""

    def __init__(
        self,
        resources: Iterable[PulumiResource],
        inputs: ResourceInputs,
        data_class_tag: DataClassTag,
        own_account: str | None = None,
    ) -> None:
        self.resources = list(resources)
        self.inputs = inputs
        self.data_class_tag = data_class_tag
        self.own_account = own_account

    def resource_for(self, ref: object) -> PulumiResource | None:
        """Return the resource that a reference points to, if it is in this graph."""
        return self._by_urn.get(ref.resource) if isinstance(ref, StackResource) else None

    @cached_property
    def _by_urn(self) -> dict[str, PulumiResource]:
        return {resource.urn: resource for resource in self.resources}

    @cached_property
    def by_type(self) -> dict[str, list[PulumiResource]]:
        """The resources of each type, by the token of pulumi-aws 7."""
        types: dict[str, list[PulumiResource]] = {}
        for resource in self.resources:
            types.setdefault(v7_token(resource.type), []).append(resource)
        return types

    def resolve(
        self,
        resource: PulumiResource,
        value: Any,
        prop: str,
        types: Collection[str],
        also_from: Collection[str] = (),
    ) -> Ref:
        """Return the resource that a value refers to, or the value itself if the stack doesn't declare that resource.

        A known name takes precedence. An unknown value refers to a resource only if the property depends on exactly one
        resource of the expected types, and on no resource of a type that isn't listed.

        Args:
            resource: The resource that has the value.
            value: A name, an ARN or an Unknown, anywhere within the property.
            prop: The property.
            types: The types of the resource that it may refer to.
            also_from: Other types that the property may depend on.

        Returns:
            A reference to a resource of the stack; the name or ARN of another resource; Unknown, with the resources
            that the property depends on; or None if the value is none of these.
        """
        if isinstance(value, str):
            named = self.find_by_name(value, types)
            return StackResource(named.urn) if named else value
        if not isinstance(value, Unknown):
            return None
        sources = resource.sources.get(prop, ())
        candidates = {source.urn: source for source in sources if v7_token(source.type) in types}
        has_other_source = any(v7_token(source.type) not in {*types, *also_from} for source in sources)
        if len(candidates) == 1 and not has_other_source:
            return StackResource(self._alias_target(next(iter(candidates.values()))).urn)
        return Unknown(value.path, tuple(source.urn for source in sources))

    def resolve_bucket_arns(self, resource: PulumiResource, values: Any, prop: str) -> tuple[Ref, ...] | Unknown:
        """Return ARNs or ARN patterns. An unknown one becomes a reference if it can only come from one bucket."""
        entries = as_list(values)
        if isinstance(entries, Unknown):
            return entries
        return tuple(
            self.resolve(resource, entry, prop, {BUCKET}) if isinstance(entry, Unknown) else as_text(entry)
            for entry in entries
        )

    def bucket_of(self, companion: PulumiResource) -> PulumiResource | None:
        """Return the bucket that a companion configures: by name or, if that isn't known, by what the name depends on.

        A known name takes precedence, because it may be built from one bucket's name and still be another bucket's.
        """
        value = companion.inputs.get("bucket")
        sources = [source for source in companion.sources.get("bucket", ()) if v7_token(source.type) == BUCKET]
        if isinstance(value, str):
            if named := self.find_by_name(value, (BUCKET,)):
                return named
            sources = [source for source in sources if not isinstance(source.inputs.get("bucket"), str)]
        return sources[0] if len(sources) == 1 else None

    def find_by_name(self, name: str, types: Collection[str]) -> PulumiResource | None:
        """Return the resource of these types that a name or an ARN refers to."""
        without_suffix = name.removesuffix(":*")
        last_part = re.split(r":log-group:|:::|[:/]", without_suffix)[-1]
        log_group_name = without_suffix.rpartition(":log-group:")[2]
        for candidate in dict.fromkeys((name, name.rpartition(":::")[2], log_group_name, last_part)):
            for resource in self._by_name.get(candidate, ()):
                if v7_token(resource.type) in types:
                    return self._alias_target(resource)
        return None

    @cached_property
    def _by_name(self) -> dict[str, list[PulumiResource]]:
        """The resources that a name may refer to. Several types may have a resource of the same name."""
        resources: dict[str, list[PulumiResource]] = {}
        for resource in self.resources:
            if resource.type.startswith("aws:"):
                for name in _known_names(resource):
                    resources.setdefault(name, []).append(resource)
        return resources

    def _alias_target(self, resource: PulumiResource) -> PulumiResource:
        """Return the key of a KMS alias, where the stack declares it; any other resource as it is."""
        if resource.type != KMS_ALIAS:
            return resource
        target = self.resolve(resource, resource.inputs.get("targetKeyId"), "targetKeyId", KMS_KEYS - {KMS_ALIAS})
        return self.resource_for(target) or resource

    def policy_document(self, resource: PulumiResource, prop: str, component_input: str) -> Document:
        """Return a policy document: its JSON or, while that isn't known, the structure that a component declares.

        An unknown value in that structure becomes the ARN of a key of the stack, if it can come from nothing else.

        Args:
            resource: The resource that has the document.
            prop: The property that holds its JSON.
            component_input: The input by which a component around the resource declares its structure.
        """
        content = resource.inputs.get(prop)
        component = self.inputs.get(resource.parent) if isinstance(content, Unknown) else None
        while component and not isinstance(component.inputs.get(component_input), Mapping):
            component = self.inputs.get(component.parent)
        if component is None:
            return Document(content if isinstance(content, str | Mapping | Unknown) else "")
        content = component.inputs[component_input]
        component_sources = self._by_urn.get(component.urn, component).sources.get(component_input, ())
        sources = {source.urn: source for source in (*component_sources, *resource.sources.get(prop, ()))}
        keys = [source for source in sources.values() if source.type in KMS_KEYS]
        if any(iter_unknowns(content)) and len(keys) == 1 and keys[0].type != KMS_ALIAS:
            others = [source for source in sources.values() if source is not keys[0] and not _has_known_name(source)]
            content = content if others else _replace_unknowns(content, _arn_or_placeholder(keys[0]))
        return Document(content)

    def location_of(self, resource: PulumiResource) -> Location:
        region = resource.region
        account = known_account(self.account_sources.get(resource.provider.urn, {}))
        return Location(partition_of(region), region, account)

    @cached_property
    def account_sources(self) -> dict[str, AccountSources]:
        """The sources of each provider's account, by the provider's URN."""
        return account_sources(self.resources, self.own_account)


FactReader = Callable[[PulumiResource, Graph], list[Fact]]


def bucket_arn(resource: PulumiResource) -> str | Unknown:
    """Return the ARN of a bucket or of a companion's bucket. It isn't known until Pulumi has chosen the name."""
    name = resource.inputs.get("bucket")
    if not isinstance(name, str):
        return Unknown(f"{resource.name}.bucket")
    return f"arn:{partition_of(resource.region)}:s3:::{name}"


def _known_names(resource: PulumiResource) -> list[str]:
    names = (resource.output(prop) for prop in IDENTIFYING_PROPERTIES)
    return list(dict.fromkeys(name for name in names if isinstance(name, str) and name))


def _arn_or_placeholder(key: PulumiResource) -> str:
    arn = key.output("arn")
    return arn if isinstance(arn, str) else f"{PLACEHOLDER_ARN_PREFIX}{key.name}"


def _has_known_name(resource: PulumiResource) -> bool:
    """Return whether the name is known. Components build ARNs in documents from names, so those are known as well."""
    return isinstance(resource.inputs.get("bucket") or resource.inputs.get("name"), str)


def _replace_unknowns(content: Any, replacement: str) -> Any:
    if isinstance(content, Unknown):
        return replacement
    if isinstance(content, Mapping):
        return {name: _replace_unknowns(value, replacement) for name, value in content.items()}
    return [_replace_unknowns(item, replacement) for item in content] if isinstance(content, list) else content
