"""The judgement of a bucket's settings: pure functions from facts to a finding."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from hipaa import iam
from hipaa.facts import (
    AccessLogging,
    Bucket,
    BucketPolicy,
    DefaultEncryption,
    PublicAccessBlock,
    StackKey,
    Unknown,
    Versioning,
    unknowns,
)
from hipaa.verdicts import Finding, failed, passed, unverified

# A key by ARN, or by its id alone: a UUID, or mrk- and 32 hex digits for a multi-region key.
# https://docs.aws.amazon.com/kms/latest/developerguide/concepts-key-id.html
KEY_ID = re.compile(
    r"(arn:[\w-]+:kms:[\w-]+:\d{12}:key/)?(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.ASCII
)
CUSTOMER_ALIAS = re.compile(r"(arn:[\w-]+:kms:[\w-]+:\d{12}:)?alias/[\w/-]+", re.ASCII)


def public_access_block(_: Bucket, block: PublicAccessBlock) -> Finding:
    flags = {_camel(field.name): getattr(block, field.name) for field in fields(block)}
    unknown = [on for on in flags.values() if isinstance(on, Unknown)]
    # Pulumi takes the text "true" for true, and "false" for false.
    off = [name for name, on in flags.items() if not isinstance(on, Unknown) and on is not True and on != "true"]
    if off:
        return failed(f"{' and '.join(off)} {'is' if len(off) == 1 else 'are'} not true")
    return unverified(*unknown) if unknown else passed("all four flags are on")


def customer_key(_: Bucket, encryption: DefaultEncryption) -> Finding:
    algorithm, key = encryption.algorithm, encryption.key
    if isinstance(algorithm, Unknown):
        return unverified(algorithm)
    if algorithm not in ("aws:kms", "aws:kms:dsse"):
        return failed(f"default encryption is {_known(algorithm, 'AES256')}")
    if isinstance(key, Unknown):
        return unverified(key)
    if isinstance(key, StackKey):
        return passed(f"{algorithm} with {key.resource}")
    if not key:
        return failed(f"{algorithm} with the AWS managed key aws/s3, since none is named")
    if "alias/aws/" in key:
        return failed(f"{algorithm} with the AWS managed key aws/s3")
    if KEY_ID.fullmatch(key) or CUSTOMER_ALIAS.fullmatch(key):
        return passed(f"{algorithm} with a customer managed key")
    return failed(f"{algorithm} with what is neither a key's ARN or id nor an alias")


def tls_only(bucket: Bucket, policy: BucketPolicy) -> Finding:
    """Ask of every request that there can be over plain HTTP: the bucket and any object, any action, anyone."""
    if isinstance(policy.document, Unknown):
        return unverified(policy.document)
    if isinstance(bucket.arn, Unknown):
        return unverified(bucket.arn)
    try:
        document = iam.parse(policy.document)
    except iam.MalformedPolicy as error:
        return failed(f"the policy can't be parsed: {error}")
    if any(statement.principals is None or statement.resources is None for statement in document.statements):
        return failed("S3 refuses the policy: a statement has no Principal or no Resource")
    for resource, what in ((bucket.arn, "the bucket"), (f"{bucket.arn}/{iam.ANY}", "its objects")):
        plain_http = iam.Request("s3:" + iam.ANY, resource, iam.ANYONE, {"aws:SecureTransport": ["false"]})
        if iam.decide([document], plain_http).outcome is not iam.Outcome.DENIED:
            waiting = _may_yet_deny(document, policy.document, plain_http)
            return unverified(*waiting) if waiting else failed(f"some request over plain HTTP on {what} isn't denied")
    return passed("every request over plain HTTP is denied")


def _may_yet_deny(document: iam.Policy, source: str | Mapping[str, Any], request: iam.Request) -> list[Unknown]:
    """The values, unknown yet, on which it depends whether a statement denies the request."""
    statements = source.get("Statement") if isinstance(source, Mapping) else None
    sources = statements if isinstance(statements, list) else [statements]
    return [
        unknown
        for statement, part in zip(document.statements, sources, strict=False)
        if statement.effect != "Allow" and iam.matches(statement, request) is iam.Match.MAYBE
        for unknown in unknowns(part)
    ]


def versioning(_: Bucket, versioning: Versioning) -> Finding:
    if isinstance(versioning.status, Unknown):
        return unverified(versioning.status)
    if versioning.status != "Enabled":
        return failed(f"versioning is {_known(versioning.status, 'Suspended', 'Disabled')}")
    return passed("versioning is Enabled")


def access_logging(bucket: Bucket, logging: AccessLogging) -> Finding:
    if isinstance(logging.target, Unknown):
        return unverified(logging.target)
    if not logging.target:
        return failed("no target bucket")
    if logging.target == bucket.resource or (
        isinstance(bucket.arn, str) and bucket.arn.endswith(f":::{logging.target}")
    ):
        return failed("access is logged to the bucket itself")
    return passed("access is logged to another bucket")


def _known(value: str | None, *words: str) -> str:
    """A value to show, if it is one of AWS's words: a program may have put a secret there."""
    if value is None or value == "":
        return "not given"
    return value if value in words else f"none of {', '.join(('what is required', *words))}"


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)
