"""What the program and the Terraform plan of the same buckets have in common."""

from __future__ import annotations

import json

LOG_BUCKET = "bench-access-logs"  # of another stack
KEY = "bench-phi"


def bucket_name(at: int) -> str:
    return f"bench-phi-{at:03}"


def tls_only(bucket: str) -> str:
    """A policy document that denies every request over plain HTTP."""
    arn = f"arn:aws:s3:::{bucket}"
    statement = {
        "Sid": "DenyPlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
