"""Every line, worked out by hand for volumes that come out even."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from phi.cost.billed_items import Safeguard, final_month
from phi.cost.estimate import bucket_keys_saving, estimate, intelligent_tiering_saving, tiering_transition_cost
from phi.cost.prices import PriceFile

MONTHS = (1, 12, 72)
# GB, at the end of these: current; replaced 12 months ago at most; replaced before, which are in the archive.
CURRENT = (1010, 1120, 1720)
YOUNG = ("100.5", "1272", "1992")
ARCHIVED = (0, 0, 7800)
# Objects replaced in the month: a tenth of 1,005, 1,115 and 1,715 GB on average, of 1,024 objects each.
REPLACED = (102_912, 114_176, 175_616)
# And since the start: of 100.5, 1,272 and 9,792 GB.
REPLACED_EVER = (102_912, 1_302_528, 10_027_008)
# In the month 72 what was replaced in the month 60 moves: a tenth of 1,595 GB.
ARCHIVINGS = (0, 0, 163_328)

REQUESTS = [1_000_000 + 200_000 + 200_000 + each for each in REPLACED]  # reads, writes, reads of backups, deletions
REQUESTS_EVER = [1_400_000 * month + each for month, each in zip(MONTHS, REPLACED_EVER, strict=True)]
COPIES = [200_000 + each for each in REPLACED]
COPIES_EVER = [200_000 * month + each for month, each in zip(MONTHS, REPLACED_EVER, strict=True)]
EVENTS = [request + copy + 50_000 for request, copy in zip(REQUESTS, COPIES, strict=True)]
EVENTS_EVER = [
    request + copy + 50_000 * month for month, request, copy in zip(MONTHS, REQUESTS_EVER, COPIES_EVER, strict=True)
]
KB_IN_GB = 1_048_576


def gb(events: list[int], kb: int) -> list[Decimal]:
    return [Decimal(each) * kb / KB_IN_GB for each in events]


def compressed(gigabytes: list[Decimal]) -> list[Decimal]:
    return [each * Decimal("0.15") for each in gigabytes]


BUCKET = {
    "standard": CURRENT,
    "tiering_frequent": (0, 0, 0),
    "tiering_infrequent": (0, 0, 0),
    "tiering_archive": (0, 0, 0),
    "tiering_monitoring": (0, 0, 0),
    "tiering_moves": (0, 0, 0),
    "earlier": YOUNG,
    "archived": (0, 0, "8043.75"),  # and 32 KB for each of 7,987,200 objects, 243.75 GB
    "archive_index": (0, 0, "60.9375"),  # 8 KB for each
    "archivings": ARCHIVINGS,
}
# Versions of 1,110.5, 2,392 and 11,512 GB, listed 52 times a year.
LISTED = [Decimal(each) * 1024 * 52 / 12 for each in ("1110.5", "2392", "11512")]
STORAGE_EVENTS = [200_000 + replaced + moved for replaced, moved in zip(REPLACED, ARCHIVINGS, strict=True)]
EXPECTED = {
    "reads": [1_000_000] * 3,
    "writes": [200_000] * 3,
    **BUCKET,
    "keys": [2] * 3,
    "rotations": [0, 0, 4],
    "kms_requests": [36_000] * 3,  # 3 % of 1,200,000
    "data_events": REQUESTS,
    "insights": [100_000] * 3,
    "trail_writes": [17_520] * 3,  # 12 an hour, 730 hours, two regions
    "trail_kms_requests": [17_520] * 3,
    "trail": compressed(gb(EVENTS_EVER, 2)),
    "logs_ingestion": gb(EVENTS, 2),
    "logs": compressed(gb(EVENTS_EVER, 2)),  # 2,192 days, which are more than 72 months
    "access_logs": gb([each + 8_760 * month for month, each in zip(MONTHS, REQUESTS_EVER, strict=True)], 1),
    **{f"replica_{name}": quantities for name, quantities in BUCKET.items()},
    "replica_keys": [2] * 3,
    "replica_rotations": [0, 0, 4],
    "replica_kms_requests": [12_000] * 3,  # 3 % of twice 200,000
    "replica_writes": [200_000] * 3,
    "transfer": ["195.3125"] * 3,  # 200,000 objects of 1 MB
    "time_control": ["195.3125"] * 3,
    "replica_data_events": COPIES,
    "replica_access_logs": gb(COPIES_EVER, 1),
    "replica_alarms": [2] * 3,
    "replica_metrics": [20] * 3,
    "replica_inventory": LISTED,
    "replica_events": STORAGE_EVENTS,
    # Current, and what was replaced 14.4 months ago at most: in month 72 a tenth of what was there from 57.6 on.
    "backup": ["1110.5", "2392", "4093.12"],
    "backup_reads": [200_000] * 3,
    "backup_kms_requests": [6_000] * 3,
    "alarms": [13] * 3,
    "metrics": [23] * 3,
    "dashboard": [1] * 3,
    "inventory": LISTED,
    "events": STORAGE_EVENTS,
    "guardduty": [0] * 3,
    "macie": [0] * 3,
    "config": [0] * 3,
}
PRECISION = Decimal("1e-15")  # of a division that doesn't end, which is of 28 places


def quantities(found, name: str) -> tuple[Decimal, ...]:
    return next(line.quantities for line in found.lines if line.id == name)


def test_there_are_no_other_lines(even, file):
    found = estimate(*even, file)
    assert [line.id for line in found.lines] == list(EXPECTED)
    assert found.months == MONTHS


@pytest.mark.parametrize("name", EXPECTED)
def test_a_line_by_hand(even, file, name):
    for found, expected in zip(quantities(estimate(*even, file), name), EXPECTED[name], strict=True):
        assert abs(found - Decimal(expected)) <= abs(found) * PRECISION


@pytest.mark.parametrize(
    ("name", "amounts"),
    [
        ("reads", ["0.4", "0.4", "0.4"]),
        ("writes", ["1", "1", "1"]),
        ("standard", ["23.23", "25.76", "39.56"]),
        ("earlier", ["2.3115", "29.256", "45.816"]),
        ("archived", ["0", "0", "28.9575"]),
        ("archive_index", ["0", "0", "1.4015625"]),
        ("archivings", ["0", "0", "4.89984"]),
        ("keys", ["2", "2", "2"]),
        ("rotations", ["0", "0", "4"]),
        ("kms_requests", ["0.108", "0.108", "0.108"]),
        ("data_events", ["1.502912", "1.514176", "1.575616"]),
        ("insights", ["0.35", "0.35", "0.35"]),
        ("transfer", ["3.90625", "3.90625", "3.90625"]),
        ("time_control", ["2.9296875", "2.9296875", "2.9296875"]),
        ("alarms", ["1.3", "1.3", "1.3"]),
        ("metrics", ["6.9", "6.9", "6.9"]),
        ("dashboard", ["3", "3", "3"]),
        ("events", ["0.302912", "0.314176", "0.538944"]),
        ("backup_reads", ["0.08", "0.08", "0.08"]),
    ],
)
def test_dollars_are_exact(even, file, name, amounts):
    line = next(line for line in estimate(*even, file).lines if line.id == name)
    assert line.amounts == tuple(map(Decimal, amounts))


def test_the_total_is_of_all_safeguards(even, file):
    found = estimate(*even, file)
    sums = [sum(amounts[at] for amounts in found.by_safeguard.values()) for at in range(3)]
    assert sums == list(found.total)
    assert set(found.by_safeguard) == set(Safeguard)


def test_a_key_costs_more_after_its_first_and_second_year_and_then_no_more(even, file):
    volumes, settings = even
    by_month = {}
    for years in (6, 7):
        found = estimate(volumes, replace(settings, noncurrent_retention_days=365 * years), file)
        by_month[years] = quantities(found, "rotations")[-1]
    assert by_month == {6: 4, 7: 4}
    assert quantities(estimate(volumes, settings, file), "rotations")[1] == 0  # the last month of the first year


@pytest.mark.parametrize(("retention", "logs", "month"), [(2190, 2190, 72), (2192, 2190, 73), (2190, 2555, 84)])
def test_the_last_month_is_that_in_which_all_has_been_kept_long_enough(even, retention, logs, month):
    assert final_month(replace(even[1], noncurrent_retention_days=retention, log_retention_days=logs)) == month


def test_without_a_replica_there_is_nothing_of_it(even, file):
    volumes, settings = even
    found = estimate(volumes, replace(settings, replica_region=None), file)
    assert found.total_by_safeguard[Safeguard.REPLICATION] == (0, 0, 0)
    assert quantities(found, "trail_writes") == (8_760, 8_760, 8_760)
    with_it = estimate(volumes, settings, file).total_by_safeguard
    for safeguard in (Safeguard.STORAGE, Safeguard.ENCRYPTION, Safeguard.VERSIONING, Safeguard.BACKUP):
        assert found.total_by_safeguard[safeguard] == with_it[safeguard]


def test_without_a_backup_nothing_is_read_for_it(even, file):
    volumes, settings = even
    found = estimate(volumes, replace(settings, backup_enabled=False), file)
    assert found.total_by_safeguard[Safeguard.BACKUP] == (0, 0, 0)
    assert quantities(found, "data_events")[0] == 1_000_000 + 200_000 + REPLACED[0]


def test_small_objects_stay_in_standard_and_are_backed_up_as_of_128_kb(even, file):
    volumes, settings = even
    small = volumes.model_copy(update={"object_kb": Decimal(64), "growth_gb": Decimal(0)})
    found = estimate(small, replace(settings, intelligent_tiering=True), file)
    assert quantities(found, "standard") == (1000, 1000, 1000)
    assert quantities(found, "earlier") == (100, 1200, 7200)  # all of the retention
    for name in ("archived", "archive_index", "archivings", "tiering_moves", "tiering_monitoring"):
        assert quantities(found, name) == (0, 0, 0)
    assert quantities(found, "backup")[0] == 2 * (1000 + 100)


def test_objects_of_128_kb_move(even, file):
    volumes, settings = even
    found = estimate(volumes.model_copy(update={"object_kb": Decimal(128)}), settings, file)
    assert quantities(found, "archived")[-1] > 0


def test_what_grows_and_is_replaced_was_written(even, file):
    volumes, settings = even
    found = estimate(volumes.model_copy(update={"writes": Decimal(0)}), settings, file)
    assert quantities(found, "writes") == tuple(each + 10 * 1024 for each in REPLACED)


def test_tiering_by_hand(even, file):
    volumes, settings = even
    found = estimate(volumes, replace(settings, intelligent_tiering=True), file)
    assert quantities(found, "standard") == (0, 0, 0)
    assert quantities(found, "tiering_frequent") == (303, 336, 516)
    assert quantities(found, "tiering_infrequent") == (202, 224, 344)
    assert quantities(found, "tiering_archive") == (505, 560, 860)
    assert quantities(found, "tiering_moves") == (200_000, 200_000, 200_000)
    assert quantities(found, "tiering_monitoring")[0] == Decimal("1110.5") * 1024


def test_what_tiering_saves_by_hand(even, file):
    volumes, settings = even
    alone = replace(settings, replica_region=None)
    saving = intelligent_tiering_saving(volumes, alone, file)
    # In month 1: 202 GB at 0.0105 less and 505 at 0.019 less; 1,137,152 objects monitored,
    # 200,000 moved, and as many events.
    expected = Decimal("2.121") + Decimal("9.595") - Decimal("2.84288") - 2 - Decimal("0.2")
    assert saving.saved[0] == expected
    assert tiering_transition_cost(volumes, alone, file) == Decimal("10.24")  # 1,024,000 objects
    assert tiering_transition_cost(volumes, settings, file) == Decimal("20.48")


def test_tiering_may_cost_more_than_it_saves(even, file):
    volumes, settings = even
    read = volumes.model_copy(update={"unread_30_days": Decimal(0), "unread_90_days": Decimal(0)})
    assert all(each < 0 for each in intelligent_tiering_saving(read, settings, file).saved)


def test_tiering_does_nothing_with_small_objects(even, file):
    volumes, settings = even
    small = volumes.model_copy(update={"object_kb": Decimal(127)})
    assert intelligent_tiering_saving(small, settings, file).saved == (0, 0, 0)
    assert tiering_transition_cost(small, settings, file) == 0


@pytest.mark.parametrize("on", [True, False])
def test_what_tiering_saves_is_the_same_told_from_either_side(even, file, on):
    volumes, settings = even
    saving = intelligent_tiering_saving(volumes, replace(settings, intelligent_tiering=on), file)
    totals = [estimate(volumes, replace(settings, intelligent_tiering=each), file).total for each in (False, True)]
    for saved, plain, tiered in zip(saving.saved, *totals, strict=True):
        assert abs(saved - (plain - tiered)) < Decimal("1e-20")


def test_bucket_keys_by_hand(even, file):
    saving = bucket_keys_saving(*even, file)
    # 1,200,000 uses, 400,000 of copies and 200,000 of backups; 3 % of them with Bucket Keys.
    assert saving.without_it == (Decimal("5.4"),) * 3
    assert saving.with_it == (Decimal("0.162"),) * 3
    assert saving.saved == (Decimal("5.238"),) * 3


def test_a_price_that_is_not_known_is_not_invented(even, content, price):
    volumes, settings = even
    known = PriceFile.model_validate(content())
    lacking = PriceFile.model_validate(content(backup_storage=price(None, "GB-month")))
    found, whole = estimate(volumes, settings, lacking), estimate(volumes, settings, known)
    assert [line.id for line in found.not_estimated] == ["backup"]
    backup = next(line.amounts for line in whole.lines if line.id == "backup")
    for total, all_of_it, left_out in zip(found.total, whole.total, backup, strict=True):
        assert abs(total - (all_of_it - left_out)) < Decimal("1e-20")


def test_savings_are_not_told_without_their_prices(even, content, price):
    lacking = content(
        kms_requests=price(None, "10,000 requests"),
        s3_tiering_monitoring=price(None, "1,000 object-months"),
        s3_to_tiering=price(None, "1,000 requests"),
    )
    file = PriceFile.model_validate(lacking)
    assert bucket_keys_saving(*even, file).saved is None
    assert intelligent_tiering_saving(*even, file).saved is None
    assert tiering_transition_cost(*even, file) is None


def test_what_there_is_nothing_of_needs_no_price(even, file):
    assert estimate(*even, file).not_estimated == ()


@pytest.mark.parametrize(
    ("guards", "told"),
    [
        (("guardDuty", "malwareProtection"), ["guardduty"]),
        (("macie", "config"), ["macie", "config"]),
        (("organizationConfig",), ["config"]),
        (("publicAccessBlock",), []),
    ],
)
def test_guards_of_the_account_are_told_as_not_estimated(even, file, guards, told):
    volumes, settings = even
    found = estimate(volumes, replace(settings, account_security_services=guards), file)
    assert [line.id for line in found.not_estimated] == told
