"""What is the case in a month: what is stored, what is asked of it, and what the lifecycle does to it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from phi.cost.storage_model import ZERO, StorageModel, max_rate_integral, months_from_days
from phi.cost.volumes import Volumes
from phi.stack.settings import Settings

MIN_TRANSITION_KB = 128
"""What is smaller moves to no other class, isn't monitored, and is backed up as if it were of this size.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
https://aws.amazon.com/backup/pricing/
"""
MAX_BILLED_ROTATIONS = 2  # https://aws.amazon.com/kms/pricing/


@dataclass(frozen=True)
class MonthlyUsage:
    """Counted from 1; what is stored is counted at its end, which is the most."""

    volumes: Volumes
    settings: Settings
    number: int

    @property
    def end(self) -> Decimal:
        return Decimal(self.number)

    @property
    def storage(self) -> StorageModel:
        return StorageModel(self.volumes.storage_gb, self.volumes.growth_gb, self.volumes.replaced_share)

    @property
    def lifecycle_applies(self) -> bool:
        """Whether the lifecycle moves objects of this size."""
        return self.volumes.object_kb >= MIN_TRANSITION_KB

    @property
    def uses_tiering(self) -> bool:
        return self.settings.intelligent_tiering and self.lifecycle_applies

    @property
    def months_in_standard(self) -> Decimal:
        """The age at which an earlier version leaves S3 Standard: for the archive, or for good."""
        return months_from_days(self.settings.noncurrent_archive_days if self.lifecycle_applies else self.settings.noncurrent_retention_days)

    @property
    def retention_months(self) -> Decimal:
        return months_from_days(self.settings.noncurrent_retention_days)

    @property
    def noncurrent_standard_gb(self) -> Decimal:
        return self.storage.noncurrent_gb(self.end, ZERO, self.months_in_standard)

    @property
    def noncurrent_glacier_gb(self) -> Decimal:
        return self.storage.noncurrent_gb(self.end, self.months_in_standard, self.retention_months)

    @property
    def glacier_transitions(self) -> Decimal:
        """Objects that move to the archive in the month."""
        if not self.lifecycle_applies:
            return ZERO
        return self.volumes.objects(self.storage.noncurrent_gb(self.end, self.months_in_standard, self.months_in_standard + 1))

    def objects_replaced(self, since: Decimal) -> Decimal:
        """Objects overwritten or deleted since then."""
        return self.volumes.objects(self.storage.replaced_gb(since, self.end))

    def writes_since(self, since: Decimal) -> Decimal:
        """What is added and what is replaced was written, even where fewer writes are told."""
        stock, objects = self.storage, self.volumes.objects
        first, rise = objects(stock.monthly_growth_gb + stock.monthly_replaced_share * stock.initial_gb), stock.monthly_replaced_share * stock.monthly_growth_gb
        return max_rate_integral(self.volumes.writes, first, objects(rise), since, self.end)

    @property
    def writes(self) -> Decimal:
        return self.writes_since(self.end - 1)

    @property
    def backup_reads(self) -> Decimal:
        return self.writes if self.settings.backup_enabled else ZERO

    def requests(self, since: Decimal) -> Decimal:
        """Requests for objects of the PHI bucket since then, as many deletions as versions replaced among them."""
        writes = self.writes_since(since)
        backups = writes if self.settings.backup_enabled else ZERO
        return self.volumes.reads * (self.end - since) + writes + backups + self.objects_replaced(since)

    def replica_requests(self, since: Decimal) -> Decimal:
        """Requests for objects of the replica since then."""
        return self.writes_since(since) + self.objects_replaced(since) if self.settings.replica_region else ZERO

    def kms_requests(self, uses: Decimal) -> Decimal:
        """KMS requests of so many uses of objects.

        Without a Bucket Key S3 asks KMS for each object that it encrypts or decrypts; with one, for a key of the
        bucket that serves for a while: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
        """
        return uses * (1 - self.volumes.bucket_key_saving)

    @property
    def key_rotations(self) -> int:
        """Rotations of a key that are billed: the first is at the end of the first year."""
        return min(MAX_BILLED_ROTATIONS, (self.number - 1) // 12)
