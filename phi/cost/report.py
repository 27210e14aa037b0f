"""An estimate with all that is to be told of it: what it would be otherwise, its prices, and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from phi.cost.billed_items import Safeguard
from phi.cost.estimate import (
    Estimate,
    Saving,
    bucket_keys_saving,
    estimate,
    intelligent_tiering_saving,
    tiering_transition_cost,
)
from phi.cost.monthly_usage import MIN_TRANSITION_KB
from phi.cost.prices import Price, PriceFile, stale_prices
from phi.cost.volumes import Volumes
from phi.stack.settings import Settings

SAFEGUARD_TITLES = {
    Safeguard.STORAGE: "Storage and requests",
    Safeguard.ENCRYPTION: "Encryption",
    Safeguard.VERSIONING: "Versioning",
    Safeguard.DATA_EVENTS: "CloudTrail, with data events",
    Safeguard.ACCESS_LOGGING: "Access logging",
    Safeguard.REPLICATION: "Replication",
    Safeguard.BACKUP: "Backup",
    Safeguard.MONITORING: "Monitoring",
    Safeguard.ACCOUNT_SECURITY: "Account guards",
}

NOTES = (
    "What is stored is counted at a month's end.",
    "What is there at the start came before: its upload, its first copy and its earlier versions aren't counted.",
    "All objects are of the average size. What is below 128 KB moves to no other class, and is backed up as 128 KB.",
    "A read or write is one request, and a replaced object one of deletion too: uploads in parts and lists are more.",
    "KMS is asked once for each object written and read without Bucket Keys; with them, for the share that is left.",
    "The stack never deletes S3's logs. Sizes of events and log lines are assumed, and that compression leaves 15 %.",
    "Prices are of the first tier, without free tiers, taxes and discounts; the other region's are taken to be equal.",
    "Left out as negligible: SNS, KMS for alerts and log groups, and delete markers.",
    "Left out as they depend on use: transfer to the internet, reading from Glacier, and restoring from a vault.",
)


@dataclass(frozen=True)
class CostReport:
    volumes: Volumes
    settings: Settings
    price_file: PriceFile
    estimate: Estimate
    bucket_keys: Saving
    tiering: Saving
    tiering_transition_cost: Decimal | None
    """Dollars, once."""
    warnings: tuple[str, ...]

    @property
    def prices(self) -> dict[str, Price]:
        """Those of the lines that there is something of."""
        asked = {line.price_name for line in self.estimate.lines if any(line.quantities)}
        return {name: price for name, price in self.price_file.prices.by_name().items() if name in asked}


def build_report(volumes: Volumes, settings: Settings, file: PriceFile, today: date) -> CostReport:
    asked = (volumes, settings, file)
    return CostReport(
        volumes,
        settings,
        file,
        estimate(*asked),
        bucket_keys_saving(*asked),
        intelligent_tiering_saving(*asked),
        tiering_transition_cost(*asked),
        tuple(_warnings(settings, file, today)),
    )


def _warnings(settings: Settings, file: PriceFile, today: date) -> Iterable[str]:
    if old := stale_prices(file, today):
        yield f"prices older than a year, or of a day to come; look them up again: {', '.join(old)}"
    if settings.region != file.region:
        yield f"the prices are of {file.region}, and the stack is in {settings.region}: name a file of its prices"


def tiering_summary(report: CostReport) -> str:
    """The guide's tip, by these volumes."""
    if report.volumes.object_kb < MIN_TRANSITION_KB:
        return "Intelligent-Tiering: objects below 128 KB aren't monitored or moved, so that it saves nothing here."
    saved, months = report.tiering.saved, report.estimate.months
    if saved is None or report.tiering_transition_cost is None:
        return "Intelligent-Tiering: what it saves can't be told without all of its prices."
    told = ", ".join(f"{_more_or_less(each)} in month {month}" for month, each in zip(months, saved, strict=True))
    return (
        f"Intelligent-Tiering: {told}, where {_percent(report.volumes.unread_30_days)} goes unread for 30 days and "
        f"{_percent(report.volumes.unread_90_days)} for 90; moving what is there costs "
        f"${report.tiering_transition_cost:,.2f} once. It is {'on' if report.settings.intelligent_tiering else 'off'}: "
        "phi:intelligentTiering."
    )


def bucket_key_summary(report: CostReport) -> str:
    with_them, without, saved = report.bucket_keys.cost_with, report.bucket_keys.cost_without, report.bucket_keys.saved
    if with_them is None or without is None or saved is None:
        return "Bucket Keys: what they save can't be told without the price of KMS requests."
    return (
        f"Bucket Keys: KMS requests for ${with_them[-1]:,.2f} in month {report.estimate.months[-1]} rather than "
        f"${without[-1]:,.2f}, ${saved[-1]:,.2f} less, if they save {_percent(report.volumes.bucket_key_saving)} of "
        'them; AWS says "up to 99 percent". They are on.'
    )


def _more_or_less(saved: Decimal) -> str:
    return f"${abs(saved):,.2f} {'less' if saved >= 0 else 'more'}"


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f} %"
