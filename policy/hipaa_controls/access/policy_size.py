"""The sizes of policy documents that AWS accepts.

AWS normalizes a document before it measures it, and documents only a part of that, so a document is measured in the
shortest form that it may have then. A quota that AWS raises on request is its highest value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hipaa_controls.model.values import Document, Unknown
from hipaa_controls.model.verdict import Finding, failed

_WHITESPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class SizeLimit:
    """The maximum size of the policy documents of a resource.

    Attributes:
        service: The service that rejects a larger one.
        maximum: The size, in `unit`.
        unit: "bytes" or "characters".
    """

    service: str
    maximum: int
    unit: str


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-iam-policies.html
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-restrictions-limitations-naming-rules.html
BUCKET_OR_ACCESS_POINT_POLICY = SizeLimit("S3", 20 * 1024, "bytes")
# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
KEY_POLICY = SizeLimit("KMS", 32 * 1024, "bytes")
# https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
TOPIC_POLICY = SizeLimit("SNS", 30 * 1024, "bytes")
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
QUEUE_POLICY = SizeLimit("SQS", 8192, "bytes")
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html
SECRET_POLICY = SizeLimit("Secrets Manager", 20_480, "characters")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
TRUST_POLICY = SizeLimit("IAM", 8192, "characters")  # 2048 by default
# A customer managed policy, and all inline policies of an identity together. AWS managed policies may be larger.
IDENTITY_POLICIES = {
    "managed": SizeLimit("IAM", 6144, "characters"),
    "role": SizeLimit("IAM", 10_240, "characters"),
    "group": SizeLimit("IAM", 5120, "characters"),
    "user": SizeLimit("IAM", 2048, "characters"),
}


def check_size(limit: SizeLimit, *documents: Document) -> Finding | None:
    """Return a failure if AWS rejects the documents for their size together, else None.

    A document that isn't JSON, or that contains a value that isn't known yet, isn't counted.
    """
    texts = [document.content for document in documents if isinstance(document.content, str)]
    if len(texts) == len(documents) and sum(map(len, texts)) <= limit.maximum:
        return None  # The shortest form of a text isn't longer.
    size = sum(_shortest_size(document.content) for document in documents)
    if size <= limit.maximum:
        return None
    return failed(
        f"{limit.service} rejects the policy: it has at least {size:,} {limit.unit} without whitespace, and at most "
        f"{limit.maximum:,} are permitted"
    )


def _shortest_size(content: str | Mapping[str, Any] | Unknown) -> int:
    try:
        return _size(json.loads(content) if isinstance(content, str) else content)
    except (ValueError, RecursionError):
        return 0


def _size(value: Any) -> int:
    """Return the number of characters of a value as JSON, without whitespace and with a list of one item as the item.

    Raises:
        ValueError: It contains a value that isn't known yet.
    """
    if isinstance(value, Mapping):
        return 1 + sum(_size(name) + _size(item) + 2 for name, item in value.items()) + (not value)
    if isinstance(value, list | tuple):
        return _size(value[0]) if len(value) == 1 else 1 + sum(_size(item) + 1 for item in value) + (not value)
    if isinstance(value, str):
        return len(json.dumps(_WHITESPACE.sub("", value), ensure_ascii=False))
    if value is None or isinstance(value, int | float):
        return len(json.dumps(value))
    raise ValueError("is not known yet")
