"""The KMS keys that a request to S3 uses, by moto's buckets and objects.

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
    """How an object is, or will be, encrypted. key: None stands for the AWS managed key aws/s3."""

    algorithm: str | None
    key: str | None
    uses_bucket_key: bool


@dataclass(frozen=True)
class KeyUse:
    """A use of a key, with the encryption context that S3 gives: the bucket's ARN where a Bucket Key is on."""

    action: str
    key: str | None
    bucket: FakeBucket
    context: str


def find_bucket(name: str) -> FakeBucket | None:
    """A bucket of whichever account."""
    partition, account = s3_backends.bucket_accounts.get(name, ("", ""))
    found: FakeBucket | None = s3_backends[account][partition].buckets.get(name) if account else None
    return found


def key_uses(operation: str, request: HttpRequest) -> Iterator[KeyUse]:
    """What the request uses keys for."""
    bucket = find_bucket(request.bucket)
    if bucket and operation in _WRITES:
        yield from _use("kms:GenerateDataKey", bucket, request.object_key, _asked(request.headers, bucket))
    if bucket and operation in _PARTS and (upload := bucket.multiparts.get(request.query["uploadId"])):
        headers = {_HEADER: upload.sse_encryption, f"{_HEADER}-aws-kms-key-id": upload.kms_key_id}
        given = {name: value for name, value in headers.items() if value}
        yield from _use("kms:Decrypt", bucket, request.object_key, _asked(given, bucket))
    if bucket and operation in _READS:
        yield from _read(bucket, request.object_key, request.query.get("versionId"))
    if (source := copy_source_permission(request)) and (of := find_bucket(source.bucket)):
        yield from _read(of, source.key, source.version)


def resolve_key(use: KeyUse) -> Resource | None:
    """The key as a resource; None where there is no such key, or it can't be used."""
    account, region = use.bucket.account_id, use.bucket.region_name
    if use.key is None:
        return Resource(
            f"arn:aws:kms:{region}:{account}:key/aws/s3", account, _managed(account, region), policy_required=True
        )
    if named := _KEY_ARN.fullmatch(use.key):
        region, account = named[1], named[2]
    name = named[3] if named else use.key
    keys = kms_backends[account][region].keys.values() if region in kms_backends[account] else ()
    key = next((each for each in keys if name == each.id or name in each.aliases), None)
    return Resource(key.arn, account, key.policy, policy_required=True) if key and key.enabled else None


def _asked(headers: Mapping[str, str], bucket: FakeBucket) -> Encryption:
    """How a new object will be encrypted: as its headers say, else as the bucket does by default."""
    rule = (bucket.encryption or {}).get("Rule", {})
    default = rule.get("ApplyServerSideEncryptionByDefault", {})
    by_bucket = str(headers.get(f"{_HEADER}-bucket-key-enabled", rule.get("BucketKeyEnabled"))).lower() == "true"
    if _HEADER in headers:
        return Encryption(headers[_HEADER], headers.get(f"{_HEADER}-aws-kms-key-id"), by_bucket)
    return Encryption(default.get("SSEAlgorithm"), default.get("KMSMasterKeyID"), by_bucket)


def _read(bucket: FakeBucket, key: str, version: str | None) -> Iterator[KeyUse]:
    versions = bucket.keys.getlist(key) or []
    found = next((each for each in reversed(versions) if version in (None, each.version_id)), None)
    if isinstance(found, FakeKey):
        by_bucket = str(found.bucket_key_enabled).lower() == "true"
        yield from _use("kms:Decrypt", bucket, key, Encryption(found.encryption, found.kms_key_id, by_bucket))


def _use(action: str, bucket: FakeBucket, key: str, encryption: Encryption) -> Iterator[KeyUse]:
    if (encryption.algorithm or "").startswith("aws:kms"):
        context = (
            f"{S3_ARN_PREFIX}{bucket.name}" if encryption.uses_bucket_key else f"{S3_ARN_PREFIX}{bucket.name}/{key}"
        )
        yield KeyUse(action, encryption.key, bucket, context)


def _managed(account: str, region: str) -> str:
    """The policy of aws/s3: whoever is of the account, through S3."""
    through: dict[str, Any] = {"kms:CallerAccount": account, "kms:ViaService": f"s3.{region}.amazonaws.com"}
    actions = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    allow = {"Sid": "AwsManagedKeyOfS3", "Effect": "Allow", "Principal": "*", "Action": actions, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": {**allow, "Condition": {"StringEquals": through}}})
