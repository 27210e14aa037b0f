"""Small sample stacks: a bucket that meets the basic controls, and functions that remove or change parts of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.policy.pack_process import UNKNOWN, Resource

PUBLIC_ACCESS_BLOCK, CUSTOMER_MANAGED_KEY, TLS_ONLY = "s3-public-access-block", "s3-customer-managed-key", "s3-tls-only"
VERSIONING, LOGGING = "s3-versioning", "s3-access-logging"
BASIC_CONTROLS = (PUBLIC_ACCESS_BLOCK, CUSTOMER_MANAGED_KEY, TLS_ONLY, VERSIONING, LOGGING)
SSE_CONFIGURATION = "BucketServerSideEncryptionConfiguration"
ACCOUNT = "111122223333"
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"


def tls_only_policy(bucket_name: str, **changes: Any) -> dict[str, Any]:
    """Return a bucket policy whose only statement denies plain HTTP, with elements of that statement changed."""
    arn = f"arn:aws:s3:::{bucket_name}"
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement | changes]}


def bucket_with_companions(name: str = "data", *, created: bool = True, **tags: str) -> list[Resource]:
    """Return a bucket, its companions and its key, which together meet BASIC_CONTROLS.

    Args:
        name: The bucket's name, both in the program and in AWS.
        created: Whether AWS has created the bucket and the key, so that references to them are known.
        tags: The bucket's tags. By default, its data class is PHI.
    """
    bucket_ref = name if created else UNKNOWN

    def companion(type_name: str, inputs: dict[str, Any], **comes_from: Sequence[str]) -> Resource:
        token = f"aws:s3/{type_name[0].lower()}{type_name[1:]}:{type_name}"
        return Resource(
            token,
            f"{name}-{type_name}",
            {"bucket": bucket_ref} | inputs,
            comes_from={"bucket": [name]} | comes_from,
            account=ACCOUNT,
        )

    flags = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    default_encryption = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY_ARN if created else UNKNOWN}
    return [
        Resource("aws:kms/key:Key", f"{name}-key", {"enableKeyRotation": True}),
        Resource("aws:s3/bucket:Bucket", name, {"bucket": name, "tags": tags or {"DataClass": "PHI"}}, account=ACCOUNT),
        companion("BucketPublicAccessBlock", dict.fromkeys(flags, True)),
        companion("BucketVersioning", {"versioningConfiguration": {"status": "Enabled"}}),
        companion(
            "BucketServerSideEncryptionConfiguration",
            {"rules": [{"applyServerSideEncryptionByDefault": default_encryption}]},
            rules=[f"{name}-key"],
        ),
        companion("BucketPolicy", {"policy": json.dumps(tls_only_policy(name))}),
        companion("BucketLogging", {"targetBucket": "logs", "targetPrefix": ""}),
    ]


def without_type(stack: list[Resource], type_name: str) -> list[Resource]:
    """Return the stack without the resources of a type."""
    remaining = [resource for resource in stack if not resource.type.endswith(f":{type_name}")]
    assert len(remaining) < len(stack)
    return remaining


def with_inputs(stack: list[Resource], type_name: str, **inputs: Any) -> list[Resource]:
    """Return the stack with inputs of the resources of a type changed."""
    assert any(resource.type.endswith(f":{type_name}") for resource in stack)
    return [
        replace(resource, inputs={**resource.inputs, **inputs}) if resource.type.endswith(f":{type_name}") else resource
        for resource in stack
    ]
