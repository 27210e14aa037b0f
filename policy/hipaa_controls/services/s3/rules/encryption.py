"""Checks of how a bucket's objects are encrypted, and of the encryption that uploads may request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from hipaa_controls import evaluator
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.access.policy_queries import (
    Denied,
    ParsedPolicy,
    Undetermined,
    condition_values,
    denied,
    parse_bucket_policy,
    require_denied,
)
from hipaa_controls.model.property_checks import one_of, redact
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.values import Ref, StackResource, Text, Unknown, is_enabled
from hipaa_controls.model.verdict import Finding, Status, failed, not_applicable, passed, unverified, worst_finding
from hipaa_controls.services.kms.customer_managed_keys import LocatedFact, key_problem
from hipaa_controls.services.kms.facts import PLACEHOLDER_ARN_PREFIX, Key
from hipaa_controls.services.s3.facts import Bucket, BucketObject, BucketPolicy, DefaultEncryption

KMS_ALGORITHMS = ("aws:kms", "aws:kms:dsse")
ALGORITHM_HEADER = "s3:x-amz-server-side-encryption"
KEY_HEADER = "s3:x-amz-server-side-encryption-aws-kms-key-id"
SSE_C_HEADER = "s3:x-amz-server-side-encryption-customer-algorithm"
FOREIGN_KEY = "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000"

_SSE_C_NOT_DENIED = failed("an upload with a customer-provided key isn't denied")

# The encryption headers of an upload, by their condition keys. None stands for an absent header.
Headers = Mapping[str, str | None]

_algorithm_of_s3 = one_of("algorithm", ("AES256", *KMS_ALGORITHMS), "default encryption")


def encryption_at_rest(encryption: DefaultEncryption, *_: object) -> Finding:
    return sse_s3_by_default() if encryption.algorithm in (None, "") else _algorithm_of_s3(encryption)


def sse_s3_by_default(*_: object) -> Finding:
    """Return the finding for a bucket without declared default encryption. S3 uses SSE-S3 in each such bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
    """
    return passed("no default encryption is declared, so S3 uses SSE-S3")


def customer_managed_key(encryption: DefaultEncryption, bucket: LocatedFact, context: RuleContext) -> Finding:
    algorithm = encryption.algorithm
    if isinstance(algorithm, Unknown):
        return unverified(algorithm)
    if algorithm not in KMS_ALGORITHMS:
        return failed(f"default encryption is {redact(algorithm, *KMS_ALGORITHMS, 'AES256')}")
    if encryption.kms_key in (None, ""):
        return failed(f"{algorithm} without a key, which means the AWS managed key aws/s3")
    trusted = TrustedParties.from_options(context.options, bucket.location, bucket.resource)
    problem = key_problem(encryption.kms_key, trusted)
    if isinstance(problem, Unknown):
        return unverified(problem)
    return failed(f"{algorithm} {problem}") if problem else passed(f"{algorithm} with a customer managed key")


def bucket_key(encryption: DefaultEncryption, *_: object) -> Finding:
    """Check that the S3 Bucket Key is enabled. DSSE-KMS doesn't support it.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
    """
    if encryption.algorithm == "aws:kms:dsse":
        return passed("aws:kms:dsse doesn't support a Bucket Key")
    if encryption.algorithm in ("AES256", None, ""):
        return passed("SSE-S3 doesn't use KMS, so it needs no Bucket Key")
    enabled = is_enabled(encryption.bucket_key_enabled)
    if enabled is True:
        return passed("the Bucket Key is enabled")
    unknowns = [value for value in (encryption.algorithm, enabled) if isinstance(value, Unknown)]
    return unverified(*unknowns) if unknowns else failed("the Bucket Key is not enabled")


def enforce_kms_key(policy: BucketPolicy, bucket: Bucket, context: RuleContext) -> Finding:
    """Check that uploads with another key or algorithm are denied, and correct ones aren't; and changes to another key.

    S3 encrypts an upload without encryption headers with the bucket's key, so that upload must not be denied.
    UpdateObjectEncryption re-encrypts an object that isn't locked, with the KMS key that the request names:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/update-sse-encryption.html
    """
    parsed = parse_bucket_policy(policy.document)
    if not isinstance(parsed, ParsedPolicy):
        return parsed
    # A program may declare several by mistake, and any of them may be the one that takes effect.
    encryptions = [encryption for encryption in bucket.settings_of(DefaultEncryption) if encryption.kms_key]
    return worst_finding(
        (
            _check_key_is_enforced(encryption, parsed, bucket, context)
            for encryption in encryptions or [DefaultEncryption(None, None)]
        ),
        "uploads with another algorithm or key and changes to another key are denied, and correct uploads aren't",
    )


def _check_key_is_enforced(
    encryption: DefaultEncryption, parsed: ParsedPolicy, bucket: Bucket, context: RuleContext
) -> Finding:
    if isinstance(bucket.arn, Unknown):
        return unverified(bucket.arn)
    key = _bucket_key_arn(encryption.kms_key, parsed, bucket, context)
    if isinstance(key, Unknown):
        return unverified(key)
    for description, headers in _wrong_uploads(key, parsed):
        request = upload_request(bucket.arn, evaluator.ANYONE, headers)
        finding = require_denied(parsed, request, f"an upload that requests {description} isn't denied")
        if finding.status is not Status.PASS:
            return finding
    for headers in _wrong_updates(key, parsed):
        request = replace(upload_request(bucket.arn, evaluator.ANYONE, headers), action="s3:UpdateObjectEncryption")
        finding = require_denied(parsed, request, "s3:UpdateObjectEncryption with another key isn't denied")
        if finding.status is not Status.PASS:
            return finding
    account = bucket.location.account or "000000000000"
    uploader = evaluator.Principal("AWS", f"arn:aws:iam::{account}:role/{evaluator.ANY}")
    for description, headers in _correct_uploads(key, encryption.algorithm):
        match denied(parsed, upload_request(bucket.arn, uploader, headers)):
            case Denied():
                return failed(f"an upload that requests {description} is denied")
            case Undetermined(unknowns):
                return unverified(*unknowns)
    return passed("")


def _wrong_uploads(key: str | None, parsed: ParsedPolicy) -> Iterator[tuple[str, Headers]]:
    yield "AES256", {ALGORITHM_HEADER: "AES256", KEY_HEADER: None}
    for algorithm in KMS_ALGORITHMS:
        for other_key in _other_keys(key, parsed):
            yield "another key", {ALGORITHM_HEADER: algorithm, KEY_HEADER: other_key}
        yield f"{algorithm} without a key", {ALGORITHM_HEADER: algorithm, KEY_HEADER: None}


def _wrong_updates(key: str | None, parsed: ParsedPolicy) -> Iterator[Headers]:
    """Yield the condition keys of changes to another key. AWS doesn't say whether the algorithm is among them."""
    for algorithm in ("aws:kms", None):
        for other_key in _other_keys(key, parsed):
            yield {ALGORITHM_HEADER: algorithm, KEY_HEADER: other_key}


