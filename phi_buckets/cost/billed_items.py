"""The items billed in one month, each with the safeguard that it is billed for.

Where AWS's behavior isn't documented exactly, the higher quantity is used.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from hipaa_controls.model.retention import log_group_retention
from phi_buckets.cost.billed_item import BilledItem, Safeguard
from phi_buckets.cost.monthly_usage import MIN_TRANSITION_KB, BucketUsage
from phi_buckets.cost.security_services import account_services, bucket_services
from phi_buckets.cost.storage_model import ZERO, months_from_days
from phi_buckets.cost.volumes import KB_PER_GB, Volumes
from phi_buckets.stack.settings import Settings

# The number of resources that components/ declares, with which tests compare them: for a stack …
KMS_KEYS = 2
"""The keys of PHI and of audit data, which have replicas in the replica's region."""
BACKUP_KMS_KEYS = 1
LOG_ALARMS = 12
EVENT_RULES = 10
"""The EventBridge rules of each region. Each has an alarm."""
GLOBAL_EVENT_RULES = 1
"""The EventBridge rules that only the region of IAM's events has, which may be the stack's."""
# … for each of its PHI buckets …
REQUEST_ALARMS = 2
# … and for each replication: of a PHI bucket, and of the audit trail.
REPLICATION_ALARMS = 2
MAX_BILLED_ROTATIONS = 2
"""A key's later rotations are free: https://aws.amazon.com/kms/pricing/"""

REQUEST_METRICS = 16
"""The request metrics of a bucket.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html#s3-request-cloudwatch-metrics
"""
REPLICATION_METRICS = 4
"""The replication metrics of a replication rule.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html#s3-cloudwatch-replication-metrics
"""

GLACIER_OVERHEAD_KB = 32
STANDARD_OVERHEAD_KB = 8
"""The metadata that Glacier adds to each object: 32 KB billed as Glacier and 8 KB billed as Standard.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
"""
COMPRESSION_RATIO = Decimal("0.15")
"""The compressed size of JSON, as a share of its size: an assumption."""
TRAIL_FILES_PER_MONTH = 12 * 730
"""CloudTrail delivers a file about every five minutes for each region in use: an assumption.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html
"""
INSIGHTS_ANALYSES_PER_EVENT = 2
"""The maximum: writes are analyzed for their call rate and their error rate, reads for their error rate.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/insights-events-costs.html
"""
WEEKS_PER_MONTH = Decimal(52) / 12


def billed_items(volumes: Volumes, settings: Settings, month: int) -> list[BilledItem]:
    """Return all items for the month with this number, from 1. An item that doesn't apply has the quantity 0."""
    items: list[BilledItem] = []
    for bucket in settings.buckets:
        usage = BucketUsage(volumes.for_bucket(bucket.name), bucket, settings, month)
        items += [replace(item, bucket=bucket.name) for item in _bucket_items(usage)]
    return [*items, *_shared_items(volumes, settings, month)]


def final_month(settings: Settings) -> int:
    """Return the month in which the first versions and logs have expired. From then on only growth adds to the cost."""
    days = max(settings.log_retention_days, *(bucket.noncurrent_retention_days for bucket in settings.buckets))
    return math.ceil(months_from_days(days))


def _bucket_items(usage: BucketUsage) -> Iterator[BilledItem]:
    """Yield what is billed for one PHI bucket and its copies."""
    yield from _phi_bucket(usage)
    yield from _encryption(usage)
    yield from _replication(usage)
    yield from _data_events(usage)
    yield from _access_logging(usage)
    yield from _backup(usage)
    yield from _monitoring(usage)
    yield from bucket_services(usage)


def _shared_items(volumes: Volumes, settings: Settings, month: int) -> Iterator[BilledItem]:
    """Yield what is billed once for a stack, however many PHI buckets it has."""
    yield from _keys(settings, month)
    yield from _trail(volumes, settings, month)
    yield from _athena(volumes, settings)
    yield from _alerts(settings)
    yield from account_services(volumes, settings)


