"""Building blocks of IAM policy documents of every kind."""

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
    """Return an Allow statement for an identity policy."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resources}
    return statement | ({"Condition": condition} if condition else {})


def allow_service(
    sid: str, service: str, actions: str | Sequence[str], resource: str, condition: Mapping[str, Any]
) -> Statement:
    """Return a resource policy's Allow statement for an AWS service.

    Args:
        sid: The statement's ID.
        service: The service principal, such as `config.amazonaws.com`.
        actions: The actions that the service may call.
        resource: The ARN, or ARN pattern, that it may call them on.
        condition: The condition that binds the service to the resources on whose behalf it may act.
    """
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": actions if isinstance(actions, str) else list(actions),
        "Resource": resource,
        "Condition": condition,
    }


def trust_policy(
    principal: Mapping[str, str], condition: Mapping[str, Any] | None = None, action: str = "sts:AssumeRole"
) -> PolicyDocument:
    """Return the trust policy of a role that one principal may assume."""
    statement = {"Effect": "Allow", "Principal": dict(principal), "Action": action}
    return document(statement | ({"Condition": condition} if condition else {}))


def via_sns(account: Account, topic_arn: str) -> dict[str, Any]:
    """Return the condition that a KMS key is used only through SNS, and only for one topic.

    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    return {
        "StringEquals": {
            "kms:ViaService": f"sns.{account.region}.{account.dns_suffix}",
            "kms:EncryptionContext:aws:sns:topicArn": topic_arn,
        }
    }


def via_s3(account: Account, *contexts: str) -> dict[str, Any]:
    """Return the condition that a KMS key is used only through S3, and only with these ARNs as encryption context.

    The context is the bucket's ARN if the object was written with a Bucket Key, and the object's ARN if it was not.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
    """
    return {
        "StringEquals": {"kms:ViaService": f"s3.{account.region}.{account.dns_suffix}"},
        "ArnLike": {"kms:EncryptionContext:aws:s3:arn": list(contexts)},
    }
