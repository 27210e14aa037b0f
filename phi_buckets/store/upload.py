"""Upload of one object. Each part is in memory only from when it is read until S3 has stored it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from phi_buckets.errors import ConfigurationError
from phi_buckets.store import checksum
from phi_buckets.store.bucket import Bucket, Response, response_time, version_id
from phi_buckets.store.concurrent import run_concurrently
from phi_buckets.store.multipart import MultipartUpload, Part, multipart_upload, verify_checksum
from phi_buckets.store.objects import Progress, StoredObject
from phi_buckets.store.upload_source import Source, SourceStream, open_source

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
MAX_PARTS = 10_000
MIN_PART_BYTES, MAX_PART_BYTES = 5 << 20, 5 << 30
MIB = 1 << 20


@dataclass(frozen=True)
class Upload:
    """An upload of one object.

    Attributes:
        part_size: In bytes. An object that would have more than MAX_PARTS parts is sent in larger parts.
        max_concurrency: How many parts to send at a time. One more part may be in memory.
        progress: Called with the number of bytes sent since the last call.
    """

    bucket: Bucket
    key: str
    metadata: Mapping[str, str]
    part_size: int
    max_concurrency: int
    progress: Progress

    def send(self, source: Source) -> tuple[StoredObject, Response]:
        """Upload the source, in one request if it is shorter than a part. Return the object and S3's response."""
        with open_source(source) as stream:
            part_size = fit_part_size(self.part_size, stream.size)
            first = stream.read_part(part_size)
            return self._send_whole(first) if len(first) < part_size else self._send_parts(stream, first, part_size)

    def _send_whole(self, data: bytes) -> tuple[StoredObject, Response]:
        sha256 = checksum.sha256(data)
        response = self.bucket.call_object(
            "put_object",
            Key=self.key,
            Body=data,
            Metadata=self.metadata,
            ChecksumAlgorithm="SHA256",  # a bucket with a default retention requires this header
            ChecksumSHA256=sha256,
            **self.bucket.encryption_args,
        )
        verify_checksum(response, response.get("ChecksumSHA256"), sha256)
        self.progress(len(data))
        return self._stored_object(response, len(data), sha256), response

    def _send_parts(self, stream: SourceStream, first: bytes, part_size: int) -> tuple[StoredObject, Response]:
        max_concurrency = max(1, min(self.max_concurrency, self.max_concurrency * self.part_size // part_size))
        parts: list[Part] = []
        with multipart_upload(self.bucket, self.key, self.metadata) as upload:
            with closing(run_concurrently(_part_tasks(upload, stream, first, part_size), max_concurrency)) as sent:
                for part in sent:
                    parts.append(part)
                    self.progress(part.size)
            sha256 = checksum.composite_sha256(part.sha256 or "" for part in parts)
            response = upload.complete(parts, sha256)
        return self._stored_object(response, stream.position, sha256), response

    def _stored_object(self, response: Response, size: int, sha256: str) -> StoredObject:
        return StoredObject(self.key, version_id(response), size, sha256, response_time(response), self.metadata)


def fit_part_size(part_size: int, size: int | None) -> int:
    """Return `part_size`, or a larger one if an object of `size` bytes would have more than MAX_PARTS parts.

    `size` is None if the size isn't known in advance.
    """
    if size is None or size <= part_size * MAX_PARTS:
        return part_size
    return -(-size // (MAX_PARTS * MIB)) * MIB


def _part_tasks(
    upload: MultipartUpload, stream: SourceStream, first: bytes, part_size: int
) -> Iterator[Callable[[], Part]]:
    """Yield a task for each part. Each part is read only when its task is requested."""
    yield partial(upload.put_part, 1, first)
    number = 1
    while data := stream.read_part(part_size):
        number += 1
        if number > MAX_PARTS:
            raise ConfigurationError(
                f"the source is longer than {MAX_PARTS} parts of {part_size} bytes: set a larger part_size"
            )
        yield partial(upload.put_part, number, data)
