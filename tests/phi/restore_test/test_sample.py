"""Which versions are drawn."""

from __future__ import annotations

import random
import tracemalloc
from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from phi.errors import AccessDeniedError
from phi.restore_test.sample import Version, Window, sample_versions, eligible_versions

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def version(number: int, size: int = 1) -> Version:
    return Version(f"key-{number}", f"v{number}", size, NOON)


def entry(key: str, minutes: int, *, size: int | None = 1, id_: str = "") -> dict[str, Any]:
    told = {"Key": key, "VersionId": id_ or f"{key}@{minutes}", "LastModified": NOON + timedelta(minutes=minutes)}
    return told | ({} if size is None else {"Size": size})


def listing(*pages: list[dict[str, Any]]) -> Any:
    """S3 with these pages; what has no size is a delete marker."""
    told = [
        {
            "Versions": [each for each in page if "Size" in each],
            "DeleteMarkers": [each for each in page if "Size" not in each],
        }
        for page in pages
    ]
    return SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: told))


def ids(s3: Any, window: Window) -> list[str]:
    return [each.id for each in eligible_versions(s3, "bucket", window)]


def test_all_that_there_is_counts_though_few_are_drawn():
    sample = sample_versions((version(n, size=n) for n in range(1, 101)), 3, random.Random(1))
    assert len({each.id for each in sample.versions}) == 3
    assert (sample.eligible, sample.eligible_bytes) == (100, 5050)


def test_fewer_than_asked_are_all_drawn():
    assert sample_versions([version(1), version(2)], 10, random.Random(1)).versions == (version(1), version(2))


def test_each_is_as_likely_as_any_other():
    chance = random.Random(20260101)
    times = Counter(each.id for _ in range(2000) for each in sample_versions(map(version, range(10)), 3, chance).versions)
    assert set(times) == {f"v{n}" for n in range(10)}
    assert all(abs(times[f"v{n}"] - 600) < 100 for n in range(10)), times


def test_the_same_seed_draws_the_same():
    first, second = (sample_versions(map(version, range(100)), 5, random.Random(7)) for _ in range(2))
    assert first == second != sample_versions(map(version, range(100)), 5, random.Random(8))


def test_a_huge_listing_takes_no_memory():
    def pages() -> Any:
        for page in range(1000):
            yield {"Versions": [entry(f"{page:06}-{n:04}" + "x" * 200, 0) for n in range(100)]}

    s3 = SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: pages()))
    tracemalloc.start()
    sample = sample_versions(eligible_versions(s3, "bucket", Window()), 10, random.Random(1))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sample.eligible == 100_000
    assert peak < 1024 * 1024


def test_neither_delete_markers_nor_what_drills_left_are_drawn():
    s3 = listing([entry("a", 0), entry("b", 5, size=None), entry("b", 1), entry("restore-test/x/y", 1)])
    assert ids(s3, Window()) == ["a@0", "b@1"]


def test_what_is_too_young_isnt_drawn():
    s3 = listing([entry("a", 2), entry("a", 1), entry("b", 0)])
    assert ids(s3, Window(NOON + timedelta(minutes=1))) == ["a@1", "b@0"]


@pytest.mark.parametrize(
    ("of_key", "drawn"),
    [
        ([entry("a", 2), entry("a", 1)], ["a@2"]),
        ([entry("a", 30), entry("a", 1)], ["a@1"]),  # overwritten once the backup was finished
        ([entry("a", 15), entry("a", 1)], []),  # while it was made: either may be in it
        ([entry("a", 15)], []),
        ([entry("a", 2, size=None), entry("a", 1)], []),  # deleted before
        ([entry("a", 2, id_="v"), entry("a", 2, size=None)], []),  # in the same second
        ([entry("a", 30, size=None), entry("a", 1)], ["a@1"]),  # deleted since
        ([entry("a", 15, size=None), entry("a", 1)], []),
        ([entry("folder/", 1)], []),
    ],
)
def test_of_a_backup_only_what_it_has_for_sure(of_key: Any, drawn: Any):
    window = Window(NOON + timedelta(minutes=10), NOON + timedelta(minutes=20))
    assert ids(listing(of_key), window) == drawn


def test_a_keys_versions_may_be_on_several_pages():
    window = Window(NOON + timedelta(minutes=10), NOON + timedelta(minutes=20))
    assert ids(listing([entry("a", 30)], [entry("a", 2)], [entry("a", 1), entry("b", 3)]), window) == ["a@2", "b@3"]


def test_keys_are_in_no_text_of_a_version():
    assert "MRN" not in repr(Version("MRN-123456", "v", 1, NOON))


def test_a_listing_that_is_refused_is_told(stack, endpoint):
    from tests.phi.restore_test.conftest import PHI, refuse  # noqa: PLC0415

    refuse(stack.s3, "ListObjectVersions")
    with pytest.raises(AccessDeniedError, match="s3:ListBucketVersions"):
        list(eligible_versions(stack.s3, PHI, Window()))
