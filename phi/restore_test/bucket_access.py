"""A bucket that a drill reads, and what it asks of an object there."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from phi.access_log import Access, log_access, loggable_key
from phi.errors import IntegrityError, RequestRejectedError, WrongKeyError, translate_aws_errors
from phi.object_keys import PREFIXES
from phi.restore_test.sample import Version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHUNK = 1024 * 1024
ARCHIVED = frozenset({"GLACIER", "DEEP_ARCHIVE"})


@dataclass(frozen=True)
class Place:
    """key_arn: the key that everything there must be encrypted with; principal: who asks, for the access log."""

    s3: S3Client
    bucket: str
    key_arn: str
    principal: Callable[[], str | None]

    def logged(self, action: str, key: str) -> AbstractContextManager[Access]:
        """Writes a line of the access log as what is done to an object ends."""
        return log_access(action, loggable_key(key, PREFIXES), self.principal)

    def head(self, key: str, version: str | None = None) -> dict[str, Any]:
        """What S3 tells of a version, or of the current one, with its checksum."""
        with translate_aws_errors("s3:GetObjectVersion" if version else "s3:GetObject"):
            return dict(self.s3.head_object(**self._of(key, version), ChecksumMode="ENABLED"))

    def locked_until(self, key: str, version: str) -> datetime | None:
        """When a version's lock ends; None where there is none, or s3:GetObjectRetention isn't allowed."""
        with translate_aws_errors("s3:GetObjectVersion"):
            return self.s3.head_object(**self._of(key, version)).get("ObjectLockRetainUntilDate")

    def sha256(self, key: str, version: str | None, head: dict[str, Any] | None = None) -> str:
        """Of a version's content, in hex: what S3 has computed of all of it, else of what is read, chunk by chunk."""
        return stored_sha256(head or self.head(key, version)) or self._read(key, version)

    def is_archived(self, key: str, version: str) -> bool:
        """Whether it can't be read yet. Asks S3 to get it out, if nobody has.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
        """
        head = self.head(key, version)
        retrieval = head.get("Restore", "")
        if head.get("StorageClass") not in ARCHIVED or 'ongoing-request="false"' in retrieval:
            return False
        if not retrieval:
            with translate_aws_errors("s3:RestoreObject"):
                self.s3.restore_object(
                    **self._of(key, version),
                    RestoreRequest={"Days": 1, "GlacierJobParameters": {"Tier": "Standard"}},
                )
        return True

    def _read(self, key: str, version: str | None) -> str:
        digest = hashlib.sha256()
        with translate_aws_errors("s3:GetObjectVersion"):
            body = self.s3.get_object(**self._of(key, version))["Body"]
            with body:
                for chunk in body.iter_chunks(CHUNK):
                    digest.update(chunk)
        return digest.hexdigest()

    def _of(self, key: str, version: str | None) -> Any:
        return {"Bucket": self.bucket, "Key": key, **({"VersionId": version} if version else {})}


def stored_sha256(head: dict[str, Any]) -> str | None:
    """In hex. One of an upload in parts is of its parts' checksums: it tells nothing of the whole.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
    """
    checksum = head.get("ChecksumSHA256")
    return base64.b64decode(checksum).hex() if checksum and head.get("ChecksumType") == "FULL_OBJECT" else None


def compare(reference: Place, version: Version, copy: Place, key: str, head: dict[str, Any]) -> None:
    """That what was restored as `key` is the version, and is encrypted as it must be. head: what S3 tells of it.

    Raises WrongKeyError, IntegrityError, or what reading either raises.
    """
    if head.get("ServerSideEncryption") != "aws:kms" or head.get("SSEKMSKeyId") != copy.key_arn:
        raise WrongKeyError("what was restored isn't encrypted with the key that it must be")
    if head["ContentLength"] != version.size:
        raise IntegrityError("what was restored isn't as long as the version is")
    if copy.sha256(key, head.get("VersionId"), head) != reference.sha256(version.key, version.id):
        raise IntegrityError("what was restored isn't what the version is, by their SHA-256")


def default_key(s3: S3Client, bucket: str, owner: str) -> str:
    """The ARN of the customer managed key that a bucket encrypts with by default. owner: the account it must be of.

    Raises RefusedError where it has none, AccessDeniedError where it is another's: PHI isn't put there.
    """
    with translate_aws_errors("s3:GetEncryptionConfiguration"):
        try:
            told = s3.get_bucket_encryption(Bucket=bucket, ExpectedBucketOwner=owner)
            rules = told["ServerSideEncryptionConfiguration"]["Rules"]
        except s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "ServerSideEncryptionConfigurationNotFoundError":
                raise
            rules = []
    for rule in rules:
        default = rule.get("ApplyServerSideEncryptionByDefault", {})
        key = default.get("KMSMasterKeyID", "")
        if default.get("SSEAlgorithm") == "aws:kms" and ":key/" in key:
            return key
    raise RequestRejectedError(
        f"{bucket} doesn't encrypt with a customer managed key by default: give it one, by the key's ARN, or name "
        "another --scratch-bucket"
    )
