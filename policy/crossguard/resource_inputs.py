"""The inputs of the resources that the engine has shown, joined with what it shows at the end of a run."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

from pulumi_policy import PolicyResource, ResourceValidationArgs

from crossguard.cloudformation.as_pulumi_aws import in_pulumi_aws
from crossguard.providers import read_provider
from crossguard.proxies import unwrap, unwrap_item
from crossguard.resource_types import VALID_WITHOUT_INPUTS
from crossguard.resources import AWS_PACKAGES, READ_PREFIX, LeftOut, PulumiResource, resource_type, type_in_urn

STACK_REFERENCE = "pulumi:pulumi:StackReference"
References = Mapping[str, tuple[str, ...]]
"""By property, the URNs that it depends on. The key of those that no property depends on is empty."""


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
                read_provider(args.provider),
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
            bucket_name = unwrap_item(resource.props, "bucket", f"{resource.name}.bucket")
            if isinstance(bucket_name, str):  # AWS or the provider chose it, so only the outputs have it
                inputs = {**inputs, "bucket": bucket_name}
        return in_pulumi_aws(
            PulumiResource(
                resource.urn,
                token,
                inputs,
                resource.parent.urn if resource.parent else None,
                read_provider(resource.provider),
                bool(resource.opts.protect),
                resource.props,
                sources,
            )
        )


def _has_inputs_if_created(token: str) -> bool:
    return token.partition(":")[0] in AWS_PACKAGES and token not in VALID_WITHOUT_INPUTS


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
