"""What AWS asks for what: a data file in which each price has a date and a source."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from phi.yaml_files import to_model, read_yaml

DEFAULT_PRICES = Path(__file__).with_name("prices.yaml")
MAX_PRICE_AGE = timedelta(days=365)

UNIT = r"^([1-9][0-9]{0,2}(,[0-9]{3})* )?[A-Za-z-]+$"

Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
SourceUrl = Annotated[str, StringConstraints(pattern=r"^https://[\w.-]+/\S*$")]
DollarValue = Annotated[Decimal, Field(ge=0, le=1_000_000)]


class Price(BaseModel):
    """A price in US dollars for one unit, such as `GB-month` or `10,000 requests`; None is one that isn't known."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    value: DollarValue | None
    unit: Annotated[str, StringConstraints(pattern=UNIT)]
    region: Region
    retrieved: date
    """The day its source was looked at."""
    source: SourceUrl
    confidence: Literal["primary", "secondary"]
    """Primary is AWS's own page."""
    note: str = ""

    @property
    def unit_size(self) -> int:
        """How many there are in a unit: 10,000 of `10,000 requests`."""
        size, counted, _ = self.unit.rpartition(" ")
        return int(size.replace(",", "")) if counted else 1

    @property
    def unit_name(self) -> str:
        return self.unit.rpartition(" ")[2]

    def cost_for(self, quantity: Decimal) -> Decimal | None:
        """What so many cost, counted one by one."""
        return None if self.value is None else quantity * self.value / self.unit_size


def _per(kind: str) -> Callable[[Price], Price]:
    def check(price: Price) -> Price:
        if price.unit_name != kind:
            raise ValueError(f"its unit is of {kind}, not of {price.unit_name}")
        return price

    return check


PerGBMonth = Annotated[Price, AfterValidator(_per("GB-month"))]
PerGB = Annotated[Price, AfterValidator(_per("GB"))]
PerRequests = Annotated[Price, AfterValidator(_per("requests"))]
PerEvents = Annotated[Price, AfterValidator(_per("events"))]
PerKey = Annotated[Price, AfterValidator(_per("key-month"))]
PerAccount = Annotated[Price, AfterValidator(_per("account-month"))]


class PriceList(BaseModel):
    """Every price that a line of the estimate asks for: a file has all of them, so that none is left out unseen."""

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
    guardduty: PerAccount
    macie: PerAccount
    config: PerAccount

    def by_name(self) -> dict[str, Price]:
        return dict(self)


class PriceFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    currency: Literal["USD"]
    region: Region
    prices: PriceList

    @model_validator(mode="after")
    def _of_one_region(self) -> PriceFile:
        if others := sorted(name for name, price in self.prices.by_name().items() if price.region != self.region):
            raise ValueError(f"not of {self.region}: {', '.join(others)}")
        return self


def load_prices(path: Path = DEFAULT_PRICES) -> PriceFile:
    """Raises ConfigurationError that names every price which is missing, unknown or wrong."""
    return to_model(PriceFile, read_yaml(path), str(path))


def stale_prices(file: PriceFile, today: date) -> list[str]:
    """The prices that were seen more than a year ago, or on a day that is yet to come."""
    return sorted(name for name, price in file.prices.by_name().items() if not timedelta(0) <= today - price.retrieved <= MAX_PRICE_AGE)
