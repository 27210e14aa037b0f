"""The bucket as S3 answers for it: an answer about an object tells by which key it is encrypted, and is held to it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
from botocore.config import Config

from phi.errors import UnavailableError, WrongKeyError, translate_aws_errors

ATTEMPTS = 5
ENCRYPTION = ("aws:kms", "aws:kms:dsse")
# At DEBUG they log bodies, headers and the signatures of URLs: they stay above it even if the root logger is set to it.
TALKATIVE = ("boto3", "botocore", "urllib3")

# What S3's answer to each always tells in its body. Where the connection breaks right before that, botocore takes the
# answer for one that tells nothing, and a listing for an empty one.
TELLS = {
    "complete_multipart_upload": "ETag",
    "copy_object": "CopyObjectResult",
    "create_multipart_upload": "UploadId",
    "list_object_versions": "IsTruncated",
    "list_objects_v2": "IsTruncated",
    "upload_part_copy": "CopyPartResult",
}

Answer = Mapping[str, Any]


def client_of(session: boto3.Session, region: str, at_once: int) -> Any:
    """S3's client. Retries are botocore's: https://docs.aws.amazon.com/boto3/latest/guide/retries.html"""
    for name in TALKATIVE:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.getEffectiveLevel(), logging.INFO))
    config = Config(
        signature_version="s3v4",
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=at_once,
        tcp_keepalive=True,
        # The SHA-256 of what is sent is a header that is signed: signing the body too would hash it a second time.
        s3={"payload_signing_enabled": False, "us_east_1_regional_endpoint": "regional"},
    )
    return session.client("s3", region_name=region, config=config)


# What must be allowed for an operation, where that has another name: errors tell it.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
PERMISSIONS = {
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
    """key_arn: of the KMS key that all objects must be encrypted with. owner: the bucket's account, where known."""

    client: Any
    name: str
    key_arn: str
    owner: str | None = None

    @property
    def seal(self) -> dict[str, str]:
        """What is said of encryption with what is written: both or none, as `aws:kms` alone is another key.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
        """
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.key_arn}

    @property
    def _place(self) -> dict[str, str]:
        return {"Bucket": self.name} | ({"ExpectedBucketOwner": self.owner} if self.owner else {})

    def ask(self, operation: str, **parameters: Any) -> Answer:
        """S3's answer. Raises what phi.errors maps its errors to."""
        with translate_aws_errors(self._action(operation)):
            answer: Answer = getattr(self.client, operation)(**self._place, **parameters)
        return self._whole(operation, answer)

    def ask_of_object(self, operation: str, **parameters: Any) -> Answer:
        """The same, where the answer is about an object. Raises WrongKeyError unless it is encrypted with the key."""
        answer = self.ask(operation, **parameters)
        encryption, key = answer.get("ServerSideEncryption"), answer.get("SSEKMSKeyId")
        if encryption in ENCRYPTION and key == self.key_arn:
            return answer
        if "Body" in answer:
            answer["Body"].close()
        error = WrongKeyError(
            f"{self._action(operation)}: the object isn't encrypted with the stack's key but {_how(encryption, key)}; "
            "see the bucket's default encryption and policy, and who wrote it"
        )
        error.request_id = request_id(answer)
        raise error

    def pages(self, operation: str, **parameters: Any) -> Iterator[Answer]:
        """S3's answers to a listing."""
        pages = iter(self.client.get_paginator(operation).paginate(**self._place, **parameters))
        while True:
            with translate_aws_errors(self._action(operation)):
                page: Answer | None = next(pages, None)
            if page is None:
                return
            yield self._whole(operation, page)

    def url(self, operation: str, expires: timedelta, **parameters: Any) -> str:
        """A presigned URL. It says nothing of the bucket's owner: its user would have to send that as a header."""
        with translate_aws_errors(self._action(operation)):
            made: str = self.client.generate_presigned_url(
                operation,
                Params={"Bucket": self.name, **parameters},
                ExpiresIn=int(expires.total_seconds()),
            )
        return made

    def _whole(self, operation: str, answer: Answer) -> Answer:
        if operation in TELLS and answer.get(TELLS[operation]) in (None, {}):
            error = UnavailableError(f"{self._action(operation)}: S3's answer breaks off; try again")
            error.request_id = request_id(answer)
            raise error
        return answer

    def _action(self, operation: str) -> str:
        return PERMISSIONS.get(operation) or f"s3:{self.client.meta.method_to_api_mapping[operation]}"


def request_id(answer: Answer) -> str | None:
    found: str | None = answer["ResponseMetadata"].get("RequestId")
    return found


def version_of(answer: Answer) -> str:
    return str(answer.get("VersionId", "null"))


def answered_at(answer: Answer) -> datetime:
    date = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
    return parsedate_to_datetime(date) if date else datetime.now(UTC)


def _how(encryption: str | None, key: str | None) -> str:
    if encryption in ENCRYPTION:
        return "with another" if key else "with one that isn't told"
    return f"by {encryption}" if encryption else "in a way that isn't told"
