"""What is billed in a month, line by line, each counted one by one, for the safeguard that it comes from.

Where AWS's behaviour isn't told exactly, the higher count is taken.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hipaa.model.retention import log_group_retention
from phi.cost.monthly_usage import TIERED_KB, Month
from phi.cost.storage_model import ZERO, months
from phi.cost.volumes import KB_IN_GB, Volumes
from phi.stack.settings import Settings

# What components/ declares; a test holds them together.
KEYS = 2
SIGNS = 7
WATCHES = 4
ALARMS_ON_REQUESTS = 2
ALARMS_ON_COPIES = 2

REQUEST_METRICS = 16
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html#s3-request-cloudwatch-metrics"""
REPLICATION_METRICS = 4
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html#s3-cloudwatch-replication-metrics"""

ARCHIVE_KB = 32
ARCHIVE_INDEX_KB = 8
"""What Glacier adds to each object: 32 KB of its own class and 8 KB of Standard.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
"""
COMPRESSED = Decimal("0.15")
"""What is left of JSON once it is compressed: an assumption."""
TRAIL_FILES = 12 * 730
"""CloudTrail delivers a file about every five minutes from a region that is used: an assumption.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html
"""
INSIGHTS = 2
"""How often each management event is analysed at most: writes for their rate and for their errors, reads for errors.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/insights-events-costs.html
"""
WEEKS = Decimal(52) / 12


class Safeguard(StrEnum):
    """What a line is for. The first is what S3 would cost with none of them."""

    STORAGE = "storage"
    ENCRYPTION = "encryption"
    VERSIONING = "versioning"
    DATA_EVENTS = "data_events"
    ACCESS_LOGGING = "access_logging"
    REPLICATION = "replication"
    BACKUP = "backup"
    MONITORING = "monitoring"
    ACCOUNT_GUARDS = "account_guards"


@dataclass(frozen=True)
class Item:
    """So many of what a price is for. The id and the order are the same in every month."""

    id: str
    safeguard: Safeguard
    what: str
    price: str
    """The name of its price in the list."""
    quantity: Decimal


def items(volumes: Volumes, settings: Settings, number: int) -> list[Item]:
    """Everything that is billed in the month of that number, from 1; what there isn't is counted as 0."""
    month = Month(volumes, settings, number)
    return [
        *_phi(month),
        *_encryption(month),
        *_data_events(month),
        *_access_logging(month),
        *_replication(month),
        *_backup(month),
        *_monitoring(month),
        *_account_guards(month),
    ]


def last_month(settings: Settings) -> int:
    """The month at whose end the first versions and logs have gone: from then on only what grows adds to the cost."""
    days = max(settings.retention_days, settings.log_retention_days)
    return math.ceil(months(days))


def _phi(month: Month) -> Iterator[Item]:
    yield Item("reads", Safeguard.STORAGE, "Reads", "s3_read_requests", month.volumes.reads)
    yield Item("writes", Safeguard.STORAGE, "Writes", "s3_write_requests", month.writes)
    yield from _bucket(month, "", Safeguard.STORAGE, Safeguard.VERSIONING, Decimal(1))


