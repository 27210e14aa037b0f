"""Finds the KMS keys that a request to S3 uses, in moto's buckets and objects.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.kms.models import kms_backends
from moto.s3.models import FakeBucket, FakeKey, s3_backends

from sandbox.authorization.decision import Resource
from sandbox.authorization.http_request import HttpRequest
from sandbox.authorization.required_permissions import S3_ARN_PREFIX, copy_source_permission

_HEADER = "x-amz-server-side-encryption"
_KEY_ARN = re.compile(r"arn:aws:kms:([^:]+):(\d{12}):(?:key/)?(.+)")
_WRITES = {"PutObject", "CopyObject", "CreateMultipartUpload"}
_READS = {"GetObject", "SelectObjectContent"}
_PARTS = {"UploadPart", "UploadPartCopy", "CompleteMultipartUpload"}


@dataclass(frozen=True)
class Encryption:
    """How an object is, or will be, encrypted.

    Attributes:
        algorithm: The S3 server-side encryption algorithm, such as "aws:kms".
        kms_key: The KMS key as it was named; None means the AWS managed key aws/s3.
        uses_bucket_key: Whether an S3 Bucket Key is used.
    """

    algorithm: str | None
    kms_key: str | None
    uses_bucket_key: bool


@dataclass(frozen=True)
class KeyUse:
    """A use of a KMS key by S3.

    Attributes:
        action: The KMS action, such as "kms:Decrypt".
        kms_key: The KMS key as it was named; None means the AWS managed key aws/s3.
        bucket: The bucket that the object is in.
        context: The encryption context that S3 gives: the object's ARN, or the bucket's with an S3 Bucket Key.
    """

    action: str
    kms_key: str | None
    bucket: FakeBucket
    context: str


def find_bucket(name: str) -> FakeBucket | None:
    """Return the bucket with this name, in any account."""
    partition, account = s3_backends.bucket_accounts.get(name, ("", ""))
    bucket: FakeBucket | None = s3_backends[account][partition].buckets.get(name) if account else None
    return bucket


def key_uses(operation: str, request: HttpRequest) -> Iterator[KeyUse]:
    """Yield the uses of KMS keys that the request implies."""
    bucket = find_bucket(request.bucket)
    if bucket and operation in _WRITES:
        yield from _use(
            "kms:GenerateDataKey", bucket, request.object_key, _requested_encryption(request.headers, bucket)
        )
    if bucket and operation in _PARTS and (upload := bucket.multiparts.get(request.query["uploadId"])):
        headers = {_HEADER: upload.sse_encryption, f"{_HEADER}-aws-kms-key-id": upload.kms_key_id}
        sent = {name: value for name, value in headers.items() if value}
        yield from _use("kms:Decrypt", bucket, request.object_key, _requested_encryption(sent, bucket))
    if bucket and operation in _READS:
        yield from _read(bucket, request.object_key, request.query.get("versionId"))
    if (source := copy_source_permission(request)) and (source_bucket := find_bucket(source.bucket)):
        yield from _read(source_bucket, source.object_key, source.version)


def resolve_key(use: KeyUse) -> Resource | None:
    """Return the KMS key as a resource; None if it doesn't exist or isn't enabled."""
    account, region = use.bucket.account_id, use.bucket.region_name
    if use.kms_key is None:
        return Resource(
            f"arn:aws:kms:{region}:{account}:key/aws/s3",
            account,
            _managed_key_policy(account, region),
            policy_required=True,
        )
    if arn := _KEY_ARN.fullmatch(use.kms_key):
        region, account = arn[1], arn[2]
    id_or_alias = arn[3] if arn else use.kms_key
    keys = kms_backends[account][region].keys.values() if region in kms_backends[account] else ()
    key = next((key for key in keys if id_or_alias == key.id or id_or_alias in key.aliases), None)
    return Resource(key.arn, account, key.policy, policy_required=True) if key and key.enabled else None


def _requested_encryption(headers: Mapping[str, str], bucket: FakeBucket) -> Encryption:
    """Return how a new object will be encrypted: as the headers request, or by the bucket's default."""
    rule = (bucket.encryption or {}).get("Rule", {})
    default = rule.get("ApplyServerSideEncryptionByDefault", {})
    uses_bucket_key = str(headers.get(f"{_HEADER}-bucket-key-enabled", rule.get("BucketKeyEnabled"))).lower() == "true"
    if _HEADER in headers:
        return Encryption(headers[_HEADER], headers.get(f"{_HEADER}-aws-kms-key-id"), uses_bucket_key)
    return Encryption(default.get("SSEAlgorithm"), default.get("KMSMasterKeyID"), uses_bucket_key)


def _read(bucket: FakeBucket, object_key: str, version_id: str | None) -> Iterator[KeyUse]:
    versions = bucket.keys.getlist(object_key) or []
    version = next((version for version in reversed(versions) if version_id in (None, version.version_id)), None)
    if isinstance(version, FakeKey):
        uses_bucket_key = str(version.bucket_key_enabled).lower() == "true"
        encryption = Encryption(version.encryption, version.kms_key_id, uses_bucket_key)
        yield from _use("kms:Decrypt", bucket, object_key, encryption)


def _use(action: str, bucket: FakeBucket, object_key: str, encryption: Encryption) -> Iterator[KeyUse]:
    if (encryption.algorithm or "").startswith("aws:kms"):
        context = (
            f"{S3_ARN_PREFIX}{bucket.name}"
            if encryption.uses_bucket_key
            else f"{S3_ARN_PREFIX}{bucket.name}/{object_key}"
        )
        yield KeyUse(action, encryption.kms_key, bucket, context)


def _managed_key_policy(account: str, region: str) -> str:
    """Return the policy of the AWS managed key aws/s3: any principal of the account may use it through S3."""
    via_s3: dict[str, Any] = {"kms:CallerAccount": account, "kms:ViaService": f"s3.{region}.amazonaws.com"}
    actions = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    allow = {"Sid": "AwsManagedKeyOfS3", "Effect": "Allow", "Principal": "*", "Action": actions, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": {**allow, "Condition": {"StringEquals": via_s3}}})