def _correct_uploads(key: str | None, algorithm: Text) -> Iterator[tuple[str, Headers]]:
    yield "no encryption", {ALGORITHM_HEADER: None, KEY_HEADER: None}
    if key:
        kms_algorithm = str(algorithm) if algorithm in KMS_ALGORITHMS else "aws:kms"
        yield "the bucket's key", {ALGORITHM_HEADER: kms_algorithm, KEY_HEADER: key}


def upload_request(bucket_arn: str, principal: evaluator.Principal, headers: Headers) -> evaluator.Request:
    context = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3", SSE_C_HEADER: None}
    return evaluator.Request("s3:PutObject", f"{bucket_arn}/{evaluator.ANY}", principal, {**context, **headers})


def _bucket_key_arn(key: Ref, parsed: ParsedPolicy, bucket: Bucket, context: RuleContext) -> str | Unknown | None:
    """Return the ARN of the key in a bucket's default encryption, or else in the policy.

    Returns:
        None where neither gives it yet: a companion resource, before it exists, has only the policy.
    """
    policy_keys = sorted(_policy_keys(parsed))
    if isinstance(key, StackResource):
        fact = context.stack.fact(key.resource, Key)
        arn = fact.arn if fact else None
        if fact and not isinstance(arn, str) and any(name.startswith(PLACEHOLDER_ARN_PREFIX) for name in policy_keys):
            return fact.placeholder_arn
        key = arn if isinstance(arn, str) else "alias/"
    if key is None or isinstance(key, Unknown) or re.match("arn:.*:key/", key):
        return key
    if "alias/" in key:
        return policy_keys[0] if policy_keys else None
    location = bucket.location
    arn = f"arn:{location.partition}:kms:{location.region or ''}:{location.account or ''}:key/{key}"
    return next((name for name in policy_keys if name.endswith(f":key/{key}")), arn)


