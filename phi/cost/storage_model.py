"""How much is stored at a time, and for how long already: current versions and those that they replaced."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)
DAYS_IN_YEAR = 365


def months_from_days(days: int) -> Decimal:
    return Decimal(days) * 12 / DAYS_IN_YEAR


@dataclass(frozen=True)
class StorageModel:
    """What grows evenly, and of which a share is replaced evenly. Times and ages are in months, since the start."""

    initial_gb: Decimal
    """GB."""
    monthly_growth_gb: Decimal
    """GB a month."""
    monthly_replaced_share: Decimal
    """A month."""

    def current_gb(self, time: Decimal) -> Decimal:
        """GB of current versions at a time."""
        return self.initial_gb + self.monthly_growth_gb * time

    def replaced_gb(self, since: Decimal, until: Decimal) -> Decimal:
        """GB that are overwritten or deleted between two times: the share of what is there, summed up.

        What came before the start isn't known, and counts as nothing.
        """
        since, until = max(ZERO, since), max(ZERO, until)
        through = (until - since) * self.initial_gb + (until * until - since * since) * self.monthly_growth_gb / 2
        return self.monthly_replaced_share * through

    def noncurrent_gb(self, time: Decimal, youngest: Decimal, oldest: Decimal) -> Decimal:
        """GB of earlier versions that at a time were replaced so long ago."""
        return self.replaced_gb(time - oldest, time - youngest)


def max_rate_integral(least: Decimal, first: Decimal, rise: Decimal, since: Decimal, until: Decimal) -> Decimal:
    """The sum between two times of the higher of two rates a month: one that stays, and one that rises evenly."""
    behind = least - first
    overtakes = since if behind <= 0 else behind / rise if rise else until
    begin = min(max(since, overtakes), until)
    above = (first - least) * (until - begin) + rise * (until * until - begin * begin) / 2
    return least * (until - since) + above
