"""How much is stored at a time, and for how long already: current versions and those that they replaced."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)
DAYS_IN_YEAR = 365


def months(days: int) -> Decimal:
    return Decimal(days) * 12 / DAYS_IN_YEAR


@dataclass(frozen=True)
class Stock:
    """What grows evenly, and of which a share is replaced evenly. Times and ages are in months, since the start."""

    start: Decimal
    """GB."""
    growth: Decimal
    """GB a month."""
    replaced_share: Decimal
    """A month."""

    def current(self, time: Decimal) -> Decimal:
        """GB of current versions at a time."""
        return self.start + self.growth * time

    def replaced(self, since: Decimal, until: Decimal) -> Decimal:
        """GB that are overwritten or deleted between two times: the share of what is there, summed up.

        What came before the start isn't known, and counts as nothing.
        """
        since, until = max(ZERO, since), max(ZERO, until)
        through = (until - since) * self.start + (until * until - since * since) * self.growth / 2
        return self.replaced_share * through

    def earlier(self, time: Decimal, youngest: Decimal, oldest: Decimal) -> Decimal:
        """GB of earlier versions that at a time were replaced so long ago."""
        return self.replaced(time - oldest, time - youngest)


def higher(least: Decimal, first: Decimal, rise: Decimal, since: Decimal, until: Decimal) -> Decimal:
    """The sum between two times of the higher of two rates a month: one that stays, and one that rises evenly."""
    behind = least - first
    overtakes = since if behind <= 0 else behind / rise if rise else until
    begin = min(max(since, overtakes), until)
    above = (first - least) * (until - begin) + rise * (until * until - begin * begin) / 2
    return least * (until - since) + above
