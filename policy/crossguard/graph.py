"""How the resources of a stack join, and where each of them is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import Any

from crossguard.resources import Inputs, Resource, account_of
from hipaa.access.policy_queries import accounts_allowed
from hipaa.model.partitions import partition_of
from hipaa.model.values import Document, Location, Ref, StackResource, Unknown, iter_unknowns
from hipaa.services.kms.facts import PLACEHOLDER_ARN_PREFIX

BUCKET = "aws:s3/bucket:Bucket"
KEY = "aws:kms/key:Key"
ALIAS = "aws:kms/alias:Alias"
KEY_POLICY = "aws:kms/keyPolicy:KeyPolicy"
# What a program makes of KMS is the customer's: AWS keeps the aliases of its own keys to itself.
KEYS = frozenset(
    {
        KEY,
        ALIAS,
        "aws:kms/externalKey:ExternalKey",
        "aws:kms/replicaKey:ReplicaKey",
        "aws:kms/replicaExternalKey:ReplicaExternalKey",
    }
)
# The properties by which another resource may name one.
_NAMES = ("arn", "bucket", "name", "keyId", "id", "topicArn")


def v7_type(resource_type: str) -> str:
    """pulumi-aws 6 has aws:s3/bucketVersioningV2:BucketVersioningV2 for what 7 calls BucketVersioning."""
    return resource_type.replace("V2:", ":").removesuffix("V2")


class Graph:
    """The resources that are judged together: the whole stack, or one of them before it exists."""

    def __init__(self, resources: Iterable[Resource], inputs: Inputs) -> None:
        self.resources = list(resources)
        self.inputs = inputs

    def resource_for(self, ref: object) -> Resource | None:
        """The resource that something refers to, where it is one of these."""
        return self._by_urn.get(ref.resource) if isinstance(ref, StackResource) else None

    @cached_property
    def _by_urn(self) -> dict[str, Resource]:
        return {resource.urn: resource for resource in self.resources}

    @cached_property
    def by_type(self) -> dict[str, list[Resource]]:
        """The resources of each type, by pulumi-aws 7's token."""
        types: dict[str, list[Resource]] = {}
        for resource in self.resources:
            types.setdefault(v7_type(resource.type), []).append(resource)
        return types

    def resolve(self, resource: Resource, value: Any, prop: str, types: Collection[str], also: Collection[str] = ()) -> Ref:
        """What a value, somewhere within a property, refers to: a resource of these types where the stack has it.

        A name that is known is the word. One that isn't is of the sole resource of these types that the property comes
        from; it may come from others of the types `also` too, and from none besides.
        """
        if isinstance(value, str):
            named = self.named(value, types)
            return StackResource(named.urn) if named else value
        if not isinstance(value, Unknown):
            return None
        sources = resource.sources.get(prop, ())
        wanted = {source.urn: source for source in sources if v7_type(source.type) in types}
        strangers = [each for each in sources if v7_type(each.type) not in {*types, *also}]
        if len(wanted) == 1 and not strangers:
            return StackResource(self._key_of_alias(next(iter(wanted.values()))).urn)
        return Unknown(value.path, tuple(source.urn for source in sources))

    def bucket(self, companion: Resource) -> Resource | None:
        """The bucket that a companion sets: by a name that is known, else by the one that its value comes from.

        A known name is the word: it may be made from one bucket's name and be another's.
        """
        value = companion.inputs.get("bucket")
        sources = [source for source in companion.sources.get("bucket", ()) if v7_type(source.type) == BUCKET]
        if isinstance(value, str):
            if named := self.named(value, (BUCKET,)):
                return named
            sources = [source for source in sources if not isinstance(source.inputs.get("bucket"), str)]
        return sources[0] if len(sources) == 1 else None

    def named(self, name: str, types: Collection[str]) -> Resource | None:
        """The resource of these types that a name or an ARN is of."""
        tail = re.split(r":log-group:|:::|[:/]", name.removesuffix(":*"))[-1]
        after_group = name.removesuffix(":*").rpartition(":log-group:")[2]
        for candidate in dict.fromkeys((name, name.rpartition(":::")[2], after_group, tail)):
            for kind in types:
                if found := self._by_name.get((kind, candidate)):
                    return self._key_of_alias(found)
        return None

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], Resource]:
        return {
            (v7_type(resource.type), name): resource
            for resource in reversed(self.resources)
            if resource.type.startswith("aws:")
            for prop in _NAMES
            if isinstance(name := resource.output(prop), str) and name
        }

    def _key_of_alias(self, resource: Resource) -> Resource:
        if resource.type != ALIAS:
            return resource
        target = self.resolve(resource, resource.inputs.get("targetKeyId"), "targetKeyId", KEYS - {ALIAS})
        return self.resource_for(target) or resource

    def document(self, resource: Resource, prop: str, declared: str) -> Document:
        """A policy document as JSON or, while that isn't known, as its component declared it, with the structure known.

        declared: the component's input that has it. What isn't known in it and can only come from one key of the stack
        is that key's ARN.
        """
        content = resource.inputs.get(prop)
        component = self.inputs.get(resource.parent) if isinstance(content, Unknown) else None
        while component and not isinstance(component.inputs.get(declared), Mapping):
            component = self.inputs.get(component.parent)
        if component is None:
            return Document(content if isinstance(content, str | Mapping | Unknown) else "")
        content = component.inputs[declared]
        here = self._by_urn.get(component.urn, component)
        sources = {each.urn: each for each in (*here.sources.get(declared, ()), *resource.sources.get(prop, ()))}
        keys = [each for each in sources.values() if each.type in KEYS]
        if any(iter_unknowns(content)) and len(keys) == 1 and keys[0].type != ALIAS:
            others = [each for each in sources.values() if each is not keys[0] and not _named(each)]
            content = content if others else _replaced(content, arn_of(keys[0]))
        return Document(content)

    def place(self, resource: Resource) -> Location:
        region = resource.region
        return Location(
            partition_of(region), region, resource.provider.account or self.accounts.get(resource.provider.urn)
        )

    @cached_property
    def accounts(self) -> dict[str, str]:
        """The account of each provider, where its resources tell: by an ARN that AWS gave out, or a key's policy.

        AWS refuses a key's policy by which its creator, who is of the key's account, could no longer change it. So if
        policies let the administrators of one account alone do that, it is the account of the key.
        https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html (BypassPolicyLockoutSafetyCheck)
        """
        told: dict[str, set[str]] = {}
        for resource in self.resources:
            if resource.type.startswith("aws:") and (account := account_of(resource.output("arn"))):
                told.setdefault(resource.provider.urn, set()).add(account)
        for resource in (each for kind in sorted({*KEYS, KEY_POLICY}) for each in self.by_type.get(kind, [])):
            if resource.provider.urn not in told:
                accounts = accounts_allowed(self.document(resource, "policy", "keyPolicy"), "kms:PutKeyPolicy")
                if len(accounts) == 1 and not resource.inputs.get("bypassPolicyLockoutSafetyCheck"):
                    told[resource.provider.urn] = accounts
        return {provider: next(iter(accounts)) for provider, accounts in told.items() if len(accounts) == 1}


