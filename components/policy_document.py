"""The parts that policy documents of every kind are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from components.account import Account

Statement = dict[str, Any]
PolicyDocument = dict[str, Any]


def document(*statements: Statement) -> PolicyDocument:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(
    actions: Sequence[str],
    resources: pulumi.Input[str] | Sequence[pulumi.Input[str]],
    condition: Mapping[str, Any] | None = None,
) -> Statement:
    """What an identity may do."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resources}
    return statement | ({"Condition": condition} if condition else {})


def trust_of(
    principal: Mapping[str, str], condition: Mapping[str, Any] | None = None, action: str = "sts:AssumeRole"
) -> PolicyDocument:
    """Who takes a role."""
    statement = {"Effect": "Allow", "Principal": dict(principal), "Action": action}
    return document(statement | ({"Condition": condition} if condition else {}))


def through_s3(account: Account, *contexts: str) -> dict[str, Any]:
    """The use of a key by S3 alone, for what these ARNs are the encryption context of.

    That is the bucket's where it has a Bucket Key, and the object's of what was written without one.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
    """
    return {
        "StringEquals": {"kms:ViaService": f"s3.{account.region}.{account.dns_suffix}"},
        "ArnLike": {"kms:EncryptionContext:aws:s3:arn": list(contexts)},
    }
