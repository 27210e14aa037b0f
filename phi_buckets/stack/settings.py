"""The stack's settings: read and validated in one place, with all errors reported together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal, cast, get_args

from hipaa_controls.model.partitions import partition_of
from hipaa_controls.model.retention import MIN_RETENTION_DAYS
from phi_buckets.stack.application_trust import ApplicationTrust
from phi_buckets.stack.networks import Networks
from phi_buckets.stack.settings_reader import PREFIX, REGION, SettingsReader, set_command, set_path_command

Environment = Literal["dev", "staging", "prod"]
LockMode = Literal["GOVERNANCE", "COMPLIANCE"]
AccountSecurityService = Literal[
    "publicAccessBlock", "guardDuty", "malwareProtection", "macie", "config", "organizationConfig"
]
# Each must be enabled, by the stack or elsewhere, before an account holds PHI. AWS Config for a whole organization is
# not one of them: only the management account of the organization and its delegated administrator can enable that.
REQUIRED_SECURITY_SERVICES: tuple[AccountSecurityService, ...] = (
    *("publicAccessBlock", "guardDuty", "malwareProtection", "macie", "config"),
)
# S3 has one public access block for all regions of an account.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/configuring-block-public-access-account.html
ACCOUNT_WIDE_SERVICES = ("publicAccessBlock",)

DEFAULT_BUCKET = "phi"
"""The name of the only PHI bucket of a stack without `phi:buckets`."""
NAME_IN_STACK = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
# The names of the stack's other buckets, or the ends of them.
RESERVED_NAME = re.compile(r"(.*-)?(logs|trail|replica|results)", re.ASCII)
NAME_IN_STACK_MEANING = "lower-case words joined by hyphens, the last of them not logs, trail, replica or results"
# Without dots, which the certificate of S3's virtual-hosted URLs doesn't cover, and without what S3 reserves.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET_NAME = re.compile(
    r"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9](?!.*(-s3alias|--ol-s3|--x-s3|--table-s3)$)[a-z0-9-]{1,61}[a-z0-9]",
    re.ASCII,
)
BUCKET_NAME_MEANING = "the name of an S3 bucket: 3 to 63 lower-case letters, digits and hyphens"
SEVEN_YEARS_DAYS = 7 * 365
RETENTION_CITATION = "(45 CFR 164.316(b)(2)(i))"
# S3 bills Glacier Flexible Retrieval for at least 90 days. Archiving a version for less costs more than not archiving.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
GLACIER_MIN_DAYS = 90
# https://docs.aws.amazon.com/aws-backup/latest/devguide/API_PutBackupVaultLockConfiguration.html (ChangeableForDays)
MIN_LOCK_GRACE_DAYS, MAX_LOCK_GRACE_DAYS = 3, 36_500

ORGANIZATION_ID = re.compile(r"o-[a-z0-9]{10,32}", re.ASCII)
PRINCIPAL_ARN = re.compile(r"arn:aws[\w-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+", re.ASCII)
ANY_TEXT = re.compile(r".+", re.DOTALL)  # the valid text depends on other settings: see _backup_errors
VAULT_ARN = re.compile(r"arn:aws[\w-]*:backup:[a-z0-9-]+:\d{12}:backup-vault:[\w-]{2,50}", re.ASCII)
POLICY_ARN = re.compile(r"arn:aws[\w-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]+", re.ASCII)
SUBSCRIBER = re.compile(r"https://[\w.-]+(:\d+)?(/\S*)?|[^@\s]+@[\w-]+(\.[\w-]+)+", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class VersionSettings:
    """How long a bucket keeps and locks object versions, named as in Pulumi.yaml. Durations are in days."""

    noncurrent_retention_days: int = SEVEN_YEARS_DAYS
    noncurrent_archive_days: int = 90
    object_lock_mode: LockMode = "GOVERNANCE"
    object_lock_days: int = MIN_RETENTION_DAYS
    intelligent_tiering: bool = False


@dataclass(frozen=True, kw_only=True)
class PhiBucketSettings(VersionSettings):
    """The settings of one PHI bucket: an item of `phi:buckets`, or the only bucket of a stack without that setting."""

    name: str = DEFAULT_BUCKET
    """The bucket's name within the stack."""
    bucket_name: str | None = None
    """The physical name of a bucket that existed before the stack; made from the name within the stack if None."""
    application_trust: ApplicationTrust | None = None
    """The principal that may assume an application role for only this bucket; None to share the stack's role."""


