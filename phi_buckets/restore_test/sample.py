"""A uniform random sample of object versions, drawn from a listing of any length."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from phi_buckets.aws_errors import translate_aws_errors

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SCRATCH_PREFIX = "restore-test/"
"""The prefix of the copies that restore tests make. They are never sampled."""


@dataclass(frozen=True)
class Version:
    """An object version. Its key isn't part of the repr, because it may identify a person."""

    key: str = field(repr=False)
    id: str
    size: int
    written: datetime


@dataclass(frozen=True)
class Window:
    """The times that decide which versions are eligible for the sample.

    Attributes:
        written_before: Only versions that were written by this time are eligible; None for all versions.
        unchanged_until: If set, only versions that were current at `written_before` and still current at this time are
            eligible: a backup that was made between the two is certain to have them.
    """

    written_before: datetime | None = None
    unchanged_until: datetime | None = None


@dataclass(frozen=True)
class Sample:
    """The sampled versions.

    Attributes:
        eligible: The number of versions that they were drawn from.
        eligible_bytes: The total size of those versions.
    """

    versions: tuple[Version, ...]
    eligible: int
    eligible_bytes: int


def sample_versions(versions: Iterable[Version], count: int, rng: random.Random) -> Sample:
    """Draw at most `count` versions, each with the same probability.

    Reservoir sampling (Vitter's algorithm R): only `count` versions are in memory at a time.
    """
    sampled: list[Version] = []
    eligible = eligible_bytes = 0
    for version in versions:
        eligible += 1
        eligible_bytes += version.size
        if len(sampled) < count:
            sampled.append(version)
        elif (index := rng.randrange(eligible)) < count:
            sampled[index] = version
    return Sample(tuple(sampled), eligible, eligible_bytes)


def eligible_versions(s3: S3Client, bucket: str, window: Window) -> Iterator[Version]:
    """Yield the versions in the window, page by page, without delete markers and copies made by restore tests.

    Raises:
        PhiError: The bucket can't be listed.
    """
    entries = (entry for entry in _list_entries(s3, bucket) if not entry["Key"].startswith(SCRATCH_PREFIX))
    if window.unchanged_until is None:
        eligible: Iterable[dict[str, Any]] = (
            entry
            for entry in entries
            if window.written_before is None or entry["LastModified"] <= window.written_before
        )
    else:
        eligible = _unchanged_entries(entries, window)
    return (_version(entry) for entry in eligible if "Size" in entry)


def _unchanged_entries(entries: Iterable[dict[str, Any]], window: Window) -> Iterator[dict[str, Any]]:
    """Yield, for each key, the entry that was current during the whole window.

    Keys that end in `/` are left out: AWS Backup would restore everything below them.
    """
    assert window.written_before
    assert window.unchanged_until
    for key, key_entries in groupby(entries, lambda entry: str(entry["Key"])):
        newest = next((entry for entry in key_entries if entry["LastModified"] <= window.unchanged_until), None)
        if newest and newest["LastModified"] <= window.written_before and not key.endswith("/"):
            yield newest


def _list_entries(s3: S3Client, bucket: str) -> Iterator[dict[str, Any]]:
    """Yield versions and delete markers together, by key, newest first.

    S3 lists the two separately. If both were written in the same second, the delete marker comes first, so that a
    version that may have been deleted isn't sampled.
    """
    pages = iter(s3.get_paginator("list_object_versions").paginate(Bucket=bucket))
    while True:
        with translate_aws_errors("s3:ListBucketVersions"):
            page: Any = next(pages, None)
        if page is None:
            return
        entries = [*page.get("DeleteMarkers", []), *page.get("Versions", [])]
        yield from sorted(entries, key=lambda entry: (entry["Key"].encode(), -entry["LastModified"].timestamp()))


def _version(entry: dict[str, Any]) -> Version:
    return Version(entry["Key"], entry["VersionId"], entry["Size"], entry["LastModified"])
