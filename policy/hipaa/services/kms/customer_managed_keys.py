"""Whether a key is one that the customer manages."""

from __future__ import annotations

import re

from hipaa.model.values import Ref, StackResource, Unknown
from hipaa.model.verdict import Finding, failed, passed, unverified

# A key by ARN, or by its id alone: a UUID, or mrk- and 32 hex digits for a multi-region key.
# https://docs.aws.amazon.com/kms/latest/developerguide/concepts-key-id.html
KEY_ID = re.compile(
    r"(arn:[\w-]+:kms:[\w-]+:\d{12}:key/)?(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.ASCII
)
CUSTOMER_ALIAS = re.compile(r"(arn:[\w-]+:kms:[\w-]+:\d{12}:)?alias/[\w/-]+", re.ASCII)
# AWS's own keys have aliases that it keeps to itself, such as alias/aws/s3.
AWS_ALIAS = re.compile(r"alias/(aws/[a-z0-9]+)", re.ASCII)


def check_customer_managed_key(key: Ref) -> Finding:
    """Whether what is encrypted with a key is so with a customer managed key."""
    wrong = key_problem(key)
    if isinstance(wrong, Unknown):
        return unverified(wrong)
    return failed(f"it is encrypted with {wrong}") if wrong else passed("it is encrypted with a customer managed key")


def key_problem(key: Ref) -> str | Unknown | None:
    """What is wrong with a key, as a phrase that follows `with`; Unknown while it can't be told, None if nothing is."""
    if isinstance(key, Unknown):
        return key
    if isinstance(key, StackResource):
        return None
    if not key:
        return "no customer managed key"
    if "alias/aws/" in key:
        name = AWS_ALIAS.search(key)
        return f"the AWS managed key {name[1]}" if name else "an AWS managed key"
    if KEY_ID.fullmatch(key) or CUSTOMER_ALIAS.fullmatch(key):
        return None
    return "what is neither a key's ARN or id nor an alias"
