"""A price file with fixed prices, so that what a test expects doesn't change with those of AWS."""

from __future__ import annotations

from typing import Any

PRICES = {
    "s3_tiering_monitoring": ("0.0025", "1,000 object-months"),
    "s3_standard": ("0.023", "GB-month"),
    "s3_glacier": ("0.0036", "GB-month"),
    "s3_tiering_frequent": ("0.023", "GB-month"),
    "s3_tiering_infrequent": ("0.0125", "GB-month"),
    "s3_tiering_archive_instant": ("0.004", "GB-month"),
    "s3_write_requests": ("0.005", "1,000 requests"),
    "s3_read_requests": ("0.0004", "1,000 requests"),
    "s3_to_glacier": ("0.03", "1,000 requests"),
    "s3_to_tiering": ("0.01", "1,000 requests"),
    "s3_object_tags": ("0.01", "10,000 tag-months"),
    "s3_inventory": ("0.0025", "1,000,000 objects"),
    "s3_transfer_to_region": ("0.02", "GB"),
    "s3_replication_time_control": ("0.015", "GB"),
    "kms_key": ("1", "key-month"),
    "kms_rotation": ("1", "key-month"),
    "kms_requests": ("0.03", "10,000 requests"),
    "cloudtrail_data_events": ("0.10", "100,000 events"),
    "cloudtrail_insights": ("0.35", "100,000 events"),
    "logs_ingestion": ("0.50", "GB"),
    "logs_storage": ("0.03", "GB-month"),
    "cloudwatch_metric": ("0.30", "metric-month"),
    "cloudwatch_alarm": ("0.10", "alarm-month"),
    "cloudwatch_dashboard": ("3", "dashboard-month"),
    "eventbridge_data_events": ("1", "1,000,000 events"),
    "backup_storage": ("0.05", "GB-month"),
    "backup_transfer": ("0.02", "GB"),
    "athena_scanned": ("5", "1,024 GB"),
    "guardduty_management_events": ("4", "1,000,000 events"),
    "guardduty_data_events": ("0.8", "1,000,000 events"),
    "malware_scans": ("0.2", "1,000 objects"),
    "malware_scanned_gb": ("0.1", "GB"),
    "macie_bucket": ("0.1", "bucket-month"),
    "config_items": ("3", "1,000 items"),
    "config_evaluations": ("1", "1,000 evaluations"),
    "guardduty": (None, "account-month"),
    "macie": (None, "account-month"),
    "config": (None, "account-month"),
}


def price_entry(value: str | None, unit: str, **changes: Any) -> dict[str, Any]:
    return {
        "value": value,
        "unit": unit,
        "region": "us-east-1",
        "retrieved": "2026-01-31",
        "source": "https://prices.example/list",
        "confidence": "primary",
        **changes,
    }


def price_file_content(**changes: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a price file, with some prices replaced."""
    prices = {name: price_entry(value, unit) for name, (value, unit) in PRICES.items()}
    return {"currency": "USD", "region": "us-east-1", "prices": prices | changes}
