"""Options that several controls have."""

from __future__ import annotations

from hipaa_controls.model.control import Option, StricterWhen
from hipaa_controls.model.retention import MIN_RETENTION_DAYS

ACCOUNTS = Option(
    "accounts",
    "AWS accounts that are trusted in addition to the stack's own, 12 digits each.",
    (),
    StricterWhen.FEWER,
    pattern=r"^\d{12}$",
)
ORGANIZATIONS = Option(
    "organizations", "AWS Organizations that are trusted.", (), StricterWhen.FEWER, pattern=r"^o-[a-z0-9]{10,32}$"
)
PHI_DAYS = Option(
    "days", "Minimum retention of PHI in days: six years (164.316(b)(2)(i)).", MIN_RETENTION_DAYS, StricterWhen.HIGHER
)
LOG_DAYS = Option(
    "logDays",
    "Minimum retention of logs in days: six years (164.316(b)(2)(i)).",
    MIN_RETENTION_DAYS,
    StricterWhen.HIGHER,
)
