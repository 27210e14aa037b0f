"""The storage model, compared with a summation in small steps."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phi_buckets.cost.storage_model import StorageModel, max_rate_integral, months_from_days

MODEL = StorageModel(initial_gb=Decimal(1000), monthly_growth_gb=Decimal(10), monthly_replaced_share=Decimal("0.1"))
AMOUNTS = st.decimals(0, 1000, places=2)
TIMES = st.decimals(0, 100, places=1)
STEPS = 1000


def test_a_year_has_twelve_months():
    assert months_from_days(365) == 12


@pytest.mark.parametrize(("time", "gigabytes"), [(0, 1000), (1, 1010), (72, 1720)])
def test_current_gb_grows_linearly(time, gigabytes):
    assert MODEL.current_gb(Decimal(time)) == gigabytes


@pytest.mark.parametrize(
    ("since", "until", "gigabytes"),
    [(0, 1, "100.5"), (0, 12, "1272"), (60, 72, "1992"), (0, 60, "7800"), (-5, 1, "100.5"), (-5, -1, "0")],
)
def test_replaced_gb_is_a_share_of_the_current_size(since, until, gigabytes):
    assert MODEL.replaced_gb(Decimal(since), Decimal(until)) == Decimal(gigabytes)


def test_noncurrent_gb_selects_by_age():
    assert MODEL.noncurrent_gb(Decimal(72), Decimal(0), Decimal(12)) == 1992
    assert MODEL.noncurrent_gb(Decimal(72), Decimal(12), Decimal(72)) == 7800
    assert MODEL.noncurrent_gb(Decimal(72), Decimal(12), Decimal(12)) == 0


@pytest.mark.parametrize(
    ("constant_rate", "initial_rate", "rate_growth", "since", "until", "total"),
    [
        (10, 4, 2, 0, 3, 30),  # 10 throughout; the growing rate reaches 10 at the end
        (10, 4, 2, 0, 5, 54),  # 3 × 10, then from 10 to 14
        (10, 4, 2, 4, 5, 13),  # from 12 to 14
        (10, 12, 1, 0, 2, 26),  # the growing rate is higher from the start
        (10, 4, 0, 0, 7, 70),
        (10, 14, 0, 1, 7, 84),
        (0, 0, 0, 0, 7, 0),
    ],
)
def test_max_rate_integral_matches_the_calculation_by_hand(
    constant_rate, initial_rate, rate_growth, since, until, total
):
    assert max_rate_integral(*map(Decimal, (constant_rate, initial_rate, rate_growth, since, until))) == total


@settings(derandomize=True, database=None, deadline=None)
@given(AMOUNTS, AMOUNTS, AMOUNTS, TIMES, TIMES)
def test_max_rate_integral_matches_a_sum_of_steps(constant_rate, initial_rate, rate_growth, time, other_time):
    since, until = sorted((time, other_time))
    step = (until - since) / STEPS
    midpoints = (since + step * (index + Decimal("0.5")) for index in range(STEPS))
    total = sum(max(constant_rate, initial_rate + rate_growth * midpoint) for midpoint in midpoints) * step
    # The sum is inexact only in the step in which the growing rate overtakes the constant one.
    tolerance = rate_growth * step * step + Decimal("0.0001")
    assert abs(max_rate_integral(constant_rate, initial_rate, rate_growth, since, until) - total) <= tolerance
