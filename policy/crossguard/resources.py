"""Pulumi resources as the pack keeps them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi_policy import PolicyProviderResource

from crossguard.cloudformation.declared import display_type
from crossguard.providers import Provider
from crossguard.proxies import unwrap_item
from hipaa_controls.model.values import Unknown

AWS_PACKAGES = ("aws", "aws-native")
READ_PREFIX = "read "  # of the type of a resource that the program only reads, such as with `Bucket.get`


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
            return unwrap_item(self.outputs, name, f"{self.name}.{name}")
        except KeyError:
            return self.inputs.get(name)


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
