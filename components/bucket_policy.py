"""The statements of bucket policies: what every bucket of the stack refuses, and what one of PHI refuses besides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi

from components.account import Account
from components.policy_document import Statement
from hipaa.services.s3.protection_actions import DELETE_VERSION, PROTECTION_ACTIONS


def tls_only(bucket_arn: str) -> list[Statement]:
    """Every request of everyone over plain HTTP, or over TLS older than 1.2, is refused."""
    return [
        _deny(
            "DenyInsecureTransport", "s3:*", [bucket_arn, f"{bucket_arn}/*"], {"Bool": {"aws:SecureTransport": "false"}}
        ),
        _deny(
            "DenyOutdatedTls",
            "s3:*",
            [bucket_arn, f"{bucket_arn}/*"],
            {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
        ),
    ]


def insiders_only(bucket_arn: str, account: Account, organization: str | None) -> Statement:
    """Principals of another account, or of another organization than the one named, are refused whatever else allows.

    A negated operator matches where the key is absent, as it is of an anonymous caller. A service that acts for itself
    has no account: the statements that let it in bind it.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    home = {"aws:PrincipalOrgID": organization} if organization else {"aws:PrincipalAccount": account.id}
    outside = {"StringNotEquals": home, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
    return _deny("DenyExternalPrincipals", "s3:*", [bucket_arn, f"{bucket_arn}/*"], outside)


def guarded(bucket_arn: str, administrators: Sequence[str]) -> Statement:
    """Versions are deleted, and the bucket's guards changed, by those who are named alone: not by the root either."""
    others = {"ArnNotEquals": {"aws:PrincipalArn": list(administrators)}}
    return _deny(
        "DenyProtectionChanges", [*PROTECTION_ACTIONS, DELETE_VERSION], [bucket_arn, f"{bucket_arn}/*"], others
    )


def one_key(bucket_arn: str, key_arn: pulumi.Input[str]) -> list[Statement]:
    """Uploads under another key are refused.

    An upload with no encryption header is let in, since default encryption gives it the bucket's key. A negated
    operator matches an absent header too, hence the Null beside it. `aws:kms` with no key would take the AWS
    managed key aws/s3 (https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-kms-encryption.html), so
    where an algorithm is asked for, the key must be named.
    """
    other = {
        "Null": {"s3:x-amz-server-side-encryption": "false"},
        "StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": key_arn},
    }
    provided = {"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}}
    return [
        _deny("DenyWrongKmsKey", "s3:PutObject", f"{bucket_arn}/*", other),
        _deny("DenySseC", "s3:PutObject", f"{bucket_arn}/*", provided),
    ]


def _deny(sid: str, actions: str | list[str], resources: str | list[str], condition: dict[str, Any]) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": actions,
        "Resource": resources,
        "Condition": condition,
    }
