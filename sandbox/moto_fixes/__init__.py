"""Fixes for defects of the pinned moto that affect sandboxed programs, one module per service.

Each fix wraps a method of moto or adds a missing one. tests/sandbox/moto_fixes fails if a newer moto no longer needs a
fix.
"""

from __future__ import annotations

from typing import Any

from sandbox.moto_fixes import (
    athena,
    backup,
    cloudtrail,
    cloudwatch,
    config,
    core,
    guardduty,
    iam,
    kms,
    logs,
    macie2,
    s3,
    s3control,
    sts,
)

SERVICES = (athena, backup, cloudtrail, cloudwatch, config, core, guardduty, iam, kms, logs, macie2, s3, s3control, sts)
FIXES: tuple[tuple[Any, str, Any], ...] = tuple(fix for service in SERVICES for fix in service.FIXES)


def apply() -> None:
    """Apply every fix to moto in this process."""
    for owner, name, method in FIXES:
        setattr(owner, name, method)
