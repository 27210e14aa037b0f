"""What the pinned moto gets wrong and a sandboxed program would stumble over: a file a service.

Each fix wraps one method of moto, or adds one that it lacks; tests/sandbox/moto_fixes fails if a later moto needs it
no more.
"""

from __future__ import annotations

from sandbox.moto_fixes import backup, cloudtrail, guardduty, iam, kms, macie2, s3

FIXES = (*s3.FIXES, *kms.FIXES, *iam.FIXES, *cloudtrail.FIXES, *backup.FIXES, *guardduty.FIXES, *macie2.FIXES)


def apply() -> None:
    """Mend moto in this process."""
    for owner, name, method in FIXES:
        setattr(owner, name, method)
