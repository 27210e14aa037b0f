"""The usage of a PHI bucket in one month: data stored, requests, and lifecycle transitions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from phi_buckets.cost.storage_model import ZERO, StorageModel, max_rate_integral, months_from_days
from phi_buckets.cost.volumes import KB_PER_GB, BucketVolumes
from phi_buckets.stack.settings import PhiBucketSettings, Settings

MIN_TRANSITION_KB = 128
"""Smaller objects don't transition to another class, aren't monitored, and are backed up as if they had this size.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
https://aws.amazon.com/backup/pricing/
"""
SCAN_REQUESTS = 2
"""GuardDuty reads each new object and tags it, by requests of S3 that AWS bills.

https://docs.aws.amazon.com/guardduty/latest/ug/pricing-malware-protection-for-s3-guardduty.html
"""


@dataclass(frozen=True)
class BucketUsage:
    """The usage of one PHI bucket in one month. Storage is measured at the end of the month, when it is largest.

    Attributes:
        volumes: The bucket's volumes.
        bucket: The bucket's settings.
        settings: The stack's settings.
        month: The number of the month, from 1.
    """

    volumes: BucketVolumes
    bucket: PhiBucketSettings
    settings: Settings
    month: int

    @property
    def end(self) -> Decimal:
        return Decimal(self.month)

    @property
    def storage(self) -> StorageModel:
        return StorageModel(self.volumes.storage_gb, self.volumes.growth_gb, self.volumes.replaced_share)

    @property
    def lifecycle_applies(self) -> bool:
        """Whether objects of this size transition to another storage class."""
        return self.volumes.object_kb >= MIN_TRANSITION_KB

    @property
    def uses_tiering(self) -> bool:
        return self.bucket.intelligent_tiering and self.lifecycle_applies

    @property
    def months_in_standard(self) -> Decimal:
        """The months that a noncurrent version spends in S3 Standard until it transitions to Glacier or expires."""
        bucket = self.bucket
        days = bucket.noncurrent_archive_days if self.lifecycle_applies else bucket.noncurrent_retention_days
        return months_from_days(days)

    @property
    def retention_months(self) -> Decimal:
        return months_from_days(self.bucket.noncurrent_retention_days)

    @property
    def versions(self) -> Decimal:
        """The number of versions in the bucket, current and noncurrent."""
        noncurrent_gb = self.storage.noncurrent_gb(self.end, ZERO, self.retention_months)
        return self.volumes.object_count(self.storage.current_gb(self.end) + noncurrent_gb)

    @property
    def noncurrent_standard_gb(self) -> Decimal:
        return self.storage.noncurrent_gb(self.end, ZERO, self.months_in_standard)

    @property
    def noncurrent_glacier_gb(self) -> Decimal:
        return self.storage.noncurrent_gb(self.end, self.months_in_standard, self.retention_months)

    @property
    def glacier_transitions(self) -> Decimal:
        """The number of objects that transition to Glacier in the month."""
        if not self.lifecycle_applies:
            return ZERO
        gigabytes = self.storage.noncurrent_gb(self.end, self.months_in_standard, self.months_in_standard + 1)
        return self.volumes.object_count(gigabytes)

    def objects_replaced(self, since: Decimal) -> Decimal:
        """Return the number of objects overwritten or deleted since a time."""
        return self.volumes.object_count(self.storage.replaced_gb(since, self.end))

    def writes_since(self, since: Decimal) -> Decimal:
        """Return the number of writes since a time: as in the volumes, or more if growth and replacement need more."""
        storage = self.storage
        initial_gb = storage.monthly_growth_gb + storage.monthly_replaced_share * storage.initial_gb
        growth_gb = storage.monthly_replaced_share * storage.monthly_growth_gb
        return max_rate_integral(
            self.volumes.writes,
            self.volumes.object_count(initial_gb),
            self.volumes.object_count(growth_gb),
            since,
            self.end,
        )

    @property
    def writes(self) -> Decimal:
        return self.writes_since(self.end - 1)

    @property
    def written_gb(self) -> Decimal:
        return self.writes * self.volumes.object_kb / KB_PER_GB

    @property
    def copies(self) -> int:
        """The number of buckets that have each object: with its replica, if there is one."""
        return 2 if self.settings.replica_region else 1

    @property
    def scans_for_malware(self) -> bool:
        return "malwareProtection" in self.settings.account_security_services

    @property
    def malware_scans(self) -> Decimal:
        """The number of objects that are scanned for malware in the bucket. As many are in its replica."""
        return self.writes if self.scans_for_malware else ZERO

    @property
    def backup_reads(self) -> Decimal:
        return self.writes if self.settings.backup_enabled else ZERO

    def requests(self, since: Decimal) -> Decimal:
        """Return the number of object requests to the bucket since a time, with a deletion per replaced object."""
        writes = self.writes_since(since)
        backups = writes if self.settings.backup_enabled else ZERO
        scans = writes * SCAN_REQUESTS if self.scans_for_malware else ZERO
        return self.volumes.reads * (self.end - since) + writes + backups + scans + self.objects_replaced(since)

    def replica_requests(self, since: Decimal) -> Decimal:
        """Return the number of object requests to the bucket's replica since a time.

        S3 replicates the tag that a malware scan gives an object too, and the replica has a scan of its own.
        """
        if not self.settings.replica_region:
            return ZERO
        requests_per_write = 2 + SCAN_REQUESTS if self.scans_for_malware else 1
        return self.writes_since(since) * requests_per_write + self.objects_replaced(since)

    def kms_requests(self, object_requests: Decimal) -> Decimal:
        """Return the number of KMS requests that a number of object reads and writes causes.

        Without a Bucket Key, S3 calls KMS for each object that it encrypts or decrypts. With one, it calls KMS only to
        renew a bucket-level key: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
        """
        return object_requests * (1 - self.volumes.bucket_key_saving)
