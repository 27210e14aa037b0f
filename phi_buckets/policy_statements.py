"""Building blocks of IAM policy documents, for the program and the tools. Loads neither boto3 nor pulumi."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Statement = dict[str, Any]
PolicyDocument = dict[str, Any]


def document(*statements: Statement) -> PolicyDocument:
    """Return a policy document with these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(actions: Sequence[str], resources: Any, condition: Mapping[str, Any] | None = None) -> Statement:
    """Return an Allow statement for an identity policy.

    Args:
        actions: The IAM actions.
        resources: An ARN or ARN pattern, or a list of them. The Pulumi program may also pass an Output.
        condition: The condition block, if any.
    """
    statement: Statement = {"Effect": "Allow", "Action": list(actions), "Resource": resources}
    return statement | ({"Condition": dict(condition)} if condition else {})


def via_s3(region: str, dns_suffix: str, *contexts: str) -> dict[str, Any]:
    """Return a condition block that is met only if S3 uses the KMS key with one of these ARNs as encryption context.

    The context is the bucket's ARN if the object was written with a Bucket Key, and the object's ARN if it wasn't.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html

    Args:
        region: The key's region.
        dns_suffix: The partition's DNS suffix, such as `amazonaws.com`.
        contexts: ARNs or ARN patterns of buckets and objects.
    """
    return {
        "StringEquals": {"kms:ViaService": f"s3.{region}.{dns_suffix}"},
        "ArnLike": {"kms:EncryptionContext:aws:s3:arn": list(contexts)},
    }
