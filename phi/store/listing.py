"""What S3 lists, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any

from phi.store.bucket import Answer, Bucket
from phi.store.objects import ListedObject, ObjectVersion


def objects(bucket: Bucket, prefix: str) -> Iterator[tuple[Answer, list[ListedObject]]]:
    """S3's answers, each with the objects that it tells of, in the order of their keys."""
    for page in bucket.pages("list_objects_v2", Prefix=prefix):
        yield page, [_object(each) for each in page.get("Contents", ())]


def versions(bucket: Bucket, key: str) -> Iterator[tuple[Answer, list[ObjectVersion]]]:
    """S3's answers, each with the versions of one object and its delete markers that it tells of."""
    for page in bucket.pages("list_object_versions", Prefix=key):
        listed = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        yield page, [_version(each) for each in listed if each["Key"] == key]
        if any(each["Key"] > key for each in listed):  # what only begins with the key comes after it
            return


def _object(listed: Mapping[str, Any]) -> ListedObject:
    return ListedObject(listed["Key"], listed["Size"], listed["LastModified"].astimezone(UTC))


def _version(listed: Mapping[str, Any]) -> ObjectVersion:
    return ObjectVersion(
        key=listed["Key"],
        version=listed["VersionId"],
        size=listed.get("Size", 0),
        modified=listed["LastModified"].astimezone(UTC),
        latest=listed["IsLatest"],
        deleted="Size" not in listed,
    )
