"""What a drill has put somewhere, and how it goes away again: as far as is allowed, and what stays is told."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from phi.errors import PhiError, translate_aws_errors
from phi.restore_test.bucket_access import Place
from phi.restore_test.evidence import LeftBehind


@dataclass(frozen=True)
class Names:
    """What stands for keys in the evidence and the log.

    A bare hash of a key is undone by whoever hashes all keys that there may be: the secret is nobody's, and not kept.
    """

    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def of(self, key: str) -> str:
        return hmac.digest(self._secret, key.encode(), "sha256").hex()[:32]


@dataclass(frozen=True)
class Entry:
    """A version or a delete marker that is to go."""

    key: str = field(repr=False)
    version: str
    marker: bool
    written: datetime


def entries(place: Place, prefix: str) -> list[Entry]:
    """What lies under a prefix, by key."""
    found: list[Entry] = []
    with translate_aws_errors("s3:ListBucketVersions"):
        for page in place.s3.get_paginator("list_object_versions").paginate(Bucket=place.bucket, Prefix=prefix):
            told: Any = page
            found += [_entry(each, marker=False) for each in told.get("Versions", [])]
            found += [_entry(each, marker=True) for each in told.get("DeleteMarkers", [])]
    return sorted(found, key=lambda each: each.key)


def take_away(place: Place, found: Iterable[Entry], names: Names) -> tuple[int, list[LeftBehind]]:
    """Deletes them, versions first: a marker goes once there is nothing behind it. How many versions went, what stays.

    What may not be deleted gets a delete marker, if it has none.
    """
    gone = 0
    left: list[LeftBehind] = []
    for key, of_key in groupby(sorted(found, key=lambda each: each.key), lambda each: each.key):
        every = list(of_key)
        markers = [each for each in every if each.marker]
        kept = [(each, why) for each in every if not each.marker and (why := _delete(place, key, each.version))]
        gone += len(every) - len(markers) - len(kept)
        if kept:
            hidden = bool(markers) or not _delete(place, key, None)
            left += [_left(place, names, each, hidden, why) for each, why in kept]
        else:
            for marker in markers:
                _delete(place, key, marker.version)
    return gone, left


def _delete(place: Place, key: str, version: str | None) -> str:
    """Why it can't be deleted; nothing if it is."""
    try:
        with (
            place.logged("drill-clear", key) as access,
            translate_aws_errors("s3:DeleteObjectVersion" if version else "s3:DeleteObject"),
        ):
            access.version = version
            if version:
                place.s3.delete_object(Bucket=place.bucket, Key=key, VersionId=version)
            else:
                place.s3.delete_object(Bucket=place.bucket, Key=key)
    except PhiError as error:
        return str(error)
    return ""


def _left(place: Place, names: Names, entry: Entry, hidden: bool, why: str) -> LeftBehind:
    try:
        until = place.locked_until(entry.key, entry.version)
    except PhiError:
        until = None
    return LeftBehind(
        bucket=place.bucket, object=names.of(entry.key), version=entry.version, until=until, hidden=hidden, why=why
    )


def _entry(told: dict[str, Any], marker: bool) -> Entry:
    return Entry(told["Key"], told["VersionId"], marker, told["LastModified"])