def _bucket(month: Month, prefix: str, current: Safeguard, earlier: Safeguard, times: Decimal) -> Iterator[Item]:
    """What a bucket of PHI stores by class, and what its lifecycle moves. times: 0 where there is no such bucket."""
    volumes = month.volumes
    stored, young, archived = (
        times * each for each in (month.stock.current(month.end), month.young_gb, month.archived_gb)
    )
    archives = volumes.objects(archived)
    tiered, plain = (stored, ZERO) if month.tiers else (ZERO, stored)
    warm, cold = volumes.unread_30_days - volumes.unread_90_days, volumes.unread_90_days
    monitored = volumes.objects(tiered + young) if month.tiers else ZERO
    moved = times * month.writes if month.tiers else ZERO

    def item(name: str, safeguard: Safeguard, what: str, price: str, quantity: Decimal) -> Item:
        return Item(f"{prefix}{name}", safeguard, what, price, quantity)

    yield item("standard", current, "Current versions, Standard", "s3_standard", plain)
    yield item(
        "tiering_frequent", current, "Current versions, in use", "s3_tiering_frequent", tiered * (1 - cold - warm)
    )
    yield item("tiering_infrequent", current, "Unread for 30 days", "s3_tiering_infrequent", tiered * warm)
    yield item("tiering_archive", current, "Unread for 90 days", "s3_tiering_archive_instant", tiered * cold)
    yield item("tiering_monitoring", current, "Intelligent-Tiering, monitoring", "s3_tiering_monitoring", monitored)
    yield item("tiering_moves", current, "Moves to Intelligent-Tiering", "s3_to_tiering", moved)
    yield item("earlier", earlier, "Earlier versions, Standard", "s3_standard", young)
    glacier = archived + archives * ARCHIVE_KB / KB_IN_GB
    yield item("archived", earlier, "Earlier versions, Glacier", "s3_glacier", glacier)
    yield item("archive_index", earlier, "Glacier's index", "s3_standard", archives * ARCHIVE_INDEX_KB / KB_IN_GB)
    yield item("archivings", earlier, "Moves to Glacier", "s3_to_glacier", times * month.archivings)


def _encryption(month: Month) -> Iterator[Item]:
    about, keys = Safeguard.ENCRYPTION, Decimal(KEYS)
    uses = month.volumes.reads + month.writes
    yield Item("keys", about, "KMS keys", "kms_key", keys)
    yield Item("rotations", about, "Rotated versions of KMS keys", "kms_rotation", keys * month.rotations)
    yield Item("kms_requests", about, "KMS requests, with Bucket Keys", "kms_requests", month.kms(uses))


def _data_events(month: Month) -> Iterator[Item]:
    about, volumes = Safeguard.DATA_EVENTS, month.volumes
    before = month.end - 1

    def events_gb(since: Decimal) -> Decimal:
        events = month.requests(since) + month.copies(since) + volumes.management_events * (month.end - since)
        return events * volumes.event_kb / KB_IN_GB

    files = Decimal(TRAIL_FILES * (2 if month.settings.replica_region else 1))
    kept = log_group_retention(month.settings.log_retention_days)
    oldest = max(ZERO, month.end - months(kept)) if kept else ZERO
    insights = volumes.management_events * INSIGHTS
    yield Item("data_events", about, "CloudTrail data events", "cloudtrail_data_events", month.requests(before))
    yield Item("insights", about, "CloudTrail Insights", "cloudtrail_insights", insights)
    yield Item("trail_writes", about, "The trail's files", "s3_write_requests", files)
    yield Item("trail_kms_requests", about, "KMS requests, the trail's files", "kms_requests", files)
    yield Item("trail", about, "The trail, Standard", "s3_standard", events_gb(ZERO) * COMPRESSED)
    yield Item("logs_ingestion", about, "CloudWatch Logs, ingestion", "logs_ingestion", events_gb(before))
    yield Item("logs", about, "CloudWatch Logs, storage", "logs_storage", events_gb(oldest) * COMPRESSED)


def _access_logging(month: Month) -> Iterator[Item]:
    """S3 delivers its logs for nothing: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html"""
    records = month.requests(ZERO) + TRAIL_FILES * month.end
    gigabytes = records * month.volumes.access_record_kb / KB_IN_GB
    yield Item("access_logs", Safeguard.ACCESS_LOGGING, "Access logs, Standard", "s3_standard", gigabytes)


