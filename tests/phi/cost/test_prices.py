"""The prices: dated, sourced, and of what they say."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from phi.cost.prices import DEFAULT_PRICES, PriceFile, PriceList, load_prices, stale_prices
from phi.errors import ConfigurationError


def fault(path: Path, content: object) -> str:
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ConfigurationError) as error:
        load_prices(path)
    return str(error.value)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "prices.yaml"


@pytest.mark.parametrize("name", sorted(PriceList.model_fields))
def test_each_of_ours_is_dated_and_sourced(name):
    price = load_prices().prices.by_name()[name]
    assert price.source.startswith("https://")
    assert date(2026, 1, 1) <= price.retrieved <= date(2026, 12, 31)
    assert price.region == "us-east-1"
    assert price.confidence == ("primary" if price.source.startswith("https://aws.amazon.com/") else "secondary") or (
        price.confidence == "secondary" and "others quote" in price.note
    )


def test_ours_know_all_but_what_volumes_cannot_tell():
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
def test_ours_are_the_guides(name, value, unit):
    price = load_prices().prices.by_name()[name]
    assert (price.value, price.unit) == (Decimal(value), unit)


def test_values_are_exact():
    """As floats, three times 0.1 are more than 0.3."""
    assert load_prices().prices.cloudtrail_data_events.cost_for(Decimal(300_000)) == Decimal("0.3")


@pytest.mark.parametrize(
    ("unit", "size", "kind"),
    [("GB", 1, "GB"), ("10,000 requests", 10_000, "requests"), ("1,000,000 events", 1_000_000, "events")],
)
def test_a_price_is_for_so_many(file, unit, size, kind):
    price = file.prices.s3_standard.model_copy(update={"unit": unit, "value": Decimal(2)})
    assert (price.size, price.kind) == (size, kind)
    assert price.of(Decimal(3 * size)) == 6


def test_what_is_not_known_costs_nothing_that_is_known(file):
    assert file.prices.guardduty.of(Decimal(1)) is None


def test_a_file_in_place_of_ours(path, content):
    path.write_text(yaml.safe_dump(content()), encoding="utf-8")
    assert load_prices(path) == PriceFile.model_validate(content())


def test_the_form_of_ours_is_readable_as_it_is(path):
    path.write_text(DEFAULT_PRICES.read_text(encoding="utf-8"), encoding="utf-8")
    assert load_prices(path) == load_prices()


def test_every_fault_is_told_at_once(path, content, price):
    wrong = content(
        kms_key=price("-1", "key-month"),
        kms_rotation=price("nan", "key-month"),
        kms_requests=price("1", "GB"),
        s3_glacier=price("1", "GB-month", source="http://prices.example/"),
        s3_standard=price("1", "GB-month", confidence="certain"),
        s3_inventory=price("1", "1,00 objects"),
        logs_storage=price("1", "GB-month", seen="soon"),
        backup_storage=price("1", "GB-month", guess=True),
        snowball=price("1", "GB"),
    )
    del wrong["prices"]["macie"], wrong["prices"]["logs_ingestion"]["seen"]
    told = fault(path, wrong)
    for name in (
        "kms_key.value",
        "kms_rotation.value",
        "kms_requests: its unit is of requests, not of GB",
        "s3_glacier.source",
        "s3_standard.confidence",
        "s3_inventory.unit",
        "logs_storage.seen",
        "logs_ingestion.seen: missing",
        "backup_storage.guess: unknown property",
        "snowball: unknown property",
        "macie: missing",
    ):
        assert f"prices.{name}" in told


def test_prices_of_two_regions_are_no_list(path, content, price):
    assert "not of us-east-1: kms_key" in fault(path, content(kms_key=price("1", "key-month", region="eu-west-1")))


@pytest.mark.parametrize("text", ["", "[]", "prices: [", "2026-13-45", "just text", "\x00"])
def test_what_is_no_list_of_prices(path, text):
    assert str(path) in fault(path, text)


def test_no_file(path):
    with pytest.raises(ConfigurationError, match="can't be read"):
        load_prices(path)


@pytest.mark.parametrize(("days", "told"), [(0, False), (365, False), (366, True), (-1, True)])
def test_prices_are_good_for_a_year(file, days, told):
    today = date(2026, 1, 31) + timedelta(days=days)
    assert stale_prices(file, today) == (sorted(PriceList.model_fields) if told else [])
