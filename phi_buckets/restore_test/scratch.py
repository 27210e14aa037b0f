"""Cleanup of the objects that a restore test created: delete what is allowed, and report what remains."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from phi_buckets.aws_errors import translate_aws_errors
from phi_buckets.errors import PhiError
from phi_buckets.restore_test.bucket_access import RestoreTestBucket
from phi_buckets.restore_test.evidence import Leftover


@dataclass(frozen=True)
class Pseudonyms:
    """Pseudonyms for object keys in the evidence.

    A plain hash can be reversed by hashing every possible key, so it is keyed with a random secret that isn't stored.
    """

    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def for_key(self, key: str) -> str:
        return hmac.digest(self._secret, key.encode(), "sha256").hex()[:32]


@dataclass(frozen=True)
class ScratchEntry:
    """A version or a delete marker to delete."""

    key: str = field(repr=False)
    version: str
    is_delete_marker: bool
    written: datetime


def list_entries(bucket: RestoreTestBucket, prefix: str) -> list[ScratchEntry]:
    """Return the versions and delete markers under a prefix, sorted by key."""
    entries: list[ScratchEntry] = []
    with translate_aws_errors("s3:ListBucketVersions"):
        pages: Any = bucket.s3.get_paginator("list_object_versions").paginate(Bucket=bucket.bucket, Prefix=prefix)
        for page in pages:
            entries += [_entry(listed, is_delete_marker=False) for listed in page.get("Versions", [])]
            entries += [_entry(listed, is_delete_marker=True) for listed in page.get("DeleteMarkers", [])]
    return sorted(entries, key=lambda entry: entry.key)


def delete_entries(
    bucket: RestoreTestBucket, entries: Iterable[ScratchEntry], pseudonyms: Pseudonyms
) -> tuple[int, list[Leftover]]:
    """Delete the entries of each key: its versions first, then its delete markers if no version remains.

    A version that can't be deleted is hidden by a delete marker, unless it already is.

    Returns:
        The number of versions deleted, and the versions that remain.
    """
    deleted = 0
    leftovers: list[Leftover] = []
    for key, group in groupby(sorted(entries, key=lambda entry: entry.key), lambda entry: entry.key):
        key_entries = list(group)
        markers = [entry for entry in key_entries if entry.is_delete_marker]
        versions = [entry for entry in key_entries if not entry.is_delete_marker]
        undeleted = [(version, reason) for version in versions if (reason := _delete(bucket, key, version.version))]
        deleted += len(versions) - len(undeleted)
        if undeleted:
            hidden = bool(markers) or not _delete(bucket, key, None)
            leftovers += [_leftover(bucket, pseudonyms, version, hidden, reason) for version, reason in undeleted]
        else:
            for marker in markers:
                _delete(bucket, key, marker.version)
    return deleted, leftovers


def _delete(bucket: RestoreTestBucket, key: str, version: str | None) -> str:
    """Delete a version, or add a delete marker if the version is None. Return the error, or an empty string."""
    try:
        with (
            bucket.log_access("restore-test-delete", key) as access,
            translate_aws_errors("s3:DeleteObjectVersion" if version else "s3:DeleteObject"),
        ):
            access.version = version
            if version:
                bucket.s3.delete_object(Bucket=bucket.bucket, Key=key, VersionId=version)
            else:
                bucket.s3.delete_object(Bucket=bucket.bucket, Key=key)
    except PhiError as error:
        return str(error)
    return ""


def _leftover(
    bucket: RestoreTestBucket, pseudonyms: Pseudonyms, entry: ScratchEntry, hidden: bool, reason: str
) -> Leftover:
    try:
        locked_until = bucket.locked_until(entry.key, entry.version)
    except PhiError:
        locked_until = None
    return Leftover(
        bucket=bucket.bucket,
        object=pseudonyms.for_key(entry.key),
        version_id=entry.version,
        locked_until=locked_until,
        hidden_by_delete_marker=hidden,
        reason=reason,
    )


def _entry(listed: dict[str, Any], is_delete_marker: bool) -> ScratchEntry:
    return ScratchEntry(listed["Key"], listed["VersionId"], is_delete_marker, listed["LastModified"])