def _phi_bucket(usage: BucketUsage) -> Iterator[BilledItem]:
    yield BilledItem("reads", Safeguard.STORAGE, "Reads", "s3_read_requests", usage.volumes.reads)
    yield BilledItem("writes", Safeguard.STORAGE, "Writes", "s3_write_requests", usage.writes)
    yield from _bucket(usage, "", Safeguard.STORAGE, Safeguard.VERSIONING, Decimal(1))


def _bucket(
    usage: BucketUsage, id_prefix: str, current: Safeguard, noncurrent: Safeguard, buckets: Decimal
) -> Iterator[BilledItem]:
    """Yield the storage of a PHI bucket by storage class, and its lifecycle transitions.

    Args:
        usage: The usage of the month.
        id_prefix: The prefix of the items' ids.
        current: The safeguard of the current versions.
        noncurrent: The safeguard of the noncurrent versions.
        buckets: 1, or 0 if the stack has no such bucket.
    """
    volumes = usage.volumes
    current_gb = buckets * usage.storage.current_gb(usage.end)
    noncurrent_gb = buckets * usage.noncurrent_standard_gb
    glacier_gb = buckets * usage.noncurrent_glacier_gb
    glacier_objects = volumes.object_count(glacier_gb)
    tiered_gb, standard_gb = (current_gb, ZERO) if usage.uses_tiering else (ZERO, current_gb)
    infrequent, archived = volumes.unread_30_days - volumes.unread_90_days, volumes.unread_90_days
    monitored = volumes.object_count(tiered_gb + noncurrent_gb) if usage.uses_tiering else ZERO
    transitions = buckets * usage.writes if usage.uses_tiering else ZERO

    def item(name: str, safeguard: Safeguard, description: str, price: str, quantity: Decimal) -> BilledItem:
        return BilledItem(f"{id_prefix}{name}", safeguard, description, price, quantity)

    yield item("standard", current, "Current versions, Standard", "s3_standard", standard_gb)
    frequent_gb = tiered_gb * (1 - archived - infrequent)
    yield item("tiering_frequent", current, "Current versions, Frequent Access", "s3_tiering_frequent", frequent_gb)
    infrequent_gb = tiered_gb * infrequent
    description = "Current versions, Infrequent Access"
    yield item("tiering_infrequent", current, description, "s3_tiering_infrequent", infrequent_gb)
    description = "Current versions, Archive Instant Access"
    yield item("tiering_archive_instant", current, description, "s3_tiering_archive_instant", tiered_gb * archived)
    yield item("tiering_monitoring", current, "Intelligent-Tiering monitoring", "s3_tiering_monitoring", monitored)
    yield item("tiering_transitions", current, "Transitions to Intelligent-Tiering", "s3_to_tiering", transitions)
    yield item("noncurrent_standard", noncurrent, "Noncurrent versions, Standard", "s3_standard", noncurrent_gb)
    billed_glacier_gb = glacier_gb + glacier_objects * GLACIER_OVERHEAD_KB / KB_PER_GB
    yield item("noncurrent_glacier", noncurrent, "Noncurrent versions, Glacier", "s3_glacier", billed_glacier_gb)
    metadata_gb = glacier_objects * STANDARD_OVERHEAD_KB / KB_PER_GB
    yield item("glacier_metadata", noncurrent, "Glacier object metadata, Standard", "s3_standard", metadata_gb)
    glacier_transitions = buckets * usage.glacier_transitions
    yield item("glacier_transitions", noncurrent, "Transitions to Glacier", "s3_to_glacier", glacier_transitions)


def _encryption(usage: BucketUsage) -> Iterator[BilledItem]:
    kms_requests = usage.kms_requests(usage.volumes.reads + usage.writes)
    description = "KMS requests, with Bucket Keys"
    yield BilledItem("kms_requests", Safeguard.ENCRYPTION, description, "kms_requests", kms_requests)


