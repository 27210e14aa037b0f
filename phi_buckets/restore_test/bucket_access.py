"""A bucket of a restore test: reads, retrieval from the archive, and the verification of copies."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from phi_buckets.access_log import Access, log_access, loggable_key
from phi_buckets.aws_errors import translate_aws_errors
from phi_buckets.errors import (
    AccessDeniedError,
    IntegrityError,
    NotScannedError,
    RequestRejectedError,
    WrongKeyError,
)
from phi_buckets.object_keys import DEFAULT_PREFIXES
from phi_buckets.restore_test.sample import Version
from phi_buckets.store import malware_scan

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHUNK_BYTES = 1024 * 1024
ARCHIVE_CLASSES = frozenset({"GLACIER", "DEEP_ARCHIVE"})


@dataclass(frozen=True)
class RestoreTestBucket:
    """A bucket, with its client and its KMS key.

    Attributes:
        key_arn: The KMS key that every object in the bucket must be encrypted with.
        principal: Returns the caller's ARN for the access log.
        user_reference: The opaque reference of the person who runs the test, for the access log.
        malware_protection: Whether the bucket policy denies the read of an object until a scan has found no malware.
    """

    s3: S3Client
    bucket: str
    key_arn: str
    principal: Callable[[], str | None]
    user_reference: str | None = None
    malware_protection: bool = False

    def log_access(self, action: str, key: str) -> AbstractContextManager[Access]:
        """Write a line to the access log when the block ends."""
        return log_access(action, loggable_key(key, DEFAULT_PREFIXES), self.principal, self.user_reference)

    def head(self, key: str, version: str | None = None) -> dict[str, Any]:
        """Return S3's metadata of a version, or of the current version, with its checksum."""
        with self._translate_read_errors(key, version):
            return dict(self.s3.head_object(**self._object_args(key, version), ChecksumMode="ENABLED"))

    def locked_until(self, key: str, version: str) -> datetime | None:
        """Return the end of a version's Object Lock retention.

        None means that it has no retention, or that the caller lacks s3:GetObjectRetention.
        """
        with translate_aws_errors("s3:GetObjectVersion"):
            return self.s3.head_object(**self._object_args(key, version)).get("ObjectLockRetainUntilDate")

    def sha256(self, key: str, version: str | None, head: dict[str, Any] | None = None) -> str:
        """Return the SHA-256 of a version's content, in hex.

        It is S3's own checksum if that covers the whole object. Otherwise the object is read, chunk by chunk.
        """
        return full_object_sha256(head or self.head(key, version)) or self._read_sha256(key, version)

    def retrieval_pending(self, key: str, version: str) -> bool:
        """Return whether a version is archived and can't be read yet. Start its retrieval if necessary.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
        """
        head = self.head(key, version)
        retrieval = head.get("Restore", "")
        if head.get("StorageClass") not in ARCHIVE_CLASSES or 'ongoing-request="false"' in retrieval:
            return False
        if not retrieval:
            with translate_aws_errors("s3:RestoreObject"):
                self.s3.restore_object(
                    **self._object_args(key, version),
                    RestoreRequest={"Days": 1, "GlacierJobParameters": {"Tier": "Standard"}},
                )
        return True

    def is_scanned(self, key: str) -> bool:
        """Return whether the malware scan of the current version has ended.

        Raises:
            UnsafeObjectError: The scan found a threat or couldn't be made, so the version can't be read.
        """
        error = malware_scan.scan_error(self._tags(key, None))
        if error is None or isinstance(error, NotScannedError):
            return error is None
        raise error

    def explain_denial(self, key: str, version: str | None, denied: AccessDeniedError) -> AccessDeniedError:
        """Return an error that says what the malware scan found, or `denied` if the scan isn't the reason."""
        if not self.malware_protection:
            return denied
        return malware_scan.explain_denial(lambda: self._tags(key, version), denied)

    @contextmanager
    def _translate_read_errors(self, key: str, version: str | None) -> Iterator[None]:
        try:
            with translate_aws_errors("s3:GetObjectVersion" if version else "s3:GetObject"):
                yield
        except AccessDeniedError as denied:
            raise self.explain_denial(key, version, denied) from None

    def _tags(self, key: str, version: str | None) -> Mapping[str, Any]:
        with translate_aws_errors("s3:GetObjectVersionTagging" if version else "s3:GetObjectTagging"):
            return self.s3.get_object_tagging(**self._object_args(key, version))

    def _read_sha256(self, key: str, version: str | None) -> str:
        digest = hashlib.sha256()
        with self._translate_read_errors(key, version):
            body = self.s3.get_object(**self._object_args(key, version))["Body"]
            with body:
                for chunk in body.iter_chunks(CHUNK_BYTES):
                    digest.update(chunk)
        return digest.hexdigest()

    def _object_args(self, key: str, version: str | None) -> Any:
        return {"Bucket": self.bucket, "Key": key, **({"VersionId": version} if version else {})}


def full_object_sha256(head: dict[str, Any]) -> str | None:
    """Return S3's SHA-256 of a whole object, in hex, or None.

    The checksum of a multipart upload is a checksum of its parts' checksums. It depends on how the object was split:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
    """
    checksum = head.get("ChecksumSHA256")
    return base64.b64decode(checksum).hex() if checksum and head.get("ChecksumType") == "FULL_OBJECT" else None


def verify_copy(
    reference: RestoreTestBucket, version: Version, scratch: RestoreTestBucket, key: str, head: dict[str, Any]
) -> None:
    """Verify that a restored object has the version's content and the required encryption.

    Args:
        reference: The bucket that holds the version.
        version: The version that was restored.
        scratch: The bucket that it was restored to.
        key: The key of the restored object.
        head: S3's metadata of the restored object.

    Raises:
        WrongKeyError: It isn't encrypted with the key of its bucket.
        IntegrityError: Its content differs.
        PhiError: One of the two can't be read.
    """
    if head.get("ServerSideEncryption") != "aws:kms" or head.get("SSEKMSKeyId") != scratch.key_arn:
        raise WrongKeyError("the restored object isn't encrypted with the required KMS key")
    if head["ContentLength"] != version.size:
        raise IntegrityError("the restored object and the version differ in size")
    if scratch.sha256(key, head.get("VersionId"), head) != reference.sha256(version.key, version.id):
        raise IntegrityError("the restored object and the version differ in their SHA-256")


def default_kms_key(s3: S3Client, bucket: str, owner: str) -> str:
    """Return the ARN of the customer managed key that a bucket encrypts with by default.

    Args:
        owner: The account that the bucket must belong to.

    Raises:
        RequestRejectedError: The bucket has no such key, so PHI must not be restored there.
        AccessDeniedError: The bucket belongs to another account.
    """
    with translate_aws_errors("s3:GetEncryptionConfiguration"):
        try:
            response = s3.get_bucket_encryption(Bucket=bucket, ExpectedBucketOwner=owner)
            rules = response["ServerSideEncryptionConfiguration"]["Rules"]
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
        f"{bucket} isn't encrypted with a customer managed key by default: set its default encryption to SSE-KMS with "
        "the ARN of such a key, or use another --scratch-bucket"
    )
