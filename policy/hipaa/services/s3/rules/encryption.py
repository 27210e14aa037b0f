"""How a bucket's objects are encrypted, and what uploads may ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hipaa import evaluator
from hipaa.access.policy_queries import ParsedPolicy, denied, require_denied, condition_values, parse_bucket_policy
from hipaa.model.rule import RuleContext
from hipaa.model.values import StackResource, Unknown, is_enabled
from hipaa.model.verdict import Finding, Status, failed, not_applicable, passed, unverified
from hipaa.services.kms.customer_managed_keys import key_problem
from hipaa.services.kms.facts import PLACEHOLDER_ARN_PREFIX, Key
from hipaa.services.s3.facts import Bucket, BucketPolicy, DefaultEncryption
from hipaa.services.s3.rules.access import known

KMS = ("aws:kms", "aws:kms:dsse")
Headers = Mapping[str, str | None]

ALGORITHM = "s3:x-amz-server-side-encryption"
KEY_HEADER = "s3:x-amz-server-side-encryption-aws-kms-key-id"
CUSTOMER_HEADER = "s3:x-amz-server-side-encryption-customer-algorithm"
OTHER_KEY = "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000"


def encryption_at_rest(encryption: DefaultEncryption, _: Bucket, __: RuleContext) -> Finding:
    if isinstance(encryption.algorithm, Unknown):
        return unverified(encryption.algorithm)
    if encryption.algorithm not in ("AES256", *KMS):
        return failed(f"default encryption is {known(encryption.algorithm, 'AES256', *KMS)}")
    return passed(f"default encryption is {encryption.algorithm}")


def customer_managed_key(encryption: DefaultEncryption, _: Bucket, __: RuleContext) -> Finding:
    algorithm = encryption.algorithm
    if isinstance(algorithm, Unknown):
        return unverified(algorithm)
    if algorithm not in KMS:
        return failed(f"default encryption is {known(algorithm, 'AES256')}")
    if encryption.kms_key in (None, ""):
        return failed(f"{algorithm} with the AWS managed key aws/s3, since none is named")
    wrong = key_problem(encryption.kms_key)
    if isinstance(wrong, Unknown):
        return unverified(wrong)
    return failed(f"{algorithm} with {wrong}") if wrong else passed(f"{algorithm} with a customer managed key")


def bucket_key(encryption: DefaultEncryption, _: Bucket, __: RuleContext) -> Finding:
    """S3 has none under DSSE-KMS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html"""
    if encryption.algorithm == "aws:kms:dsse":
        return passed("aws:kms:dsse, for which there is no Bucket Key")
    if encryption.algorithm == "AES256":
        return passed("AES256, which asks KMS for nothing")
    answer = is_enabled(encryption.bucket_key_enabled)
    if answer is True:
        return passed("the Bucket Key is on")
    unknown = [each for each in (encryption.algorithm, answer) if isinstance(each, Unknown)]
    return unverified(*unknown) if unknown else failed("the Bucket Key is not on")


def enforce_kms_key(policy: BucketPolicy, bucket: Bucket, context: RuleContext) -> Finding:
    """Ask of uploads: S3 encrypts one that says nothing with the bucket's key, so it must not be denied."""
    parsed = parse_bucket_policy(policy.document)
    if not isinstance(parsed, ParsedPolicy):
        return parsed
    if isinstance(bucket.arn, Unknown):
        return unverified(bucket.arn)
    right = _right_key(bucket, parsed, context)
    if isinstance(right, Unknown):
        return unverified(right)
    refused: list[tuple[str, Headers]] = [("asks for AES256", {ALGORITHM: "AES256", KEY_HEADER: None})]
    for algorithm in KMS:
        others = _other_keys(right, parsed)
        refused += [("asks for another key", {ALGORITHM: algorithm, KEY_HEADER: other}) for other in others]
        no_key = f"asks for {algorithm} with no key, for which S3 takes its own,"
        refused.append((no_key, {ALGORITHM: algorithm, KEY_HEADER: None}))
    for what, headers in refused:
        finding = require_denied(
            parsed, upload(bucket.arn, evaluator.ANYONE, headers), f"an upload that {what} isn't denied"
        )
        if finding.status is not Status.PASS:
            return finding
    taken: list[tuple[str, Headers]] = [("has no encryption header", {ALGORITHM: None, KEY_HEADER: None})]
    if right:
        algorithms = [each.algorithm for each in bucket.settings_of(DefaultEncryption)]
        own = next((each for each in algorithms if each in KMS), "aws:kms")
        taken.append(("asks for the right key", {ALGORITHM: str(own), KEY_HEADER: right}))
    somebody = evaluator.Principal("AWS", f"arn:aws:iam::{bucket.location.account or '000000000000'}:role/{evaluator.ANY}")
    for what, headers in taken:
        match denied(parsed, upload(bucket.arn, somebody, headers)):
            case True:
                return failed(f"an upload that {what} is denied")
            case tuple(unknown):
                return unverified(*unknown)
    return passed("uploads under another algorithm or key are denied, and right ones aren't")