@dataclass(frozen=True, kw_only=True)
class Settings(VersionSettings):
    """The settings of one environment, named as in Pulumi.yaml. Durations are in days.

    Its settings of versions also apply to audit logs, and are the defaults of each PHI bucket.
    """

    environment: Environment
    region: str
    buckets: tuple[PhiBucketSettings, ...] = (PhiBucketSettings(),)
    replica_region: str | None = None
    backup_enabled: bool = True
    backup_days: int = 35
    backup_lock_mode: LockMode = "GOVERNANCE"
    backup_lock_grace_days: int = MIN_LOCK_GRACE_DAYS
    backup_lock_confirmed: str | None = None
    backup_copy_vault: str | None = None
    log_retention_days: int = MIN_RETENTION_DAYS
    bucket_administrators: tuple[str, ...] = ()
    organization_id: str | None = None
    networks: Networks = Networks()
    application_trust: ApplicationTrust = ApplicationTrust()
    permissions_boundary: str | None = None
    athena_enabled: bool = False
    alert_subscribers: tuple[str, ...] = ()
    account_security_services: tuple[AccountSecurityService, ...] = ()
    account_security_elsewhere: tuple[AccountSecurityService, ...] = ()
    default_tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def regional_security_services(self) -> tuple[AccountSecurityService, ...]:
        """The security services to enable in the replica's region too."""
        return tuple(service for service in self.account_security_services if service not in ACCOUNT_WIDE_SERVICES)

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
    versions = _versions(reader, environment, VersionSettings())
    application_trust = reader.application_trust("applicationTrust")
    settings = Settings(
        **vars(versions),
        environment=cast(Environment, environment),
        region=region,
        buckets=tuple(
            PhiBucketSettings(
                **vars(_versions(bucket, environment, versions)),
                name=name,
                bucket_name=bucket.text("bucketName", BUCKET_NAME, BUCKET_NAME_MEANING, "acme-imaging"),
                application_trust=bucket.application_trust("applicationTrust"),
            )
            for name, bucket in reader.objects(
                "buckets", _is_name_in_stack, NAME_IN_STACK_MEANING, ("imaging", "intelligentTiering", "true")
            ).items()
        )
        or (PhiBucketSettings(**vars(versions)),),
        replica_region=reader.text("replicaRegion", REGION, "an AWS region", "us-west-2"),
        backup_enabled=reader.flag("backupEnabled", default=True),
        backup_days=reader.days("backupDays", 35, 1, "backups must be kept for at least 1 day"),
        backup_lock_mode=cast(LockMode, reader.choice("backupLockMode", get_args(LockMode), default="GOVERNANCE")),
        backup_lock_grace_days=reader.days(
            "backupLockGraceDays",
            MIN_LOCK_GRACE_DAYS,
            MIN_LOCK_GRACE_DAYS,
            f"AWS Backup requires a grace time of at least {MIN_LOCK_GRACE_DAYS} days",
            MAX_LOCK_GRACE_DAYS,
        ),
        backup_lock_confirmed=reader.text(
            "backupLockConfirmed", ANY_TEXT, "the confirmation that the lock is permanent", "permanent-35-days"
        ),
        backup_copy_vault=reader.text(
            "backupCopyVault",
            VAULT_ARN,
            "the ARN of a backup vault in another account or region",
            "arn:aws:backup:us-east-1:444455556666:backup-vault:phi-copies",
        ),
        log_retention_days=reader.days(
            "logRetentionDays",
            MIN_RETENTION_DAYS,
            MIN_RETENTION_DAYS,
            f"logs must be kept for at least {MIN_RETENTION_DAYS} days {RETENTION_CITATION}",
        ),
        bucket_administrators=reader.texts(
            "bucketAdministrators",
            PRINCIPAL_ARN,
            "the ARN of an IAM role or user",
            "arn:aws:iam::111122223333:role/storage-admin",
        ),
        organization_id=reader.text("organizationId", ORGANIZATION_ID, "the ID of an AWS organization", "o-abcdefghij"),
        networks=reader.networks("networks"),
        application_trust=application_trust or ApplicationTrust(),
        permissions_boundary=reader.text(
            "permissionsBoundary", POLICY_ARN, "the ARN of an IAM policy", "arn:aws:iam::111122223333:policy/boundary"
        ),
        athena_enabled=reader.flag("athenaEnabled", default=False),
        alert_subscribers=reader.texts(
            "alertSubscribers", SUBSCRIBER, "an email address or an https URL", "security@example.com"
        ),
        account_security_services=cast(
            tuple[AccountSecurityService, ...],
            reader.choices("accountSecurityServices", get_args(AccountSecurityService)),
        ),
        account_security_elsewhere=cast(
            tuple[AccountSecurityService, ...],
            reader.choices("accountSecurityElsewhere", REQUIRED_SECURITY_SERVICES),
        ),
        default_tags=reader.default_tags(),
    )
    errors = [*reader.errors(), *_combination_errors(settings)]
    if not reader.is_invalid("accountSecurityServices", "accountSecurityElsewhere"):
        errors += _security_service_errors(settings)
    if errors:
        raise SettingsError(errors)
    return settings


