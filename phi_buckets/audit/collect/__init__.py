"""Collectors: each reads one service and turns its responses into facts.

To add a service, list its calls in a module of phi_buckets.audit.calls, write its collector, and add a line here.
"""

from __future__ import annotations

from phi_buckets.audit.collect import (
    alert_pipeline,
    athena,
    backup,
    config,
    guardduty,
    iam,
    iam_root,
    kms,
    macie,
    ram,
    resourcegroupstaggingapi,
    s3,
    s3_bucket_types,
    sqs,
)

# The audit runs these concurrently.
COLLECTORS = (
    s3.collect,
    s3_bucket_types.collect,
    kms.collect,
    alert_pipeline.collect,  # CloudTrail, CloudWatch Logs, CloudWatch, EventBridge and SNS, which depend on each other
    sqs.collect,
    iam.collect,
    iam_root.collect,
    backup.collect,
    ram.collect,
    athena.collect,
    guardduty.collect,
    macie.collect,
    config.collect,
    resourcegroupstaggingapi.collect,
)
