"""Volumes and settings that give round numbers, and fixed prices."""

from __future__ import annotations

import pytest

from phi_buckets.cost.prices import PriceFile
from phi_buckets.cost.volumes import Volumes
from phi_buckets.stack.settings import PhiBucketSettings, Settings
from tests.phi_buckets.cost.sample_prices import price_file_content


@pytest.fixture
def price_file() -> PriceFile:
    return PriceFile.model_validate(price_file_content())


@pytest.fixture
def volumes() -> Volumes:
    """Return volumes of 1,024 objects per GB, of which a tenth is replaced per month."""
    return Volumes.model_validate(
        {
            "storage_gb": "1000",
            "growth_gb": "10",
            "object_kb": "1024",
            "reads": "1000000",
            "writes": "200000",
            "replaced_share": "0.1",
            "unread_30_days": "0.7",
            "unread_90_days": "0.5",
            "management_events": "50000",
            "event_kb": "2",
            "access_record_kb": "1",
            "bucket_key_saving": "0.97",
        }
    )


@pytest.fixture
def settings() -> Settings:
    """Return settings that archive versions after 12 months, expire them after 72 months, and keep backups for 2.4."""
    return Settings(
        environment="prod",
        region="us-east-1",
        replica_region="us-west-2",
        buckets=(PhiBucketSettings(noncurrent_retention_days=2190, noncurrent_archive_days=365),),
        log_retention_days=2190,
        backup_days=73,
    )
