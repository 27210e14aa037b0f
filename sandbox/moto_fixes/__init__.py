"""What the pinned moto gets wrong and a sandboxed program would stumble over: a file a service.

Each fix wraps one method of moto, or adds one that it lacks; tests/sandbox/moto_fixes fails if a later moto needs it
no more.
"""

from __future__ import annotations

from typing import Any

from sandbox.moto_fixes import backup, cloudtrail, cloudwatch, config, core, guardduty, iam, kms, logs, macie2, s3

SERVICES = (backup, cloudtrail, cloudwatch, config, core, guardduty, iam, kms, logs, macie2, s3)
FIXES: tuple[tuple[Any, str, Any], ...] = tuple(fix for service in SERVICES for fix in service.FIXES)


def apply() -> None:
    """Mend moto in this process."""
    for owner, name, method in FIXES:
        setattr(owner, name, method)
