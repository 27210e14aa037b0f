"""The stack's settings: read and validated in one place, with all errors reported together."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar, cast, get_args

from hipaa_controls.model.partitions import partition_of
from hipaa_controls.model.retention import MIN_RETENTION_DAYS
from phi_buckets.stack.application_trust import ApplicationTrust, ApplicationTrustError

Environment = Literal["dev", "staging", "prod"]
ObjectLockMode = Literal["GOVERNANCE", "COMPLIANCE"]
AccountSecurityService = Literal[
    "publicAccessBlock", "guardDuty", "malwareProtection", "macie", "config", "organizationConfig"
]

PREFIX = "phi:"
SEVEN_YEARS_DAYS = 7 * 365
CENTURY_DAYS = 36_525
# S3 bills Glacier Flexible Retrieval for at least 90 days. Archiving a version for less costs more than not archiving.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
GLACIER_MIN_DAYS = 90

REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d", re.ASCII)
ORGANIZATION_ID = re.compile(r"o-[a-z0-9]{10,32}", re.ASCII)
PRINCIPAL_ARN = re.compile(r"arn:aws[\w-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+", re.ASCII)
POLICY_ARN = re.compile(r"arn:aws[\w-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]+", re.ASCII)
SUBSCRIBER = re.compile(r"https://[\w.-]+(:\d+)?(/\S*)?|[^@\s]+@[\w-]+(\.[\w-]+)+", re.ASCII)


@dataclass(frozen=True)
class Settings:
    """The settings of one environment, named as in Pulumi.yaml. Durations are in days."""

    environment: Environment
    region: str
    replica_region: str | None = None
    backup_enabled: bool = True
    backup_days: int = 35
    noncurrent_retention_days: int = SEVEN_YEARS_DAYS
    noncurrent_archive_days: int = 90
    log_retention_days: int = MIN_RETENTION_DAYS
    object_lock_mode: ObjectLockMode = "GOVERNANCE"
    object_lock_days: int = MIN_RETENTION_DAYS
    intelligent_tiering: bool = False
    bucket_administrators: tuple[str, ...] = ()
    organization_id: str | None = None
    application_trust: ApplicationTrust = ApplicationTrust()
    permissions_boundary: str | None = None
    alert_subscribers: tuple[str, ...] = ()
    account_security_services: tuple[AccountSecurityService, ...] = ()
    default_tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def keeps_data(self) -> bool:
        """Whether `pulumi destroy` must not delete the resources that store or protect data."""
        return self.environment != "dev"


class SettingsError(Exception):
    """Raised when settings are missing or invalid. The message has one line per error."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(["the stack's settings are invalid:", *(f"  - {error}" for error in errors)]))


def load_settings(config: Mapping[str, str]) -> Settings:
    """Return the settings in a stack's configuration.

    The region comes from the configuration, never from AWS_REGION. Bucket names contain it, so a shell with another
    region would replace the buckets.

    Args:
        config: The values of the configuration by key, such as `phi:environment`, as Pulumi passes them to a program.

    Raises:
        SettingsError: Settings are missing, unknown or invalid. The message names all of them, with a fix for each.
    """
    reader = _SettingsReader(config)
    region = reader.region()
    environment = reader.choice("environment", get_args(Environment))
    citation = "(45 CFR 164.316(b)(2)(i))"
    if environment == "dev":
        min_lock_days, lock_requirement = 1, "versions must be locked for at least 1 day"
    else:
        min_lock_days = MIN_RETENTION_DAYS
        lock_requirement = f"versions must be locked for at least {MIN_RETENTION_DAYS} days {citation}"
    settings = Settings(
        environment=cast(Environment, environment),
        region=region,
        replica_region=reader.text("replicaRegion", REGION, "an AWS region", "us-west-2"),
        backup_enabled=reader.flag("backupEnabled", default=True),
        backup_days=reader.days("backupDays", 35, 1, "backups must be kept for at least 1 day"),
        noncurrent_retention_days=reader.days(
            "noncurrentRetentionDays",
            SEVEN_YEARS_DAYS,
            MIN_RETENTION_DAYS,
            f"PHI must be kept for at least {MIN_RETENTION_DAYS} days {citation}",
        ),
        noncurrent_archive_days=reader.days(
            "noncurrentArchiveDays", 90, 1, "S3 archives a noncurrent version after at least 1 day"
        ),
        log_retention_days=reader.days(
            "logRetentionDays",
            MIN_RETENTION_DAYS,
            MIN_RETENTION_DAYS,
            f"logs must be kept for at least {MIN_RETENTION_DAYS} days {citation}",
        ),
        object_lock_mode=cast(
            ObjectLockMode, reader.choice("objectLockMode", get_args(ObjectLockMode), default="GOVERNANCE")
        ),
        object_lock_days=reader.days("objectLockDays", MIN_RETENTION_DAYS, min_lock_days, lock_requirement),
        intelligent_tiering=reader.flag("intelligentTiering", default=False),
        bucket_administrators=reader.texts(
            "bucketAdministrators",
            PRINCIPAL_ARN,
            "the ARN of an IAM role or user",
            "arn:aws:iam::111122223333:role/storage-admin",
        ),
        organization_id=reader.text("organizationId", ORGANIZATION_ID, "the ID of an AWS organization", "o-abcdefghij"),
        application_trust=reader.application_trust("applicationTrust"),
        permissions_boundary=reader.text(
            "permissionsBoundary", POLICY_ARN, "the ARN of an IAM policy", "arn:aws:iam::111122223333:policy/boundary"
        ),
        alert_subscribers=reader.texts(
            "alertSubscribers", SUBSCRIBER, "an email address or an https URL", "security@example.com"
        ),
        account_security_services=cast(
            tuple[AccountSecurityService, ...],
            reader.choices("accountSecurityServices", get_args(AccountSecurityService)),
        ),
        default_tags=reader.default_tags(),
    )
    errors = [*reader.errors(), *_combination_errors(settings)]
    if errors:
        raise SettingsError(errors)
    return settings


