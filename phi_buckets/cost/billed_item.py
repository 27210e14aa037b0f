"""A billed item, and the safeguard that it is billed for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Safeguard(StrEnum):
    """The safeguard that an item is billed for. STORAGE is S3 without any safeguard."""

    STORAGE = "storage"
    ENCRYPTION = "encryption"
    VERSIONING = "versioning"
    DATA_EVENTS = "data_events"
    ACCESS_LOGGING = "access_logging"
    REPLICATION = "replication"
    BACKUP = "backup"
    MONITORING = "monitoring"
    ACCOUNT_SECURITY = "account_security"


@dataclass(frozen=True)
class BilledItem:
    """A quantity that has a price. Every month has the same items in the same order.

    Items with the same id are of the same kind: those of each bucket, and what its buckets share.

    Attributes:
        bucket: The name of the PHI bucket that it is billed for; None for what the buckets share.
        price_name: The name of its price in the price list.
        quantity: In single units: 10,000 for 10,000 requests, even if the price is per 1,000 requests.
    """

    id: str
    safeguard: Safeguard
    description: str
    price_name: str
    quantity: Decimal
    bucket: str | None = None
