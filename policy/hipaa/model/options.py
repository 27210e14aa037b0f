"""Options that several controls have."""

from hipaa.model.control import Option, StricterWhen

ACCOUNTS = Option(
    "accounts",
    "AWS accounts that are trusted besides the stack's own, 12 digits each.",
    (),
    StricterWhen.FEWER,
    pattern=r"^\d{12}$",
)
ORGANIZATIONS = Option(
    "organizations", "AWS Organizations that are trusted.", (), StricterWhen.FEWER, pattern=r"^o-[a-z0-9]{10,32}$"
)
PHI_DAYS = Option("days", "Days that PHI is kept at least: seven years.", 2555, StricterWhen.HIGHER)
LOG_DAYS = Option(
    "logDays", "Days that logs are kept at least: six years (164.316(b)(2)(i)).", 2192, StricterWhen.HIGHER
)
