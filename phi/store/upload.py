"""What is sent into the bucket: each part in memory from when it is read until S3 has it, and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from phi.errors import ConfigurationError
from phi.store import checksum, concurrent, multipart
from phi.store.bucket import Answer, Bucket, answered_at, version_of
from phi.store.multipart import Multipart, Part
from phi.store.objects import StoredObject
from phi.store.upload_source import Source, Stream, reading

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
MOST_PARTS = 10_000
LEAST_PART, MOST_PART = 5 << 20, 5 << 30
MIB = 1 << 20

Progress = Callable[[int], object]


@dataclass(frozen=True)
class Upload:
    """One object to be. At most at_once parts and one are in memory. progress: called with the bytes sent since."""

    bucket: Bucket
    key: str
    metadata: Mapping[str, str]
    part_size: int
    at_once: int
    progress: Progress

    def send(self, source: Source) -> tuple[StoredObject, Answer]:
        """What is shorter than a part goes as a whole."""
        with reading(source) as stream:
            size = fit(self.part_size, stream.size)
            first = stream.part(size)
            return self._whole(first) if len(first) < size else self._in_parts(stream, first, size)

    def _whole(self, data: bytes) -> tuple[StoredObject, Answer]:
        sha256 = checksum.of(data)
        answer = self.bucket.ask_of_object(
            "put_object",
            Key=self.key,
            Body=data,
            Metadata=self.metadata,
            ChecksumAlgorithm="SHA256",  # a bucket with a default retention asks for this header
            ChecksumSHA256=sha256,
            **self.bucket.seal,
        )
        multipart.expect(answer, answer.get("ChecksumSHA256"), sha256)
        self.progress(len(data))
        return self._stored(answer, len(data), sha256), answer

    def _in_parts(self, stream: Stream, first: bytes, size: int) -> tuple[StoredObject, Answer]:
        at_once = max(1, min(self.at_once, self.at_once * self.part_size // size))
        done: list[Part] = []
        with multipart.begun(self.bucket, self.key, self.metadata) as upload:
            with closing(concurrent.results(_tasks(upload, stream, first, size), at_once)) as sent:
                for part in sent:
                    done.append(part)
                    self.progress(part.size)
            sha256 = checksum.of_parts(part.sha256 or "" for part in done)
            answer = upload.complete(done, sha256)
        return self._stored(answer, stream.at, sha256), answer

    def _stored(self, answer: Answer, size: int, sha256: str) -> StoredObject:
        return StoredObject(self.key, version_of(answer), size, sha256, answered_at(answer), self.metadata)


def fit(part_size: int, size: int | None) -> int:
    """The size of the parts with which the whole has no more of them than S3 takes."""
    if size is None or size <= part_size * MOST_PARTS:
        return part_size
    return -(-size // (MOST_PARTS * MIB)) * MIB


def _tasks(upload: Multipart, stream: Stream, first: bytes, size: int) -> Iterator[Callable[[], Part]]:
    """A task for each part, which is read when its task is drawn."""
    yield partial(upload.put, 1, first)
    number = 1
    while data := stream.part(size):
        number += 1
        if number > MOST_PARTS:
            raise ConfigurationError(f"the source is longer than {MOST_PARTS} parts of {size} bytes: set part_size")
        yield partial(upload.put, number, data)
