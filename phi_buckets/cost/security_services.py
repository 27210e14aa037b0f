"""What is billed for the account's security services: GuardDuty, malware scans, Macie and AWS Config.

Items without a price depend on what the account has beside the stack. The report names them.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from phi_buckets.cost.billed_item import BilledItem, Safeguard
from phi_buckets.cost.monthly_usage import BucketUsage
from phi_buckets.cost.storage_model import ZERO
from phi_buckets.cost.volumes import Volumes
from phi_buckets.stack.settings import Settings

# The number of buckets that components/ declares for a stack, beside its PHI buckets and their replicas. Tests compare.
LOG_BUCKETS = 2
"""The buckets of each region for access logs and for the audit trail."""
RESULTS_BUCKETS = 1
"""The bucket for the results of Athena."""


def bucket_services(usage: BucketUsage) -> Iterator[BilledItem]:
    """Yield what is billed for one PHI bucket and its replica."""
    enabled = usage.settings.account_security_services
    start = usage.end - 1
    requests = usage.requests(start) + usage.replica_requests(start) if "guardDuty" in enabled else ZERO
    yield _item("guardduty_data_events", "GuardDuty, S3 data events", "guardduty_data_events", requests)
    yield from _malware_scans(usage)
    yield _macie_buckets(usage.copies, usage.settings)


def _malware_scans(usage: BucketUsage) -> Iterator[BilledItem]:
    """Yield the scans of new objects, GuardDuty's requests for them, and the tags with their results.

    https://docs.aws.amazon.com/guardduty/latest/ug/pricing-malware-protection-for-s3-guardduty.html
    """
    scans = usage.copies * usage.malware_scans
    scanned_gb = usage.copies * usage.written_gb if usage.scans_for_malware else ZERO
    # The initial data isn't scanned. A tag is billed until its version expires.
    tagged = usage.copies * min(usage.writes_since(ZERO), usage.versions) if usage.scans_for_malware else ZERO
    yield _item("malware_scans", "Malware scans, objects", "malware_scans", scans)
    yield _item("malware_scanned_gb", "Malware scans, data", "malware_scanned_gb", scanned_gb)
    yield _item("malware_reads", "Reads by malware scans", "s3_read_requests", scans)
    yield _item("malware_tagging", "Tagging by malware scans", "s3_write_requests", scans)
    yield _item("malware_tags", "Tags by malware scans", "s3_object_tags", tagged)
    kms_requests = usage.kms_requests(scans)
    yield _item("malware_kms_requests", "KMS requests, with Bucket Keys", "kms_requests", kms_requests)


def account_services(volumes: Volumes, settings: Settings) -> Iterator[BilledItem]:
    """Yield what is billed once for a stack, however many PHI buckets it has."""
    enabled, regions = set(settings.account_security_services), 2 if settings.replica_region else 1
    # GuardDuty analyzes events of global services, such as IAM, in each region:
    # https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_data-sources.html
    events = volumes.management_events * regions if "guardDuty" in enabled else ZERO
    yield _item(
        "guardduty_management_events", "GuardDuty, management events (maximum)", "guardduty_management_events", events
    )
    yield _macie_buckets(LOG_BUCKETS * regions + (RESULTS_BUCKETS if settings.athena_enabled else 0), settings)
    items, evaluations = (volumes.config_items, volumes.config_evaluations) if "config" in enabled else (ZERO, ZERO)
    yield _item("config_items", "AWS Config, configuration items", "config_items", items)
    yield _item("config_evaluations", "AWS Config, rule evaluations", "config_evaluations", evaluations)
    for service, price_name, description in (
        ("guardDuty", "guardduty", "GuardDuty, VPC flow logs, DNS logs and data events of other buckets"),
        ("macie", "macie", "Macie, other buckets and sensitive data discovery"),
        ("organizationConfig", "config", "AWS Config, rules in the organization's accounts"),
    ):
        yield _item(price_name, description, price_name, Decimal(1 if service in enabled else 0))


def _macie_buckets(count: int, settings: Settings) -> BilledItem:
    buckets = Decimal(count if "macie" in settings.account_security_services else 0)
    return _item("macie_buckets", "Macie, buckets of the stack", "macie_bucket", buckets)


def _item(item_id: str, description: str, price_name: str, quantity: Decimal) -> BilledItem:
    return BilledItem(item_id, Safeguard.ACCOUNT_SECURITY, description, price_name, quantity)
