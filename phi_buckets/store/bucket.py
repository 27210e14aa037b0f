"""Calls to S3 for one bucket. A response about an object must name the KMS key that all objects are encrypted with."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
from botocore.config import Config

from phi_buckets.aws_errors import translate_aws_errors
from phi_buckets.errors import UnavailableError, WrongKeyError

MAX_ATTEMPTS = 5
KMS_ENCRYPTION = ("aws:kms", "aws:kms:dsse")
# At DEBUG these loggers write bodies, headers and URL signatures, so they stay above it even if the root logger is
# set to DEBUG.
NOISY_LOGGERS = ("boto3", "botocore", "urllib3")

# A field that every complete response body has. If the connection breaks right before the body, botocore returns an
# empty response instead of raising, and an empty listing for a list operation.
REQUIRED_FIELDS = {
    "complete_multipart_upload": "ETag",
    "copy_object": "CopyObjectResult",
    "create_multipart_upload": "UploadId",
    "list_object_versions": "IsTruncated",
    "list_objects_v2": "IsTruncated",
    "upload_part_copy": "CopyPartResult",
}

Response = Mapping[str, Any]


def create_client(session: boto3.Session, region: str, max_concurrency: int) -> Any:
    """Return an S3 client with botocore's standard retries and a pool of `max_concurrency` connections.

    It also keeps NOISY_LOGGERS above DEBUG in the whole process.
    https://docs.aws.amazon.com/boto3/latest/guide/retries.html
    """
    for name in NOISY_LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.getEffectiveLevel(), logging.INFO))
    config = Config(
        signature_version="s3v4",
        retries={"mode": "standard", "total_max_attempts": MAX_ATTEMPTS},
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=max_concurrency,
        tcp_keepalive=True,
        # The SHA-256 of the content is sent in a signed header; signing the payload too would hash it a second time.
        s3={"payload_signing_enabled": False, "us_east_1_regional_endpoint": "regional"},
    )
    return session.client("s3", region_name=region, config=config)


# IAM actions whose names differ from the API operation's, for error messages.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
IAM_ACTIONS = {
    "head_object": "s3:GetObject",
    "list_objects_v2": "s3:ListBucket",
    "list_object_versions": "s3:ListBucketVersions",
    **dict.fromkeys(
        ("copy_object", "create_multipart_upload", "upload_part", "upload_part_copy", "complete_multipart_upload"),
        "s3:PutObject",
    ),
}


@dataclass(frozen=True)
class Bucket:
    """A bucket whose objects must all be encrypted with one KMS key.

    Attributes:
        key_arn: The ARN of the KMS key.
        owner: The ID of the account that must own the bucket, if known.
        malware_protection: Whether the bucket policy denies the read of an object until a scan has found no malware.
    """

    client: Any
    name: str
    key_arn: str
    owner: str | None = None
    malware_protection: bool = False

    @property
    def encryption_args(self) -> dict[str, str]:
        """The encryption parameters of a write. Both are needed: `aws:kms` alone selects the AWS managed key.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
        """
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.key_arn}

    @property
    def _bucket_args(self) -> dict[str, str]:
        return {"Bucket": self.name} | ({"ExpectedBucketOwner": self.owner} if self.owner else {})

    def call(self, operation: str, **parameters: Any) -> Response:
        """Call S3 and return the response. Raises a PhiError if the call fails or the response is incomplete."""
        with translate_aws_errors(self._iam_action(operation)):
            response: Response = getattr(self.client, operation)(**self._bucket_args, **parameters)
        return self._require_complete(operation, response)

    def call_object(self, operation: str, **parameters: Any) -> Response:
        """Call S3 for an operation on an object. Raises WrongKeyError unless the object is encrypted with `key_arn`."""
        response = self.call(operation, **parameters)
        encryption, kms_key = response.get("ServerSideEncryption"), response.get("SSEKMSKeyId")
        if encryption in KMS_ENCRYPTION and kms_key == self.key_arn:
            return response
        if "Body" in response:
            response["Body"].close()
        error = WrongKeyError(
            f"{self._iam_action(operation)}: the object is encrypted {_describe_encryption(encryption, kms_key)}, "
            "not with the stack's KMS key; check the bucket's default encryption and policy, and which program wrote "
            "the object"
        )
        error.request_id = request_id(response)
        raise error

    def pages(self, operation: str, **parameters: Any) -> Iterator[Response]:
        """Yield the response pages of a list operation. Raises a PhiError if a call fails or a page is incomplete."""
        pages = iter(self.client.get_paginator(operation).paginate(**self._bucket_args, **parameters))
        while True:
            with translate_aws_errors(self._iam_action(operation)):
                page: Response | None = next(pages, None)
            if page is None:
                return
            yield self._require_complete(operation, page)

    def presign(self, operation: str, expires: timedelta, **parameters: Any) -> str:
        """Return a presigned URL. It doesn't check the bucket owner, which its user would have to send as a header."""
        with translate_aws_errors(self._iam_action(operation)):
            url: str = self.client.generate_presigned_url(
                operation,
                Params={"Bucket": self.name, **parameters},
                ExpiresIn=int(expires.total_seconds()),
            )
        return url

    def _require_complete(self, operation: str, response: Response) -> Response:
        if operation in REQUIRED_FIELDS and response.get(REQUIRED_FIELDS[operation]) in (None, {}):
            error = UnavailableError(f"{self._iam_action(operation)}: S3's response is incomplete; try again")
            error.request_id = request_id(response)
            raise error
        return response

    def _iam_action(self, operation: str) -> str:
        return IAM_ACTIONS.get(operation) or f"s3:{self.client.meta.method_to_api_mapping[operation]}"


def request_id(response: Response) -> str | None:
    """Return the ID that AWS gave to the request, or None if the response has none."""
    value: str | None = response["ResponseMetadata"].get("RequestId")
    return value


def version_id(response: Response) -> str:
    """Return the version ID in a response; `null` for a bucket without versioning."""
    return str(response.get("VersionId", "null"))


def response_time(response: Response) -> datetime:
    """Return the time at which AWS sent the response, or now if it has no date header."""
    date = response["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
    return parsedate_to_datetime(date) if date else datetime.now(UTC)


def _describe_encryption(encryption: str | None, kms_key: str | None) -> str:
    if encryption in KMS_ENCRYPTION:
        return "with another KMS key" if kms_key else "with a KMS key that S3 doesn't name"
    return f"with {encryption}" if encryption else "in an unknown way"
