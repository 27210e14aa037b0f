"""The usage of a PHI bucket in one month: data stored, requests, and lifecycle transitions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from phi_buckets.cost.storage_model import ZERO, StorageModel, max_rate_integral, months_from_days
from phi_buckets.cost.volumes import BucketVolumes
from phi_buckets.stack.settings import PhiBucketSettings, Settings

MIN_TRANSITION_KB = 128
"""Smaller objects don't transition to another class, aren't monitored, and are backed up as if they had this size.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
https://aws.amazon.com/backup/pricing/
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
    def backup_reads(self) -> Decimal:
        return self.writes if self.settings.backup_enabled else ZERO

    def requests(self, since: Decimal) -> Decimal:
        """Return the number of object requests to the bucket since a time, with a deletion per replaced object."""
        writes = self.writes_since(since)
        backups = writes if self.settings.backup_enabled else ZERO
        return self.volumes.reads * (self.end - since) + writes + backups + self.objects_replaced(since)

    def replica_requests(self, since: Decimal) -> Decimal:
        """Return the number of object requests to the bucket's replica since a time."""
        return self.writes_since(since) + self.objects_replaced(since) if self.settings.replica_region else ZERO

    def kms_requests(self, object_requests: Decimal) -> Decimal:
        """Return the number of KMS requests that a number of object reads and writes causes.

        Without a Bucket Key, S3 calls KMS for each object that it encrypts or decrypts. With one, it calls KMS only to
        renew a bucket-level key: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
        """
        return object_requests * (1 - self.volumes.bucket_key_saving)