def arn_of_bucket(resource: Resource) -> str | Unknown:
    """The ARN of a bucket or a companion's bucket; not known where Pulumi names the bucket and it doesn't exist yet."""
    name = resource.inputs.get("bucket")
    if not isinstance(name, str):
        return Unknown(f"{resource.name}.bucket")
    return f"arn:{partition_of(resource.region)}:s3:::{name}"


def arn_of(key: Resource) -> str:
    """A key's ARN, or what stands for it while it isn't known."""
    arn = key.output("arn")
    return arn if isinstance(arn, str) else f"{PLACEHOLDER_ARN_PREFIX}{key.name}"


def _named(resource: Resource) -> bool:
    """Whether what a document says of a resource is known: its name, of which our components make its ARN."""
    return isinstance(resource.inputs.get("bucket") or resource.inputs.get("name"), str)


def _replaced(content: Any, by: str) -> Any:
    if isinstance(content, Unknown):
        return by
    if isinstance(content, Mapping):
        return {name: _replaced(value, by) for name, value in content.items()}
    return [_replaced(each, by) for each in content] if isinstance(content, list) else content


def get(value: Any, *names: str) -> Any:
    """A property of an object, or of an object in it; Unknown where one is, None where there is none."""
    for name in names:
        if isinstance(value, Unknown):
            return value
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def text(value: Any) -> str | Unknown | None:
    """A text, or what isn't known; anything else says nothing."""
    return value if isinstance(value, str | Unknown) else None


def number(value: Any) -> int | float | Unknown | None:
    """A number, also one that is written as a text."""
    if isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?", value, re.ASCII):
        return float(value)
    return value if isinstance(value, int | float | Unknown) and not isinstance(value, bool) else None


def flag(value: Any) -> bool | Unknown | None:
    """Whether a flag is on. Pulumi takes the text "true" for true, and "false" for false."""
    return value if isinstance(value, bool | Unknown) else {"true": True, "false": False}.get(str(value))


def items(value: Any) -> list[Any] | Unknown:
    """The entries of a list, or a single object that stands for one; Unknown where the whole isn't known."""
    if isinstance(value, Unknown):
        return value
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
