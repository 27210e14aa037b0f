"""Small stacks to judge: a PHI bucket with all that it needs, of which a test takes or changes one piece."""

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
KEY_ARN = "arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-0000-1111-2222-333344445555"


def tls_only_policy(name: str, **change: Any) -> dict[str, Any]:
    """A policy document that denies plain HTTP, with its one statement changed."""
    arn = f"arn:aws:s3:::{name}"
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement | change]}


def bucket_with_companions(name: str = "data", *, created: bool = True, **tags: str) -> list[Resource]:
    """A bucket with the companions that every role's controls ask for, and a key. Its physical name is its own."""
    ref = name if created else UNKNOWN
    from_bucket = {"bucket": [name]}

    def companion(kind: str, inputs: dict[str, Any], **comes_from: Sequence[str]) -> Resource:
        token = f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}"
        return Resource(token, f"{name}-{kind}", {"bucket": ref} | inputs, comes_from=from_bucket | comes_from)

    on = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)
    default = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY_ARN if created else UNKNOWN}
    return [
        Resource("aws:kms/key:Key", f"{name}-key", {"enableKeyRotation": True}),
        Resource("aws:s3/bucket:Bucket", name, {"bucket": name, "tags": tags or {"DataClass": "PHI"}}),
        companion("BucketPublicAccessBlock", on),
        companion("BucketVersioning", {"versioningConfiguration": {"status": "Enabled"}}),
        companion(
            "BucketServerSideEncryptionConfiguration",
            {"rules": [{"applyServerSideEncryptionByDefault": default}]},
            rules=[f"{name}-key"],
        ),
        companion("BucketPolicy", {"policy": json.dumps(tls_only_policy(name))}),
        companion("BucketLogging", {"targetBucket": "logs", "targetPrefix": ""}),
    ]


def without_type(stack: list[Resource], kind: str) -> list[Resource]:
    """The stack, with every resource of this kind taken out."""
    left = [each for each in stack if not each.type.endswith(f":{kind}")]
    assert len(left) < len(stack)
    return left


def with_inputs(stack: list[Resource], kind: str, **inputs: Any) -> list[Resource]:
    """The stack, with inputs of every resource of this kind changed."""
    assert any(each.type.endswith(f":{kind}") for each in stack)
    return [
        replace(each, inputs={**each.inputs, **inputs}) if each.type.endswith(f":{kind}") else each for each in stack
    ]
