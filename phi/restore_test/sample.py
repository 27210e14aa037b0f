"""Which versions a drill restores: a few of all, each as likely as any other, out of a listing of any length."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from phi.errors import translate_aws_errors

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SCRATCH = "restore-drill/"
"""What drills keep their copies under; nothing of it is drawn."""


@dataclass(frozen=True)
class Version:
    """A version of an object. Its key isn't shown: it may be of any form, and S3 encrypts none."""

    key: str = field(repr=False)
    id: str
    size: int
    written: datetime


@dataclass(frozen=True)
class Window:
    """Which versions may be drawn.

    before: those written before, or all; settled: with it, only what was current at `before` and stayed so until
    then, which is what a backup made in that time has for sure.
    """

    before: datetime | None = None
    settled: datetime | None = None


@dataclass(frozen=True)
class Sample:
    """The versions that were drawn, and how many there were with how many bytes."""

    drawn: tuple[Version, ...]
    listed: int
    listed_bytes: int


def draw(versions: Iterable[Version], count: int, chance: random.Random) -> Sample:
    """At most `count` of them. Memory: that many, however many there are (Vitter's algorithm R)."""
    kept: list[Version] = []
    listed = listed_bytes = 0
    for version in versions:
        listed += 1
        listed_bytes += version.size
        if len(kept) < count:
            kept.append(version)
        elif (place := chance.randrange(listed)) < count:
            kept[place] = version
    return Sample(tuple(kept), listed, listed_bytes)


def versions(s3: S3Client, bucket: str, window: Window) -> Iterator[Version]:
    """All versions in the window, page by page: neither delete markers nor what drills have put there.

    Raises AccessDeniedError, NotFoundError and so on.
    """
    found = (entry for entry in _entries(s3, bucket) if not entry["Key"].startswith(SCRATCH))
    if window.settled is None:
        chosen: Iterable[dict[str, Any]] = (
            each for each in found if window.before is None or each["LastModified"] <= window.before
        )
    else:
        chosen = _current(found, window)
    return (_version(each) for each in chosen if "Size" in each)


def _current(entries: Iterable[dict[str, Any]], window: Window) -> Iterator[dict[str, Any]]:
    """Of each key what was its newest at the window's beginning, if it still was at the end.

    A key that ends in `/` is left out: AWS Backup takes it for a folder with all that is in it.
    """
    assert window.before
    assert window.settled
    for key, of_key in groupby(entries, lambda each: str(each["Key"])):
        newest = next((each for each in of_key if each["LastModified"] <= window.settled), None)
        if newest and newest["LastModified"] <= window.before and not key.endswith("/"):
            yield newest


def _entries(s3: S3Client, bucket: str) -> Iterator[dict[str, Any]]:
    """Versions and delete markers together, by key, the newest first, as S3 lists each of them.

    Of the same second a marker is taken to be the newer, so that a version that may have been deleted isn't drawn.
    """
    pages = iter(s3.get_paginator("list_object_versions").paginate(Bucket=bucket))
    while True:
        with translate_aws_errors("s3:ListBucketVersions"):
            page: Any = next(pages, None)
        if page is None:
            return
        listed = [*page.get("DeleteMarkers", []), *page.get("Versions", [])]
        yield from sorted(listed, key=lambda each: (each["Key"].encode(), -each["LastModified"].timestamp()))


def _version(entry: dict[str, Any]) -> Version:
    return Version(entry["Key"], entry["VersionId"], entry["Size"], entry["LastModified"])
