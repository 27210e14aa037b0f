"""Model of the stored data over time: current versions, and noncurrent versions by age."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)
DAYS_PER_YEAR = 365


def months_from_days(days: int) -> Decimal:
    return Decimal(days) * 12 / DAYS_PER_YEAR


@dataclass(frozen=True)
class StorageModel:
    """Data that grows at a constant rate, and of which a constant share is replaced.

    Times are in months since the start. Ages are in months.

    Attributes:
        initial_gb: The size at the start, in GB.
        monthly_growth_gb: The growth per month, in GB.
        monthly_replaced_share: The share that is overwritten or deleted per month.
    """

    initial_gb: Decimal
    monthly_growth_gb: Decimal
    monthly_replaced_share: Decimal

    def current_gb(self, time: Decimal) -> Decimal:
        """Return the size of the current versions at a time."""
        return self.initial_gb + self.monthly_growth_gb * time

    def replaced_gb(self, since: Decimal, until: Decimal) -> Decimal:
        """Return the size of the data overwritten or deleted between two times.

        It is the integral of the replaced share of the current size. Replacements before the start aren't known and
        count as zero.
        """
        since, until = max(ZERO, since), max(ZERO, until)
        gb_months = (until - since) * self.initial_gb + (until * until - since * since) * self.monthly_growth_gb / 2
        return self.monthly_replaced_share * gb_months

    def noncurrent_gb(self, time: Decimal, min_age: Decimal, max_age: Decimal) -> Decimal:
        """Return the size of the versions that, at a time, have been noncurrent for `min_age` to `max_age` months."""
        return self.replaced_gb(time - max_age, time - min_age)


def max_rate_integral(
    constant_rate: Decimal, initial_rate: Decimal, rate_growth: Decimal, since: Decimal, until: Decimal
) -> Decimal:
    """Return the integral, between two times, of the higher of a constant rate and a growing rate.

    Args:
        constant_rate: The constant rate per month.
        initial_rate: The growing rate at the time 0, per month.
        rate_growth: Its growth per month; not negative.
        since: The start of the period, in months.
        until: The end of the period, in months.
    """
    gap = constant_rate - initial_rate
    overtakes_at = since if gap <= 0 else gap / rate_growth if rate_growth else until
    begin = min(max(since, overtakes_at), until)
    excess = (initial_rate - constant_rate) * (until - begin) + rate_growth * (until * until - begin * begin) / 2
    return constant_rate * (until - since) + excess
