"""The stack's settings: read and validated in this one place, all faults at once."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, cast, get_args

from hipaa.model.partitions import partition_of
from hipaa.model.retention import MIN_RETENTION_DAYS
from phi.stack.application_trust import Trust, TrustError

Environment = Literal["dev", "staging", "prod"]
LockMode = Literal["GOVERNANCE", "COMPLIANCE"]
AccountGuard = Literal["publicAccessBlock", "guardDuty", "malwareProtection", "macie", "config", "organizationConfig"]

PREFIX = "phi:"
SEVEN_YEARS = 7 * 365
CENTURY = 36_525
# S3 bills Glacier Flexible Retrieval for 90 days at least, so a shorter stay costs more than none.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
GLACIER_MINIMUM = 90

REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d", re.ASCII)
ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}", re.ASCII)
PRINCIPAL = re.compile(r"arn:aws[\w-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+", re.ASCII)
POLICY = re.compile(r"arn:aws[\w-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]+", re.ASCII)
SUBSCRIBER = re.compile(r"https://[\w.-]+(:\d+)?(/\S*)?|[^@\s]+@[\w-]+(\.[\w-]+)+", re.ASCII)


@dataclass(frozen=True)
class Settings:
    """What an environment decides. Every duration is in days."""

    environment: Environment
    region: str
    replica_region: str | None = None
    backup: bool = True
    backup_days: int = 35
    retention_days: int = SEVEN_YEARS
    archive_after_days: int = 90
    log_retention_days: int = MIN_RETENTION_DAYS
    lock_mode: LockMode = "GOVERNANCE"
    lock_days: int = MIN_RETENTION_DAYS
    intelligent_tiering: bool = False
    administrators: tuple[str, ...] = ()
    organization: str | None = None
    application_trust: Trust = Trust()
    permissions_boundary: str | None = None
    subscribers: tuple[str, ...] = ()
    account_guards: tuple[AccountGuard, ...] = ()
    default_tags: Mapping[str, str] = field(default_factory=dict)

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
    read = _Reader(values)
    region = read.region()
    environment = read.word("environment", get_args(Environment))
    long_kept = "(45 CFR 164.316(b)(2)(i))"
    locked_at_least = 1 if environment == "dev" else MIN_RETENTION_DAYS
    settings = Settings(
        environment=cast(Environment, environment),
        region=region,
        replica_region=read.text("replicaRegion", REGION, "an AWS region", "us-west-2"),
        backup=read.flag("backupEnabled", default=True),
        backup_days=read.days("backupDays", 35, 1, "a backup is kept a day at least"),
        retention_days=read.days(
            "noncurrentRetentionDays",
            SEVEN_YEARS,
            MIN_RETENTION_DAYS,
            f"PHI is kept at least {MIN_RETENTION_DAYS} days {long_kept}",
        ),
        archive_after_days=read.days(
            "noncurrentArchiveDays", 90, 1, "a version is archived a day after it is replaced at the soonest"
        ),
        log_retention_days=read.days(
            "logRetentionDays",
            MIN_RETENTION_DAYS,
            MIN_RETENTION_DAYS,
            f"logs are kept at least {MIN_RETENTION_DAYS} days {long_kept}",
        ),
        lock_mode=cast(LockMode, read.word("objectLockMode", get_args(LockMode), "GOVERNANCE")),
        lock_days=read.days(
            "objectLockDays",
            MIN_RETENTION_DAYS,
            locked_at_least,
            f"a version is locked at least {locked_at_least} days {long_kept}",
        ),
        intelligent_tiering=read.flag("intelligentTiering", default=False),
        administrators=read.texts("bucketAdministrators", PRINCIPAL, "the ARN of an IAM role or user"),
        organization=read.text("organizationId", ORGANIZATION, "an AWS organization", "o-abcdefghij"),
        application_trust=read.trust("applicationTrust"),
        permissions_boundary=read.text(
            "permissionsBoundary", POLICY, "the ARN of an IAM policy", "arn:aws:iam::111122223333:policy/boundary"
        ),
        subscribers=read.texts("alertSubscribers", SUBSCRIBER, "an email address or an https URL"),
        account_guards=cast(tuple[AccountGuard, ...], read.words("accountSecurityServices", get_args(AccountGuard))),
        default_tags=read.default_tags(),
    )
    faults = [*read.faults(), *_combinations(settings)]
    if faults:
        raise SettingsError(faults)
    return settings


def _combinations(settings: Settings) -> list[str]:
    """What is wrong of settings that are right one by one."""
    faults = []
    if settings.archive_after_days + GLACIER_MINIMUM > settings.retention_days:
        faults.append(
            f"phi:noncurrentArchiveDays is {settings.archive_after_days}, less than {GLACIER_MINIMUM} days before "
            f"phi:noncurrentRetentionDays ({settings.retention_days}); Glacier bills {GLACIER_MINIMUM} days at least. "
            f"{_fix('noncurrentArchiveDays', '90')}"
        )
    for name, days in (
        ("noncurrentRetentionDays", settings.retention_days),
        ("logRetentionDays", settings.log_retention_days),
    ):
        if settings.lock_days > days:
            faults.append(
                f"phi:objectLockDays is {settings.lock_days}, longer than phi:{name} ({days}): what expires would still be "
                f"locked. {_fix('objectLockDays', str(days))}"
            )
    if settings.replica_region and settings.replica_region == settings.region:
        faults.append(
            f"phi:replicaRegion is {settings.replica_region}, the stack's own region; copies are kept in another. "
            f"{_fix('replicaRegion', 'us-west-2' if settings.region != 'us-west-2' else 'us-east-1')}"
        )
    elif settings.replica_region and partition_of(settings.replica_region) != partition_of(settings.region):
        faults.append(
            f"phi:replicaRegion is {settings.replica_region}, of another partition than {settings.region}; S3 copies "
            "within one alone. Remove it with: pulumi config rm phi:replicaRegion"
        )
    if not settings.replica_region and not settings.backup:
        faults.append(
            "phi:backupEnabled is false and phi:replicaRegion isn't set; PHI is recoverable (45 CFR 164.308(a)(7)(ii)(A)). "
            f"{_fix('backupEnabled', 'true')}"
        )
    if "malwareProtection" in settings.account_guards and "guardDuty" not in settings.account_guards:
        faults.append(
            "phi:accountSecurityServices has malwareProtection without guardDuty, which does it. Set both with: pulumi config "
            "set --path 'phi:accountSecurityServices[0]' guardDuty"
        )
    return faults


T = TypeVar("T")


class _Reader:
    """Reads settings one by one, and gathers what is wrong. A wrong one answers with its default, to be told once."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._known: list[str] = []
        self._faults: list[str] = []

    def faults(self) -> list[str]:
        """What is wrong, and the settings that there aren't.

        A misspelt setting would otherwise leave its default in force, unseen. Its value may be a secret: not shown.
        """
        unknown = []
        for key in sorted(self._values):
            if key.startswith(PREFIX) and key not in self._known:
                close = difflib.get_close_matches(key, self._known, n=1)
                meant = f"did you mean {close[0]}?" if close else f"the settings are {', '.join(self._known)}."
                unknown.append(f"{key} isn't a setting; {meant} Remove it with: pulumi config rm {key}")
        return [*unknown, *self._faults]

    def region(self) -> str:
        region = self._values.get("aws:region", "")
        if not REGION.fullmatch(region):
            found = f"'{region}', not an AWS region" if region else "missing"
            self._faults.append(f"aws:region is {found}; set it with: pulumi config set aws:region us-east-1")
        return region

    def default_tags(self) -> dict[str, str]:
        """The tags that Pulumi's own AWS provider gives to all, for the provider of another region to give too."""
        try:
            given = json.loads(self._values.get("aws:defaultTags", "{}")).get("tags", {})
            return {str(name): str(value) for name, value in given.items()}
        except (ValueError, AttributeError):
            self._faults.append(
                "aws:defaultTags isn't an object with tags. Set it with: pulumi config set --path "
                "aws:defaultTags.tags.Project phi"
            )
            return {}

    def word(self, key: str, words: Sequence[str], default: str | None = None) -> str:
        found = self._get(key)
        if found is not None and found in words:
            return found
        if found is not None or default is None:
            told = "missing" if found is None else f"'{found}'"
            self._fault(key, f"is {told}; it is one of {', '.join(words)}", words[0])
        return default or words[0]

    def days(self, key: str, default: int, least: int, why: str) -> int:
        text = self._get(key)
        if text is None:
            return default
        if not text.strip().isascii() or not text.strip().isdigit():
            self._fault(key, f"is '{text}'; it is a whole number of days", str(default))
            return default
        number = int(text)
        if least <= number <= CENTURY:
            return number
        reason = why if number < least else f"more than {CENTURY} days, a century, is a mistake"
        self._fault(key, f"is {number}; {reason}", str(default))
        return default

    def flag(self, key: str, *, default: bool) -> bool:
        text = self._get(key)
        if text not in (None, "true", "false"):
            self._fault(key, f"is '{text}'; it is true or false", str(default).lower())
            return default
        return default if text is None else text == "true"

    def text(self, key: str, pattern: re.Pattern[str], what: str, example: str) -> str | None:
        text = self._get(key) or None  # Pulumi.yaml has no other word for a text that isn't set
        if text is not None and not pattern.fullmatch(text):
            self._fault(key, f"is '{text}', not {what}", example)
            return None
        return text

    def texts(self, key: str, pattern: re.Pattern[str], what: str) -> tuple[str, ...]:
        return tuple(self._entries(key, lambda each: bool(pattern.fullmatch(each)), what))

    def words(self, key: str, words: Sequence[str]) -> tuple[str, ...]:
        return tuple(self._entries(key, lambda each: each in words, f"one of {', '.join(words)}"))

    def trust(self, key: str) -> Trust:
        content = self._json(key, dict, 'an object, such as {"service": "ecs-tasks.amazonaws.com"}')
        if not content:
            return Trust()
        try:
            return Trust.of(content)
        except TrustError as error:
            self._faults.append(f"{PREFIX}{key} {error}. Set it with: pulumi config set --path '{PREFIX}{key}…' …")
            return Trust()

    def _entries(self, key: str, good: Any, what: str) -> list[str]:
        entries = self._json(key, list, "a list")
        if entries is None:
            return []
        for at, each in enumerate(entries):
            if not isinstance(each, str) or not good(each):
                self._faults.append(
                    f"{PREFIX}{key}[{at}] isn't {what}. Set it with: pulumi config set --path '{PREFIX}{key}[{at}]' …"
                )
                return []
        return list(dict.fromkeys(entries))

    def _json(self, key: str, kind: type[T], what: str) -> T | None:
        """A setting that Pulumi keeps as JSON: a list or an object."""
        text = self._get(key)
        if text is None:
            return None
        try:
            content = json.loads(text)
        except ValueError:
            content = None
        if not isinstance(content, kind):
            self._faults.append(f"{PREFIX}{key} isn't {what}. Set it with: pulumi config set --path '{PREFIX}{key}…' …")
            return None
        return content

    def _get(self, key: str) -> str | None:
        self._known.append(PREFIX + key)
        return self._values.get(PREFIX + key)

    def _fault(self, key: str, what: str, example: str) -> None:
        self._faults.append(f"{PREFIX}{key} {what}. {_fix(key, example)}")


def _fix(key: str, value: str) -> str:
    return f"Set it with: pulumi config set {PREFIX}{key} {value}"
