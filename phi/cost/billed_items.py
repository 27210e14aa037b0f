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
from phi.cost.monthly_usage import MIN_TRANSITION_KB, MonthlyUsage
from phi.cost.storage_model import ZERO, months_from_days
from phi.cost.volumes import KB_PER_GB, Volumes
from phi.stack.settings import Settings

# What components/ declares; a test holds them together.
KMS_KEYS = 2
LOG_ALARMS = 7
EVENT_RULES = 4
REQUEST_ALARMS = 2
REPLICATION_ALARMS = 2

REQUEST_METRICS = 16
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html#s3-request-cloudwatch-metrics"""
REPLICATION_METRICS = 4
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html#s3-cloudwatch-replication-metrics"""

GLACIER_DATA_KB = 32
GLACIER_INDEX_KB = 8
"""What Glacier adds to each object: 32 KB of its own class and 8 KB of Standard.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
"""
COMPRESSION_RATIO = Decimal("0.15")
"""What is left of JSON once it is compressed: an assumption."""
TRAIL_FILES_PER_MONTH = 12 * 730
"""CloudTrail delivers a file about every five minutes from a region that is used: an assumption.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html
"""
INSIGHTS_ANALYSES_PER_EVENT = 2
"""How often each management event is analysed at most: writes for their rate and for their errors, reads for errors.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/insights-events-costs.html
"""
WEEKS_PER_MONTH = Decimal(52) / 12


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
    ACCOUNT_SECURITY = "account_guards"


@dataclass(frozen=True)
class BilledItem:
    """So many of what a price is for. The id and the order are the same in every month."""

    id: str
    safeguard: Safeguard
    description: str
    price_name: str
    """The name of its price in the list."""
    quantity: Decimal


def billed_items(volumes: Volumes, settings: Settings, number: int) -> list[BilledItem]:
    """Everything that is billed in the month of that number, from 1; what there isn't is counted as 0."""
    month = MonthlyUsage(volumes, settings, number)
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


def final_month(settings: Settings) -> int:
    """The month at whose end the first versions and logs have gone: from then on only what grows adds to the cost."""
    days = max(settings.noncurrent_retention_days, settings.log_retention_days)
    return math.ceil(months_from_days(days))


def _phi(month: MonthlyUsage) -> Iterator[BilledItem]:
    yield BilledItem("reads", Safeguard.STORAGE, "Reads", "s3_read_requests", month.volumes.reads)
    yield BilledItem("writes", Safeguard.STORAGE, "Writes", "s3_write_requests", month.writes)
    yield from _bucket(month, "", Safeguard.STORAGE, Safeguard.VERSIONING, Decimal(1))


def _bucket(month: MonthlyUsage, prefix: str, current: Safeguard, earlier: Safeguard, times: Decimal) -> Iterator[BilledItem]:
    """What a bucket of PHI stores by class, and what its lifecycle moves. times: 0 where there is no such bucket."""
    volumes = month.volumes
    stored, young, archived = (
        times * each for each in (month.storage.current_gb(month.end), month.noncurrent_standard_gb, month.noncurrent_glacier_gb)
    )
    archives = volumes.objects(archived)
    tiered, plain = (stored, ZERO) if month.uses_tiering else (ZERO, stored)
    warm, cold = volumes.unread_30_days - volumes.unread_90_days, volumes.unread_90_days
    monitored = volumes.objects(tiered + young) if month.uses_tiering else ZERO
    moved = times * month.writes if month.uses_tiering else ZERO

    def item(name: str, safeguard: Safeguard, what: str, price: str, quantity: Decimal) -> BilledItem:
        return BilledItem(f"{prefix}{name}", safeguard, what, price, quantity)

    yield item("standard", current, "Current versions, Standard", "s3_standard", plain)
    yield item(
        "tiering_frequent", current, "Current versions, in use", "s3_tiering_frequent", tiered * (1 - cold - warm)
    )
    yield item("tiering_infrequent", current, "Unread for 30 days", "s3_tiering_infrequent", tiered * warm)
    yield item("tiering_archive", current, "Unread for 90 days", "s3_tiering_archive_instant", tiered * cold)
    yield item("tiering_monitoring", current, "Intelligent-Tiering, monitoring", "s3_tiering_monitoring", monitored)
    yield item("tiering_moves", current, "Moves to Intelligent-Tiering", "s3_to_tiering", moved)
    yield item("earlier", earlier, "Earlier versions, Standard", "s3_standard", young)
    glacier = archived + archives * GLACIER_DATA_KB / KB_PER_GB
    yield item("archived", earlier, "Earlier versions, Glacier", "s3_glacier", glacier)
    yield item("archive_index", earlier, "Glacier's index", "s3_standard", archives * GLACIER_INDEX_KB / KB_PER_GB)
    yield item("archivings", earlier, "Moves to Glacier", "s3_to_glacier", times * month.glacier_transitions)


