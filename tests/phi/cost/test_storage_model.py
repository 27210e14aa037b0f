"""What is stored over time, against the same counted in small steps."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phi.cost.storage_model import StorageModel, max_rate_integral, months_from_days

STOCK = StorageModel(initial_gb=Decimal(1000), monthly_growth_gb=Decimal(10), monthly_replaced_share=Decimal("0.1"))
AMOUNTS = st.decimals(0, 1000, places=2)
TIMES = st.decimals(0, 100, places=1)
STEPS = 1000


def test_a_year_has_twelve_months():
    assert months_from_days(365) == 12


@pytest.mark.parametrize(("time", "current"), [(0, 1000), (1, 1010), (72, 1720)])
def test_current_versions_grow(time, current):
    assert STOCK.current_gb(Decimal(time)) == current


@pytest.mark.parametrize(
    ("since", "until", "replaced"),
    [(0, 1, "100.5"), (0, 12, "1272"), (60, 72, "1992"), (0, 60, "7800"), (-5, 1, "100.5"), (-5, -1, "0")],
)
def test_a_share_of_what_is_there_is_replaced(since, until, replaced):
    assert STOCK.replaced_gb(Decimal(since), Decimal(until)) == Decimal(replaced)


def test_versions_by_age():
    assert STOCK.noncurrent_gb(Decimal(72), Decimal(0), Decimal(12)) == 1992
    assert STOCK.noncurrent_gb(Decimal(72), Decimal(12), Decimal(72)) == 7800
    assert STOCK.noncurrent_gb(Decimal(72), Decimal(12), Decimal(12)) == 0


@pytest.mark.parametrize(
    ("least", "first", "rise", "since", "until", "total"),
    [
        (10, 4, 2, 0, 3, 30),  # 10 all along; the other is 10 at the end
        (10, 4, 2, 0, 5, 54),  # 3 × 10, then from 10 to 14
        (10, 4, 2, 4, 5, 13),  # from 12 to 14
        (10, 12, 1, 0, 2, 26),  # above from the start
        (10, 4, 0, 0, 7, 70),
        (10, 14, 0, 1, 7, 84),
        (0, 0, 0, 0, 7, 0),
    ],
)
def test_the_higher_of_two_rates(least, first, rise, since, until, total):
    assert max_rate_integral(*map(Decimal, (least, first, rise, since, until))) == total


@settings(derandomize=True, database=None, deadline=None)
@given(AMOUNTS, AMOUNTS, AMOUNTS, TIMES, TIMES)
def test_the_higher_of_two_rates_step_by_step(least, first, rise, one, other):
    since, until = sorted((one, other))
    step = (until - since) / STEPS
    counted = sum(max(least, first + rise * (since + step * (at + Decimal("0.5")))) for at in range(STEPS)) * step
    # Only the step in which one overtakes the other is counted roughly.
    assert abs(max_rate_integral(least, first, rise, since, until) - counted) <= rise * step * step + Decimal("0.0001")
