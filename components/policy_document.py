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


def service_may(
    sid: str, service: str, actions: str | Sequence[str], resource: str, condition: Mapping[str, Any]
) -> Statement:
    """A service of AWS is let in, bound by the condition to the resources that it acts for."""
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": actions if isinstance(actions, str) else list(actions),
        "Resource": resource,
        "Condition": condition,
    }


def trust_of(
    principal: Mapping[str, str], condition: Mapping[str, Any] | None = None, action: str = "sts:AssumeRole"
) -> PolicyDocument:
    """Who takes a role."""
    statement = {"Effect": "Allow", "Principal": dict(principal), "Action": action}
    return document(statement | ({"Condition": condition} if condition else {}))


def through_sns(account: Account, topic_arn: str) -> dict[str, Any]:
    """The use of a key by SNS alone, for one topic: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html"""
    return {
        "StringEquals": {
            "kms:ViaService": f"sns.{account.region}.{account.dns_suffix}",
            "kms:EncryptionContext:aws:sns:topicArn": topic_arn,
        }
    }


def through_s3(account: Account, *contexts: str) -> dict[str, Any]:
    """The use of a key by S3 alone, for what these ARNs are the encryption context of.

    That is the bucket's where it has a Bucket Key, and the object's of what was written without one.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
    """
    return {
        "StringEquals": {"kms:ViaService": f"s3.{account.region}.{account.dns_suffix}"},
        "ArnLike": {"kms:EncryptionContext:aws:s3:arn": list(contexts)},
    }