def _combination_errors(settings: Settings) -> list[str]:
    """Return the errors in combinations of settings that are individually valid."""
    errors = []
    if settings.noncurrent_archive_days + GLACIER_MIN_DAYS > settings.noncurrent_retention_days:
        errors.append(
            f"phi:noncurrentArchiveDays is {settings.noncurrent_archive_days}; it must be at least {GLACIER_MIN_DAYS} "
            f"days less than phi:noncurrentRetentionDays ({settings.noncurrent_retention_days}), because Glacier bills "
            f"at least {GLACIER_MIN_DAYS} days. {_set_command('noncurrentArchiveDays', '90')}"
        )
    for name, days in (
        ("noncurrentRetentionDays", settings.noncurrent_retention_days),
        ("logRetentionDays", settings.log_retention_days),
    ):
        if settings.object_lock_days > days:
            errors.append(
                f"phi:objectLockDays is {settings.object_lock_days}; it must not be more than phi:{name} ({days}), "
                f"because a version can't expire while it is locked. {_set_command('objectLockDays', str(days))}"
            )
    if settings.replica_region and settings.replica_region == settings.region:
        other_region = "us-west-2" if settings.region != "us-west-2" else "us-east-1"
        errors.append(
            f"phi:replicaRegion is {settings.replica_region}, the stack's own region; it must be another region. "
            f"{_set_command('replicaRegion', other_region)}"
        )
    elif settings.replica_region and partition_of(settings.replica_region) != partition_of(settings.region):
        errors.append(
            f"phi:replicaRegion is {settings.replica_region}; it must be in the same partition as {settings.region}, "
            "because S3 doesn't replicate between partitions. Remove it with: pulumi config rm phi:replicaRegion"
        )
    if not settings.replica_region and not settings.backup_enabled:
        errors.append(
            "phi:backupEnabled is false and phi:replicaRegion isn't set; PHI must have backups or a replica "
            f"(45 CFR 164.308(a)(7)(ii)(A)). {_set_command('backupEnabled', 'true')}"
        )
    services = settings.account_security_services
    if "malwareProtection" in services and "guardDuty" not in services:
        errors.append(
            "phi:accountSecurityServices has malwareProtection without guardDuty; malware protection is a feature of "
            f"GuardDuty. Add it with: {_set_path_command(f'accountSecurityServices[{len(services)}]', 'guardDuty')}"
        )
    return errors


T = TypeVar("T")


