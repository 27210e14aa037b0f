"""The estimate: what is billed in the first month, after a year, and once as much goes as comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from phi.cost.billed_items import BilledItem, Safeguard, billed_items, final_month
from phi.cost.monthly_usage import MIN_TRANSITION_KB
from phi.cost.prices import Price, PriceFile
from phi.cost.storage_model import ZERO
from phi.cost.volumes import Volumes
from phi.stack.settings import Settings

Amounts = tuple[Decimal, ...]
"""US dollars, one for each month of the estimate."""

BUCKET_KEY_ITEMS = frozenset({"kms_requests", "replica_kms_requests", "backup_kms_requests"})
"""Those that a Bucket Key saves. CloudTrail's own aren't: the trail's bucket has none."""


@dataclass(frozen=True)
class EstimateLine:
    id: str
    safeguard: Safeguard
    description: str
    price_name: str
    price: Price
    quantities: Amounts
    """Counted one by one, whatever the price's unit."""

    @property
    def amounts(self) -> Amounts | None:
        """None where the price isn't known; of nothing the cost is."""
        known = [ZERO if not quantity else self.price.cost_for(quantity) for quantity in self.quantities]
        return tuple(each for each in known if each is not None) if None not in known else None


@dataclass(frozen=True)
class Estimate:
    months: tuple[int, ...]
    lines: tuple[EstimateLine, ...]

    @property
    def total(self) -> Amounts:
        """Without the lines that aren't estimated."""
        return self.sum_lines(self.lines)

    @property
    def total_by_safeguard(self) -> dict[Safeguard, Amounts]:
        return {each: self.sum_lines([line for line in self.lines if line.safeguard is each]) for each in Safeguard}

    @property
    def not_estimated(self) -> tuple[EstimateLine, ...]:
        return tuple(line for line in self.lines if line.amounts is None)

    def sum_lines(self, lines: tuple[EstimateLine, ...] | list[EstimateLine]) -> Amounts:
        known = [line.amounts for line in lines if line.amounts is not None]
        return tuple(sum((amounts[at] for amounts in known), ZERO) for at in range(len(self.months)))


@dataclass(frozen=True)
class Saving:
    """What something costs a month with it and without it. None: a price that it takes isn't known."""

    cost_with: Amounts | None
    cost_without: Amounts | None

    @property
    def saved(self) -> Amounts | None:
        """Below zero where it costs more than it saves."""
        if self.cost_with is None or self.cost_without is None:
            return None
        return tuple(without - cost for cost, without in zip(self.cost_with, self.cost_without, strict=True))


def estimate(volumes: Volumes, settings: Settings, file: PriceFile) -> Estimate:
    """For months 1 and 12, and the last of retention."""
    numbers = (1, 12, final_month(settings))
    each_month = zip(*(billed_items(volumes, settings, number) for number in numbers), strict=True)
    prices = file.prices.by_name()
    return Estimate(numbers, tuple(_line(same, prices) for same in each_month))


def _line(same: tuple[BilledItem, ...], prices: Mapping[str, Price]) -> EstimateLine:
    """One item in every month."""
    first = same[0]
    quantities = tuple(each.quantity for each in same)
    return EstimateLine(first.id, first.safeguard, first.description, first.price_name, prices[first.price_name], quantities)


def bucket_keys_saving(volumes: Volumes, settings: Settings, file: PriceFile) -> Saving:
    """Of S3's requests to KMS."""

    def requests(share: Decimal) -> Amounts | None:
        found = estimate(volumes.model_copy(update={"bucket_key_saving": share}), settings, file)
        lines = [line for line in found.lines if line.id in BUCKET_KEY_ITEMS]
        return None if any(line.amounts is None for line in lines) else found.sum_lines(lines)

    return Saving(requests(volumes.bucket_key_saving), requests(ZERO))


def intelligent_tiering_saving(volumes: Volumes, settings: Settings, file: PriceFile) -> Saving:
    """Of the lines that it changes."""
    tiered = estimate(volumes, replace(settings, intelligent_tiering=True), file)
    plain = estimate(volumes, replace(settings, intelligent_tiering=False), file)
    changed = [at for at, line in enumerate(tiered.lines) if line.quantities != plain.lines[at].quantities]

    def cost(found: Estimate) -> Amounts | None:
        lines = [found.lines[at] for at in changed]
        return None if any(line.amounts is None for line in lines) else found.sum_lines(lines)

    return Saving(cost(tiered), cost(plain))


def tiering_transition_cost(volumes: Volumes, settings: Settings, file: PriceFile) -> Decimal | None:
    """What it costs, once, to move what is there already into Intelligent-Tiering."""
    buckets = 2 if settings.replica_region else 1
    moved = volumes.objects(volumes.storage_gb) * buckets if volumes.object_kb >= MIN_TRANSITION_KB else ZERO
    return file.prices.s3_to_tiering.cost_for(moved)
