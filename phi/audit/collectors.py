"""The services that the audit reads, side by side."""

from __future__ import annotations

from phi.audit import accounts
from phi.audit.collect import account, backup, cloudtrail, cloudwatch, iam, kms, logs, monitoring, s3, s3_calls, sns

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
# A stack's outputs tell what these would: its buckets, its keys by their aliases, its regions.
STACK_CALLS = tuple(call for call in CALLS if call not in (s3_calls.LIST_BUCKETS, kms.LIST_KEYS, *accounts.CALLS))
