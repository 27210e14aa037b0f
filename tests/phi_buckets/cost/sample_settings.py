"""Settings with changes in every PHI bucket."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from phi_buckets.stack.settings import Settings


def with_bucket_settings(settings: Settings, **changes: Any) -> Settings:
    return replace(settings, buckets=tuple(replace(bucket, **changes) for bucket in settings.buckets))
