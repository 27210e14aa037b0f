"""The names and the policy that the program and the Terraform plan of the same buckets share."""

from __future__ import annotations

import json
from typing import Any

LOG_BUCKET = "bench-access-logs"  # in another stack
KEY_NAME = "bench-phi"


def bucket_name(index: int) -> str:
    return f"bench-phi-{index:03}"


def policy(bucket: str) -> str:
    """Return a policy that denies plain HTTP, TLS versions before 1.2, and SSE-C."""
    objects = f"arn:aws:s3:::{bucket}/*"
    everything = [f"arn:aws:s3:::{bucket}", objects]
    sse_c = {"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}}
    statements = [
        deny("DenyInsecureTransport", "s3:*", everything, {"Bool": {"aws:SecureTransport": "false"}}),
        deny("DenyOutdatedTls", "s3:*", everything, {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
        deny("DenySseC", "s3:PutObject", [objects], sse_c),
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def deny(sid: str, action: str, resources: list[str], condition: dict[str, Any]) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resources,
        "Condition": condition,
    }