def _replication(month: Month) -> Iterator[Item]:
    about, volumes = Safeguard.REPLICATION, month.volumes
    there = Decimal(1 if month.settings.replica_region else 0)
    writes, keys = there * month.writes, there * KEYS
    written_gb = writes * volumes.object_kb / KB_IN_GB
    uses = 2 * writes  # decrypted here, encrypted there
    records = month.copies(ZERO) * volumes.access_record_kb / KB_IN_GB
    alarms, metrics = there * ALARMS_ON_COPIES, there * (REPLICATION_METRICS + REQUEST_METRICS)
    copies = month.copies(month.end - 1)
    yield from _bucket(month, "replica_", about, about, there)
    yield Item("replica_keys", about, "KMS keys", "kms_key", keys)
    yield Item("replica_rotations", about, "Rotated versions of KMS keys", "kms_rotation", keys * month.rotations)
    yield Item("replica_kms_requests", about, "KMS requests, with Bucket Keys", "kms_requests", month.kms(uses))
    yield Item("replica_writes", about, "Writes of copies", "s3_write_requests", writes)
    yield Item("transfer", about, "Transfer to the other region", "s3_transfer_to_region", written_gb)
    yield Item("time_control", about, "Replication time control", "s3_replication_time_control", written_gb)
    yield Item("replica_data_events", about, "CloudTrail data events", "cloudtrail_data_events", copies)
    yield Item("replica_access_logs", about, "Access logs, Standard", "s3_standard", records)
    yield Item("replica_alarms", about, "CloudWatch alarms", "cloudwatch_alarm", alarms)
    yield Item("replica_metrics", about, "CloudWatch metrics, at most", "cloudwatch_metric", metrics)
    yield Item("replica_inventory", about, "S3 Inventory, weekly", "s3_inventory", there * _listed(month))
    yield Item("replica_events", about, "S3's events", "eventbridge_data_events", there * _events(month, copies))


def _backup(month: Month) -> Iterator[Item]:
    """A vault holds what the bucket has, and had until `backup_days` ago, but for what Glacier holds.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/s3-backups.html
    """
    about, volumes = Safeguard.BACKUP, month.volumes
    oldest = month.archived_from + months(month.settings.backup_days)
    held = month.stock.current(month.end) + month.stock.earlier(month.end, ZERO, oldest)
    billed = held * max(Decimal(1), TIERED_KB / volumes.object_kb) if month.settings.backup else ZERO
    yield Item("backup", about, "AWS Backup, warm storage", "backup_storage", billed)
    yield Item("backup_reads", about, "Reads by AWS Backup", "s3_read_requests", month.backup_reads)
    requests = month.kms(month.backup_reads)
    yield Item("backup_kms_requests", about, "KMS requests, with Bucket Keys", "kms_requests", requests)


def _monitoring(month: Month) -> Iterator[Item]:
    about = Safeguard.MONITORING
    alarms, metrics = Decimal(ALARMS_ON_REQUESTS + SIGNS + WATCHES), Decimal(REQUEST_METRICS + SIGNS)
    events = _events(month, month.writes + month.replaced(month.end - 1))
    yield Item("alarms", about, "CloudWatch alarms", "cloudwatch_alarm", alarms)
    yield Item("metrics", about, "CloudWatch metrics, at most", "cloudwatch_metric", metrics)
    yield Item("dashboard", about, "CloudWatch dashboard", "cloudwatch_dashboard", Decimal(1))
    yield Item("inventory", about, "S3 Inventory, weekly", "s3_inventory", _listed(month))
    yield Item("events", about, "S3's events", "eventbridge_data_events", events)


def _listed(month: Month) -> Decimal:
    """Versions that the month's inventories list."""
    versions = month.stock.current(month.end) + month.stock.earlier(month.end, ZERO, month.gone_from)
    return month.volumes.objects(versions) * WEEKS


def _events(month: Month, changes: Decimal) -> Decimal:
    """S3 tells EventBridge of what is written and deleted, and of what the lifecycle moves.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
    """
    return changes + month.archivings + (month.writes if month.tiers else ZERO)


def _account_guards(month: Month) -> Iterator[Item]:
    """Billed by all that the account does, which volumes of PHI don't tell."""
    on = set(month.settings.account_guards)
    for name, what, guards in (
        ("guardduty", "GuardDuty", {"guardDuty", "malwareProtection"}),
        ("macie", "Macie", {"macie"}),
        ("config", "AWS Config", {"config", "organizationConfig"}),
    ):
        yield Item(name, Safeguard.ACCOUNT_GUARDS, what, name, Decimal(1 if on & guards else 0))
