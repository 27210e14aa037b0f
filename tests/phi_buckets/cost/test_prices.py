"""The price file: every price is dated and sourced, and invalid files are rejected."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from phi_buckets.cost.prices import DEFAULT_PRICES, PriceFile, PriceList, load_prices, stale_prices
from phi_buckets.errors import ConfigurationError
from tests.phi_buckets.cost.sample_prices import price_entry, price_file_content


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "prices.yaml"


def error_for(path: Path, content: object) -> str:
    """Write a price file and return the error of loading it."""
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ConfigurationError) as error:
        load_prices(path)
    return str(error.value)


@pytest.mark.parametrize("name", sorted(PriceList.model_fields))
def test_default_price_is_dated_and_sourced(name):
    price = load_prices().prices.by_name()[name]
    assert price.source.startswith("https://")
    assert date(2026, 1, 1) <= price.retrieved <= date(2026, 12, 31)
    assert price.region == "us-east-1"
    assert price.confidence == ("primary" if price.source.startswith("https://aws.amazon.com/") else "secondary") or (
        price.confidence == "secondary" and "third-party quotations" in price.note
    )


def test_default_prices_are_known_except_for_account_security_services():
    unknown = {name for name, price in load_prices().prices.by_name().items() if price.value is None}
    assert unknown == {"guardduty", "macie", "config"}


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [
        ("kms_key", "1", "key-month"),
        ("kms_requests", "0.03", "10,000 requests"),
        ("cloudtrail_data_events", "0.10", "100,000 events"),
        ("s3_standard", "0.023", "GB-month"),
        ("s3_glacier", "0.0036", "GB-month"),
        ("s3_tiering_monitoring", "0.0025", "1,000 object-months"),
        ("s3_transfer_to_region", "0.02", "GB"),
        ("logs_ingestion", "0.50", "GB"),
    ],
)
def test_default_price_is_the_published_price(name, value, unit):
    price = load_prices().prices.by_name()[name]
    assert (price.value, price.unit) == (Decimal(value), unit)


def test_cost_is_exact():
    """With floats, three times 0.1 is more than 0.3."""
    assert load_prices().prices.cloudtrail_data_events.cost_for(Decimal(300_000)) == Decimal("0.3")


@pytest.mark.parametrize(
    ("unit", "size", "name"),
    [("GB", 1, "GB"), ("10,000 requests", 10_000, "requests"), ("1,000,000 events", 1_000_000, "events")],
)
def test_unit_has_a_size_and_a_name(price_file, unit, size, name):
    price = price_file.prices.s3_standard.model_copy(update={"unit": unit, "value": Decimal(2)})
    assert (price.unit_size, price.unit_name) == (size, name)
    assert price.cost_for(Decimal(3 * size)) == 6


def test_cost_for_unknown_price_is_none(price_file):
    assert price_file.prices.guardduty.cost_for(Decimal(1)) is None


def test_load_prices_returns_the_content_of_a_file(path):
    path.write_text(yaml.safe_dump(price_file_content()), encoding="utf-8")
    assert load_prices(path) == PriceFile.model_validate(price_file_content())


def test_load_prices_accepts_a_copy_of_the_default_file(path):
    path.write_text(DEFAULT_PRICES.read_text(encoding="utf-8"), encoding="utf-8")
    assert load_prices(path) == load_prices()


def test_load_prices_reports_all_errors_together(path):
    content = price_file_content(
        kms_key=price_entry("-1", "key-month"),
        kms_rotation=price_entry("nan", "key-month"),
        kms_requests=price_entry("1", "GB"),
        s3_glacier=price_entry("1", "GB-month", source="http://prices.example/"),
        s3_standard=price_entry("1", "GB-month", confidence="certain"),
        s3_inventory=price_entry("1", "1,00 objects"),
        logs_storage=price_entry("1", "GB-month", retrieved="soon"),
        backup_storage=price_entry("1", "GB-month", guess=True),
        snowball=price_entry("1", "GB"),
    )
    del content["prices"]["macie"], content["prices"]["logs_ingestion"]["retrieved"]
    error = error_for(path, content)
    for problem in (
        "kms_key.value",
        "kms_rotation.value",
        "kms_requests: its unit must be requests, not GB",
        "s3_glacier.source",
        "s3_standard.confidence",
        "s3_inventory.unit",
        "logs_storage.retrieved",
        "logs_ingestion.retrieved: missing",
        "backup_storage.guess: unknown property",
        "snowball: unknown property",
        "macie: missing",
    ):
        assert f"prices.{problem}" in error


def test_prices_for_two_regions_are_rejected(path):
    content = price_file_content(kms_key=price_entry("1", "key-month", region="eu-west-1"))
    assert "prices for a region other than us-east-1: kms_key" in error_for(path, content)


@pytest.mark.parametrize("text", ["", "[]", "prices: [", "2026-13-45", "just text", "\x00"])
def test_file_of_another_format_is_rejected(path, text):
    assert str(path) in error_for(path, text)


def test_missing_file_is_rejected(path):
    with pytest.raises(ConfigurationError, match="can't be read"):
        load_prices(path)


@pytest.mark.parametrize(("age_days", "stale"), [(0, False), (365, False), (366, True), (-1, True)])
def test_prices_are_stale_after_a_year(price_file, age_days, stale):
    today = date(2026, 1, 31) + timedelta(days=age_days)
    assert stale_prices(price_file, today) == (sorted(PriceList.model_fields) if stale else [])
