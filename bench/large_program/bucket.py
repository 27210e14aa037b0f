"""What the program and the Terraform plan of the same buckets have in common."""

from __future__ import annotations

import json
from typing import Any

LOG_BUCKET = "bench-access-logs"  # of another stack
KEY = "bench-phi"


def bucket_name(at: int) -> str:
    return f"bench-phi-{at:03}"


def policy(bucket: str) -> str:
    """A policy document that denies plain HTTP, TLS before 1.2 and keys that a customer provides."""
    objects = f"arn:aws:s3:::{bucket}/*"
    everything = [f"arn:aws:s3:::{bucket}", objects]
    customer_key = {"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}}
    statements = [
        deny("DenyInsecureTransport", "s3:*", everything, {"Bool": {"aws:SecureTransport": "false"}}),
        deny("DenyOutdatedTls", "s3:*", everything, {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
        deny("DenySseC", "s3:PutObject", [objects], customer_key),
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
