"""An object that is written in parts: none of it shows until all are there, and what fails leaves nothing behind."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from phi.errors import IntegrityError, PhiError
from phi.store import checksum
from phi.store.bucket import Answer, Bucket, request_id, version_of

LOGGER = logging.getLogger("phi.store")


@dataclass(frozen=True)
class Part:
    """sha256: as S3 told it; None of a copied part, of which an emulator tells none."""

    number: int
    etag: str
    sha256: str | None
    size: int


@dataclass(frozen=True)
class Multipart:
    bucket: Bucket
    key: str
    upload: str

    def put(self, number: int, data: bytes) -> Part:
        sha256 = checksum.of(data)
        sent = {"Body": data, "ChecksumAlgorithm": "SHA256", "ChecksumSHA256": sha256}
        answer = self._ask("upload_part", PartNumber=number, **sent)
        expect(answer, answer.get("ChecksumSHA256"), sha256)
        return Part(number, answer["ETag"], sha256, len(data))

    def copy(self, number: int, source: Mapping[str, str], start: int, stop: int) -> Part:
        """The bytes from start until stop of a version in the same bucket."""
        answer = self._ask(
            "upload_part_copy", PartNumber=number, CopySource=source, CopySourceRange=f"bytes={start}-{stop - 1}"
        )
        told = answer["CopyPartResult"]
        return Part(number, told["ETag"], told.get("ChecksumSHA256"), stop - start)

    def complete(self, parts: list[Part], sha256: str) -> Answer:
        """S3's answer. Raises IntegrityError unless the whole has this checksum."""
        answer = self._ask(
            "complete_multipart_upload",
            ChecksumType="COMPOSITE",
            MpuObjectSize=sum(part.size for part in parts),
            MultipartUpload={"Parts": [_listed(part) for part in parts]},
        )
        expect(answer, answer.get("ChecksumSHA256") or self._kept(answer, len(parts)), sha256)
        return answer

    def _ask(self, operation: str, **parameters: Any) -> Answer:
        return self.bucket.ask_of_object(operation, Key=self.key, UploadId=self.upload, **parameters)

    def _kept(self, answer: Answer, parts: int) -> str | None:
        """The checksum of what was made, where S3's answer doesn't tell it, as an emulator's doesn't."""
        head = self.bucket.ask_of_object("head_object", Key=self.key, ChecksumMode="ENABLED")
        told: str | None = head.get("ChecksumSHA256")
        if told is None or version_of(head) != version_of(answer):  # that of a later one says nothing
            return None
        return told if checksum.parts_in(told) else f"{told}-{parts}"


@contextmanager
def begun(bucket: Bucket, key: str, metadata: Mapping[str, str], **more: str) -> Iterator[Multipart]:
    """Whatever is raised within ends the upload, and S3 drops its parts."""
    answer = bucket.ask_of_object(
        "create_multipart_upload",
        Key=key,
        Metadata=metadata,
        ChecksumAlgorithm="SHA256",
        ChecksumType="COMPOSITE",
        **bucket.seal,
        **more,
    )
    upload = Multipart(bucket, key, answer["UploadId"])
    try:
        yield upload
    except BaseException:
        _drop(upload)
        raise


def expect(answer: Answer, told: str | None, sha256: str) -> None:
    """Raises IntegrityError unless S3 told the checksum of what was sent."""
    if told != sha256:
        what = "tells another SHA-256 than that of what was sent" if told else "doesn't tell the SHA-256 of what it has"
        error = IntegrityError(f"S3 {what}; send it again, and don't use a version that it may have left")
        error.request_id = request_id(answer)
        raise error


def _drop(upload: Multipart) -> None:
    try:
        upload.bucket.ask("abort_multipart_upload", Key=upload.key, UploadId=upload.upload)
    except PhiError as error:
        LOGGER.warning("parts of an upload that failed are left until a lifecycle rule removes them: %s", error)


def _listed(part: Part) -> dict[str, Any]:
    told = {"ChecksumSHA256": part.sha256} if part.sha256 else {}
    return {"PartNumber": part.number, "ETag": part.etag, **told}
