"""Resources in CloudFormation's property model, in each form that a Pulumi program can have them in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.policy.pack_process import Resource

ACCOUNT = "111122223333"
NATIVE_PROVIDER = {"account": ACCOUNT, "provider_type": "pulumi:providers:aws-native"}
# What aws-native calls the properties that it doesn't call as CloudFormation does, with a small first letter.
# Read from the SDK of aws-native 1.84.0.
RENAMED = {
    "KMSMasterKeyID": "kmsMasterKeyId",
    "SSEAlgorithm": "sseAlgorithm",
    "ReplicaKmsKeyID": "replicaKmsKeyId",
    "WebsiteURL": "websiteUrl",
    "KMSKeyId": "kmsKeyId",
    "OKActions": "okActions",
}
# Properties that hold a document of another grammar, which aws-native leaves as it is.
DOCUMENTS = frozenset({"PolicyDocument", "Policy", "KeyPolicy", "AssumeRolePolicyDocument", "ResourcePolicyDocument"})

Form = Callable[..., Resource]


def aws_native(type_name: str, name: str, properties: Mapping[str, Any], **more: Any) -> Resource:
    """Return a resource of aws-native."""
    _, service, short_name = type_name.split("::")
    token = f"aws-native:{service.lower()}:{short_name}"
    return Resource(token, name, _native(properties), **NATIVE_PROVIDER | more)


def extension(type_name: str, name: str, properties: Mapping[str, Any], **more: Any) -> Resource:
    """Return aws-native's resource for a type that it doesn't know. CloudFormation's names stay as they are."""
    inputs = {"type": type_name, "properties": properties}
    return Resource("aws-native:index:ExtensionResource", name, inputs, **NATIVE_PROVIDER | more)


def cloud_control(type_name: str, name: str, properties: Mapping[str, Any] | str, **more: Any) -> Resource:
    """Return a resource of CloudControl, whose properties are one JSON text."""
    text = properties if isinstance(properties, str) else json.dumps(properties)
    inputs = {"typeName": type_name, "desiredState": text}
    return Resource("aws:cloudcontrol/resource:Resource", name, inputs, **{"account": ACCOUNT} | more)


FORMS: Mapping[str, Form] = {"aws-native": aws_native, "extension": extension, "cloudcontrol": cloud_control}
in_every_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def _native(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            RENAMED.get(name, name[0].lower() + name[1:]): item if name in DOCUMENTS else _native(item)
            for name, item in value.items()
        }
    return [_native(item) for item in value] if isinstance(value, list) else value
