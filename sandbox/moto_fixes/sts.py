"""STS: gives the sandbox's administrators the ARN of an IAM user."""

from __future__ import annotations

from typing import Any

from moto.sts.models import STSBackend

_get_caller_identity = STSBackend.get_caller_identity


def get_caller_identity(self: Any, access_key_id: str, region: str) -> tuple[str, str, str]:
    """Return the ARN of a user in the form in which AWS returns it. Moto's has the service `sts` for unknown keys.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    """
    user_id, arn, account = _get_caller_identity(self, access_key_id, region)
    return user_id, arn.replace(":sts:", ":iam:") if ":user/" in arn else arn, account


FIXES: tuple[tuple[Any, str, Any], ...] = ((STSBackend, "get_caller_identity", get_caller_identity),)
