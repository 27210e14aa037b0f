"""The minimum retention of PHI and logs, in days."""

from __future__ import annotations

# 45 CFR 164.316(b)(2)(i) requires that documentation is kept for six years, and six years contain at least one leap
# day, at most two. Applying the limit to PHI and to logs is accepted practice. This is the one lower limit: the
# program's settings, the pack's defaults and the audit all use it.
MIN_RETENTION_DAYS = 6 * 365 + 2

# The retention periods of at least six years that CloudWatch Logs accepts.
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
_LOG_GROUP_RETENTION_DAYS = (2192, 2557, 2922, 3288, 3653)


def log_group_retention(days: int) -> int | None:
    """Return the shortest retention period of a log group that is at least this long; None if only forever is."""
    return next((retention for retention in _LOG_GROUP_RETENTION_DAYS if retention >= days), None)