class _SettingsReader:
    """Reads settings one by one and collects the errors.

    An invalid setting falls back to its default, so that it is reported only once.
    """

    def __init__(self, config: Mapping[str, str]) -> None:
        self._config = config
        self._known_keys: list[str] = []
        self._errors: list[str] = []

    def errors(self) -> list[str]:
        """Return the errors so far, and one for each unknown key.

        A misspelled key would otherwise leave the default in force without notice. The value of an unknown key isn't
        shown, because it may be a secret.
        """
        unknown = []
        for key in sorted(self._config):
            if key.startswith(PREFIX) and key not in self._known_keys:
                similar = difflib.get_close_matches(key, self._known_keys, n=1)
                hint = f"did you mean {similar[0]}?" if similar else f"the settings are {', '.join(self._known_keys)}."
                unknown.append(f"{key} isn't a setting; {hint} Remove it with: pulumi config rm {key}")
        return [*unknown, *self._errors]

    def region(self) -> str:
        region = self._config.get("aws:region", "")
        if not REGION.fullmatch(region):
            problem = f"is '{region}'" if region else "is missing"
            self._errors.append(
                f"aws:region {problem}; it must be an AWS region. Set it with: pulumi config set aws:region us-east-1"
            )
        return region

    def default_tags(self) -> dict[str, str]:
        """Return the tags of Pulumi's default AWS provider. The provider for the replica's region must add them too."""
        try:
            tags = json.loads(self._config.get("aws:defaultTags", "{}")).get("tags", {})
            return {str(name): str(value) for name, value in tags.items()}
        except (ValueError, AttributeError):
            self._errors.append(
                "aws:defaultTags is invalid; it must be an object with tags. Set it with: pulumi config rm "
                "aws:defaultTags && pulumi config set --path aws:defaultTags.tags.Project phi"
            )
            return {}

    def choice(self, key: str, choices: Sequence[str], default: str | None = None) -> str:
        """Return a setting whose value is one of `choices`. The setting is required if there is no default."""
        text = self._get(key)
        if text is not None and text in choices:
            return text
        if text is not None or default is None:
            problem = "is missing" if text is None else f"is '{text}'"
            self._add_error(key, f"{problem}; it must be one of {', '.join(choices)}", choices[0])
        return default or choices[0]

    def days(self, key: str, default: int, minimum: int, requirement: str) -> int:
        """Return a number of days.

        Args:
            key: The setting's name, without the prefix.
            default: The number of days if the setting is absent or invalid.
            minimum: The smallest valid number of days.
            requirement: The reason for the minimum, as the second half of an error message.
        """
        text = self._get(key)
        if text is None:
            return default
        if not text.strip().isascii() or not text.strip().isdigit():
            self._add_error(key, f"is '{text}'; it must be a whole number of days", str(default))
            return default
        days = int(text)
        if minimum <= days <= CENTURY_DAYS:
            return days
        reason = requirement if days < minimum else f"it must be at most {CENTURY_DAYS} days, a century"
        self._add_error(key, f"is {days}; {reason}", str(default))
        return default

    def flag(self, key: str, *, default: bool) -> bool:
        text = self._get(key)
        if text not in (None, "true", "false"):
            self._add_error(key, f"is '{text}'; it must be true or false", str(default).lower())
            return default
        return default if text is None else text == "true"

    def text(self, key: str, pattern: re.Pattern[str], meaning: str, example: str) -> str | None:
        """Return a setting that matches a pattern, or None if it is absent, empty or invalid.

        Args:
            key: The setting's name, without the prefix.
            pattern: The pattern of the whole value.
            meaning: The values that are valid, as in "it must be an AWS region".
            example: A valid value, for the command that fixes an error.
        """
        text = self._get(key) or None  # a string in Pulumi.yaml has no other default that means "not set"
        if text is not None and not pattern.fullmatch(text):
            self._add_error(key, f"is '{text}'; it must be {meaning}", example)
            return None
        return text

    def texts(self, key: str, pattern: re.Pattern[str], meaning: str, example: str) -> tuple[str, ...]:
        """Return a list of distinct values that match a pattern; the arguments are those of `text`."""
        return self._items(key, lambda item: bool(pattern.fullmatch(item)), meaning, example)

    def choices(self, key: str, choices: Sequence[str]) -> tuple[str, ...]:
        """Return a list of distinct values, each one of `choices`."""
        return self._items(key, lambda item: item in choices, f"one of {', '.join(choices)}", choices[0])

    def application_trust(self, key: str) -> ApplicationTrust:
        setting = self._json(key, dict)
        try:
            if setting is None:
                raise ApplicationTrustError("must be an object")
            return ApplicationTrust.from_setting(setting) if setting else ApplicationTrust()
        except ApplicationTrustError as error:
            commands = [
                f"pulumi config rm {PREFIX}{key}",
                *(f"{_set_path_command(f'{key}.{name}', text)} --type string" for name, text in error.example.items()),
            ]
            self._errors.append(f"{PREFIX}{key} {error}. Set it with: {' && '.join(commands)}")
            return ApplicationTrust()

    def _items(self, key: str, is_valid: Callable[[str], bool], meaning: str, example: str) -> tuple[str, ...]:
        items = self._json(key, list)
        if items is None:
            self._errors.append(
                f"{PREFIX}{key} isn't a list; it must be a list, and each item must be {meaning}. "
                f"Set it with: {_set_path_command(f'{key}[0]', example)}"
            )
            return ()
        for index, item in enumerate(items):
            if not isinstance(item, str) or not is_valid(item):
                self._errors.append(
                    f"{PREFIX}{key}[{index}] is invalid; it must be {meaning}. "
                    f"Set it with: {_set_path_command(f'{key}[{index}]', example)}"
                )
                return ()
        return tuple(dict.fromkeys(items))

    def _json(self, key: str, kind: type[T]) -> T | None:
        """Return a list or an object, which Pulumi passes as JSON: empty if it is absent, None if it is invalid."""
        text = self._get(key)
        if text is None:
            return kind()
        try:
            content = json.loads(text)
        except ValueError:
            return None
        return content if isinstance(content, kind) else None

    def _get(self, key: str) -> str | None:
        self._known_keys.append(PREFIX + key)
        return self._config.get(PREFIX + key)

    def _add_error(self, key: str, problem: str, example: str) -> None:
        self._errors.append(f"{PREFIX}{key} {problem}. {_set_command(key, example)}")


def _set_command(key: str, value: str) -> str:
    return f"Set it with: pulumi config set {PREFIX}{key} {value}"


def _set_path_command(path: str, value: str) -> str:
    return f"pulumi config set --path '{PREFIX}{path}' {value}"
