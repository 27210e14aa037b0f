"""The choice of the versions to restore."""

from __future__ import annotations

import random
import tracemalloc
from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from phi_buckets.errors import AccessDeniedError
from phi_buckets.restore_test.sample import Version, Window, eligible_versions, sample_versions
from tests.phi_buckets.restore_test.harness import PHI, fail_calls

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def make_version(number: int, size: int = 1) -> Version:
    return Version(f"key-{number}", f"v{number}", size, NOON)


def make_entry(key: str, minutes: int, *, size: int | None = 1, version_id: str = "") -> dict[str, Any]:
    """Return an entry of a listing, written some minutes after noon. Without a size, it is a delete marker."""
    entry = {
        "Key": key,
        "VersionId": version_id or f"{key}@{minutes}",
        "LastModified": NOON + timedelta(minutes=minutes),
    }
    return entry | ({} if size is None else {"Size": size})


def s3_with_pages(pages: Any) -> Any:
    """Return a stub of the S3 client that lists these pages."""
    return SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: pages))


def s3_with_entries(*pages: list[dict[str, Any]]) -> Any:
    return s3_with_pages(
        [
            {
                "Versions": [entry for entry in entries if "Size" in entry],
                "DeleteMarkers": [entry for entry in entries if "Size" not in entry],
            }
            for entries in pages
        ]
    )


def eligible_ids(s3: Any, window: Window) -> list[str]:
    return [version.id for version in eligible_versions(s3, "bucket", window)]


def test_sample_counts_all_versions():
    sample = sample_versions((make_version(n, size=n) for n in range(1, 101)), 3, random.Random(1))
    assert len({version.id for version in sample.versions}) == 3
    assert (sample.eligible, sample.eligible_bytes) == (100, 5050)


def test_sample_of_fewer_versions_than_requested_is_all_of_them():
    versions = (make_version(1), make_version(2))
    assert sample_versions(versions, 10, random.Random(1)).versions == versions


def test_sample_is_uniform():
    rng = random.Random(20260101)
    counts = Counter(
        version.id for _ in range(2000) for version in sample_versions(map(make_version, range(10)), 3, rng).versions
    )
    assert set(counts) == {f"v{n}" for n in range(10)}
    assert all(abs(counts[f"v{n}"] - 600) < 100 for n in range(10)), counts


def test_same_seed_draws_the_same_sample():
    first, second = (sample_versions(map(make_version, range(100)), 5, random.Random(7)) for _ in range(2))
    assert first == second != sample_versions(map(make_version, range(100)), 5, random.Random(8))


def test_sample_of_a_huge_listing_uses_little_memory():
    def pages() -> Any:
        for page in range(1000):
            yield {"Versions": [make_entry(f"{page:06}-{n:04}" + "x" * 200, 0) for n in range(100)]}

    s3 = s3_with_pages(pages())
    tracemalloc.start()
    sample = sample_versions(eligible_versions(s3, "bucket", Window()), 10, random.Random(1))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sample.eligible == 100_000
    assert peak < 1024 * 1024


def test_delete_markers_and_restore_test_copies_are_not_eligible():
    s3 = s3_with_entries(
        [make_entry("a", 0), make_entry("b", 5, size=None), make_entry("b", 1), make_entry("restore-test/x/y", 1)]
    )
    assert eligible_ids(s3, Window()) == ["a@0", "b@1"]


def test_versions_written_after_the_window_are_not_eligible():
    s3 = s3_with_entries([make_entry("a", 2), make_entry("a", 1), make_entry("b", 0)])
    assert eligible_ids(s3, Window(NOON + timedelta(minutes=1))) == ["a@1", "b@0"]


@pytest.mark.parametrize(
    ("entries", "eligible"),
    [
        ([make_entry("a", 2), make_entry("a", 1)], ["a@2"]),
        ([make_entry("a", 30), make_entry("a", 1)], ["a@1"]),
        ([make_entry("a", 15), make_entry("a", 1)], []),
        ([make_entry("a", 15)], []),
        ([make_entry("a", 2, size=None), make_entry("a", 1)], []),
        ([make_entry("a", 2, version_id="v"), make_entry("a", 2, size=None)], []),
        ([make_entry("a", 30, size=None), make_entry("a", 1)], ["a@1"]),
        ([make_entry("a", 15, size=None), make_entry("a", 1)], []),
        ([make_entry("folder/", 1)], []),
    ],
    ids=[
        "overwritten before the backup",
        "overwritten after the backup",
        "overwritten during the backup",
        "written during the backup",
        "deleted before the backup",
        "written and deleted in the same second",
        "deleted after the backup",
        "deleted during the backup",
        "folder",
    ],
)
def test_only_versions_that_a_backup_certainly_has_are_eligible(entries: Any, eligible: Any):
    window = Window(NOON + timedelta(minutes=10), NOON + timedelta(minutes=20))
    assert eligible_ids(s3_with_entries(entries), window) == eligible


def test_versions_of_a_key_may_span_pages():
    window = Window(NOON + timedelta(minutes=10), NOON + timedelta(minutes=20))
    s3 = s3_with_entries([make_entry("a", 30)], [make_entry("a", 2)], [make_entry("a", 1), make_entry("b", 3)])
    assert eligible_ids(s3, window) == ["a@2", "b@3"]


def test_repr_of_version_omits_the_object_key():
    assert "MRN" not in repr(Version("MRN-123456", "v", 1, NOON))


def test_denied_listing_raises_access_denied(stack):
    fail_calls(stack.s3, "ListObjectVersions")
    with pytest.raises(AccessDeniedError, match="s3:ListBucketVersions"):
        list(eligible_versions(stack.s3, PHI, Window()))
