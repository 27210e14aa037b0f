"""More never costs less."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from phi.cost.estimate import bucket_keys_saving, estimate
from phi.cost.prices import PriceFile, load_prices
from phi.cost.volumes import Volumes
from phi.stack.settings import Settings

FILE: PriceFile = load_prices()
SLACK = Decimal("1e-12")  # of divisions that don't end

COUNTS = st.integers(0, 10**10).map(Decimal)
GIGABYTES = st.decimals(0, 10**7, places=3)
SHARES = st.decimals(0, 1, places=3)
VOLUMES = st.builds(
    lambda unread, **rest: Volumes(unread_30_days=max(unread), unread_90_days=min(unread), **rest),
    unread=st.tuples(SHARES, SHARES),
    storage_gb=GIGABYTES,
    growth_gb=GIGABYTES,
    object_kb=st.sampled_from([1, 127, 128, 129, 1024, 10**6]).map(Decimal),
    reads=COUNTS,
    writes=COUNTS,
    replaced_share=SHARES,
    management_events=COUNTS,
    bucket_key_saving=SHARES,
)
SETTINGS = st.builds(
    lambda archive_after_days, kept, **rest: Settings(
        environment="prod",
        region="us-east-1",
        noncurrent_archive_days=archive_after_days,
        noncurrent_retention_days=archive_after_days + 90 + kept,
        **rest,
    ),
    archive_after_days=st.integers(1, 4000),
    kept=st.integers(2100, 6000),
    replica_region=st.sampled_from([None, "us-west-2"]),
    backup=st.booleans(),
    backup_days=st.integers(1, 5000),
    log_retention_days=st.sampled_from([2192, 3000, 5000]),
    intelligent_tiering=st.booleans(),
)
quickly = trials(derandomize=True, database=None, deadline=None, max_examples=50)

MORE = {
    "storage_gb": GIGABYTES,
    "growth_gb": GIGABYTES,
    "reads": COUNTS,
    "writes": COUNTS,
    "replaced_share": SHARES,
    "management_events": COUNTS,
    "event_kb": st.decimals("0.1", 256, places=1),
    "access_record_kb": st.decimals("0.1", 256, places=1),
}


@pytest.mark.parametrize("name", MORE)
@quickly
@given(data=st.data(), volumes=VOLUMES, settings=SETTINGS)
def test_more_volume_never_costs_less(name, data, volumes, settings):
    less, more = sorted(data.draw(st.tuples(MORE[name], MORE[name])))
    cheap, dear = (estimate(volumes.model_copy(update={name: each}), settings, FILE).total for each in (less, more))
    for before, after in zip(cheap, dear, strict=True):
        assert after >= before * (1 - SLACK)


@quickly
@given(volumes=VOLUMES, settings=SETTINGS)
def test_a_later_month_never_costs_less(volumes, settings):
    first, year, last = estimate(volumes, settings, FILE).total
    assert first <= year * (1 + SLACK)
    assert year <= last * (1 + SLACK)


@quickly
@given(volumes=VOLUMES, settings=SETTINGS)
def test_bucket_keys_never_cost_more(volumes, settings):
    assert all(each >= -SLACK for each in bucket_keys_saving(volumes, settings, FILE).saved)


@quickly
@given(volumes=VOLUMES, settings=SETTINGS)
def test_nothing_is_less_than_nothing(volumes, settings):
    for line in estimate(volumes, settings, FILE).lines:
        assert all(each >= 0 for each in line.quantities), line.id
