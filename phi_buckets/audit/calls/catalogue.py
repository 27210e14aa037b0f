"""The calls of all services: CALLS for the audit of a whole account, and STACK_CALLS for the audit of one stack."""

from __future__ import annotations

from phi_buckets.audit.calls import (
    athena,
    backup,
    cloudtrail,
    cloudwatch,
    config,
    ec2,
    events,
    guardduty,
    iam,
    kms,
    logs,
    macie,
    ram,
    resourcegroupstaggingapi,
    s3,
    s3_bucket_types,
    sns,
    sqs,
)

CALLS = (
    *s3.CALLS,
    *s3_bucket_types.CALLS,
    *kms.CALLS,
    *cloudtrail.CALLS,
    *logs.CALLS,
    *cloudwatch.CALLS,
    *events.CALLS,
    *sns.CALLS,
    *sqs.CALLS,
    *iam.CALLS,
    *backup.CALLS,
    *ram.CALLS,
    *athena.CALLS,
    *guardduty.CALLS,
    *macie.CALLS,
    *config.CALLS,
    *resourcegroupstaggingapi.CALLS,
    *ec2.CALLS,
)
# The stack's outputs name its buckets and regions, the aliases of its keys begin with its prefix, and it has no buckets
# of other types.
_WHOLE_ACCOUNT_ONLY = (s3.LIST_BUCKETS, *s3_bucket_types.CALLS, kms.LIST_KEYS, *ec2.CALLS)
STACK_CALLS = tuple(call for call in CALLS if call not in _WHOLE_ACCOUNT_ONLY)
