"""Prices of AWS services, from a data file in which each price has a date and a source."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from phi_buckets.yaml_files import read_yaml, to_model

DEFAULT_PRICES = Path(__file__).with_name("prices.yaml")
MAX_PRICE_AGE = timedelta(days=365)

UNIT = r"^([1-9][0-9]{0,2}(,[0-9]{3})* )?[A-Za-z-]+$"

Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
SourceUrl = Annotated[str, StringConstraints(pattern=r"^https://[\w.-]+/\S*$")]
DollarValue = Annotated[Decimal, Field(ge=0, le=1_000_000)]


class Price(BaseModel):
    """A price for one unit, such as `GB-month` or `10,000 requests`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    value: DollarValue | None
    """US dollars; None if the price isn't known."""
    unit: Annotated[str, StringConstraints(pattern=UNIT)]
    region: Region
    retrieved: date
    """The day on which the source was read."""
    source: SourceUrl
    confidence: Literal["primary", "secondary"]
    """`primary` for AWS's own page, `secondary` for any other source."""
    note: str = ""

    @property
    def unit_size(self) -> int:
        """The number in the unit: 10,000 for `10,000 requests`."""
        size, has_size, _ = self.unit.rpartition(" ")
        return int(size.replace(",", "")) if has_size else 1

    @property
    def unit_name(self) -> str:
        """The unit without its number: `requests` for `10,000 requests`."""
        return self.unit.rpartition(" ")[2]

    def cost_for(self, quantity: Decimal) -> Decimal | None:
        """Return the cost of a quantity in single units, such as requests; None if the price isn't known."""
        return None if self.value is None else quantity * self.value / self.unit_size


def _per(unit_name: str) -> Callable[[Price], Price]:
    def check(price: Price) -> Price:
        if price.unit_name != unit_name:
            raise ValueError(f"its unit must be {unit_name}, not {price.unit_name}")
        return price

    return check


PerGBMonth = Annotated[Price, AfterValidator(_per("GB-month"))]
PerGB = Annotated[Price, AfterValidator(_per("GB"))]
PerRequests = Annotated[Price, AfterValidator(_per("requests"))]
PerEvents = Annotated[Price, AfterValidator(_per("events"))]
PerKey = Annotated[Price, AfterValidator(_per("key-month"))]
PerAccount = Annotated[Price, AfterValidator(_per("account-month"))]


class PriceList(BaseModel):
    """The prices that the estimate uses. All are required, so that a missing price doesn't go unnoticed."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    s3_standard: PerGBMonth
    s3_glacier: PerGBMonth
    s3_tiering_frequent: PerGBMonth
    s3_tiering_infrequent: PerGBMonth
    s3_tiering_archive_instant: PerGBMonth
    s3_tiering_monitoring: Annotated[Price, AfterValidator(_per("object-months"))]
    s3_write_requests: PerRequests
    s3_read_requests: PerRequests
    s3_to_glacier: PerRequests
    s3_to_tiering: PerRequests
    s3_object_tags: Annotated[Price, AfterValidator(_per("tag-months"))]
    s3_inventory: Annotated[Price, AfterValidator(_per("objects"))]
    s3_transfer_to_region: PerGB
    s3_replication_time_control: PerGB
    kms_key: PerKey
    kms_rotation: PerKey
    kms_requests: PerRequests
    cloudtrail_data_events: PerEvents
    cloudtrail_insights: PerEvents
    logs_ingestion: PerGB
    logs_storage: PerGBMonth
    cloudwatch_metric: Annotated[Price, AfterValidator(_per("metric-month"))]
    cloudwatch_alarm: Annotated[Price, AfterValidator(_per("alarm-month"))]
    cloudwatch_dashboard: Annotated[Price, AfterValidator(_per("dashboard-month"))]
    eventbridge_data_events: PerEvents
    backup_storage: PerGBMonth
    backup_transfer: PerGB
    athena_scanned: PerGB
    guardduty_management_events: PerEvents
    guardduty_data_events: PerEvents
    malware_scans: Annotated[Price, AfterValidator(_per("objects"))]
    malware_scanned_gb: PerGB
    macie_bucket: Annotated[Price, AfterValidator(_per("bucket-month"))]
    config_items: Annotated[Price, AfterValidator(_per("items"))]
    config_evaluations: Annotated[Price, AfterValidator(_per("evaluations"))]
    guardduty: PerAccount
    macie: PerAccount
    config: PerAccount

    def by_name(self) -> dict[str, Price]:
        return dict(self)


class PriceFile(BaseModel):
    """The content of a price file: its prices, all for one region."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    currency: Literal["USD"]
    region: Region
    prices: PriceList

    @model_validator(mode="after")
    def _check_regions(self) -> PriceFile:
        if names := sorted(name for name, price in self.prices.by_name().items() if price.region != self.region):
            raise ValueError(f"prices for a region other than {self.region}: {', '.join(names)}")
        return self


def load_prices(path: Path = DEFAULT_PRICES) -> PriceFile:
    """Return the content of a price file.

    Raises:
        ConfigurationError: Lists every price that is missing, unknown or invalid.
    """
    return to_model(PriceFile, read_yaml(path), str(path))


def stale_prices(price_file: PriceFile, today: date) -> list[str]:
    """Return the names of prices that were retrieved more than a year ago, or on a day in the future."""
    return sorted(
        name
        for name, price in price_file.prices.by_name().items()
        if not timedelta(0) <= today - price.retrieved <= MAX_PRICE_AGE
    )