def _encryption(month: MonthlyUsage) -> Iterator[BilledItem]:
    about, keys = Safeguard.ENCRYPTION, Decimal(KMS_KEYS)
    uses = month.volumes.reads + month.writes
    yield BilledItem("keys", about, "KMS keys", "kms_key", keys)
    yield BilledItem("rotations", about, "Rotated versions of KMS keys", "kms_rotation", keys * month.key_rotations)
    yield BilledItem("kms_requests", about, "KMS requests, with Bucket Keys", "kms_requests", month.kms_requests(uses))


def _data_events(month: MonthlyUsage) -> Iterator[BilledItem]:
    about, volumes = Safeguard.DATA_EVENTS, month.volumes
    before = month.end - 1

    def events_gb(since: Decimal) -> Decimal:
        events = month.requests(since) + month.replica_requests(since) + volumes.management_events * (month.end - since)
        return events * volumes.event_kb / KB_PER_GB

    files = Decimal(TRAIL_FILES_PER_MONTH * (2 if month.settings.replica_region else 1))
    kept = log_group_retention(month.settings.log_retention_days)
    oldest = max(ZERO, month.end - months_from_days(kept)) if kept else ZERO
    insights = volumes.management_events * INSIGHTS_ANALYSES_PER_EVENT
    yield BilledItem("data_events", about, "CloudTrail data events", "cloudtrail_data_events", month.requests(before))
    yield BilledItem("insights", about, "CloudTrail Insights", "cloudtrail_insights", insights)
    yield BilledItem("trail_writes", about, "The trail's files", "s3_write_requests", files)
    yield BilledItem("trail_kms_requests", about, "KMS requests, the trail's files", "kms_requests", files)
    yield BilledItem("trail", about, "The trail, Standard", "s3_standard", events_gb(ZERO) * COMPRESSION_RATIO)
    yield BilledItem("logs_ingestion", about, "CloudWatch Logs, ingestion", "logs_ingestion", events_gb(before))
    yield BilledItem("logs", about, "CloudWatch Logs, storage", "logs_storage", events_gb(oldest) * COMPRESSION_RATIO)


def _access_logging(month: MonthlyUsage) -> Iterator[BilledItem]:
    """S3 delivers its logs for nothing: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html"""
    records = month.requests(ZERO) + TRAIL_FILES_PER_MONTH * month.end
    gigabytes = records * month.volumes.access_record_kb / KB_PER_GB
    yield BilledItem("access_logs", Safeguard.ACCESS_LOGGING, "Access logs, Standard", "s3_standard", gigabytes)


