"""Readers of KMS keys and their policies."""

from __future__ import annotations

from collections.abc import Mapping

from crossguard.graph import FactReader, Graph
from crossguard.property_values import as_flag, as_number, as_text
from crossguard.resource_types import KMS_KEY, KMS_KEY_POLICY, KMS_KEYS
from crossguard.resources import PulumiResource
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import StackResource, Text, Unknown
from hipaa_controls.services.kms.facts import Key, KeyPolicy

# The properties of a key that KMS can rotate automatically, with their values. None and "" stand for the default.
# https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
ROTATABLE_KEY = {
    "customerMasterKeySpec": (None, "", "SYMMETRIC_DEFAULT"),
    "keyUsage": (None, "", "ENCRYPT_DECRYPT"),
    "customKeyStoreId": (None, ""),
}


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
    key = graph.resolve(policy, policy.inputs.get("keyId"), "keyId", KMS_KEYS)
    document = graph.policy_document(policy, "policy", "keyPolicy")
    bypass_lockout_check = as_flag(policy.inputs.get("bypassPolicyLockoutSafetyCheck"))
    arn = _arn_of_policy_key(policy, key, graph)
    return [KeyPolicy(policy.urn, key, arn, document, bypass_lockout_check, graph.location_of(policy))]


def _arn_of_policy_key(policy: PulumiResource, key: object, graph: Graph) -> Text:
    """Return the ARN of the key that a policy belongs to.

    Args:
        policy: The key policy resource.
        key: The key that it resolves to, which is a StackResource if the stack declares it.
        graph: The resources of the stack.
    """
    if isinstance(key, StackResource):
        resource = graph.resource_for(key)
        return as_text(resource.output("arn")) if resource else None
    key_id = policy.inputs.get("keyId")
    return key_id if isinstance(key_id, str) and key_id.startswith("arn:") else Unknown(f"{policy.name}.keyId")


READERS: Mapping[str, FactReader] = {
    KMS_KEY: _key,
    "aws:kms/externalKey:ExternalKey": _external_key,
    "aws:kms/replicaKey:ReplicaKey": _replica_key,
    "aws:kms/replicaExternalKey:ReplicaExternalKey": _external_key,
    KMS_KEY_POLICY: _key_policy,
}
