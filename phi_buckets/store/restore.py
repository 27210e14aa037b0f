"""Restore of an earlier version by copying it within the bucket. The content never leaves S3.

S3 computes a new SHA-256 for the copy. It equals the original's only if the copy is made the same way: with CopyObject
for a whole object, and with the same parts for a multipart object. Copying parts also works for objects above 5 GB, the
limit of CopyObject:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/CopyingObjectsMPUapi.html
"""

from __future__ import annotations

from contextlib import closing
from functools import partial

from phi_buckets.store.bucket import Bucket, Response, response_time, version_id
from phi_buckets.store.concurrent import run_concurrently
from phi_buckets.store.download_stream import OpenObject, open_object
from phi_buckets.store.multipart import multipart_upload, verify_checksum
from phi_buckets.store.objects import StoredObject


def restore_version(bucket: Bucket, key: str, version: str, max_concurrency: int) -> tuple[StoredObject, Response]:
    """Copy a version, which makes the copy the latest version. Tags aren't copied.

    Args:
        bucket: The bucket.
        key: The object key.
        version: The version to restore.
        max_concurrency: How many parts to copy at a time.

    Returns:
        The new version, and S3's response.

    Raises:
        WrongKeyError: The version or its copy isn't encrypted with the bucket's KMS key.
        IntegrityError: The SHA-256 of the copy isn't that of the original.
    """
    source = open_object(bucket, key, version)
    source.body.close()  # only the headers are needed
    copy_source = {"Bucket": bucket.name, "Key": key, "VersionId": version}
    if source.part_size is None:
        response = _copy_whole(bucket, source, copy_source)
    else:
        response = _copy_parts(bucket, source, source.part_size, copy_source, max_concurrency)
    original = source.stored
    restored = StoredObject(
        key, version_id(response), original.size, original.sha256, response_time(response), original.metadata
    )
    return restored, response


def _copy_whole(bucket: Bucket, source: OpenObject, copy_source: dict[str, str]) -> Response:
    response = bucket.call_object(
        "copy_object",
        Key=source.stored.key,
        CopySource=copy_source,
        ChecksumAlgorithm="SHA256",
        TaggingDirective="REPLACE",  # copy no tags: the tag with a malware scan's result is about the original
        **bucket.encryption_args,
    )
    verify_checksum(response, response["CopyObjectResult"].get("ChecksumSHA256"), source.stored.sha256)
    return response


def _copy_parts(
    bucket: Bucket, source: OpenObject, part_size: int, copy_source: dict[str, str], max_concurrency: int
) -> Response:
    stored = source.stored
    with multipart_upload(bucket, stored.key, stored.metadata, ContentType=source.content_type) as upload:
        tasks = (
            partial(upload.copy_part, number, copy_source, start, min(start + part_size, stored.size))
            for number, start in enumerate(range(0, stored.size, part_size), 1)
        )
        with closing(run_concurrently(tasks, max_concurrency)) as parts:
            return upload.complete(list(parts), stored.sha256)