def _keys(settings: Settings, month: int) -> Iterator[BilledItem]:
    rotations = min(MAX_BILLED_ROTATIONS, (month - 1) // 12)  # the first is at the end of the first year
    for prefix, safeguard, count in (
        ("", Safeguard.ENCRYPTION, Decimal(KMS_KEYS)),
        ("backup_", Safeguard.BACKUP, Decimal(BACKUP_KMS_KEYS if settings.backup_enabled else 0)),
        ("replica_", Safeguard.REPLICATION, Decimal(KMS_KEYS if settings.replica_region else 0)),
    ):
        yield BilledItem(f"{prefix}kms_keys", safeguard, "KMS keys", "kms_key", count)
        yield BilledItem(
            f"{prefix}kms_key_rotations", safeguard, "KMS key rotations", "kms_rotation", count * rotations
        )


def _data_events(usage: BucketUsage) -> Iterator[BilledItem]:
    """Yield the data events of a bucket, and the logs of them and of the replica's."""

    def events_since(start: Decimal) -> Decimal:
        return usage.requests(start) + usage.replica_requests(start)

    start, oldest = usage.end - 1, _oldest_log_event(usage.settings, usage.end)
    requests, kilobytes = usage.requests(start), usage.volumes.event_kb
    yield BilledItem("data_events", Safeguard.DATA_EVENTS, "CloudTrail data events", "cloudtrail_data_events", requests)
    yield from _event_logs(usage.settings, events_since(ZERO), events_since(start), events_since(oldest), kilobytes)


def _trail(volumes: Volumes, settings: Settings, month: int) -> Iterator[BilledItem]:
    """Yield the trail's log files and analyses, the logs of its management events, and the replication of the files."""
    safeguard, end = Safeguard.DATA_EVENTS, Decimal(month)
    replicas = _replicas(settings)
    files = TRAIL_FILES_PER_MONTH * (1 + replicas)
    events, logged_months = volumes.management_events, end - _oldest_log_event(settings, end)
    insights = events * INSIGHTS_ANALYSES_PER_EVENT
    yield BilledItem("insights", safeguard, "CloudTrail Insights", "cloudtrail_insights", insights)
    yield BilledItem("trail_writes", safeguard, "CloudTrail log files, writes", "s3_write_requests", files)
    yield BilledItem("trail_kms_requests", safeguard, "CloudTrail log files, KMS requests", "kms_requests", files)
    yield from _event_logs(settings, events * end, events, events * logged_months, volumes.event_kb)
    yield _access_logs(files * end, volumes.access_record_kb)
    yield from _replicated_files(replicas * files, end, volumes.access_record_kb)
    yield _replica_alarms(replicas * REPLICATION_ALARMS)
    yield _replica_metrics(replicas * REPLICATION_METRICS)


def _replicated_files(files: Decimal, end: Decimal, record_kilobytes: Decimal) -> Iterator[BilledItem]:
    """Yield the requests for the copies of the trail's log files. Their buckets have no Bucket Key."""
    safeguard, description = Safeguard.REPLICATION, "CloudTrail log files, KMS requests"
    yield _replica_writes(files)
    # Decrypted in one region, encrypted in the other.
    yield BilledItem("replica_trail_kms_requests", safeguard, description, "kms_requests", 2 * files)
    yield _replica_access_logs(files * end, record_kilobytes)


def _event_logs(
    settings: Settings, since_start: Decimal, in_month: Decimal, in_log_group: Decimal, kilobytes: Decimal
) -> Iterator[BilledItem]:
    """Yield the storage of events in the trail's log files, in the replicas of these, and in CloudWatch Logs.

    Args:
        settings: The stack's settings.
        since_start: The number of events since the start. Log files never expire.
        in_month: The number of events in the month.
        in_log_group: The number of events that the log group still retains.
        kilobytes: The size of an event.
    """
    safeguard, gb_per_event = Safeguard.DATA_EVENTS, kilobytes / KB_PER_GB
    compressed_gb_per_event = gb_per_event * COMPRESSION_RATIO
    trail_gb, stored_gb = since_start * compressed_gb_per_event, in_log_group * compressed_gb_per_event
    ingested_gb = in_month * gb_per_event
    description, replicas = "CloudTrail log files, Standard", _replicas(settings)
    yield BilledItem("trail_storage", safeguard, description, "s3_standard", trail_gb)
    yield BilledItem("replica_trail_storage", Safeguard.REPLICATION, description, "s3_standard", replicas * trail_gb)
    yield from _transfer(replicas * in_month * compressed_gb_per_event)
    yield BilledItem("logs_ingestion", safeguard, "CloudWatch Logs, ingestion", "logs_ingestion", ingested_gb)
    yield BilledItem("logs_storage", safeguard, "CloudWatch Logs, storage", "logs_storage", stored_gb)


def _oldest_log_event(settings: Settings, end: Decimal) -> Decimal:
    """Return the time of the oldest event in the log group, in months."""
    retention_days = log_group_retention(settings.log_retention_days)
    return max(ZERO, end - months_from_days(retention_days)) if retention_days else ZERO


def _athena(volumes: Volumes, settings: Settings) -> Iterator[BilledItem]:
    scanned_gb = volumes.athena_scanned_gb if settings.athena_enabled else ZERO
    description = "Athena, data scanned by queries"
    yield BilledItem("athena_scanned", Safeguard.DATA_EVENTS, description, "athena_scanned", scanned_gb)


def _access_logging(usage: BucketUsage) -> Iterator[BilledItem]:
    yield _access_logs(usage.requests(ZERO), usage.volumes.access_record_kb)


def _access_logs(records: Decimal, kilobytes: Decimal) -> BilledItem:
    """Return the storage of access logs. Their delivery is free of charge.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html
    """
    gigabytes = records * kilobytes / KB_PER_GB
    return BilledItem("access_logs", Safeguard.ACCESS_LOGGING, "Access logs, Standard", "s3_standard", gigabytes)


def _replication(usage: BucketUsage) -> Iterator[BilledItem]:
    safeguard, replicas = Safeguard.REPLICATION, _replicas(usage.settings)
    writes = replicas * usage.writes
    kms_requests = usage.kms_requests(2 * writes)  # decrypted in one region, encrypted in the other
    requests = usage.replica_requests(usage.end - 1)
    events = replicas * _bucket_events(usage)
    listed = replicas * _listed_objects(usage)
    yield from _bucket(usage, "replica_", safeguard, safeguard, replicas)
    yield BilledItem("replica_kms_requests", safeguard, "KMS requests, with Bucket Keys", "kms_requests", kms_requests)
    yield _replica_writes(writes + replicas * usage.malware_scans)  # S3 replicates the tags of scans too
    yield from _transfer(replicas * usage.written_gb)
    yield BilledItem("replica_data_events", safeguard, "CloudTrail data events", "cloudtrail_data_events", requests)
    yield _replica_access_logs(usage.replica_requests(ZERO), usage.volumes.access_record_kb)
    yield _replica_alarms(replicas * REPLICATION_ALARMS)
    yield _replica_metrics(replicas * (REPLICATION_METRICS + REQUEST_METRICS))
    yield BilledItem("replica_inventory", safeguard, "S3 Inventory, weekly", "s3_inventory", listed)
    yield BilledItem("replica_bucket_events", safeguard, "S3 events to EventBridge", "eventbridge_data_events", events)


def _replicas(settings: Settings) -> Decimal:
    """Return the number of replicas of each replicated bucket."""
    return Decimal(1 if settings.replica_region else 0)


def _replica_writes(count: Decimal) -> BilledItem:
    return BilledItem("replica_writes", Safeguard.REPLICATION, "Writes to the replica", "s3_write_requests", count)


def _replica_access_logs(records: Decimal, kilobytes: Decimal) -> BilledItem:
    gigabytes = records * kilobytes / KB_PER_GB
    return BilledItem("replica_access_logs", Safeguard.REPLICATION, "Access logs, Standard", "s3_standard", gigabytes)


def _transfer(gigabytes: Decimal) -> Iterator[BilledItem]:
    """Yield the transfer of replicated data to the other region."""
    safeguard = Safeguard.REPLICATION
    yield BilledItem("replica_transfer", safeguard, "Cross-region transfer", "s3_transfer_to_region", gigabytes)
    description, price_name = "Replication Time Control", "s3_replication_time_control"
    yield BilledItem("replication_time_control", safeguard, description, price_name, gigabytes)


def _backup(usage: BucketUsage) -> Iterator[BilledItem]:
    """Yield the backup of the bucket: its current versions and those of the last `backup_days`, except in Glacier.

    A copy in another vault is kept as long. It is incremental, and its transfer to another region is billed.
    https://docs.aws.amazon.com/aws-backup/latest/devguide/s3-backups.html
    https://docs.aws.amazon.com/aws-backup/latest/devguide/cross-region-backup.html
    """
    safeguard, volumes, settings = Safeguard.BACKUP, usage.volumes, usage.settings
    max_age = usage.months_in_standard + months_from_days(settings.backup_days)
    stored_gb = usage.storage.current_gb(usage.end) + usage.storage.noncurrent_gb(usage.end, ZERO, max_age)
    small_object_factor = max(Decimal(1), MIN_TRANSITION_KB / volumes.object_kb)
    billed_gb = stored_gb * small_object_factor if settings.backup_enabled else ZERO
    copy_vault = settings.backup_copy_vault if settings.backup_enabled else None
    copied_gb = billed_gb if copy_vault else ZERO
    transferred_gb = usage.written_gb if copy_vault and _region(copy_vault) != settings.region else ZERO
    reads, kms_requests = usage.backup_reads, usage.kms_requests(usage.backup_reads)
    yield BilledItem("backup_storage", safeguard, "AWS Backup, warm storage", "backup_storage", billed_gb)
    yield BilledItem("backup_reads", safeguard, "Reads by AWS Backup", "s3_read_requests", reads)
    yield BilledItem("backup_kms_requests", safeguard, "KMS requests, with Bucket Keys", "kms_requests", kms_requests)
    description = "Copies in another vault, billed to its account"
    yield BilledItem("backup_copy_storage", safeguard, description, "backup_storage", copied_gb)
    description = "Cross-region transfer of copies"
    yield BilledItem("backup_copy_transfer", safeguard, description, "backup_transfer", transferred_gb)


def _region(arn: str) -> str:
    return arn.split(":")[3]


def _monitoring(usage: BucketUsage) -> Iterator[BilledItem]:
    safeguard = Safeguard.MONITORING
    events = _bucket_events(usage)
    yield _alarms(REQUEST_ALARMS)
    yield _metrics(REQUEST_METRICS)
    yield BilledItem("inventory", safeguard, "S3 Inventory, weekly", "s3_inventory", _listed_objects(usage))
    yield BilledItem("bucket_events", safeguard, "S3 events to EventBridge", "eventbridge_data_events", events)


def _alerts(settings: Settings) -> Iterator[BilledItem]:
    yield _alarms(LOG_ALARMS + EVENT_RULES + GLOBAL_EVENT_RULES)
    yield _replica_alarms(Decimal(EVENT_RULES if settings.replica_region else 0))
    yield _metrics(LOG_ALARMS)
    yield BilledItem("dashboard", Safeguard.MONITORING, "CloudWatch dashboard", "cloudwatch_dashboard", Decimal(1))


def _alarms(count: int) -> BilledItem:
    return BilledItem("alarms", Safeguard.MONITORING, "CloudWatch alarms", "cloudwatch_alarm", Decimal(count))


def _replica_alarms(count: Decimal) -> BilledItem:
    return BilledItem("replica_alarms", Safeguard.REPLICATION, "CloudWatch alarms", "cloudwatch_alarm", count)


def _replica_metrics(count: Decimal) -> BilledItem:
    description = "CloudWatch metrics (maximum)"
    return BilledItem("replica_metrics", Safeguard.REPLICATION, description, "cloudwatch_metric", count)


def _metrics(count: int) -> BilledItem:
    description = "CloudWatch metrics (maximum)"
    return BilledItem("metrics", Safeguard.MONITORING, description, "cloudwatch_metric", Decimal(count))


def _listed_objects(usage: BucketUsage) -> Decimal:
    """Return the number of versions that the inventories of the month list."""
    return usage.versions * WEEKS_PER_MONTH


def _bucket_events(usage: BucketUsage) -> Decimal:
    """Return the number of S3 events to EventBridge: writes, deletions, tags and lifecycle transitions.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
    """
    tiered = usage.writes if usage.uses_tiering else ZERO
    changes = usage.writes + usage.objects_replaced(usage.end - 1)
    return changes + usage.malware_scans + usage.glacier_transitions + tiered