def _other_keys(key: str | None, parsed: ParsedPolicy) -> list[str]:
    """Return keys that must be denied.

    They are a foreign key, every other key that the policy names, and keys whose IDs differ from the bucket's only at
    the start or the end, which a pattern with a wildcard would accept.
    """
    if key is None:
        return [FOREIGN_KEY]
    path, _, key_id = key.rpartition("/")
    similar = (f"{path}/{_other_digit(key_id[:1])}{key_id[1:]}", f"{path}/{key_id[:-1]}{_other_digit(key_id[-1:])}")
    return sorted({FOREIGN_KEY, *similar, *_policy_keys(parsed)} - {key})


def _policy_keys(parsed: ParsedPolicy) -> set[str]:
    return {value for value in condition_values(parsed, KEY_HEADER) if value.startswith("arn:")}


def _other_digit(digit: str) -> str:
    return "1" if digit == "0" else "0"


def deny_sse_c(fact: Bucket | BucketObject, _: RuleContext) -> Finding:
    """Check that a bucket rejects customer-provided keys, or that an object that a program declares has none."""
    return _object_without_sse_c(fact) if isinstance(fact, BucketObject) else _bucket_without_sse_c(fact)


def _object_without_sse_c(bucket_object: BucketObject) -> Finding:
    provided = is_enabled(bucket_object.encryption.customer_provided_key)
    if isinstance(provided, Unknown):
        return unverified(provided)
    return failed("the object has a customer-provided key") if provided else passed("S3 has the object's key")


def _bucket_without_sse_c(bucket: Bucket) -> Finding:
    if not bucket.complete:
        return not_applicable("the bucket belongs to another stack")
    encryptions = bucket.settings_of(DefaultEncryption)
    if encryptions and all("SSE-C" in encryption.blocked_encryption_types for encryption in encryptions):
        return passed("SSE-C is a blocked encryption type")
    blocked_types = [value for encryption in encryptions for value in encryption.blocked_encryption_types]
    undecided = [value for value in blocked_types if isinstance(value, Unknown)]
    policies = bucket.settings_of(BucketPolicy)
    finding = worst_finding(
        [_check_sse_c_is_denied(policy, bucket) for policy in policies] or [_SSE_C_NOT_DENIED],
        "an upload with a customer-provided key is denied",
    )
    return unverified(*undecided) if undecided and finding.status is Status.FAIL else finding


def _check_sse_c_is_denied(policy: BucketPolicy, bucket: Bucket) -> Finding:
    parsed = parse_bucket_policy(policy.document)
    if not isinstance(parsed, ParsedPolicy):
        return parsed
    if isinstance(bucket.arn, Unknown):
        return unverified(bucket.arn)
    headers = {SSE_C_HEADER: "AES256", ALGORITHM_HEADER: None}
    return require_denied(parsed, upload_request(bucket.arn, evaluator.ANYONE, headers), _SSE_C_NOT_DENIED.text)
