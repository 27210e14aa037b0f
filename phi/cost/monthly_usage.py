"""What is the case in a month: what is stored, what is asked of it, and what the lifecycle does to it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from phi.cost.storage_model import ZERO, Stock, higher, months
from phi.cost.volumes import Volumes
from phi.stack.settings import Settings

TIERED_KB = 128
"""What is smaller moves to no other class, isn't monitored, and is backed up as if it were of this size.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
https://aws.amazon.com/backup/pricing/
"""
ROTATIONS_BILLED = 2  # https://aws.amazon.com/kms/pricing/


@dataclass(frozen=True)
class Month:
    """Counted from 1; what is stored is counted at its end, which is the most."""

    volumes: Volumes
    settings: Settings
    number: int

    @property
    def end(self) -> Decimal:
        return Decimal(self.number)

    @property
    def stock(self) -> Stock:
        return Stock(self.volumes.storage_gb, self.volumes.growth_gb, self.volumes.replaced_share)

    @property
    def moves(self) -> bool:
        """Whether the lifecycle moves objects of this size."""
        return self.volumes.object_kb >= TIERED_KB

    @property
    def tiers(self) -> bool:
        return self.settings.intelligent_tiering and self.moves

    @property
    def archived_from(self) -> Decimal:
        """The age at which an earlier version leaves S3 Standard: for the archive, or for good."""
        return months(self.settings.archive_after_days if self.moves else self.settings.retention_days)

    @property
    def gone_from(self) -> Decimal:
        return months(self.settings.retention_days)

    @property
    def young_gb(self) -> Decimal:
        return self.stock.earlier(self.end, ZERO, self.archived_from)

    @property
    def archived_gb(self) -> Decimal:
        return self.stock.earlier(self.end, self.archived_from, self.gone_from)

    @property
    def archivings(self) -> Decimal:
        """Objects that move to the archive in the month."""
        if not self.moves:
            return ZERO
        return self.volumes.objects(self.stock.earlier(self.end, self.archived_from, self.archived_from + 1))

    def replaced(self, since: Decimal) -> Decimal:
        """Objects overwritten or deleted since then."""
        return self.volumes.objects(self.stock.replaced(since, self.end))

    def writes_since(self, since: Decimal) -> Decimal:
        """What is added and what is replaced was written, even where fewer writes are told."""
        stock, objects = self.stock, self.volumes.objects
        first, rise = objects(stock.growth + stock.replaced_share * stock.start), stock.replaced_share * stock.growth
        return higher(self.volumes.writes, first, objects(rise), since, self.end)

    @property
    def writes(self) -> Decimal:
        return self.writes_since(self.end - 1)

    @property
    def backup_reads(self) -> Decimal:
        return self.writes if self.settings.backup else ZERO

    def requests(self, since: Decimal) -> Decimal:
        """Requests for objects of the PHI bucket since then, as many deletions as versions replaced among them."""
        writes = self.writes_since(since)
        backups = writes if self.settings.backup else ZERO
        return self.volumes.reads * (self.end - since) + writes + backups + self.replaced(since)

    def copies(self, since: Decimal) -> Decimal:
        """Requests for objects of the replica since then."""
        return self.writes_since(since) + self.replaced(since) if self.settings.replica_region else ZERO

    def kms(self, uses: Decimal) -> Decimal:
        """KMS requests of so many uses of objects.

        Without a Bucket Key S3 asks KMS for each object that it encrypts or decrypts; with one, for a key of the
        bucket that serves for a while: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
        """
        return uses * (1 - self.volumes.bucket_key_saving)

    @property
    def rotations(self) -> int:
        """Rotations of a key that are billed: the first is at the end of the first year."""
        return min(ROTATIONS_BILLED, (self.number - 1) // 12)
