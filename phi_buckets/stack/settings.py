"""The stack's settings: read and validated in one place, with all errors reported together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from hipaa_controls.model.partitions import partition_of
from hipaa_controls.model.retention import MIN_RETENTION_DAYS
from phi_buckets.stack.application_trust import ApplicationTrust
from phi_buckets.stack.settings_reader import REGION, SettingsReader, set_command, set_path_command

Environment = Literal["dev", "staging", "prod"]
ObjectLockMode = Literal["GOVERNANCE", "COMPLIANCE"]
AccountSecurityService = Literal[
    "publicAccessBlock", "guardDuty", "malwareProtection", "macie", "config", "organizationConfig"
]

SEVEN_YEARS_DAYS = 7 * 365
# S3 bills Glacier Flexible Retrieval for at least 90 days. Archiving a version for less costs more than not archiving.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
GLACIER_MIN_DAYS = 90

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
    reader = SettingsReader(config)
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
            f"at least {GLACIER_MIN_DAYS} days. {set_command('noncurrentArchiveDays', '90')}"
        )
    for name, days in (
        ("noncurrentRetentionDays", settings.noncurrent_retention_days),
        ("logRetentionDays", settings.log_retention_days),
    ):
        if settings.object_lock_days > days:
            errors.append(
                f"phi:objectLockDays is {settings.object_lock_days}; it must not be more than phi:{name} ({days}), "
                f"because a version can't expire while it is locked. {set_command('objectLockDays', str(days))}"
            )
    if settings.replica_region and settings.replica_region == settings.region:
        other_region = "us-west-2" if settings.region != "us-west-2" else "us-east-1"
        errors.append(
            f"phi:replicaRegion is {settings.replica_region}, the stack's own region; it must be another region. "
            f"{set_command('replicaRegion', other_region)}"
        )
    elif settings.replica_region and partition_of(settings.replica_region) != partition_of(settings.region):
        errors.append(
            f"phi:replicaRegion is {settings.replica_region}; it must be in the same partition as {settings.region}, "
            "because S3 doesn't replicate between partitions. Remove it with: pulumi config rm phi:replicaRegion"
        )
    if not settings.replica_region and not settings.backup_enabled:
        errors.append(
            "phi:backupEnabled is false and phi:replicaRegion isn't set; PHI must have backups or a replica "
            f"(45 CFR 164.308(a)(7)(ii)(A)). {set_command('backupEnabled', 'true')}"
        )
    services = settings.account_security_services
    if "malwareProtection" in services and "guardDuty" not in services:
        errors.append(
            "phi:accountSecurityServices has malwareProtection without guardDuty; malware protection is a feature of "
            f"GuardDuty. Add it with: {set_path_command(f'accountSecurityServices[{len(services)}]', 'guardDuty')}"
        )
    return errors
