"""Higher volumes never cost less."""

from __future__ import annotations

from decimal import Decimal

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phi_buckets.cost.estimate import bucket_keys_saving, estimate
from phi_buckets.cost.prices import PriceFile, load_prices
from phi_buckets.cost.volumes import Volumes
from phi_buckets.stack.settings import REQUIRED_SECURITY_SERVICES, PhiBucketSettings, Settings

PRICE_FILE: PriceFile = load_prices()
RELATIVE_ERROR = Decimal("1e-12")  # of non-terminating divisions

COUNTS = st.integers(0, 10**10).map(Decimal)
GIGABYTES = st.decimals(0, 10**7, places=3)
SHARES = st.decimals(0, 1, places=3)
VOLUMES = st.builds(
    lambda unread, **fields: Volumes(unread_30_days=max(unread), unread_90_days=min(unread), **fields),
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
    lambda archive_days, days_in_archive, intelligent_tiering, **fields: Settings(
        environment="prod",
        region="us-east-1",
        buckets=(
            PhiBucketSettings(
                noncurrent_archive_days=archive_days,
                noncurrent_retention_days=archive_days + 90 + days_in_archive,
                intelligent_tiering=intelligent_tiering,
            ),
        ),
        **fields,
    ),
    archive_days=st.integers(1, 4000),
    days_in_archive=st.integers(2100, 6000),
    replica_region=st.sampled_from([None, "us-west-2"]),
    backup_enabled=st.booleans(),
    backup_days=st.integers(1, 5000),
    log_retention_days=st.sampled_from([2192, 3000, 5000]),
    intelligent_tiering=st.booleans(),
    account_security_services=st.sampled_from([(), REQUIRED_SECURITY_SERVICES]),
)
fifty_examples = hypothesis.settings(derandomize=True, database=None, deadline=None, max_examples=50)

VALUES_BY_VOLUME = {
    "storage_gb": GIGABYTES,
    "growth_gb": GIGABYTES,
    "reads": COUNTS,
    "writes": COUNTS,
    "replaced_share": SHARES,
    "management_events": COUNTS,
    "event_kb": st.decimals("0.1", 256, places=1),
    "access_record_kb": st.decimals("0.1", 256, places=1),
}


@pytest.mark.parametrize("name", VALUES_BY_VOLUME)
@fifty_examples
@given(data=st.data(), volumes=VOLUMES, settings=SETTINGS)
def test_higher_volume_never_costs_less(name, data, volumes, settings):
    low, high = sorted(data.draw(st.tuples(VALUES_BY_VOLUME[name], VALUES_BY_VOLUME[name])))
    low_total, high_total = (
        estimate(volumes.model_copy(update={name: value}), settings, PRICE_FILE).total for value in (low, high)
    )
    for low_cost, high_cost in zip(low_total, high_total, strict=True):
        assert high_cost >= low_cost * (1 - RELATIVE_ERROR)


@fifty_examples
@given(volumes=VOLUMES, settings=SETTINGS)
def test_later_month_never_costs_less(volumes, settings):
    first_month, twelfth_month, final_month = estimate(volumes, settings, PRICE_FILE).total
    assert first_month <= twelfth_month * (1 + RELATIVE_ERROR)
    assert twelfth_month <= final_month * (1 + RELATIVE_ERROR)


@fifty_examples
@given(volumes=VOLUMES, settings=SETTINGS)
def test_bucket_keys_never_cost_more(volumes, settings):
    assert all(amount >= -RELATIVE_ERROR for amount in bucket_keys_saving(volumes, settings, PRICE_FILE).saved)


@fifty_examples
@given(volumes=VOLUMES, settings=SETTINGS)
def test_quantities_are_never_negative(volumes, settings):
    for line in estimate(volumes, settings, PRICE_FILE).lines:
        assert all(quantity >= 0 for quantity in line.quantities), line.id
