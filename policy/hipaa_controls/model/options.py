"""Options that several controls have."""

from __future__ import annotations

import ipaddress

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
NETWORKS = Option(
    "networks",
    "CIDR ranges whose callers are trusted.",
    (),
    StricterWhen.FEWER,
    pattern=r"^[0-9A-Fa-f.:]+(/\d{1,3})?$",
    parse=ipaddress.ip_network,
)
ENDPOINTS = Option(
    "endpoints",
    "VPC endpoints and VPCs whose callers are trusted.",
    (),
    StricterWhen.FEWER,
    pattern=r"^vpce?-[0-9a-z]+$",
)
IDS = Option(
    "ids",
    "Principals that are trusted although their ID doesn't contain their account: unique IDs, canonical users, origin "
    "access identities, email addresses and directory identities, as the policy or grant names them.",
    (),
    StricterWhen.FEWER,
)
BUCKETS = Option(
    "buckets",
    "Buckets of other stacks that receive data and belong to trusted accounts, by name.",
    (),
    StricterWhen.FEWER,
    pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
)
HOSTS = Option(
    "hosts",
    "Hosts of https URLs whose owners may have the data, such as alerts.example.com.",
    (),
    StricterWhen.FEWER,
    pattern=r"^[a-z0-9][a-z0-9.-]*$",
)
TRUSTED_PARTIES = (ACCOUNTS, ORGANIZATIONS, NETWORKS, ENDPOINTS, IDS)
# The requirement of a control of a resource policy with these options.
ONLY_TRUSTED_PARTIES = (
    "each Allow is for the stack's account, trusted accounts ({accounts}) or organizations ({organizations}), "
    "for a service with a condition that limits it to them, such as aws:SourceAccount or aws:SourceArn, or for "
    "callers from a trusted network ({networks}) or endpoint ({endpoints}) or with a trusted ID ({ids})"
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
