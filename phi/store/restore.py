"""An earlier version made the latest by a copy within the bucket, of which the content never leaves S3.

S3 makes the copy's SHA-256 anew. It is the original's only where it is made the same way: of the whole by CopyObject,
and of parts by copying the very same parts, which also takes objects above the 5 GB that CopyObject does:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/CopyingObjectsMPUapi.html
"""

from __future__ import annotations

from contextlib import closing
from functools import partial

from phi.store import concurrent, multipart
from phi.store.bucket import Answer, Bucket, answered_at, version_of
from phi.store.download_stream import Opened, opened
from phi.store.objects import StoredObject


def restored(bucket: Bucket, key: str, version: str, at_once: int) -> tuple[StoredObject, Answer]:
    """Raises WrongKeyError, and IntegrityError unless the copy has the original's SHA-256. Tags aren't copied."""
    source = opened(bucket, key, version)
    source.body.close()  # its checksum is what was wanted
    original = {"Bucket": bucket.name, "Key": key, "VersionId": version}
    if source.part_size is None:
        answer = _whole(bucket, source, original)
    else:
        answer = _in_parts(bucket, source, source.part_size, original, at_once)
    found = source.stored
    return StoredObject(key, version_of(answer), found.size, found.sha256, answered_at(answer), found.metadata), answer


def _whole(bucket: Bucket, source: Opened, original: dict[str, str]) -> Answer:
    answer = bucket.ask_of_object(
        "copy_object",
        Key=source.stored.key,
        CopySource=original,
        ChecksumAlgorithm="SHA256",
        TaggingDirective="REPLACE",  # with none: a malware scan's result is about another version
        **bucket.seal,
    )
    multipart.expect(answer, answer["CopyObjectResult"].get("ChecksumSHA256"), source.stored.sha256)
    return answer


def _in_parts(bucket: Bucket, source: Opened, part_size: int, original: dict[str, str], at_once: int) -> Answer:
    size = source.stored.size
    begun = multipart.begun(bucket, source.stored.key, source.stored.metadata, ContentType=source.content_type)
    with begun as upload:
        tasks = (
            partial(upload.copy, number, original, start, min(start + part_size, size))
            for number, start in enumerate(range(0, size, part_size), 1)
        )
        with closing(concurrent.results(tasks, at_once)) as copied:
            return upload.complete(list(copied), source.stored.sha256)
