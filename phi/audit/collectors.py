"""The services that the audit reads, side by side."""

from __future__ import annotations

from phi.audit import accounts
from phi.audit.collect import account, backup, cloudtrail, cloudwatch, iam, kms, logs, monitoring, s3, sns

COLLECTORS = (s3.collect, kms.collect, monitoring.collect, iam.collect, backup.collect, account.collect)
CALLS = (
    *s3.CALLS,
    *kms.CALLS,
    *cloudtrail.CALLS,
    *logs.CALLS,
    *cloudwatch.CALLS,
    *sns.CALLS,
    *iam.CALLS,
    *backup.CALLS,
    *account.CALLS,
    *accounts.CALLS,
)