def _versions(reader: SettingsReader, environment: str, defaults: VersionSettings) -> VersionSettings:
    """Return the settings of versions, of a stack or of one of its PHI buckets.

    Args:
        reader: The reader of the stack's configuration, or of the bucket's object in it.
        environment: `dev`, `staging` or `prod`.
        defaults: The values of absent settings.
    """
    if environment == "dev":
        min_lock_days, lock_requirement = 1, "versions must be locked for at least 1 day"
    else:
        min_lock_days = MIN_RETENTION_DAYS
        lock_requirement = f"versions must be locked for at least {MIN_RETENTION_DAYS} days {RETENTION_CITATION}"
    return VersionSettings(
        noncurrent_retention_days=reader.days(
            "noncurrentRetentionDays",
            defaults.noncurrent_retention_days,
            MIN_RETENTION_DAYS,
            f"PHI must be kept for at least {MIN_RETENTION_DAYS} days {RETENTION_CITATION}",
        ),
        noncurrent_archive_days=reader.days(
            "noncurrentArchiveDays",
            defaults.noncurrent_archive_days,
            1,
            "S3 archives a noncurrent version after at least 1 day",
        ),
        object_lock_mode=cast(
            LockMode,
            reader.choice("objectLockMode", get_args(LockMode), default=defaults.object_lock_mode),
        ),
        object_lock_days=reader.days("objectLockDays", defaults.object_lock_days, min_lock_days, lock_requirement),
        intelligent_tiering=reader.flag("intelligentTiering", default=defaults.intelligent_tiering),
    )


def _is_name_in_stack(name: str) -> bool:
    return bool(NAME_IN_STACK.fullmatch(name)) and not RESERVED_NAME.fullmatch(name)


def _version_errors(prefix: str, versions: VersionSettings, log_retention_days: int | None) -> list[str]:
    """Return the errors in how long a stack, or one of its PHI buckets, keeps and locks versions.

    Args:
        prefix: The path of the bucket's object with a final dot, such as `buckets.imaging.`; empty for the stack.
        versions: The settings.
        log_retention_days: The days to keep audit logs, which are locked as long; None for a PHI bucket.
    """
    errors = []
    archive_days, retention_days = versions.noncurrent_archive_days, versions.noncurrent_retention_days
    if archive_days + GLACIER_MIN_DAYS > retention_days:
        errors.append(
            f"phi:{prefix}noncurrentArchiveDays is {archive_days}; it must be at least {GLACIER_MIN_DAYS} "
            f"days less than phi:{prefix}noncurrentRetentionDays ({retention_days}), because Glacier bills "
            f"at least {GLACIER_MIN_DAYS} days. {set_command(f'{prefix}noncurrentArchiveDays', '90')}"
        )
    errors += [
        f"phi:{prefix}objectLockDays is {versions.object_lock_days}; it must not be more than phi:{name} ({days}), "
        f"because a version can't expire while it is locked. {set_command(f'{prefix}objectLockDays', str(days))}"
        for name, days in (
            (f"{prefix}noncurrentRetentionDays", retention_days),
            ("logRetentionDays", log_retention_days),
        )
        if days is not None and versions.object_lock_days > days
    ]
    return errors


