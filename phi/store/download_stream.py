"""An object's content as it streams in: taken up where the connection breaks, and verified before its last bytes."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from phi.errors import IntegrityError, RequestRejectedError, UnavailableError, translate_aws_errors
from phi.store import checksum
from phi.store.bucket import Answer, Bucket, request_id, version_of
from phi.store.objects import StoredObject

CHUNK = 1 << 20
BREAKS = 5  # after which a stream isn't taken up again

GET = "s3:GetObject"


@dataclass(frozen=True)
class Opened:
    """An object whose content begins to come. part_size: in bytes, of an object that was sent in parts.

    version: that was asked for; None for the latest, which its ETag then holds to be the same throughout. To name its
    version too would take another permission, s3:GetObjectVersion.
    """

    bucket: Bucket
    stored: StoredObject
    version: str | None
    etag: str
    part_size: int | None
    body: Any
    request_id: str | None
    content_type: str

    def again(self, start: int, stop: int) -> Any:
        """A body of the bytes from start until stop."""
        answer = self.bucket.ask_of_object(
            "get_object", **self.named, Range=f"bytes={start}-{stop - 1}", IfMatch=self.etag
        )
        if answer.get("ContentRange") != f"bytes {start}-{stop - 1}/{self.stored.size}":
            answer["Body"].close()
            raise IntegrityError(f"{GET}: S3 answers with another range than was asked for")
        return answer["Body"]

    @property
    def named(self) -> dict[str, str]:
        return _named(self.stored.key, self.version)


def opened(bucket: Bucket, key: str, version: str | None = None) -> Opened:
    """The body is the caller's to close. Raises WrongKeyError, and IntegrityError where nothing can verify it."""
    answer = bucket.ask_of_object("get_object", **_named(key, version), ChecksumMode="ENABLED")
    try:
        return _opened(bucket, key, version, answer)
    except BaseException as error:
        answer["Body"].close()
        if isinstance(error, IntegrityError):
            error.request_id = request_id(answer)
        raise


def _opened(bucket: Bucket, key: str, version: str | None, answer: Answer) -> Opened:
    sha256, size = answer.get("ChecksumSHA256"), answer["ContentLength"]
    if not sha256:
        raise IntegrityError(f"{GET}: the object has no SHA-256 to verify it by: another program than phi wrote it")
    modified = answer["LastModified"].astimezone(UTC)
    return Opened(
        bucket=bucket,
        stored=StoredObject(key, version_of(answer), size, sha256, modified, answer["Metadata"]),
        version=version,
        etag=answer["ETag"],
        part_size=_part_size(bucket, key, version, answer),
        body=answer["Body"],
        request_id=request_id(answer),
        content_type=answer["ContentType"],
    )


def _part_size(bucket: Bucket, key: str, version: str | None, answer: Answer) -> int | None:
    """The size of all parts but the last, which the checksum is by. Those that phi sends are of one size."""
    size, parts = answer["ContentLength"], checksum.parts_in(answer["ChecksumSHA256"])
    if parts is None:
        return None
    if parts == 1:
        return int(size)
    head = bucket.ask_of_object("head_object", **_named(key, version), PartNumber=1)
    if version_of(head) not in ("null", version_of(answer)):  # an emulator doesn't tell a part's version
        raise RequestRejectedError(f"{GET}: the object was replaced while it was read; begin again")
    first: int = head["ContentLength"]
    if first < 1 or -(-size // first) != parts:
        raise IntegrityError(
            f"{GET}: the object's parts are of several sizes, so that its SHA-256 can't be made: another program than "
            "phi wrote it"
        )
    return first


class Span:
    """The bytes of an object from start until stop. Where the stream breaks, it is taken up from there.

    body: one that is open already, at start.
    """

    def __init__(self, opened: Opened, start: int, stop: int, body: Any = None) -> None:
        self._opened, self._at, self._stop, self._body = opened, start, stop, body
        self._breaks = 0

    def read(self, most: int) -> bytes:
        """Up to so many bytes; none at the end alone. Raises UnavailableError once it has broken too often."""
        while most and self._at < self._stop:
            try:
                if self._body is None:
                    self._body = self._opened.again(self._at, self._stop)
                with translate_aws_errors(GET):
                    data: bytes = self._body.read(min(most, self._stop - self._at))
                if not data:
                    raise UnavailableError(f"{GET}: the content ends before its end; try again")
            except UnavailableError:
                self.close()
                self._breaks += 1
                if self._breaks == BREAKS:
                    raise
            else:
                self._at += len(data)
                return data
        return b""

    def close(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None


class Verified(io.RawIOBase):
    """A stream of all of it. Raises IntegrityError in the place of the last bytes, unless all are what was sent."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._span = Span(opened, 0, opened.stored.size, opened.body)
        self._running = checksum.Running(opened.part_size)
        self.count = 0
        self.verified = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._span.read(len(buffer))
        self._running.update(data)
        self.count += len(data)
        if self.count == self._opened.stored.size and not self.verified:
            verify(self._opened, self._running.told())
            self.verified = True
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._span.close()
        super().close()


def verify(opened: Opened, made: str) -> None:
    """made: the checksum of what came."""
    if made != opened.stored.sha256:
        error = IntegrityError(f"{GET}: what arrived isn't what was sent, by its SHA-256; none of it can be trusted")
        error.request_id = opened.request_id
        raise error


def _named(key: str, version: str | None) -> dict[str, str]:
    return {"Key": key} | ({"VersionId": version} if version is not None else {})
