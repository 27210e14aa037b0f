"""Building blocks of IAM policy documents of every kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from components.account import Account
from phi_buckets import policy_statements
from phi_buckets.policy_statements import PolicyDocument, Statement, allow, document

__all__ = [
    "PolicyDocument",
    "Statement",
    "allow",
    "allow_service",
    "document",
    "objects_of",
    "trust_policy",
    "via_s3",
    "via_sns",
]


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
    principal: Mapping[str, str],
    condition: Mapping[str, Any] | None = None,
    actions: str | Sequence[str] = "sts:AssumeRole",
) -> PolicyDocument:
    """Return the trust policy of a role that one principal may assume."""
    statement = {"Effect": "Allow", "Principal": dict(principal), "Action": actions}
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


def objects_of(bucket_arns: Sequence[str]) -> list[str]:
    """Return the ARN pattern of all objects of each bucket."""
    return [f"{bucket_arn}/*" for bucket_arn in bucket_arns]


def via_s3(account: Account, *contexts: str) -> dict[str, Any]:
    """Return the condition that a key is used only through S3, in the account's region, with one of these contexts."""
    return policy_statements.via_s3(account.region, account.dns_suffix, *contexts)
