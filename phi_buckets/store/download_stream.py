"""Streams of an object's content. They resume after a broken connection, and return the last bytes only if verified."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from typing import Any

from phi_buckets.aws_errors import translate_aws_errors
from phi_buckets.errors import AccessDeniedError, IntegrityError, RequestRejectedError, UnavailableError
from phi_buckets.store import checksum
from phi_buckets.store.bucket import Bucket, Response, request_id, version_id
from phi_buckets.store.malware_scan import explain_denial
from phi_buckets.store.objects import StoredObject

CHUNK_BYTES = 1 << 20
MAX_INTERRUPTIONS = 5  # a stream that broke this many times isn't resumed

GET_ACTION = "s3:GetObject"


@dataclass(frozen=True)
class OpenObject:
    """An object whose content has begun to arrive.

    Attributes:
        version: The requested version; None for the latest one. Later requests then use the ETag to stay on the same
            version, because naming the version would need another permission, s3:GetObjectVersion.
        part_size: In bytes; None if the object wasn't uploaded in parts.
        body: The response body, at the first byte.
    """

    bucket: Bucket
    stored: StoredObject
    version: str | None
    etag: str
    part_size: int | None
    body: Any
    request_id: str | None
    content_type: str

    def reopen(self, start: int, stop: int) -> Any:
        """Return a body with the bytes from `start` up to `stop`. Raises IntegrityError if S3 returns another range."""
        args = _object_args(self.stored.key, self.version)
        response = _get_object(self.bucket, args, Range=f"bytes={start}-{stop - 1}", IfMatch=self.etag)
        if response.get("ContentRange") != f"bytes {start}-{stop - 1}/{self.stored.size}":
            response["Body"].close()
            raise IntegrityError(f"{GET_ACTION}: S3 returned a different byte range from the one requested; try again")
        return response["Body"]


def open_object(bucket: Bucket, key: str, version: str | None = None) -> OpenObject:
    """Request an object's content, and return the object once its headers have arrived. The caller must close the body.

    Args:
        bucket: The bucket.
        key: The object key.
        version: The version; the latest one by default.

    Raises:
        NotScannedError: The object isn't scanned for malware yet.
        UnsafeObjectError: The malware scan found a threat or couldn't be made.
        WrongKeyError: The object isn't encrypted with the bucket's KMS key.
        IntegrityError: The object has no SHA-256 that could be verified.
    """
    response = _get_object(bucket, _object_args(key, version), ChecksumMode="ENABLED")
    try:
        return _from_response(bucket, key, version, response)
    except BaseException as error:
        response["Body"].close()
        if isinstance(error, IntegrityError):
            error.request_id = request_id(response)
        raise


def _from_response(bucket: Bucket, key: str, version: str | None, response: Response) -> OpenObject:
    sha256, size = response.get("ChecksumSHA256"), response["ContentLength"]
    if not sha256:
        raise IntegrityError(
            f"{GET_ACTION}: the object can't be verified, because it has no SHA-256; upload it again with phi"
        )
    modified = response["LastModified"].astimezone(UTC)
    return OpenObject(
        bucket=bucket,
        stored=StoredObject(key, version_id(response), size, sha256, modified, response["Metadata"]),
        version=version,
        etag=response["ETag"],
        part_size=_part_size(bucket, key, version, response),
        body=response["Body"],
        request_id=request_id(response),
        content_type=response["ContentType"],
    )


def _part_size(bucket: Bucket, key: str, version: str | None, response: Response) -> int | None:
    """Return the size of every part but the last, which is needed to compute the checksum; None for a whole object.

    phi always uploads parts of one size.
    """
    size, parts = response["ContentLength"], checksum.part_count(response["ChecksumSHA256"])
    if parts is None:
        return None
    if parts == 1:
        return int(size)
    head = bucket.call_object("head_object", **_object_args(key, version), PartNumber=1)
    if version_id(head) not in ("null", version_id(response)):  # the emulator returns no version for a part
        raise RequestRejectedError(f"{GET_ACTION}: the object was replaced while it was read; try again")
    first: int = head["ContentLength"]
    if first < 1 or -(-size // first) != parts:
        raise IntegrityError(
            f"{GET_ACTION}: the object can't be verified, because its parts differ in size; upload it again with phi"
        )
    return first


class RangeReader:
    """A reader of the bytes from `start` up to `stop` of an object, which resumes after a broken connection.

    `body` is a response body already open at `start`, if there is one.
    """

    def __init__(self, source: OpenObject, start: int, stop: int, body: Any = None) -> None:
        self._source, self._position, self._stop, self._body = source, start, stop, body
        self._interruptions = 0

    def read(self, max_bytes: int) -> bytes:
        """Return up to `max_bytes`, and b"" only at the end. Raises UnavailableError after MAX_INTERRUPTIONS."""
        while max_bytes and self._position < self._stop:
            try:
                if self._body is None:
                    self._body = self._source.reopen(self._position, self._stop)
                with translate_aws_errors(GET_ACTION):
                    data: bytes = self._body.read(min(max_bytes, self._stop - self._position))
                if not data:
                    raise UnavailableError(f"{GET_ACTION}: the content ended early; try again")
            except UnavailableError:
                self.close()
                self._interruptions += 1
                if self._interruptions == MAX_INTERRUPTIONS:
                    raise
            else:
                self._position += len(data)
                return data
        return b""

    def close(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None


class VerifiedStream(io.RawIOBase):
    """A stream of the whole content. Reading its last bytes raises IntegrityError unless the checksum matches.

    Attributes:
        bytes_read: How many bytes have been read so far.
        verified: Whether the end was reached and the checksum matched.
    """

    def __init__(self, source: OpenObject) -> None:
        self._source = source
        self._reader = RangeReader(source, 0, source.stored.size, source.body)
        self._running = checksum.RunningChecksum(source.part_size)
        self.bytes_read = 0
        self.verified = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._reader.read(len(buffer))
        self._running.update(data)
        self.bytes_read += len(data)
        if self.bytes_read == self._source.stored.size and not self.verified:
            verify_content(self._source, self._running.value())
            self.verified = True
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._reader.close()
        super().close()


def verify_content(source: OpenObject, computed: str) -> None:
    """Raise IntegrityError unless `computed`, the checksum of the received content, is the object's checksum."""
    if computed != source.stored.sha256:
        error = IntegrityError(
            f"{GET_ACTION}: the content doesn't match the object's SHA-256; discard all of it and try again"
        )
        error.request_id = source.request_id
        raise error


def _get_object(bucket: Bucket, object_args: dict[str, str], **parameters: str) -> Response:
    try:
        return bucket.call_object("get_object", **object_args, **parameters)
    except AccessDeniedError as denied:
        if not bucket.malware_protection:
            raise
        raise explain_denial(partial(bucket.call, "get_object_tagging", **object_args), denied) from None


def _object_args(key: str, version: str | None) -> dict[str, str]:
    return {"Key": key} | ({"VersionId": version} if version is not None else {})
