"""The cost of the account's security services, compared with values calculated by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from phi_buckets.cost.billed_item import Safeguard
from phi_buckets.cost.estimate import Estimate, estimate
from phi_buckets.stack.settings import Settings

# The first month, as in test_estimate.py: reads, writes, reads by AWS Backup and deletions; then those of the replica.
REQUESTS, REPLICA_REQUESTS = 1_000_000 + 200_000 + 200_000 + 102_912, 200_000 + 102_912


def quantities(result: Estimate, *line_ids: str) -> list[tuple[Decimal, ...]]:
    lines = {line.id: line.quantities for line in result.lines}
    return [lines[line_id] for line_id in line_ids]


@pytest.fixture
def with_services(volumes, settings, price_file):
    """Return a function that estimates the settings with some security services enabled."""

    def estimate_with(*services: str, **changes: object) -> Estimate:
        changed: Settings = replace(settings, account_security_services=services, **changes)  # type: ignore[arg-type]
        return estimate(volumes, changed, price_file)

    return estimate_with


@pytest.mark.parametrize(
    ("services", "billed", "not_estimated"),
    [
        ((), set(), []),
        (("publicAccessBlock",), set(), []),
        (("guardDuty",), {"guardduty_data_events", "guardduty_management_events"}, ["guardduty"]),
        (
            ("malwareProtection",),
            {
                *("malware_scans", "malware_scanned_gb", "malware_reads"),
                *("malware_tagging", "malware_tags", "malware_kms_requests"),
            },
            [],
        ),
        (("macie",), {"macie_buckets"}, ["macie"]),
        (("config",), {"config_items", "config_evaluations"}, []),
        (("organizationConfig",), set(), ["config"]),
    ],
)
def test_enabled_service_is_billed_and_what_is_not_estimated_is_named(with_services, services, billed, not_estimated):
    result = with_services(*services)
    own = {line.id for line in result.lines if line.safeguard is Safeguard.ACCOUNT_SECURITY and any(line.quantities)}
    assert own == billed | set(not_estimated)
    assert [line.id for line in result.not_estimated] == not_estimated


def test_malware_scans_are_of_each_new_object_and_of_its_replica(with_services):
    with_replica, without_replica = (
        quantities(result, "malware_scans", "malware_reads", "malware_tagging", "malware_scanned_gb")
        for result in (with_services("malwareProtection"), with_services("malwareProtection", replica_region=None))
    )
    assert with_replica == [(400_000,) * 3] * 3 + [(Decimal("390.625"),) * 3]  # 400,000 objects of 1 MB
    assert without_replica == [(200_000,) * 3] * 3 + [(Decimal("195.3125"),) * 3]
    assert quantities(with_services("malwareProtection"), "malware_kms_requests") == [(12_000,) * 3]  # 3%


def test_tags_of_malware_scans_are_billed_until_their_versions_expire(with_services):
    """At the end of month 72, versions of 11,512 GB are left, fewer than were written."""
    (tags,) = quantities(with_services("malwareProtection"), "malware_tags")
    assert tags == (400_000, 4_800_000, 2 * 11_512 * 1024)


def test_requests_of_malware_scans_are_recorded(with_services):
    """GuardDuty reads and tags each object. In the replica, S3 replicates the first tag too."""
    without, scanned = with_services(), with_services("malwareProtection")
    lines = ("data_events", "replica_data_events", "bucket_events", "replica_bucket_events", "replica_writes")
    added = [
        scanned_in[0] - before[0]
        for before, scanned_in in zip(quantities(without, *lines), quantities(scanned, *lines), strict=True)
    ]
    assert added == [400_000, 600_000, 200_000, 200_000, 200_000]
    for line_id in ("logs_ingestion", "access_logs", "replica_access_logs"):
        ((before, *_),), ((after, *_),) = quantities(without, line_id), quantities(scanned, line_id)
        assert after > before


def test_guardduty_analyzes_events_of_both_regions(with_services):
    lines = ("guardduty_data_events", "guardduty_management_events")
    data_events, management_events = quantities(with_services("guardDuty"), *lines)
    assert (data_events[0], management_events) == (REQUESTS + REPLICA_REQUESTS, (100_000,) * 3)
    data_events, management_events = quantities(with_services("guardDuty", replica_region=None), *lines)
    assert (data_events[0], management_events) == (REQUESTS, (50_000,) * 3)


def test_macie_evaluates_every_bucket_of_the_stack(with_services):
    assert [
        quantities(result, "macie_buckets")[0][0]
        for result in (
            with_services("macie"),  # PHI, access logs and trail, in two regions
            with_services("macie", athena_enabled=True),
            with_services("macie", replica_region=None),
        )
    ] == [6, 7, 3]


def test_config_is_billed_by_volume(volumes, settings, price_file):
    busy = volumes.model_copy(update={"config_items": Decimal(3_000), "config_evaluations": Decimal(20_000)})
    result = estimate(busy, replace(settings, account_security_services=("config",)), price_file)
    assert result.total_by_safeguard[Safeguard.ACCOUNT_SECURITY] == (29,) * 3