def upload(arn: str, who: evaluator.Principal, headers: Headers) -> evaluator.Request:
    context = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3", CUSTOMER_HEADER: None}
    return evaluator.Request("s3:PutObject", f"{arn}/{evaluator.ANY}", who, {**context, **headers})


def _right_key(bucket: Bucket, parsed: ParsedPolicy, context: RuleContext) -> str | Unknown | None:
    """The ARN of the bucket's own key: as its default encryption says, else one that the policy names.

    None where neither can be told yet: of a companion before it exists, which has only the policy.
    """
    wanted = sorted(_arns(parsed))
    key = next((each.kms_key for each in bucket.settings_of(DefaultEncryption) if each.kms_key), None)
    if isinstance(key, StackResource):
        made = context.stack.fact(key.resource, Key)
        if made and not isinstance(made.arn, str) and any(each.startswith(PLACEHOLDER_ARN_PREFIX) for each in wanted):
            return made.placeholder_arn
        key = made.arn if made and isinstance(made.arn, str) else "alias/"
    if key is None or isinstance(key, Unknown) or re.match("arn:.*:key/", key):
        return key
    if "alias/" in key:
        return wanted[0] if wanted else None
    place = bucket.location
    arn = f"arn:{place.partition}:kms:{place.region or ''}:{place.account or ''}:key/{key}"
    return next((each for each in wanted if each.endswith(f":key/{key}")), arn)


def _other_keys(right: str | None, parsed: ParsedPolicy) -> list[str]:
    """Keys to refuse: a stranger's, each other that the policy names, and those whose ids begin or end as the right's.

    A pattern may take any of these, and takes a key that isn't the bucket's.
    """
    if right is None:
        return [OTHER_KEY]
    path, _, id_ = right.rpartition("/")
    like_it = (f"{path}/{_changed(id_[:1])}{id_[1:]}", f"{path}/{id_[:-1]}{_changed(id_[-1:])}")
    return sorted({OTHER_KEY, *like_it, *_arns(parsed)} - {right})


def _arns(parsed: ParsedPolicy) -> set[str]:
    return {value for value in condition_values(parsed, KEY_HEADER) if value.startswith("arn:")}


def _changed(digit: str) -> str:
    return "1" if digit == "0" else "0"


def deny_sse_c(bucket: Bucket, _: RuleContext) -> Finding:
    if not bucket.complete:
        return not_applicable("a bucket of another stack")
    encryptions = bucket.settings_of(DefaultEncryption)
    if encryptions and all("SSE-C" in each.blocked_encryption_types for each in encryptions):
        return passed("SSE-C is a blocked encryption type")
    unknown = [value for each in encryptions for value in each.blocked_encryption_types if isinstance(value, Unknown)]
    for policy in bucket.settings_of(BucketPolicy):
        parsed = parse_bucket_policy(policy.document)
        if not isinstance(parsed, ParsedPolicy):
            return parsed
        if isinstance(bucket.arn, Unknown):
            return unverified(bucket.arn)
        answer = denied(parsed, upload(bucket.arn, evaluator.ANYONE, {CUSTOMER_HEADER: "AES256", ALGORITHM: None}))
        if answer is True:
            return passed("an upload with a customer-provided key is denied")
        unknown += answer or ()
    return unverified(*unknown) if unknown else failed("an upload with a customer-provided key isn't denied")
