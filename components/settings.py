"""The stack's settings: read and validated in this one place, all faults at once."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args

Environment = Literal["dev", "staging", "prod"]

PREFIX = "phi:"
# 45 CFR 164.316(b)(2)(i) asks six years of documentation, and six years hold one leap day or two. That it is asked
# of PHI and of logs too is accepted practice.
SIX_YEARS = 6 * 365 + 2
SEVEN_YEARS = 7 * 365
CENTURY = 36_525
# S3 bills Glacier Flexible Retrieval for 90 days at least, so a shorter stay costs more than none.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
GLACIER_MINIMUM = 90


@dataclass(frozen=True)
class Settings:
    """What an environment decides. Every duration is in days."""

    environment: Environment
    region: str
    retention_days: int = SEVEN_YEARS
    archive_after_days: int = 90
    log_retention_days: int = SIX_YEARS

    @property
    def keeps_data(self) -> bool:
        """Whether what holds data is protected from `pulumi destroy`."""
        return self.environment != "dev"


class SettingsError(Exception):
    """One or more settings are missing or wrong; the message has a line for each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(["the stack's settings can't be used:", *(f"  - {fault}" for fault in faults)]))


def load(values: Mapping[str, str]) -> Settings:
    """The settings from the stack's configuration, keys such as `phi:environment` to text.

    The region is the configuration's, never AWS_REGION: bucket names hold it, so that another shell's would replace
    the buckets.
    Raises SettingsError naming every key that is missing, unknown or wrong, and what to do about it.
    """
    faults = [*_unknown(values)]
    region = values.get("aws:region")
    if not region:
        faults.append(f"aws:region is missing; {_fix('aws:region', 'us-east-1')}")

    environment = values.get(PREFIX + "environment")
    environments = get_args(Environment)
    if environment not in environments:
        found = "missing" if environment is None else f"'{environment}'"
        faults.append(
            f"phi:environment is {found}; it is one of {', '.join(environments)}. {_fix('phi:environment', 'dev')}"
        )

    def days(key: str, default: int, least: int, why: str) -> int:
        text = values.get(PREFIX + key, str(default))
        fix = _fix(PREFIX + key, str(default))
        if not text.strip().isascii() or not text.strip().isdigit():
            faults.append(f"{PREFIX}{key} is '{text}'; it is a whole number of days. {fix}")
            return default
        number = int(text)
        if least <= number <= CENTURY:
            return number
        reason = why if number < least else f"more than {CENTURY} days, a century, is a mistake"
        faults.append(f"{PREFIX}{key} is {number}; {reason}. {fix}")
        return default  # so that one wrong value isn't told twice

    retention = days(
        "retentionDays", SEVEN_YEARS, SIX_YEARS, f"PHI is kept at least {SIX_YEARS} days (45 CFR 164.316(b)(2)(i))"
    )
    log_retention = days(
        "logRetentionDays",
        SIX_YEARS,
        SIX_YEARS,
        f"access logs are kept at least {SIX_YEARS} days (45 CFR 164.316(b)(2)(i))",
    )
    archive_after = days("archiveAfterDays", 90, 1, "a version is archived a day after it is replaced at the soonest")
    if archive_after + GLACIER_MINIMUM > retention:
        faults.append(
            f"phi:archiveAfterDays is {archive_after}, less than {GLACIER_MINIMUM} days before phi:retentionDays "
            f"({retention}); Glacier bills {GLACIER_MINIMUM} days at least. {_fix('phi:archiveAfterDays', '90')}"
        )

    if faults or not region:
        raise SettingsError(faults)
    return Settings(cast(Environment, environment), region, retention, archive_after, log_retention)


def _unknown(values: Mapping[str, str]) -> list[str]:
    """A misspelt setting would otherwise leave its default in force, unseen. Its value may be a secret: not shown."""
    known = [PREFIX + key for key in ("environment", "retentionDays", "archiveAfterDays", "logRetentionDays")]
    faults = []
    for key in sorted(values):
        if key.startswith(PREFIX) and key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            meant = f"did you mean {close[0]}?" if close else f"the settings are {', '.join(known)}."
            faults.append(f"{key} isn't a setting; {meant} Remove it with: pulumi config rm {key}")
    return faults


def _fix(key: str, value: str) -> str:
    return f"Set it with: pulumi config set {key} {value}"
