"""The reasons of denied requests, without an emulator. The decisions themselves are in test_authorization.py."""

from __future__ import annotations

import json

import pytest

from sandbox.authorization.decision import service_denial_reason

BUCKET = "arn:aws:s3:::phi"
DENY_PUT = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"{BUCKET}/*"}
PERHAPS = "statement 1: Resource matches some of these requests, perhaps not all"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (DENY_PUT, "with an explicit deny in a resource-based policy (statement 1)"),
        (DENY_PUT | {"Sid": "NoLogs"}, "with an explicit deny in a resource-based policy (statement NoLogs)"),
        (
            DENY_PUT | {"Effect": "Allow", "Resource": BUCKET},
            "because no resource-based policy allows the s3:PutObject action",
        ),
        (
            DENY_PUT | {"Resource": "arn:aws:s3"},
            f"because the sandbox can't determine whether a resource-based policy denies it ({PERHAPS})",
        ),
    ],
)
def test_denial_reason_names_statement_once(statement: dict[str, str], reason: str) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    denial = service_denial_reason("logging.s3.amazonaws.com", "s3:PutObject", f"{BUCKET}/log", policy, {})
    assert denial is not None
    assert denial.endswith(f'on resource: "{BUCKET}/log" {reason}')
