"""Distinguishes customer managed keys from AWS managed keys, by the way a resource refers to its key."""

from __future__ import annotations

import re
from typing import Any

from hipaa_controls.model.property_checks import Check
from hipaa_controls.model.values import Ref, StackResource, Unknown
from hipaa_controls.model.verdict import Finding, failed, passed, unverified

# A key's ARN or its ID: a UUID, or mrk- and 32 hex digits for a multi-Region key.
# https://docs.aws.amazon.com/kms/latest/developerguide/concepts-key-id.html
KEY_ID = re.compile(
    r"(arn:[\w-]+:kms:[\w-]+:\d{12}:key/)?(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.ASCII
)
CUSTOMER_ALIAS = re.compile(r"(arn:[\w-]+:kms:[\w-]+:\d{12}:)?alias/[\w/-]+", re.ASCII)
# AWS reserves these aliases for AWS managed keys, such as alias/aws/s3.
AWS_ALIAS = re.compile(r"alias/(aws/[a-z0-9]+)", re.ASCII)


def customer_managed_key(field: str) -> Check:
    """Check that a fact's field refers to a customer managed key."""

    def check(fact: Any, *_: Any) -> Finding:
        return check_customer_managed_key(getattr(fact, field))

    return check


def check_customer_managed_key(key: Ref) -> Finding:
    problem = key_problem(key)
    if isinstance(problem, Unknown):
        return unverified(problem)
    if problem:
        return failed(f"it is encrypted {problem}")
    return passed("it is encrypted with a customer managed key")


def key_problem(key: Ref) -> str | Unknown | None:
    """Return how a key differs from a customer managed key.

    Returns:
        A phrase that follows "encrypted"; Unknown if that can't be determined yet; None for a customer managed key.
    """
    if isinstance(key, Unknown):
        return key
    if isinstance(key, StackResource):
        return None
    if not key:
        return "without a customer managed key"
    if "alias/aws/" in key:
        name = AWS_ALIAS.search(key)
        return f"with the AWS managed key {name[1]}" if name else "with an AWS managed key"
    if KEY_ID.fullmatch(key) or CUSTOMER_ALIAS.fullmatch(key):
        return None
    return "with a value that is not a key ARN, key ID or alias"