def _replication(month: MonthlyUsage) -> Iterator[BilledItem]:
    about, volumes = Safeguard.REPLICATION, month.volumes
    there = Decimal(1 if month.settings.replica_region else 0)
    writes, keys = there * month.writes, there * KMS_KEYS
    written_gb = writes * volumes.object_kb / KB_PER_GB
    uses = 2 * writes  # decrypted here, encrypted there
    records = month.replica_requests(ZERO) * volumes.access_record_kb / KB_PER_GB
    alarms, metrics = there * REPLICATION_ALARMS, there * (REPLICATION_METRICS + REQUEST_METRICS)
    copies = month.replica_requests(month.end - 1)
    yield from _bucket(month, "replica_", about, about, there)
    yield BilledItem("replica_keys", about, "KMS keys", "kms_key", keys)
    yield BilledItem("replica_rotations", about, "Rotated versions of KMS keys", "kms_rotation", keys * month.key_rotations)
    yield BilledItem("replica_kms_requests", about, "KMS requests, with Bucket Keys", "kms_requests", month.kms_requests(uses))
    yield BilledItem("replica_writes", about, "Writes of copies", "s3_write_requests", writes)
    yield BilledItem("transfer", about, "Transfer to the other region", "s3_transfer_to_region", written_gb)
    yield BilledItem("time_control", about, "Replication time control", "s3_replication_time_control", written_gb)
    yield BilledItem("replica_data_events", about, "CloudTrail data events", "cloudtrail_data_events", copies)
    yield BilledItem("replica_access_logs", about, "Access logs, Standard", "s3_standard", records)
    yield BilledItem("replica_alarms", about, "CloudWatch alarms", "cloudwatch_alarm", alarms)
    yield BilledItem("replica_metrics", about, "CloudWatch metrics, at most", "cloudwatch_metric", metrics)
    yield BilledItem("replica_inventory", about, "S3 Inventory, weekly", "s3_inventory", there * _listed(month))
    yield BilledItem("replica_events", about, "S3's events", "eventbridge_data_events", there * _events(month, copies))


def _backup(month: MonthlyUsage) -> Iterator[BilledItem]:
    """A vault holds what the bucket has, and had until `backup_days` ago, but for what Glacier holds.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/s3-backups.html
    """
    about, volumes = Safeguard.BACKUP, month.volumes
    oldest = month.months_in_standard + months_from_days(month.settings.backup_days)
    held = month.storage.current_gb(month.end) + month.storage.noncurrent_gb(month.end, ZERO, oldest)
    billed = held * max(Decimal(1), MIN_TRANSITION_KB / volumes.object_kb) if month.settings.backup_enabled else ZERO
    yield BilledItem("backup", about, "AWS Backup, warm storage", "backup_storage", billed)
    yield BilledItem("backup_reads", about, "Reads by AWS Backup", "s3_read_requests", month.backup_reads)
    requests = month.kms_requests(month.backup_reads)
    yield BilledItem("backup_kms_requests", about, "KMS requests, with Bucket Keys", "kms_requests", requests)


def _monitoring(month: MonthlyUsage) -> Iterator[BilledItem]:
    about = Safeguard.MONITORING
    alarms, metrics = Decimal(REQUEST_ALARMS + LOG_ALARMS + EVENT_RULES), Decimal(REQUEST_METRICS + LOG_ALARMS)
    events = _events(month, month.writes + month.objects_replaced(month.end - 1))
    yield BilledItem("alarms", about, "CloudWatch alarms", "cloudwatch_alarm", alarms)
    yield BilledItem("metrics", about, "CloudWatch metrics, at most", "cloudwatch_metric", metrics)
    yield BilledItem("dashboard", about, "CloudWatch dashboard", "cloudwatch_dashboard", Decimal(1))
    yield BilledItem("inventory", about, "S3 Inventory, weekly", "s3_inventory", _listed(month))
    yield BilledItem("events", about, "S3's events", "eventbridge_data_events", events)


def _listed(month: MonthlyUsage) -> Decimal:
    """Versions that the month's inventories list."""
    versions = month.storage.current_gb(month.end) + month.storage.noncurrent_gb(month.end, ZERO, month.retention_months)
    return month.volumes.objects(versions) * WEEKS_PER_MONTH


def _events(month: MonthlyUsage, changes: Decimal) -> Decimal:
    """S3 tells EventBridge of what is written and deleted, and of what the lifecycle moves.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
    """
    return changes + month.glacier_transitions + (month.writes if month.uses_tiering else ZERO)


def _account_guards(month: MonthlyUsage) -> Iterator[BilledItem]:
    """Billed by all that the account does, which volumes of PHI don't tell."""
    on = set(month.settings.account_security_services)
    for name, what, guards in (
        ("guardduty", "GuardDuty", {"guardDuty", "malwareProtection"}),
        ("macie", "Macie", {"macie"}),
        ("config", "AWS Config", {"config", "organizationConfig"}),
    ):
        yield BilledItem(name, Safeguard.ACCOUNT_SECURITY, what, name, Decimal(1 if on & guards else 0))
