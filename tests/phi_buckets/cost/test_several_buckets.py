"""The cost of a stack with several PHI buckets: each bucket's own, and what they share."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from phi_buckets.cost.estimate import bucket_keys_saving, estimate, intelligent_tiering_saving, tiering_transition_cost
from phi_buckets.cost.json_output import to_json
from phi_buckets.cost.prices import PriceFile
from phi_buckets.cost.report import CostReport, bucket_key_summary, build_report, tiering_summary
from phi_buckets.cost.table import print_report
from phi_buckets.cost.volumes import Volumes, load_volumes, require_buckets
from phi_buckets.errors import ConfigurationError
from phi_buckets.stack.settings import REQUIRED_SECURITY_SERVICES, PhiBucketSettings, Settings
from tests.components.mocked_stack import run_main

TODAY = date(2026, 2, 1)
RELATIVE_ERROR = Decimal("1e-20")  # of sums in another order


@pytest.fixture
def two(settings: Settings) -> Settings:
    """Return settings with a second bucket that has the settings of the first."""
    (phi,) = settings.buckets
    return replace(settings, buckets=(phi, replace(phi, name="imaging")))


def volumes_with(volumes: Volumes, **buckets: Any) -> Volumes:
    return Volumes.model_validate(volumes.model_dump() | {"buckets": buckets})


def assert_equal(amounts: tuple[Decimal, ...], expected: tuple[Decimal, ...]) -> None:
    for amount, expected_amount in zip(amounts, expected, strict=True):
        assert abs(amount - expected_amount) <= abs(expected_amount) * RELATIVE_ERROR


# A second bucket


@pytest.mark.parametrize("services", [(), REQUIRED_SECURITY_SERVICES])
def test_second_bucket_costs_only_its_own_resources(volumes, settings, two, price_file, services):
    one_bucket, two_buckets = (
        estimate(volumes, replace(stack, account_security_services=services), price_file) for stack in (settings, two)
    )
    own = one_bucket.total_by_bucket["phi"]
    assert two_buckets.shared_total == one_bucket.shared_total
    assert two_buckets.total_by_bucket == {"phi": own, "imaging": own}
    added = tuple(total - before for total, before in zip(two_buckets.total, one_bucket.total, strict=True))
    assert_equal(added, own)


def test_empty_bucket_costs_its_alarms_and_metrics(volumes, two, price_file):
    """2 alarms and 16 metrics in each region, and 4 metrics of the replication."""
    unused = {"storage_gb": 0, "growth_gb": 0, "reads": 0, "writes": 0}
    result = estimate(volumes_with(volumes, imaging=unused), two, price_file)
    assert result.total_by_bucket["imaging"] == (4 * Decimal("0.10") + 36 * Decimal("0.30"),) * 3
    without_replica = replace(two, replica_region=None)
    result = estimate(volumes_with(volumes, imaging=unused), without_replica, price_file)
    assert result.total_by_bucket["imaging"] == (2 * Decimal("0.10") + 16 * Decimal("0.30"),) * 3


def test_program_declares_as_many_priced_resources_for_a_bucket():
    one, two = run_main("prod"), run_main("prod", buckets=json.dumps({"phi": {}, "imaging": {}}))
    added = {
        name: len(two.resources_of_type(name)) - len(one.resources_of_type(name))
        for name in ("MetricAlarm", "BucketMetric", "Inventory", "Key", "ReplicaKey", "Trail", "Dashboard", "Vault")
    }
    assert added == {
        "MetricAlarm": 4,
        "BucketMetric": 2,
        "Inventory": 2,
        **dict.fromkeys(("Key", "ReplicaKey", "Trail", "Dashboard", "Vault"), 0),
    }


def test_bucket_and_shared_totals_add_up_to_the_total(volumes, two, price_file):
    result = estimate(volumes_with(volumes, imaging={"storage_gb": 5000, "reads": 7}), two, price_file)
    parts = [*result.total_by_bucket.values(), result.shared_total]
    assert_equal(tuple(sum(amounts, Decimal(0)) for amounts in zip(*parts, strict=True)), result.total)


def test_each_bucket_has_its_own_retention_and_tiering(volumes, settings, price_file):
    imaging = PhiBucketSettings(
        name="imaging", noncurrent_retention_days=3650, noncurrent_archive_days=365, intelligent_tiering=True
    )
    result = estimate(volumes, replace(settings, buckets=(*settings.buckets, imaging)), price_file)
    assert result.months == (1, 12, 120)  # the end of the longest retention
    phi_lines, imaging_lines = (
        {line.id: line.quantities for line in result.bucket_lines[name]} for name in ("phi", "imaging")
    )
    assert imaging_lines["standard"] == phi_lines["tiering_monitoring"] == (0, 0, 0)
    assert phi_lines["standard"] == (1010, 1120, 2200)
    assert imaging_lines["tiering_frequent"] == (303, 336, 660)
    assert imaging_lines["noncurrent_glacier"][-1] > phi_lines["noncurrent_glacier"][-1]


# Volumes


def test_bucket_has_the_volumes_of_the_stack_unless_it_has_its_own(tmp_path: Path):
    path = tmp_path / "volumes.yaml"
    path.write_text("reads: 5\nbuckets:\n  imaging: {storage_gb: 9000}\n  labs:\n", encoding="utf-8")
    volumes = load_volumes(path, {"object_kb": "30000"})
    imaging, labs, other = (volumes.for_bucket(name) for name in ("imaging", "labs", "other"))
    assert (imaging.storage_gb, imaging.reads, imaging.object_kb) == (9000, 5, 30000)
    assert (labs.storage_gb, labs.reads, labs.object_kb) == (500, 5, 30000)
    assert other == volumes


@pytest.mark.parametrize(
    ("buckets", "message"),
    [
        ("{imaging: {storage_gb: -1}}", "buckets.imaging.storage_gb: "),
        ("{imaging: {storage_tb: 1}}", "buckets.imaging.storage_tb: unknown property"),
        ("{imaging: {management_events: 1}}", "buckets.imaging.management_events: unknown property"),
        ("{imaging: {unread_30_days: 0.1}}", "must not exceed"),  # the stack's 90 days are 0.5
        ("{imaging: 5}", "buckets.imaging: must be an object"),
        ("[imaging]", "buckets: "),
        ("5", "buckets: "),
    ],
)
def test_invalid_volumes_of_a_bucket_are_rejected(tmp_path: Path, buckets: str, message: str):
    path = tmp_path / "volumes.yaml"
    path.write_text(f"buckets: {buckets}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as error:
        load_volumes(path, {})
    assert message in str(error.value)


def test_volumes_of_a_bucket_that_the_stack_does_not_have_are_rejected(volumes):
    images = volumes_with(volumes, phi={}, images={})
    with pytest.raises(ConfigurationError, match="doesn't have: images; its buckets are phi, imaging"):
        require_buckets(images, ["phi", "imaging"])
    require_buckets(images, ["phi", "images", "imaging"])


# Savings


def test_savings_are_those_of_all_buckets(volumes, settings, two, price_file):
    for saving in (bucket_keys_saving, intelligent_tiering_saving):
        assert_equal(
            saving(volumes, two, price_file).saved,
            tuple(2 * amount for amount in saving(volumes, settings, price_file).saved),
        )
    small = volumes_with(volumes, imaging={"object_kb": 64})
    assert tiering_transition_cost(volumes, two, price_file) == Decimal("40.96")
    assert tiering_transition_cost(small, two, price_file) == Decimal("20.48")


def test_bucket_key_saving_of_a_bucket_is_its_own(volumes, settings, two, price_file):
    without_keys = volumes_with(volumes, imaging={"bucket_key_saving": 0})
    saving = bucket_keys_saving(without_keys, two, price_file)
    assert saving.saved == bucket_keys_saving(volumes, settings, price_file).saved


# Output


def report_of(volumes: Volumes, settings: Settings, price_file: PriceFile) -> CostReport:
    return build_report(volumes, settings, price_file, TODAY)


def printed(report: CostReport) -> str:
    stream = StringIO()
    print_report(report, Console(file=stream, width=140))
    return stream.getvalue()


def test_summaries_name_the_buckets_that_differ(volumes, two, price_file):
    phi, imaging = two.buckets
    tiered = replace(two, buckets=(phi, replace(imaging, intelligent_tiering=True)))
    report = report_of(volumes_with(volumes, imaging={"unread_30_days": "0.9"}), tiered, price_file)
    assert "if 70% (phi), 90% (imaging) of the data isn't read for 30 days and 50% isn't" in tiering_summary(report)
    assert "it is on in imaging: phi:intelligentTiering" in tiering_summary(report)
    assert "if Bucket Keys save 97% of them" in bucket_key_summary(report)


def test_table_shows_each_bucket_and_what_they_share(volumes, settings, two, price_file):
    report = report_of(volumes_with(volumes, imaging={"storage_gb": 5000}), two, price_file)
    rows = {" ".join(line.split()) for line in printed(report).splitlines()}
    for name, size in (("phi", "1,000"), ("imaging", "5,000")):
        totals = " ".join(f"{amount:,.2f}" for amount in report.estimate.total_by_bucket[name])
        assert f"{name} {size} {totals}" in rows
    assert f"shared by the buckets {' '.join(f'{amount:,.2f}' for amount in report.estimate.shared_total)}" in rows
    assert "By bucket" not in printed(report_of(volumes, settings, price_file))


def test_json_has_each_bucket_and_what_they_share(volumes, two, price_file):
    document = to_json(report_of(volumes_with(volumes, imaging={"storage_gb": 5000}), two, price_file))
    assert json.loads(json.dumps(document)) == document
    imaging = document["buckets"]["imaging"]
    assert list(document["buckets"]) == ["phi", "imaging"]
    assert imaging["volumes"]["storage_gb"] == "5000"
    assert imaging["settings"] == {
        "noncurrent_retention_days": 2190,
        "noncurrent_archive_days": 365,
        "intelligent_tiering": False,
    }
    for index, total in enumerate(document["total"]):
        parts = [bucket["total"][index] for bucket in document["buckets"].values()] + [document["shared"][index]]
        assert abs(sum(map(Decimal, parts)) - Decimal(total)) <= Decimal("0.001")


def test_warning_names_buckets_that_have_the_volumes_of_the_stack(volumes, settings, two, price_file):
    def warnings(given: Volumes, of: Settings) -> list[str]:
        return [warning for warning in report_of(given, of, price_file).warnings if "no volumes were given" in warning]

    (warning,) = warnings(volumes_with(volumes, phi={}), two)
    assert "no volumes were given for imaging:" in warning
    assert "buckets: {imaging: {storage_gb: 500}}" in warning
    assert warnings(volumes_with(volumes, phi={}, imaging={}), two) == []
    assert warnings(volumes, settings) == []