def _combination_errors(settings: Settings) -> list[str]:
    """Return the errors in combinations of settings that are individually valid."""
    errors = _version_errors("", settings, settings.log_retention_days)
    names = [bucket.bucket_name for bucket in settings.buckets if bucket.bucket_name]
    errors += [
        f"phi:buckets.{bucket.name}.bucketName is the name of another bucket too; each bucket must have its own. "
        f"{set_command(f'buckets.{bucket.name}.bucketName', f'acme-{bucket.name}')}"
        for bucket in settings.buckets
        if bucket.bucket_name and names.count(bucket.bucket_name) > 1
    ]
    for bucket in settings.buckets:
        # A bucket without settings of its own has the stack's, whose errors are reported once.
        if any(getattr(bucket, item.name) != getattr(settings, item.name) for item in fields(VersionSettings)):
            errors += _version_errors(f"buckets.{bucket.name}.", bucket, None)
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
    errors += _backup_errors(settings)
    return errors


def _security_service_errors(settings: Settings) -> list[str]:
    """Return the errors in which security services the stack enables, and which are enabled elsewhere."""
    here, elsewhere = settings.account_security_services, settings.account_security_elsewhere
    errors = [
        f"phi:accountSecurityElsewhere[{index}] is {service}, which phi:accountSecurityServices enables; each service "
        "must be enabled in one place. Remove it with: "
        f"pulumi config rm --path '{PREFIX}accountSecurityElsewhere[{index}]'"
        for index, service in enumerate(elsewhere)
        if service in here
    ]
    missing = [service for service in REQUIRED_SECURITY_SERVICES if service not in (*here, *elsewhere)]
    if missing and settings.environment != "dev":
        commands = " && ".join(
            set_path_command(f"accountSecurityServices[{index}]", service)
            for index, service in enumerate(missing, start=len(here))
        )
        errors.append(
            f"neither phi:accountSecurityServices nor phi:accountSecurityElsewhere has {', '.join(missing)}; outside "
            "dev, each must be in one of them: in the first if the stack must enable it, in the second if it is "
            "enabled already, such as by the organization's delegated administrator. Enable them in the stack with: "
            f"{commands}"
        )
    elif "malwareProtection" in here and "guardDuty" not in (*here, *elsewhere):
        errors.append(
            "phi:accountSecurityServices has malwareProtection without guardDuty; malware protection is a feature of "
            f"GuardDuty. Add it with: {set_path_command(f'accountSecurityServices[{len(here)}]', 'guardDuty')}"
        )
    return errors


def _backup_errors(settings: Settings) -> list[str]:
    """Return the errors in combinations of the settings of backups."""
    errors = []
    mode, copy_vault = settings.backup_lock_mode, settings.backup_copy_vault
    # The confirmation names the days, so one for a shorter retention doesn't confirm a longer one.
    confirmation = f"permanent-{settings.backup_days}-days"
    if mode == "COMPLIANCE" and settings.backup_lock_confirmed != confirmation:
        errors.append(
            f"phi:backupLockMode is COMPLIANCE and phi:backupLockConfirmed isn't {confirmation}; "
            f"{settings.backup_lock_grace_days} days after pulumi up, no principal can remove the lock, shorten its "
            "retention or delete a backup earlier, not even the root user or AWS. "
            f"{set_command('backupLockConfirmed', confirmation)}"
        )
    if mode == "GOVERNANCE" and settings.backup_lock_confirmed:
        errors.append(
            "phi:backupLockConfirmed is set and phi:backupLockMode is GOVERNANCE; only a lock in compliance mode needs "
            f"to be confirmed. {set_command('backupLockMode', 'COMPLIANCE')}; or remove the confirmation with: "
            "pulumi config rm phi:backupLockConfirmed"
        )
    if copy_vault and copy_vault.split(":")[1] != partition_of(settings.region):
        errors.append(
            f"phi:backupCopyVault is {copy_vault}; it must be in the same partition as {settings.region}, because AWS "
            "Backup doesn't copy between partitions. Remove it with: pulumi config rm phi:backupCopyVault"
        )
    if not settings.backup_enabled and (copy_vault or mode == "COMPLIANCE"):
        name = "backupCopyVault" if copy_vault else "backupLockMode"
        errors.append(
            f"phi:backupEnabled is false and phi:{name} is set; there is no backup to copy or to lock. "
            f"{set_command('backupEnabled', 'true')}"
        )
    return errors
