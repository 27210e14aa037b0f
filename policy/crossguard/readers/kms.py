"""Keys and their policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crossguard.graph import KEYS, Graph, flag, number, text
from crossguard.resources import Resource
from hipaa.model.stack import Fact
from hipaa.model.values import StackResource, Text, Unknown
from hipaa.services.kms.facts import Key, KeyPolicy

# What AWS rotates, and what a key is that doesn't say:
# https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
ROTATES = {
    "customerMasterKeySpec": (None, "", "SYMMETRIC_DEFAULT"),
    "keyUsage": (None, "", "ENCRYPT_DECRYPT"),
    "customKeyStoreId": (None, ""),
}


def _kind(key: Resource) -> str | Unknown:
    told: list[Any] = []
    for prop, plain in ROTATES.items():
        value = key.inputs.get(prop)
        if isinstance(value, Unknown):
            told.append(value)
        elif value not in plain:
            return "other"
    return told[0] if told else "symmetric"


def _key(key: Resource, graph: Graph) -> list[Fact]:
    return [_made(key, _kind(key), graph), *_inline(key, graph)]


def _external(key: Resource, graph: Graph) -> list[Fact]:
    return [_made(key, "imported", graph), *_inline(key, graph)]


def _replica(key: Resource, graph: Graph) -> list[Fact]:
    return [_made(key, "replica", graph), *_inline(key, graph)]


def _made(key: Resource, kind: str | Unknown, graph: Graph) -> Key:
    given = key.inputs
    return Key(
        key.urn,
        text(key.output("arn")),
        kind,
        flag(given.get("enableKeyRotation")),
        number(given.get("rotationPeriodInDays")),
        number(given.get("deletionWindowInDays")),
        graph.place(key),
    )


def _inline(key: Resource, graph: Graph) -> list[Fact]:
    unguarded = flag(key.inputs.get("bypassPolicyLockoutSafetyCheck"))
    document = None if key.inputs.get("policy") in (None, "") else graph.document(key, "policy", "keyPolicy")
    if document is None and not unguarded:
        return []
    return [KeyPolicy(key.urn, StackResource(key.urn), text(key.output("arn")), document, unguarded, graph.place(key))]


def _policy(policy: Resource, graph: Graph) -> list[Fact]:
    given = policy.inputs
    key = graph.resolve(policy, given.get("keyId"), "keyId", KEYS)
    document = graph.document(policy, "policy", "keyPolicy")
    unguarded = flag(given.get("bypassPolicyLockoutSafetyCheck"))
    return [KeyPolicy(policy.urn, key, _arn(policy, key, graph), document, unguarded, graph.place(policy))]


def _arn(policy: Resource, key: object, graph: Graph) -> Text:
    """The ARN of the key that a policy is of: the resource's own where it is of the stack."""
    if isinstance(key, StackResource):
        return text(found.output("arn")) if (found := graph.resource_for(key)) else None
    given = policy.inputs.get("keyId")
    return given if isinstance(given, str) and given.startswith("arn:") else Unknown(f"{policy.name}.keyId")


READERS: dict[str, Callable[[Resource, Graph], list[Fact]]] = {
    "aws:kms/key:Key": _key,
    "aws:kms/externalKey:ExternalKey": _external,
    "aws:kms/replicaKey:ReplicaKey": _replica,
    "aws:kms/replicaExternalKey:ReplicaExternalKey": _external,
    "aws:kms/keyPolicy:KeyPolicy": _policy,
}
