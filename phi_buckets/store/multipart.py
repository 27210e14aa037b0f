"""Multipart uploads. The object appears only when all parts are complete; a failed upload is aborted."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from phi_buckets.errors import IntegrityError, PhiError
from phi_buckets.store import checksum
from phi_buckets.store.bucket import Bucket, Response, request_id, version_id

LOGGER = logging.getLogger("phi_buckets.store")


@dataclass(frozen=True)
class Part:
    """A part that S3 has stored.

    Attributes:
        sha256: In base64, as S3 returned it; None for a copied part if the emulator doesn't return it.
        size: In bytes.
    """

    number: int
    etag: str
    sha256: str | None
    size: int


@dataclass(frozen=True)
class MultipartUpload:
    """An upload in progress, made by `multipart_upload`."""

    bucket: Bucket
    key: str
    upload_id: str

    def put_part(self, number: int, data: bytes) -> Part:
        """Upload a part. Raises IntegrityError unless S3 confirms its checksum."""
        sha256 = checksum.sha256(data)
        response = self._call(
            "upload_part", PartNumber=number, Body=data, ChecksumAlgorithm="SHA256", ChecksumSHA256=sha256
        )
        verify_checksum(response, response.get("ChecksumSHA256"), sha256)
        return Part(number, response["ETag"], sha256, len(data))

    def copy_part(self, number: int, source: Mapping[str, str], start: int, stop: int) -> Part:
        """Copy the bytes from `start` up to `stop` of an object version. `source` is CopyObject's `CopySource`."""
        response = self._call(
            "upload_part_copy", PartNumber=number, CopySource=source, CopySourceRange=f"bytes={start}-{stop - 1}"
        )
        result = response["CopyPartResult"]
        return Part(number, result["ETag"], result.get("ChecksumSHA256"), stop - start)

    def complete(self, parts: list[Part], sha256: str) -> Response:
        """Complete the upload and return S3's response.

        Args:
            parts: All parts, in order.
            sha256: The composite checksum that the object must have.

        Raises:
            IntegrityError: S3 returned another checksum or none.
        """
        response = self._call(
            "complete_multipart_upload",
            ChecksumType="COMPOSITE",
            MpuObjectSize=sum(part.size for part in parts),
            MultipartUpload={"Parts": [_completed_part(part) for part in parts]},
        )
        returned = response.get("ChecksumSHA256") or self._stored_checksum(response, len(parts))
        verify_checksum(response, returned, sha256)
        return response

    def _call(self, operation: str, **parameters: Any) -> Response:
        return self.bucket.call_object(operation, Key=self.key, UploadId=self.upload_id, **parameters)

    def _stored_checksum(self, response: Response, parts: int) -> str | None:
        """Return the object's checksum from HeadObject, for an emulator that leaves it out of the response."""
        head = self.bucket.call_object("head_object", Key=self.key, ChecksumMode="ENABLED")
        sha256: str | None = head.get("ChecksumSHA256")
        if sha256 is None or version_id(head) != version_id(response):  # the head may describe a later version
            return None
        return sha256 if checksum.part_count(sha256) else f"{sha256}-{parts}"


@contextmanager
def multipart_upload(
    bucket: Bucket, key: str, metadata: Mapping[str, str], **parameters: str
) -> Iterator[MultipartUpload]:
    """Start a multipart upload and yield it. If the block raises, abort the upload, so that S3 deletes its parts."""
    response = bucket.call_object(
        "create_multipart_upload",
        Key=key,
        Metadata=metadata,
        ChecksumAlgorithm="SHA256",
        ChecksumType="COMPOSITE",
        **bucket.encryption_args,
        **parameters,
    )
    upload = MultipartUpload(bucket, key, response["UploadId"])
    try:
        yield upload
    except BaseException:
        _abort(upload)
        raise


def verify_checksum(response: Response, returned: str | None, expected: str) -> None:
    """Raise IntegrityError unless the SHA-256 that S3 returned is the expected one."""
    if returned != expected:
        problem = "another SHA-256 than the expected one" if returned else "no SHA-256 of the stored object"
        error = IntegrityError(
            f"S3 returned {problem}; try again, and don't use a version that this attempt may have left"
        )
        error.request_id = request_id(response)
        raise error


def _abort(upload: MultipartUpload) -> None:
    try:
        upload.bucket.call("abort_multipart_upload", Key=upload.key, UploadId=upload.upload_id)
    except PhiError as error:
        LOGGER.warning("parts of a failed upload remain until a lifecycle rule deletes them: %s", error)


def _completed_part(part: Part) -> dict[str, Any]:
    checksums = {"ChecksumSHA256": part.sha256} if part.sha256 else {}
    return {"PartNumber": part.number, "ETag": part.etag, **checksums}
