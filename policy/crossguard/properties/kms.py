"""The properties of KMS keys, their policies, aliases and grants."""

from __future__ import annotations

from collections.abc import Mapping

from crossguard.properties.type_properties import TypeProperties
from crossguard.resource_types import KMS_ALIAS, KMS_KEY, KMS_KEY_POLICY

KEY = ("bypassPolicyLockoutSafetyCheck", "deletionWindowInDays", "policy")
DISABLES = "makes what the key encrypts unreadable while it is off"
# https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-considerations.html
IMPORTED_MATERIAL = {
    "keeps the key's material in the program and its state": ("keyMaterialBase64",),
    "makes what the key encrypts unreadable after that time": ("validTo",),
}

PROPERTIES: Mapping[str, TypeProperties] = {
    KMS_KEY: TypeProperties(
        read=(
            *KEY,
            "customKeyStoreId",
            "customerMasterKeySpec",
            "enableKeyRotation",
            "keyUsage",
            "rotationPeriodInDays",
        ),
        irrelevant={
            "each replica of the key is a resource with a policy of its own": ("multiRegion",),
            "customKeyStoreId, which it needs, is read": ("xksKeyId",),
        },
        unjudged={DISABLES: ("isEnabled",)},
        harmless={"isEnabled": (True,)},
    ),
    "aws:kms/externalKey:ExternalKey": TypeProperties(
        read=KEY,
        irrelevant={
            "each replica of the key is a resource with a policy of its own": ("multiRegion",),
            "every key of this type counts as imported": ("keySpec", "keyUsage"),
        },
        unjudged={DISABLES: ("enabled",), **IMPORTED_MATERIAL},
        harmless={"enabled": (True,)},
    ),
    "aws:kms/replicaKey:ReplicaKey": TypeProperties(
        read=KEY,
        irrelevant={
            # https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html
            "KMS replicates a key only within its account": ("primaryKeyArn",)
        },
        unjudged={DISABLES: ("enabled",)},
        harmless={"enabled": (True,)},
    ),
    "aws:kms/replicaExternalKey:ReplicaExternalKey": TypeProperties(
        read=KEY,
        irrelevant={"KMS replicates a key only within its account": ("primaryKeyArn",)},
        unjudged={DISABLES: ("enabled",), **IMPORTED_MATERIAL},
        harmless={"enabled": (True,)},
    ),
    KMS_KEY_POLICY: TypeProperties(read=("bypassPolicyLockoutSafetyCheck", "policy")),
    KMS_ALIAS: TypeProperties(read=("targetKeyId",)),
    "aws:kms/grant:Grant": TypeProperties(
        read=(
            "constraints.encryptionContextEquals",
            "constraints.encryptionContextSubset",
            "granteePrincipal",
            "operations",
            "retiringPrincipal",
        ),
        irrelevant={
            "Pulumi creates and ends the grant with them": ("grantCreationTokens", "retireOnDelete"),
        },
    ),
}
