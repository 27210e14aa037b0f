"""The cost report: the estimate, what features save, the prices used, and the assumptions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from phi_buckets.cost.billed_item import Safeguard
from phi_buckets.cost.estimate import (
    Estimate,
    Saving,
    bucket_keys_saving,
    estimate,
    intelligent_tiering_saving,
    tiering_transition_cost,
)
from phi_buckets.cost.monthly_usage import MIN_TRANSITION_KB
from phi_buckets.cost.prices import Price, PriceFile, stale_prices
from phi_buckets.cost.volumes import BucketVolumes, Volumes
from phi_buckets.stack.settings import Settings

SAFEGUARD_TITLES = {
    Safeguard.STORAGE: "Storage and requests",
    Safeguard.ENCRYPTION: "Encryption",
    Safeguard.VERSIONING: "Versioning",
    Safeguard.DATA_EVENTS: "CloudTrail, with data events",
    Safeguard.ACCESS_LOGGING: "Access logging",
    Safeguard.REPLICATION: "Replication",
    Safeguard.BACKUP: "Backup",
    Safeguard.MONITORING: "Monitoring",
    Safeguard.ACCOUNT_SECURITY: "Account security services",
}

ASSUMPTIONS = (
    "Storage is measured at the end of the month.",
    "The initial data is already stored: its upload, its replication and its earlier versions aren't included.",
    "All objects have the average size. Objects below 128 KB stay in Standard and are backed up as if they had 128 KB.",
    "A read or write is one request, and a replacement is also one deletion. Multipart uploads and listings need more.",
    "Without Bucket Keys, each object read or written is one KMS request. Bucket Keys save the given share of these.",
    "Access logs and CloudTrail log files never expire. Event and record sizes, and a compression to 15%, are assumed.",
    "Prices are first-tier list prices, without free tiers, taxes and discounts, and the same in the replica's region.",
    "Copies of backups in another vault are incremental. Not included: the first copy, in full, and that vault's key.",
    "Security services aren't estimated if they are enabled elsewhere (phi:accountSecurityElsewhere).",
    "Left out as negligible: SNS, KMS requests for alerts and log groups, delete markers, files of Config and Athena.",
    "Left out because they depend on use: transfer to the internet, retrieval from Glacier, and restores from backups.",
    "Left out for the same reason: queries in CloudWatch Logs Insights, and the requests of Athena to S3 and KMS.",
)


@dataclass(frozen=True)
class CostReport:
    """An estimate with its inputs, savings and warnings.

    Attributes:
        transition_cost: The one-time cost of the transition of existing objects to Intelligent-Tiering, in US dollars;
            None if a price isn't known.
    """

    volumes: Volumes
    settings: Settings
    price_file: PriceFile
    estimate: Estimate
    bucket_keys_saving: Saving
    tiering_saving: Saving
    transition_cost: Decimal | None
    warnings: tuple[str, ...]

    @property
    def bucket_volumes(self) -> dict[str, BucketVolumes]:
        """The volumes of each PHI bucket, by its name in `phi:buckets`."""
        return {bucket.name: self.volumes.for_bucket(bucket.name) for bucket in self.settings.buckets}

    @property
    def prices(self) -> dict[str, Price]:
        """The prices of the lines that have a quantity."""
        used = {line.price_name for line in self.estimate.lines if any(line.quantities)}
        return {name: price for name, price in self.price_file.prices.by_name().items() if name in used}


def build_report(volumes: Volumes, settings: Settings, price_file: PriceFile, today: date) -> CostReport:
    inputs = (volumes, settings, price_file)
    return CostReport(
        *inputs,
        estimate=estimate(*inputs),
        bucket_keys_saving=bucket_keys_saving(*inputs),
        tiering_saving=intelligent_tiering_saving(*inputs),
        transition_cost=tiering_transition_cost(*inputs),
        warnings=tuple(_warnings(volumes, settings, price_file, today)),
    )


def _warnings(volumes: Volumes, settings: Settings, price_file: PriceFile, today: date) -> Iterable[str]:
    names = [bucket.name for bucket in settings.buckets]
    if len(names) > 1 and (unnamed := [name for name in names if name not in volumes.buckets]):
        yield (
            f"no volumes were given for {', '.join(unnamed)}: each is estimated with the volumes of the stack; give it "
            f"its own in the --volumes file, such as buckets: {{{unnamed[0]}: {{storage_gb: 500}}}}"
        )
    if stale := stale_prices(price_file, today):
        yield f"prices dated more than a year ago, or in the future; update them: {', '.join(stale)}"
    if settings.region != price_file.region:
        yield (
            f"the prices are for {price_file.region}, but the stack is in {settings.region}: "
            "pass a price file for that region with --prices"
        )


def tiering_summary(report: CostReport) -> str:
    """Return a sentence about the saving by Intelligent-Tiering with these volumes."""
    if all(volumes.object_kb < MIN_TRANSITION_KB for volumes in report.bucket_volumes.values()):
        return "Intelligent-Tiering: no saving, because objects below 128 KB aren't monitored or moved."
    saved, months = report.tiering_saving.saved, report.estimate.months
    if saved is None or report.transition_cost is None:
        return "Intelligent-Tiering: the saving can't be estimated, because some of its prices aren't known."
    savings = ", ".join(
        f"{_saved_or_added(amount)} in month {month}" for month, amount in zip(months, saved, strict=True)
    )
    unread_30_days, unread_90_days = _shares(report, "unread_30_days"), _shares(report, "unread_90_days")
    tiered = [bucket.name for bucket in report.settings.buckets if bucket.intelligent_tiering]
    state = "off" if not tiered else "on" if len(tiered) == len(report.bucket_volumes) else f"on in {', '.join(tiered)}"
    return (
        f"Intelligent-Tiering: {savings}, if {unread_30_days} of the data isn't read for 30 days and {unread_90_days} "
        f"isn't read for 90 days. The transition of existing objects costs ${report.transition_cost:,.2f} once. In "
        f"this estimate it is {state}: phi:intelligentTiering."
    )


def bucket_key_summary(report: CostReport) -> str:
    """Return a sentence about the saving by Bucket Keys with these volumes."""
    saving = report.bucket_keys_saving
    if saving.cost_with is None or saving.cost_without is None or saving.saved is None:
        return "Bucket Keys: the saving can't be estimated, because the price of KMS requests isn't known."
    return (
        f"Bucket Keys: KMS requests cost ${saving.cost_with[-1]:,.2f} in month {report.estimate.months[-1]} instead of "
        f"${saving.cost_without[-1]:,.2f}, ${saving.saved[-1]:,.2f} less, if Bucket Keys save "
        f'{_shares(report, "bucket_key_saving")} of them (AWS: "up to 99 percent"). The stack uses them.'
    )


def _saved_or_added(saved: Decimal) -> str:
    return f"${abs(saved):,.2f} {'less' if saved >= 0 else 'more'}"


def _shares(report: CostReport, name: str) -> str:
    """Return a share in percent, or that of each bucket if they differ: `70% (phi), 90% (imaging)`."""
    percents = {
        bucket: f"{(getattr(volumes, name) * 100).normalize():f}%" for bucket, volumes in report.bucket_volumes.items()
    }
    distinct = set(percents.values())
    return (
        distinct.pop() if len(distinct) == 1 else ", ".join(f"{share} ({bucket})" for bucket, share in percents.items())
    )
