"""Readers of KMS keys, their policies and their grants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossguard.graph import FactReader, Graph
from crossguard.property_values import as_flag, as_list, as_number, as_text, get_property
from crossguard.resource_types import IAM_ROLE, KMS_KEY, KMS_KEY_POLICY, KMS_KEYS
from crossguard.resources import PulumiResource
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import StackResource, Text, Unknown
from hipaa_controls.services.kms.facts import Grant, Key, KeyPolicy

# The properties of a key that KMS can rotate automatically, with their values. None and "" stand for the default.
# https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
ROTATABLE_KEY = {
    "customerMasterKeySpec": (None, "", "SYMMETRIC_DEFAULT"),
    "keyUsage": (None, "", "ENCRYPT_DECRYPT"),
    "customKeyStoreId": (None, ""),
}
PRINCIPALS = frozenset({IAM_ROLE, "aws:iam/serviceLinkedRole:ServiceLinkedRole", "aws:iam/user:User"})
CONSTRAINTS = ("encryptionContextEquals", "encryptionContextSubset")


def _key_type(key: PulumiResource) -> str | Unknown:
    unknown: Unknown | None = None
    for prop, rotatable_values in ROTATABLE_KEY.items():
        value = key.inputs.get(prop)
        if isinstance(value, Unknown):
            unknown = unknown or value
        elif value not in rotatable_values:
            return "other"
    return unknown or "symmetric"


def _key(key: PulumiResource, graph: Graph) -> list[Fact]:
    return _key_facts(key, _key_type(key), graph)


def _external_key(key: PulumiResource, graph: Graph) -> list[Fact]:
    return _key_facts(key, "imported", graph)


def _replica_key(key: PulumiResource, graph: Graph) -> list[Fact]:
    return _key_facts(key, "replica", graph)


def _key_facts(key: PulumiResource, key_type: str | Unknown, graph: Graph) -> list[Fact]:
    inputs = key.inputs
    arn, location = as_text(key.output("arn")), graph.location_of(key)
    facts: list[Fact] = [
        Key(
            key.urn,
            arn,
            key_type,
            as_flag(inputs.get("enableKeyRotation")),
            as_number(inputs.get("rotationPeriodInDays")),
            as_number(inputs.get("deletionWindowInDays")),
            location,
        )
    ]
    bypass_lockout_check = as_flag(inputs.get("bypassPolicyLockoutSafetyCheck"))
    document = None if inputs.get("policy") in (None, "") else graph.policy_document(key, "policy", "keyPolicy")
    if document is not None or bypass_lockout_check:
        facts.append(KeyPolicy(key.urn, StackResource(key.urn), arn, document, bypass_lockout_check, location))
    return facts


def _key_policy(policy: PulumiResource, graph: Graph) -> list[Fact]:
    key = graph.resolve(policy, policy.inputs.get("keyId"), "keyId", KMS_KEYS, same_place=True)
    document = graph.policy_document(policy, "policy", "keyPolicy")
    bypass_lockout_check = as_flag(policy.inputs.get("bypassPolicyLockoutSafetyCheck"))
    arn = _arn_of_key(policy, key, graph)
    return [KeyPolicy(policy.urn, key, arn, document, bypass_lockout_check, graph.location_of(policy))]


def _grant(grant: PulumiResource, graph: Graph) -> list[Fact]:
    inputs = grant.inputs
    key = graph.resolve(grant, inputs.get("keyId"), "keyId", KMS_KEYS)
    operations = as_list(inputs.get("operations"))
    return [
        Grant(
            grant.urn,
            _arn_of_key(grant, key, graph),
            graph.resolve_arn(grant, inputs.get("granteePrincipal"), "granteePrincipal", PRINCIPALS),
            graph.resolve_arn(grant, inputs.get("retiringPrincipal"), "retiringPrincipal", PRINCIPALS),
            operations if isinstance(operations, Unknown) else tuple(map(as_text, operations)),
            _encryption_context(inputs.get("constraints")),
            graph.location_of(grant),
        )
    ]


def _encryption_context(constraints: Any) -> dict[str, str]:
    """Return the pairs that the constraints of a grant require, without those that aren't known."""
    entries = as_list(constraints)
    contexts = (
        [] if isinstance(entries, Unknown) else [get_property(entry, prop) for entry in entries for prop in CONSTRAINTS]
    )
    return {
        key: value
        for context in contexts
        if isinstance(context, Mapping)
        for key, value in context.items()
        if isinstance(value, str)
    }


def _arn_of_key(resource: PulumiResource, key: object, graph: Graph) -> Text:
    """Return the ARN of the key that a key policy or a grant belongs to.

    Args:
        resource: The key policy or the grant.
        key: The key that it resolves to, which is a StackResource if the stack declares it.
        graph: The resources of the stack.
    """
    if isinstance(key, StackResource):
        declared = graph.resource_for(key)
        return as_text(declared.output("arn")) if declared else None
    key_id = resource.inputs.get("keyId")
    return key_id if isinstance(key_id, str) and key_id.startswith("arn:") else Unknown(f"{resource.name}.keyId")


READERS: Mapping[str, FactReader] = {
    KMS_KEY: _key,
    "aws:kms/externalKey:ExternalKey": _external_key,
    "aws:kms/replicaKey:ReplicaKey": _replica_key,
    "aws:kms/replicaExternalKey:ReplicaExternalKey": _external_key,
    KMS_KEY_POLICY: _key_policy,
    "aws:kms/grant:Grant": _grant,
}
