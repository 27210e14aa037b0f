"""Listings of objects and versions, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any

from phi_buckets.store.bucket import Bucket, Response
from phi_buckets.store.objects import ListedObject, ObjectVersion


def object_pages(bucket: Bucket, prefix: str) -> Iterator[tuple[Response, list[ListedObject]]]:
    """Yield each response with the objects in it, in the order of their keys."""
    for page in bucket.pages("list_objects_v2", Prefix=prefix):
        yield page, [_listed_object(entry) for entry in page.get("Contents", ())]


def version_pages(bucket: Bucket, key: str) -> Iterator[tuple[Response, list[ObjectVersion]]]:
    """Yield each response with the versions and delete markers of one object in it."""
    for page in bucket.pages("list_object_versions", Prefix=key):
        entries = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        yield page, [_object_version(entry) for entry in entries if entry["Key"] == key]
        if any(entry["Key"] > key for entry in entries):  # longer keys with the same beginning come after the key
            return


def _listed_object(entry: Mapping[str, Any]) -> ListedObject:
    return ListedObject(entry["Key"], entry["Size"], entry["LastModified"].astimezone(UTC))


def _object_version(entry: Mapping[str, Any]) -> ObjectVersion:
    return ObjectVersion(
        key=entry["Key"],
        version=entry["VersionId"],
        size=entry.get("Size", 0),
        modified=entry["LastModified"].astimezone(UTC),
        latest=entry["IsLatest"],
        deleted="Size" not in entry,
    )
