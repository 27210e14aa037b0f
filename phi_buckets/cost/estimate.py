"""The estimate: the cost in month 1, in month 12 and at the end of retention, when deletions have begun."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from phi_buckets.cost.billed_item import BilledItem, Safeguard
from phi_buckets.cost.billed_items import billed_items, final_month
from phi_buckets.cost.monthly_usage import MIN_TRANSITION_KB
from phi_buckets.cost.prices import Price, PriceFile
from phi_buckets.cost.storage_model import ZERO
from phi_buckets.cost.volumes import Volumes
from phi_buckets.stack.settings import Settings

Amounts = tuple[Decimal, ...]
"""US dollars, one value per month of the estimate."""
Quantities = tuple[Decimal, ...]
"""Quantities of a billed item, one value per month of the estimate."""
ItemByMonth = tuple[BilledItem, ...]
"""A billed item, once for each month of the estimate."""

BUCKET_KEY_ITEMS = frozenset({"kms_requests", "replica_kms_requests", "backup_kms_requests", "malware_kms_requests"})
"""The KMS requests that Bucket Keys reduce. Those of CloudTrail aren't among them: its bucket has no Bucket Key."""


@dataclass(frozen=True)
class EstimateLine:
    """A billed item over the months of the estimate.

    Attributes:
        quantities: One value per month, in single units, such as requests.
    """

    id: str
    safeguard: Safeguard
    description: str
    price_name: str
    price: Price
    quantities: Quantities

    @property
    def amounts(self) -> Amounts | None:
        """The cost per month; None if the price isn't known and the quantity isn't 0."""
        costs = [self.price.cost_for(quantity) if quantity else ZERO for quantity in self.quantities]
        known = [cost for cost in costs if cost is not None]
        return tuple(known) if len(known) == len(costs) else None


@dataclass(frozen=True)
class Estimate:
    """The lines of the estimate, for the months with these numbers.

    Attributes:
        lines: The lines of the whole stack.
        bucket_lines: Their parts that are billed for each PHI bucket, by its name in `phi:buckets`.
        shared_lines: Their parts that the buckets share.
    """

    months: tuple[int, ...]
    lines: tuple[EstimateLine, ...]
    bucket_lines: Mapping[str, tuple[EstimateLine, ...]]
    shared_lines: tuple[EstimateLine, ...]

    @property
    def total(self) -> Amounts:
        """The total cost per month, without the lines whose price isn't known."""
        return self.sum_lines(self.lines)

    @property
    def total_by_safeguard(self) -> dict[Safeguard, Amounts]:
        return {
            safeguard: self.sum_lines([line for line in self.lines if line.safeguard is safeguard])
            for safeguard in Safeguard
        }

    @property
    def total_by_bucket(self) -> dict[str, Amounts]:
        return {name: self.sum_lines(lines) for name, lines in self.bucket_lines.items()}

    @property
    def shared_total(self) -> Amounts:
        return self.sum_lines(self.shared_lines)

    @property
    def not_estimated(self) -> tuple[EstimateLine, ...]:
        """The lines whose price isn't known."""
        return tuple(line for line in self.lines if line.amounts is None)

    def sum_lines(self, lines: Sequence[EstimateLine]) -> Amounts:
        known = [line.amounts for line in lines if line.amounts is not None]
        return tuple(sum((amounts[index] for amounts in known), ZERO) for index in range(len(self.months)))


@dataclass(frozen=True)
class Saving:
    """The cost per month with and without a feature; None if a price isn't known."""

    cost_with: Amounts | None
    cost_without: Amounts | None

    @property
    def saved(self) -> Amounts | None:
        """The saving per month; negative if the feature costs more than it saves."""
        if self.cost_with is None or self.cost_without is None:
            return None
        return tuple(
            cost_without - cost_with for cost_with, cost_without in zip(self.cost_with, self.cost_without, strict=True)
        )


def estimate(volumes: Volumes, settings: Settings, price_file: PriceFile) -> Estimate:
    """Return the estimate for month 1, month 12 and the last month of retention."""
    months = (1, 12, final_month(settings))
    items = list(zip(*(billed_items(volumes, settings, month) for month in months), strict=True))
    prices = price_file.prices.by_name()
    return Estimate(
        months,
        lines=_lines(items, prices),
        bucket_lines={
            bucket.name: _lines([item for item in items if item[0].bucket == bucket.name], prices)
            for bucket in settings.buckets
        },
        shared_lines=_lines([item for item in items if item[0].bucket is None], prices),
    )


def _lines(items: Sequence[ItemByMonth], prices: Mapping[str, Price]) -> tuple[EstimateLine, ...]:
    """Return a line for all items with the same id."""
    items_by_id: dict[str, list[ItemByMonth]] = defaultdict(list)
    for item in items:
        items_by_id[item[0].id].append(item)
    return tuple(_line(same_items, prices) for same_items in items_by_id.values())


def _line(items: Sequence[ItemByMonth], prices: Mapping[str, Price]) -> EstimateLine:
    first = items[0][0]
    quantities = tuple(sum((item.quantity for item in month), ZERO) for month in zip(*items, strict=True))
    return EstimateLine(
        first.id, first.safeguard, first.description, first.price_name, prices[first.price_name], quantities
    )


def bucket_keys_saving(volumes: Volumes, settings: Settings, price_file: PriceFile) -> Saving:
    """Return the cost of KMS requests with and without Bucket Keys."""

    def kms_cost(volumes: Volumes) -> Amounts | None:
        result = estimate(volumes, settings, price_file)
        lines = [line for line in result.lines if line.id in BUCKET_KEY_ITEMS]
        return None if any(line.amounts is None for line in lines) else result.sum_lines(lines)

    return Saving(kms_cost(volumes), kms_cost(volumes.without_bucket_keys()))


def intelligent_tiering_saving(volumes: Volumes, settings: Settings, price_file: PriceFile) -> Saving:
    """Return the cost with and without Intelligent-Tiering in every bucket, of the lines that it changes."""

    def estimate_with(tiering: bool) -> Estimate:
        buckets = tuple(replace(bucket, intelligent_tiering=tiering) for bucket in settings.buckets)
        return estimate(volumes, replace(settings, buckets=buckets), price_file)

    tiered, untiered = estimate_with(tiering=True), estimate_with(tiering=False)
    changed = [
        index
        for index, (tiered_line, untiered_line) in enumerate(zip(tiered.lines, untiered.lines, strict=True))
        if tiered_line.quantities != untiered_line.quantities
    ]

    def cost(result: Estimate) -> Amounts | None:
        lines = [result.lines[index] for index in changed]
        return None if any(line.amounts is None for line in lines) else result.sum_lines(lines)

    return Saving(cost(tiered), cost(untiered))


def tiering_transition_cost(volumes: Volumes, settings: Settings, price_file: PriceFile) -> Decimal | None:
    """Return the one-time cost of moving the existing objects to Intelligent-Tiering; None if the price isn't known."""
    copies = 2 if settings.replica_region else 1
    buckets = (volumes.for_bucket(bucket.name) for bucket in settings.buckets)
    objects = (bucket.object_count(bucket.storage_gb) for bucket in buckets if bucket.object_kb >= MIN_TRANSITION_KB)
    return price_file.prices.s3_to_tiering.cost_for(sum(objects, ZERO) * copies)
