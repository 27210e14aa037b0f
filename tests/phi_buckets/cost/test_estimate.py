"""Every line of the estimate, compared with values calculated by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from phi_buckets.cost.billed_item import Safeguard
from phi_buckets.cost.billed_items import final_month
from phi_buckets.cost.estimate import (
    Estimate,
    bucket_keys_saving,
    estimate,
    intelligent_tiering_saving,
    tiering_transition_cost,
)
from phi_buckets.cost.prices import PriceFile
from tests.phi_buckets.cost.sample_prices import price_entry, price_file_content
from tests.phi_buckets.cost.sample_settings import with_bucket_settings

MONTHS = (1, 12, 72)
# In GB, at the end of these months: current versions, those replaced in the last 12 months, and those in the archive.
CURRENT_GB = (1010, 1120, 1720)
NONCURRENT_GB = ("100.5", "1272", "1992")
GLACIER_GB = (0, 0, 7800)
# Objects replaced in the month: a tenth of 1,005, 1,115 and 1,715 GB on average, of 1,024 objects each.
REPLACED = (102_912, 114_176, 175_616)
# Objects replaced since the start: 100.5, 1,272 and 9,792 GB.
REPLACED_SINCE_START = (102_912, 1_302_528, 10_027_008)
# In month 72, the objects replaced in month 60 are archived: a tenth of 1,595 GB.
GLACIER_TRANSITIONS = (0, 0, 163_328)

# Reads, writes, reads by AWS Backup, and deletions.
REQUESTS = [1_000_000 + 200_000 + 200_000 + replaced for replaced in REPLACED]
REQUESTS_SINCE_START = [
    1_400_000 * month + replaced for month, replaced in zip(MONTHS, REPLACED_SINCE_START, strict=True)
]
REPLICA_REQUESTS = [200_000 + replaced for replaced in REPLACED]
REPLICA_REQUESTS_SINCE_START = [
    200_000 * month + replaced for month, replaced in zip(MONTHS, REPLACED_SINCE_START, strict=True)
]
EVENTS = [
    requests + replica_requests + 50_000 for requests, replica_requests in zip(REQUESTS, REPLICA_REQUESTS, strict=True)
]
EVENTS_SINCE_START = [
    requests + replica_requests + 50_000 * month
    for month, requests, replica_requests in zip(
        MONTHS, REQUESTS_SINCE_START, REPLICA_REQUESTS_SINCE_START, strict=True
    )
]
KB_PER_GB = 1_048_576


def gigabytes(counts: list[int], kilobytes: int) -> list[Decimal]:
    """Return the sizes of a number of records of this size."""
    return [Decimal(count) * kilobytes / KB_PER_GB for count in counts]


def compressed(sizes: list[Decimal]) -> list[Decimal]:
    return [size * Decimal("0.15") for size in sizes]


TRAIL_GB_BY_MONTH = compressed(gigabytes(EVENTS, 2))

BUCKET = {
    "standard": CURRENT_GB,
    "tiering_frequent": (0, 0, 0),
    "tiering_infrequent": (0, 0, 0),
    "tiering_archive_instant": (0, 0, 0),
    "tiering_monitoring": (0, 0, 0),
    "tiering_transitions": (0, 0, 0),
    "noncurrent_standard": NONCURRENT_GB,
    "noncurrent_glacier": (0, 0, "8043.75"),  # with 32 KB for each of 7,987,200 objects, 243.75 GB
    "glacier_metadata": (0, 0, "60.9375"),  # 8 KB for each object
    "glacier_transitions": GLACIER_TRANSITIONS,
}
# Versions of 1,110.5, 2,392 and 11,512 GB, listed 52 times a year.
LISTED = [Decimal(size) * 1024 * 52 / 12 for size in ("1110.5", "2392", "11512")]
BUCKET_EVENTS = [
    200_000 + replaced + archived for replaced, archived in zip(REPLACED, GLACIER_TRANSITIONS, strict=True)
]
EXPECTED = {
    "reads": [1_000_000] * 3,
    "writes": [200_000] * 3,
    **BUCKET,
    "kms_keys": [2] * 3,
    "kms_key_rotations": [0, 0, 4],
    "kms_requests": [36_000] * 3,  # 3% of 1,200,000
    "data_events": REQUESTS,
    "insights": [100_000] * 3,
    "trail_writes": [17_520] * 3,  # 12 an hour, 730 hours, two regions
    "trail_kms_requests": [17_520] * 3,
    "trail_storage": compressed(gigabytes(EVENTS_SINCE_START, 2)),
    "athena_scanned": [0] * 3,
    "logs_ingestion": gigabytes(EVENTS, 2),
    "logs_storage": compressed(gigabytes(EVENTS_SINCE_START, 2)),  # 2,192 days, which is more than 72 months
    "access_logs": gigabytes(
        [17_520 * month + requests for month, requests in zip(MONTHS, REQUESTS_SINCE_START, strict=True)], 1
    ),
    **{f"replica_{name}": quantities for name, quantities in BUCKET.items()},
    "replica_kms_keys": [2] * 3,
    "replica_kms_key_rotations": [0, 0, 4],
    "replica_kms_requests": [12_000] * 3,  # 3% of twice 200,000
    "replica_writes": [217_520] * 3,  # with the trail's files
    # 200,000 objects of 1 MB, and the trail's files.
    "replica_transfer": [Decimal("195.3125") + size for size in TRAIL_GB_BY_MONTH],
    "replication_time_control": [Decimal("195.3125") + size for size in TRAIL_GB_BY_MONTH],
    "replica_data_events": REPLICA_REQUESTS,
    "replica_access_logs": gigabytes(
        [17_520 * month + requests for month, requests in zip(MONTHS, REPLICA_REQUESTS_SINCE_START, strict=True)], 1
    ),
    "replica_trail_storage": compressed(gigabytes(EVENTS_SINCE_START, 2)),
    "replica_trail_kms_requests": [35_040] * 3,  # each file is decrypted and encrypted
    "replica_alarms": [14] * 3,
    "replica_metrics": [24] * 3,
    "replica_inventory": LISTED,
    "replica_bucket_events": BUCKET_EVENTS,
    # Current versions and those replaced in the last 14.4 months: in month 72, a tenth of the data from month 57.6 on.
    "backup_storage": ["1110.5", "2392", "4093.12"],
    "backup_reads": [200_000] * 3,
    "backup_kms_requests": [6_000] * 3,
    "backup_kms_keys": [1] * 3,
    "backup_kms_key_rotations": [0, 0, 2],
    "backup_copy_storage": [0] * 3,
    "backup_copy_transfer": [0] * 3,
    "alarms": [25] * 3,
    "metrics": [28] * 3,
    "dashboard": [1] * 3,
    "inventory": LISTED,
    "bucket_events": BUCKET_EVENTS,
    # The account's security services, which are off: see test_security_services.py.
    "guardduty_management_events": [0] * 3,
    "guardduty_data_events": [0] * 3,
    "guardduty": [0] * 3,
    "malware_scans": [0] * 3,
    "malware_scanned_gb": [0] * 3,
    "malware_reads": [0] * 3,
    "malware_tagging": [0] * 3,
    "malware_tags": [0] * 3,
    "malware_kms_requests": [0] * 3,
    "macie_buckets": [0] * 3,
    "macie": [0] * 3,
    "config_items": [0] * 3,
    "config_evaluations": [0] * 3,
    "config": [0] * 3,
}
RELATIVE_ERROR = Decimal("1e-15")  # of non-terminating divisions, which have 28 digits


def quantities_of(result: Estimate, line_id: str) -> tuple[Decimal, ...]:
    return next(line.quantities for line in result.lines if line.id == line_id)


def test_estimate_has_exactly_the_expected_lines(volumes, settings, price_file):
    result = estimate(volumes, settings, price_file)
    assert sorted(line.id for line in result.lines) == sorted(EXPECTED)
    assert result.months == MONTHS


@pytest.mark.parametrize("line_id", EXPECTED)
def test_quantities_match_the_calculation_by_hand(volumes, settings, price_file, line_id):
    quantities = quantities_of(estimate(volumes, settings, price_file), line_id)
    for quantity, expected in zip(quantities, EXPECTED[line_id], strict=True):
        assert abs(quantity - Decimal(expected)) <= abs(quantity) * RELATIVE_ERROR


@pytest.mark.parametrize(
    ("line_id", "amounts"),
    [
        ("reads", ["0.4", "0.4", "0.4"]),
        ("writes", ["1", "1", "1"]),
        ("standard", ["23.23", "25.76", "39.56"]),
        ("noncurrent_standard", ["2.3115", "29.256", "45.816"]),
        ("noncurrent_glacier", ["0", "0", "28.9575"]),
        ("glacier_metadata", ["0", "0", "1.4015625"]),
        ("glacier_transitions", ["0", "0", "4.89984"]),
        ("kms_keys", ["2", "2", "2"]),
        ("kms_key_rotations", ["0", "0", "4"]),
        ("kms_requests", ["0.108", "0.108", "0.108"]),
        ("data_events", ["1.502912", "1.514176", "1.575616"]),
        ("insights", ["0.35", "0.35", "0.35"]),
        ("replica_writes", ["1.0876", "1.0876", "1.0876"]),
        ("replica_trail_kms_requests", ["0.10512", "0.10512", "0.10512"]),
        ("backup_kms_keys", ["1", "1", "1"]),
        ("alarms", ["2.5", "2.5", "2.5"]),
        ("metrics", ["8.4", "8.4", "8.4"]),
        ("dashboard", ["3", "3", "3"]),
        ("bucket_events", ["0.302912", "0.314176", "0.538944"]),
        ("backup_reads", ["0.08", "0.08", "0.08"]),
    ],
)
def test_amounts_are_exact(volumes, settings, price_file, line_id, amounts):
    line = next(line for line in estimate(volumes, settings, price_file).lines if line.id == line_id)
    assert line.amounts == tuple(map(Decimal, amounts))


def test_total_is_the_sum_over_all_safeguards(volumes, settings, price_file):
    result = estimate(volumes, settings, price_file)
    sums = [sum(amounts[index] for amounts in result.total_by_safeguard.values()) for index in range(3)]
    assert sums == list(result.total)
    assert set(result.total_by_safeguard) == set(Safeguard)


def test_key_rotations_are_billed_for_the_first_two_years_only(volumes, settings, price_file):
    last_rotations = {}
    for years in (6, 7):
        result = estimate(volumes, with_bucket_settings(settings, noncurrent_retention_days=365 * years), price_file)
        last_rotations[years] = quantities_of(result, "kms_key_rotations")[-1]
    assert last_rotations == {6: 4, 7: 4}
    # Month 12 is still before the first rotation.
    assert quantities_of(estimate(volumes, settings, price_file), "kms_key_rotations")[1] == 0


@pytest.mark.parametrize(
    ("retention_days", "log_retention_days", "month"), [(2190, 2190, 72), (2192, 2190, 73), (2190, 2555, 84)]
)
def test_final_month_is_when_the_longest_retention_ends(settings, retention_days, log_retention_days, month):
    changed = with_bucket_settings(settings, noncurrent_retention_days=retention_days)
    assert final_month(replace(changed, log_retention_days=log_retention_days)) == month


def test_without_replica_there_is_no_replication_cost(volumes, settings, price_file):
    result = estimate(volumes, replace(settings, replica_region=None), price_file)
    assert result.total_by_safeguard[Safeguard.REPLICATION] == (0, 0, 0)
    assert quantities_of(result, "trail_writes") == (8_760, 8_760, 8_760)
    with_replica = estimate(volumes, settings, price_file).total_by_safeguard
    for safeguard in (Safeguard.STORAGE, Safeguard.ENCRYPTION, Safeguard.VERSIONING, Safeguard.BACKUP):
        assert result.total_by_safeguard[safeguard] == with_replica[safeguard]


def test_without_backup_there_are_no_backup_reads(volumes, settings, price_file):
    result = estimate(volumes, replace(settings, backup_enabled=False), price_file)
    assert result.total_by_safeguard[Safeguard.BACKUP] == (0, 0, 0)
    assert quantities_of(result, "data_events")[0] == 1_000_000 + 200_000 + REPLACED[0]


def test_small_objects_stay_in_standard_and_are_backed_up_as_128_kb(volumes, settings, price_file):
    small = volumes.model_copy(update={"object_kb": Decimal(64), "growth_gb": Decimal(0)})
    result = estimate(small, with_bucket_settings(settings, intelligent_tiering=True), price_file)
    assert quantities_of(result, "standard") == (1000, 1000, 1000)
    assert quantities_of(result, "noncurrent_standard") == (100, 1200, 7200)  # for the whole retention
    for line_id in (
        "noncurrent_glacier",
        "glacier_metadata",
        "glacier_transitions",
        "tiering_transitions",
        "tiering_monitoring",
    ):
        assert quantities_of(result, line_id) == (0, 0, 0)
    assert quantities_of(result, "backup_storage")[0] == 2 * (1000 + 100)


def test_objects_of_128_kb_are_archived(volumes, settings, price_file):
    result = estimate(volumes.model_copy(update={"object_kb": Decimal(128)}), settings, price_file)
    assert quantities_of(result, "noncurrent_glacier")[-1] > 0


def test_writes_are_at_least_growth_and_replacement(volumes, settings, price_file):
    result = estimate(volumes.model_copy(update={"writes": Decimal(0)}), settings, price_file)
    assert quantities_of(result, "writes") == tuple(replaced + 10 * 1024 for replaced in REPLACED)


def test_tiering_quantities_match_the_calculation_by_hand(volumes, settings, price_file):
    result = estimate(volumes, with_bucket_settings(settings, intelligent_tiering=True), price_file)
    assert quantities_of(result, "standard") == (0, 0, 0)
    assert quantities_of(result, "tiering_frequent") == (303, 336, 516)
    assert quantities_of(result, "tiering_infrequent") == (202, 224, 344)
    assert quantities_of(result, "tiering_archive_instant") == (505, 560, 860)
    assert quantities_of(result, "tiering_transitions") == (200_000, 200_000, 200_000)
    assert quantities_of(result, "tiering_monitoring")[0] == Decimal("1110.5") * 1024


def test_tiering_saving_matches_the_calculation_by_hand(volumes, settings, price_file):
    without_replica = replace(settings, replica_region=None)
    saving = intelligent_tiering_saving(volumes, without_replica, price_file)
    # In month 1: 202 GB for 0.0105 less and 505 GB for 0.019 less. In return, 1,137,152 objects are monitored,
    # 200,000 transition, and each transition is an event.
    expected = Decimal("2.121") + Decimal("9.595") - Decimal("2.84288") - 2 - Decimal("0.2")
    assert saving.saved[0] == expected
    assert tiering_transition_cost(volumes, without_replica, price_file) == Decimal("10.24")  # 1,024,000 objects
    assert tiering_transition_cost(volumes, settings, price_file) == Decimal("20.48")


def test_tiering_saving_is_negative_if_everything_is_read(volumes, settings, price_file):
    all_read = volumes.model_copy(update={"unread_30_days": Decimal(0), "unread_90_days": Decimal(0)})
    assert all(amount < 0 for amount in intelligent_tiering_saving(all_read, settings, price_file).saved)


def test_tiering_saving_is_zero_for_small_objects(volumes, settings, price_file):
    small = volumes.model_copy(update={"object_kb": Decimal(127)})
    assert intelligent_tiering_saving(small, settings, price_file).saved == (0, 0, 0)
    assert tiering_transition_cost(small, settings, price_file) == 0


@pytest.mark.parametrize("enabled", [True, False])
def test_tiering_saving_does_not_depend_on_the_current_setting(volumes, settings, price_file, enabled):
    saving = intelligent_tiering_saving(
        volumes, with_bucket_settings(settings, intelligent_tiering=enabled), price_file
    )
    untiered_total, tiered_total = (
        estimate(volumes, with_bucket_settings(settings, intelligent_tiering=tiering), price_file).total
        for tiering in (False, True)
    )
    for saved, untiered, tiered in zip(saving.saved, untiered_total, tiered_total, strict=True):
        assert abs(saved - (untiered - tiered)) < Decimal("1e-20")


def test_bucket_keys_saving_matches_the_calculation_by_hand(volumes, settings, price_file):
    saving = bucket_keys_saving(volumes, settings, price_file)
    # 1,200,000 requests, 400,000 for replication and 200,000 for backups; 3% of them with Bucket Keys.
    assert saving.cost_without == (Decimal("5.4"),) * 3
    assert saving.cost_with == (Decimal("0.162"),) * 3
    assert saving.saved == (Decimal("5.238"),) * 3


def test_line_with_unknown_price_is_not_in_the_total(volumes, settings, price_file):
    incomplete = PriceFile.model_validate(price_file_content(backup_storage=price_entry(None, "GB-month")))
    without_price = estimate(volumes, settings, incomplete)
    with_price = estimate(volumes, settings, price_file)
    assert [line.id for line in without_price.not_estimated] == ["backup_storage"]
    backup_amounts = next(line.amounts for line in with_price.lines if line.id == "backup_storage")
    for total, full_total, amount in zip(without_price.total, with_price.total, backup_amounts, strict=True):
        assert abs(total - (full_total - amount)) < Decimal("1e-20")


def test_savings_with_unknown_prices_are_none(volumes, settings):
    content = price_file_content(
        kms_requests=price_entry(None, "10,000 requests"),
        s3_tiering_monitoring=price_entry(None, "1,000 object-months"),
        s3_to_tiering=price_entry(None, "1,000 requests"),
    )
    price_file = PriceFile.model_validate(content)
    assert bucket_keys_saving(volumes, settings, price_file).saved is None
    assert intelligent_tiering_saving(volumes, settings, price_file).saved is None
    assert tiering_transition_cost(volumes, settings, price_file) is None


def test_line_without_quantity_needs_no_price(volumes, settings, price_file):
    assert estimate(volumes, settings, price_file).not_estimated == ()


@pytest.mark.parametrize(
    ("region", "transferred_gb"),
    [("us-east-1", [0, 0, 0]), ("us-west-2", ["195.3125"] * 3)],  # 200,000 objects of 1 MB
)
def test_copies_of_backups_are_stored_again_and_transferred_to_another_region(
    volumes, settings, price_file, region, transferred_gb
):
    vault = f"arn:aws:backup:{region}:444455556666:backup-vault:phi-copies"
    with_copies = replace(settings, backup_copy_vault=vault)
    result = estimate(volumes, with_copies, price_file)
    assert quantities_of(result, "backup_copy_storage") == quantities_of(result, "backup_storage")
    assert quantities_of(result, "backup_copy_transfer") == tuple(map(Decimal, transferred_gb))
    without_backup = estimate(volumes, replace(with_copies, backup_enabled=False), price_file)
    assert without_backup.total_by_safeguard[Safeguard.BACKUP] == (0, 0, 0)


def test_queries_in_athena_are_billed_by_the_data_that_they_scan(volumes, settings, price_file):
    scanned = volumes.model_copy(update={"athena_scanned_gb": Decimal(512)})
    with_athena, without = (
        estimate(scanned, replace(settings, athena_enabled=enabled), price_file) for enabled in (True, False)
    )
    assert quantities_of(with_athena, "athena_scanned") == (512, 512, 512)
    added = {total - before for total, before in zip(with_athena.total, without.total, strict=True)}
    assert added == {Decimal("2.5")}
