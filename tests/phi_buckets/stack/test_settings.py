"""The stack's settings: valid values, and errors that are all reported together with their keys and fixes."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from phi_buckets.stack.application_trust import ApplicationTrust
from phi_buckets.stack.networks import Networks
from phi_buckets.stack.settings import (
    REQUIRED_SECURITY_SERVICES,
    PhiBucketSettings,
    Settings,
    SettingsError,
    load_settings,
)
from sandbox.folder import ROOT
from tests.components.mocked_stack import stack_config

DEV = {"phi:environment": "dev", "aws:region": "eu-west-1"}
ELSEWHERE = {"phi:accountSecurityElsewhere": json.dumps(REQUIRED_SECURITY_SERVICES)}
PROD = {"phi:environment": "prod", "aws:region": "us-east-1"} | ELSEWHERE
ROLE = "arn:aws:iam::111122223333:role/team/admin"
BOUNDARY = "arn:aws:iam::111122223333:policy/boundary"
ENDPOINT = "vpce-0a1b2c3d4e5f60718"
COPY_VAULT = "arn:aws:backup:us-east-1:444455556666:backup-vault:phi-copies"
HOOK = "https://alerts.example.com/hook?token=hunter2"


def settings_errors(config: dict[str, str]) -> list[str]:
    """Return the errors that loading the settings of an invalid configuration reports."""
    with pytest.raises(SettingsError) as error:
        load_settings(config)
    first, *lines = str(error.value).splitlines()
    assert first == "the stack's settings are invalid:"
    return [line.removeprefix("  - ") for line in lines]


def test_load_settings_returns_defaults():
    assert load_settings(DEV) == Settings(environment="dev", region="eu-west-1")


def test_load_settings_treats_an_empty_string_as_absent():
    """A string in Pulumi.yaml has no other default that means "not set"."""
    empty = dict.fromkeys(("phi:replicaRegion", "phi:backupCopyVault", "phi:organizationId"), "")
    assert load_settings(DEV | empty) == load_settings(DEV)


def buckets_config(**buckets: Any) -> dict[str, str]:
    return PROD | {"phi:buckets": json.dumps(buckets)}


def test_bucket_has_the_stacks_settings_unless_it_has_its_own():
    settings = load_settings(
        buckets_config(
            labs={},
            imaging={
                "bucketName": "acme-imaging",
                "objectLockDays": 2500,
                "objectLockMode": "COMPLIANCE",
                "applicationTrust": {"service": "ec2.amazonaws.com"},
            },
        )
        | {"phi:objectLockDays": "2200", "phi:logRetentionDays": "3653", "phi:intelligentTiering": "true"}
    )
    labs, imaging = settings.buckets
    assert labs == PhiBucketSettings(name="labs", object_lock_days=2200, intelligent_tiering=True)
    assert imaging == PhiBucketSettings(
        name="imaging",
        bucket_name="acme-imaging",
        object_lock_days=2500,
        object_lock_mode="COMPLIANCE",
        intelligent_tiering=True,
        application_trust=ApplicationTrust(principal="ec2.amazonaws.com"),
    )
    assert settings.object_lock_days == 2200


@pytest.mark.parametrize(
    ("buckets", "message"),
    [
        (
            {"a": {"objectLockDays": 30}},
            "phi:buckets.a.objectLockDays is 30; versions must be locked for at least 2192",
        ),
        ({"a": {"objectLockDays": "x"}}, "phi:buckets.a.objectLockDays is 'x'; it must be a whole number of days"),
        (
            {"a": {"lockDays": 3000}},
            "phi:buckets.a.lockDays isn't a setting; did you mean phi:buckets.a.objectLockDays?",
        ),
        (
            {"a": {"objectLockDays": 2600}},
            "phi:buckets.a.objectLockDays is 2600; it must not be more than phi:buckets.a.non",
        ),
        (
            {"a": {"noncurrentArchiveDays": 2500}},
            "phi:buckets.a.noncurrentArchiveDays is 2500; it must be at least 90 days",
        ),
        ({"a": {"applicationTrust": "x"}}, "phi:buckets.a.applicationTrust must be an object"),
        ({"a": {"bucketName": "A.b"}}, "phi:buckets.a.bucketName is 'A.b'; it must be the name of an S3 bucket"),
        ({"a": {"bucketName": "xn--a"}}, "phi:buckets.a.bucketName is 'xn--a'"),
        ({"a": {"bucketName": "a--ol-s3"}}, "phi:buckets.a.bucketName is 'a--ol-s3'"),
        ({"a": {"objectLockDays": None}}, "phi:buckets.a.objectLockDays is ''; it must be a whole number of days"),
        ({"a": {"applicationTrust": None}}, "phi:buckets.a.applicationTrust must be an object"),
        ({"a": 1}, "phi:buckets.a isn't an object; it must have settings, or be {}"),
        ({"a": None}, "phi:buckets.a isn't an object; it must have settings, or be {}"),
        ({"A": {}}, "phi:buckets has the name 'A'; a name must be lower-case words"),
        ({"trail": {}}, "phi:buckets has the name 'trail'"),
        ({"x-replica": {}}, "phi:buckets has the name 'x-replica'"),
    ],
)
def test_error_names_the_bucket_and_a_command_with_its_path(buckets, message):
    (error,) = settings_errors(buckets_config(**buckets))
    assert error.startswith(message)
    assert "--path 'phi:buckets" in error


def test_bucket_name_without_a_value_is_not_the_name_null():
    """`bucketName:` with nothing behind it is null in YAML, and `null` would be a valid name."""
    (bucket,) = load_settings(buckets_config(a={"bucketName": None})).buckets
    assert bucket == PhiBucketSettings(name="a")


def test_command_for_an_invalid_bucket_keeps_the_others():
    """Without phi:buckets, the next `pulumi up` would delete every bucket that it names."""
    (error,) = settings_errors(buckets_config(a=None, b={}))
    assert "config rm --path 'phi:buckets.a' &&" in error


def test_settings_of_a_bucket_with_an_invalid_name_are_not_errors_too():
    """The command that sets one of them would make the bucket again, which the command for the name removes."""
    errors = settings_errors(buckets_config(A={"objectLockDays": 30, "lockDays": 1}, B=None))
    assert [error.partition(";")[0] for error in errors] == [f"phi:buckets has the name '{name}'" for name in "AB"]


def test_two_buckets_of_one_name_are_two_errors():
    errors = settings_errors(buckets_config(a={"bucketName": "acme"}, b={"bucketName": "acme"}))
    assert [error.partition(" ")[0] for error in errors] == ["phi:buckets.a.bucketName", "phi:buckets.b.bucketName"]


def test_error_of_the_stack_is_not_repeated_for_each_bucket():
    errors = settings_errors(buckets_config(a={}, b={}) | {"phi:objectLockDays": "2600"})
    assert [error.partition(";")[0] for error in errors] == ["phi:objectLockDays is 2600"] * 2  # versions, and logs


@pytest.mark.parametrize(
    ("key", "text", "field", "expected"),
    [
        ("environment", "staging", "environment", "staging"),
        ("replicaRegion", "us-west-2", "replica_region", "us-west-2"),
        ("backupEnabled", "true", "backup_enabled", True),
        ("athenaEnabled", "true", "athena_enabled", True),
        ("backupDays", "1", "backup_days", 1),
        ("backupLockMode", "GOVERNANCE", "backup_lock_mode", "GOVERNANCE"),
        ("backupLockGraceDays", "36500", "backup_lock_grace_days", 36_500),
        ("backupCopyVault", COPY_VAULT, "backup_copy_vault", COPY_VAULT),
        ("noncurrentRetentionDays", "2192", "noncurrent_retention_days", 2192),
        ("noncurrentRetentionDays", "36525", "noncurrent_retention_days", 36_525),
        ("noncurrentArchiveDays", "1", "noncurrent_archive_days", 1),
        ("noncurrentArchiveDays", "2465", "noncurrent_archive_days", 2465),
        ("logRetentionDays", "3653", "log_retention_days", 3653),
        ("objectLockMode", "COMPLIANCE", "object_lock_mode", "COMPLIANCE"),
        ("objectLockDays", "2192", "object_lock_days", 2192),
        ("intelligentTiering", "true", "intelligent_tiering", True),
        ("bucketAdministrators", json.dumps([ROLE, ROLE]), "bucket_administrators", (ROLE,)),
        ("bucketAdministrators", '["arn:aws-us-gov:iam::111122223333:user/a"]', "bucket_administrators", ...),
        ("organizationId", "o-abcdefghij", "organization_id", "o-abcdefghij"),
        ("networks", "[]", "networks", Networks()),
        (
            "networks",
            json.dumps(["203.0.113.0/24", ENDPOINT, "2001:db8::/32", "198.51.100.7", "vpce-1a2b3c4d", ENDPOINT]),
            "networks",
            Networks((ENDPOINT, "vpce-1a2b3c4d"), ("203.0.113.0/24", "2001:db8::/32", "198.51.100.7")),
        ),
        ("applicationTrust", "{}", "application_trust", ApplicationTrust()),
        (
            "applicationTrust",
            '{"account": "444455556666"}',
            "application_trust",
            ApplicationTrust("account", "444455556666"),
        ),
        ("permissionsBoundary", BOUNDARY, "permissions_boundary", BOUNDARY),
        ("alertSubscribers", json.dumps(["a@b.example", HOOK]), "alert_subscribers", ("a@b.example", HOOK)),
        (
            "accountSecurityServices",
            '["guardDuty", "malwareProtection"]',
            "account_security_services",
            ("guardDuty", "malwareProtection"),
        ),
        ("accountSecurityServices", '["publicAccessBlock", "macie", "config"]', "account_security_services", ...),
        ("accountSecurityElsewhere", json.dumps(REQUIRED_SECURITY_SERVICES), "account_security_elsewhere", ...),
    ],
)
def test_load_settings_reads_each_setting(key, text, field, expected):
    """`...` stands for the list in the text."""
    config = DEV if key == "accountSecurityServices" else PROD
    value = getattr(load_settings(config | {f"phi:{key}": text}), field)
    assert value == (tuple(json.loads(text)) if expected is ... else expected)


def test_load_settings_reads_default_tags_of_the_aws_provider():
    config = DEV | {"aws:defaultTags": '{"tags": {"Project": "phi"}}'}
    assert load_settings(config).default_tags == {"Project": "phi"}


def test_backup_may_be_disabled_with_a_replica():
    config = PROD | {"phi:backupEnabled": "false", "phi:replicaRegion": "us-west-2"}
    assert load_settings(config).backup_enabled is False


def test_lock_in_compliance_mode_is_confirmed_for_the_days_that_it_keeps_backups():
    config = PROD | {"phi:backupLockMode": "COMPLIANCE", "phi:backupDays": "60"}
    settings = load_settings(config | {"phi:backupLockConfirmed": "permanent-60-days"})
    assert (settings.backup_lock_mode, settings.backup_lock_grace_days) == ("COMPLIANCE", 3)
    for confirmation in ({}, {"phi:backupLockConfirmed": "permanent-35-days"}, {"phi:backupLockConfirmed": "yes"}):
        (error,) = settings_errors(config | confirmation)
        assert "3 days after pulumi up, no principal can remove the lock" in error
        assert error.endswith("Set it with: pulumi config set phi:backupLockConfirmed permanent-60-days")


@pytest.mark.parametrize(("environment", "expected"), [("dev", False), ("staging", True), ("prod", True)])
def test_keeps_data_is_false_only_in_dev(environment, expected):
    assert load_settings(PROD | {"phi:environment": environment}).keeps_data is expected


@pytest.mark.parametrize(("environment", "minimum"), [("dev", 1), ("staging", 2192), ("prod", 2192)])
def test_only_dev_may_lock_versions_for_less_than_six_years(environment, minimum):
    config = PROD | {"phi:environment": environment}
    assert load_settings(config | {"phi:objectLockDays": str(minimum)}).object_lock_days == minimum
    (error,) = settings_errors(config | {"phi:objectLockDays": str(minimum - 1)})
    assert error.startswith(f"phi:objectLockDays is {minimum - 1}; versions must be locked for at least {minimum} day")


DAYS = ("backupDays", "noncurrentRetentionDays", "noncurrentArchiveDays", "logRetentionDays", "objectLockDays")
FLAGS = ("backupEnabled", "athenaEnabled", "intelligentTiering")
LISTS = ("bucketAdministrators", "networks", "alertSubscribers", "accountSecurityServices", "accountSecurityElsewhere")
NOT_NETWORKS = [
    *("", "vpce-", "vpce-*", "VPCE-0A1B2C3D4E5F60718", "vpc-0a1b2c3d4e5f60718", "hospital.example"),
    *("0.0.0.0/0", "128.0.0.0/1", "8.0.0.0/7", "::/0", "2000::/3", "2600::/31"),  # as good as any network
    *("10.0.0.0/8", "192.168.1.7", "172.16.0.0/12", "100.64.0.0/10", "127.0.0.1", "fd00::/8", "fe80::1"),  # private
    *("203.0.113.7/24", "203.0.113.0/33", "203.0.113.0-203.0.113.9", "203.0.113.*"),
]
NOT_DAYS = ("six years", "-1", "2555.5", "٢٥٥٥", "", "0x10")
INVALID = [
    ("environment", "production", "is 'production'; it must be one of dev, staging, prod."),
    ("environment", "", "is ''; it must be one of"),
    ("objectLockMode", "governance", "is 'governance'; it must be one of GOVERNANCE, COMPLIANCE."),
    *((key, text, f"is '{text}'; it must be a whole number of days") for key in DAYS for text in NOT_DAYS),
    *((key, "36526", "is 36526; it must be at most 36525 days, a century") for key in DAYS),
    *((key, text, f"is '{text}'; it must be true or false") for key in FLAGS for text in ("True", "yes", "1", "")),
    ("backupDays", "0", "is 0; backups must be kept for at least 1 day"),
    ("backupLockMode", "compliance", "is 'compliance'; it must be one of GOVERNANCE, COMPLIANCE."),
    ("backupLockGraceDays", "2", "is 2; AWS Backup requires a grace time of at least 3 days"),
    ("backupLockGraceDays", "36501", "is 36501; it must be at most 36500 days, a century"),
    ("backupLockGraceDays", "three", "is 'three'; it must be a whole number of days"),
    *(
        ("backupCopyVault", arn, f"is '{arn}'; it must be the ARN of a backup vault in another account or region")
        for arn in ("phi-copies", COPY_VAULT.replace(":backup:", ":s3:"), f"{COPY_VAULT}:*", f"{COPY_VAULT}/a")
    ),
    ("noncurrentRetentionDays", "2191", "is 2191; PHI must be kept for at least 2192 days (45 CFR 164.316(b)(2)(i))"),
    ("noncurrentArchiveDays", "0", "is 0; S3 archives a noncurrent version after at least 1 day"),
    ("logRetentionDays", "2191", "is 2191; logs must be kept for at least 2192 days (45 CFR 164.316(b)(2)(i))"),
    ("replicaRegion", "Oregon", "is 'Oregon'; it must be an AWS region"),
    ("organizationId", "acme", "is 'acme'; it must be the ID of an AWS organization"),
    ("permissionsBoundary", ROLE, f"is '{ROLE}'; it must be the ARN of an IAM policy"),
    *((key, text, "isn't a list") for key in LISTS for text in ("", "word", "{}", '"word"', "[")),
    ("bucketAdministrators", json.dumps([ROLE, "*"]), "[1] is invalid; it must be the ARN of an IAM role or user"),
    (
        "bucketAdministrators",
        '["arn:aws:iam::111122223333:root"]',
        "[0] is invalid; it must be the ARN of an IAM role or user",
    ),
    (
        "bucketAdministrators",
        '["arn:aws:iam::111122223333:role/*"]',
        "[0] is invalid; it must be the ARN of an IAM role or user",
    ),
    ("bucketAdministrators", "[1]", "[0] is invalid; it must be the ARN of an IAM role or user"),
    *(
        ("networks", json.dumps(["203.0.113.0/24", text]), "[1] is invalid; it must be the ID of a VPC endpoint or a")
        for text in NOT_NETWORKS
    ),
    ("networks", "[1]", "[0] is invalid; it must be the ID of a VPC endpoint or a range of public addresses"),
    ("alertSubscribers", '["http://example.com"]', "[0] is invalid; it must be an email address or an https URL"),
    ("alertSubscribers", '["security"]', "[0] is invalid; it must be an email address or an https URL"),
    (
        "accountSecurityServices",
        '["guardDuty", "guardduty"]',
        "[1] is invalid; it must be one of publicAccessBlock, guardDuty,",
    ),
    *(("applicationTrust", text, "must be an object") for text in ("", "ecs", "[]")),
    ("applicationTrust", '{"account": "*"}', "has an invalid account; it must be an AWS account ID"),
    ("applicationTrust", '{"lambda": "a"}', "must have exactly one of service, account, oidcProvider"),
]


@pytest.mark.parametrize(("key", "text", "message"), INVALID)
def test_error_has_the_key_the_requirement_and_the_fix(key, text, message):
    (error,) = settings_errors(PROD | {f"phi:{key}": text})
    assert error.startswith(f"phi:{key}{message}" if message.startswith("[") else f"phi:{key} {message}")
    assert f"pulumi config set phi:{key}" in error or f"pulumi config set --path 'phi:{key}" in error


def test_every_invalid_item_of_a_list_is_an_error():
    errors = settings_errors(PROD | {"phi:networks": '["10.0.0.0/8", "203.0.113.0/24", "vpce-1"]'})
    assert [error.partition(" ")[0] for error in errors] == ["phi:networks[0]", "phi:networks[2]"]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"aws:region": ""},
            "aws:region is missing; it must be an AWS region. Set it with: pulumi config set aws:region us-east-1",
        ),
        (
            {"aws:region": "Ireland"},
            "aws:region is 'Ireland'; it must be an AWS region. Set it with: pulumi config set",
        ),
        (
            {"aws:defaultTags": "[]"},
            "aws:defaultTags is invalid; it must be an object with tags. Set it with: pulumi config",
        ),
        ({"aws:defaultTags": '{"tags": []}'}, "aws:defaultTags is invalid; it must be an object with tags."),
        (
            {"phi:noncurrentRetentionDay": "2555"},
            "phi:noncurrentRetentionDay isn't a setting; did you mean phi:noncurrentRetentionDays? Remove it",
        ),
        ({"phi:zzz": "1"}, "phi:zzz isn't a setting; the settings are phi:environment, phi:noncurrentRetentionDays,"),
    ],
)
def test_error_covers_provider_settings_and_unknown_settings(config, message):
    (error,) = settings_errors(DEV | config)
    assert error.startswith(message)
    assert "pulumi config " in error


@pytest.mark.parametrize(
    ("settings", "message", "fix"),
    [
        (
            {"noncurrentArchiveDays": "2466"},
            "at least 90 days less than phi:noncurrentRetentionDays (2555)",
            "set phi:noncurrentArchiveDays",
        ),
        ({"objectLockDays": "2193"}, "not be more than phi:logRetentionDays (2192)", "set phi:objectLockDays 2192"),
        (
            {"objectLockDays": "2600", "logRetentionDays": "2600"},
            "not be more than phi:noncurrentRetentionDays (2555)",
            "set phi:objectLockDays 2555",
        ),
        ({"replicaRegion": "us-east-1"}, "the stack's own region", "set phi:replicaRegion us-west-2"),
        ({"replicaRegion": "us-gov-west-1"}, "in the same partition as us-east-1", "rm phi:replicaRegion"),
        ({"replicaRegion": "cn-north-1"}, "in the same partition as us-east-1", "rm phi:replicaRegion"),
        (
            {"backupEnabled": "false"},
            "phi:replicaRegion isn't set; PHI must have backups or a replica",
            "set phi:backupEnabled true",
        ),
        (
            {"backupLockConfirmed": "permanent-35-days"},
            "phi:backupLockMode is GOVERNANCE; only a lock in compliance mode needs to be confirmed",
            "rm phi:backupLockConfirmed",
        ),
        (
            {"backupCopyVault": COPY_VAULT.replace("arn:aws:", "arn:aws-us-gov:")},
            "in the same partition as us-east-1",
            "rm phi:backupCopyVault",
        ),
        (
            {"backupEnabled": "false", "replicaRegion": "us-west-2", "backupCopyVault": COPY_VAULT},
            "phi:backupEnabled is false and phi:backupCopyVault is set",
            "set phi:backupEnabled true",
        ),
        (
            {
                "backupEnabled": "false",
                "replicaRegion": "us-west-2",
                "backupLockMode": "COMPLIANCE",
                "backupLockConfirmed": "permanent-35-days",
            },
            "phi:backupEnabled is false and phi:backupLockMode is set",
            "set phi:backupEnabled true",
        ),
    ],
)
def test_error_covers_combinations_of_valid_settings(settings, message, fix):
    (error,) = settings_errors(PROD | {f"phi:{key}": text for key, text in settings.items()})
    assert message in error
    assert "pulumi config " in error
    assert error.endswith(fix) or f"config {fix}" in error


# Security services.


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_security_service_that_no_setting_mentions_is_one_error_outside_dev(environment):
    (error,) = settings_errors(
        {
            "aws:region": "us-east-1",
            "phi:environment": environment,
            "phi:accountSecurityServices": '["config", "publicAccessBlock"]',
            "phi:accountSecurityElsewhere": '["macie"]',
        }
    )
    assert error.startswith(
        "neither phi:accountSecurityServices nor phi:accountSecurityElsewhere has guardDuty, malwareProtection;"
    )
    assert error.endswith(
        "pulumi config set --path 'phi:accountSecurityServices[2]' guardDuty && "
        "pulumi config set --path 'phi:accountSecurityServices[3]' malwareProtection"
    )


@pytest.mark.parametrize("here", [(), ("macie",), ("guardDuty", "malwareProtection"), REQUIRED_SECURITY_SERVICES])
def test_security_services_may_be_enabled_here_and_elsewhere(here):
    elsewhere = [service for service in REQUIRED_SECURITY_SERVICES if service not in here]
    lists = {"accountSecurityServices": list(here), "accountSecurityElsewhere": elsewhere}
    settings = load_settings(PROD | {f"phi:{key}": json.dumps(services) for key, services in lists.items()})
    assert (settings.account_security_services, settings.account_security_elsewhere) == (here, tuple(elsewhere))


def test_security_services_are_not_required_in_dev():
    assert load_settings(DEV).account_security_services == ()


def test_security_service_in_both_settings_is_an_error():
    (error,) = settings_errors(PROD | {"phi:accountSecurityServices": '["macie"]'})
    assert error.startswith("phi:accountSecurityElsewhere[3] is macie, which phi:accountSecurityServices enables")
    assert error.endswith("pulumi config rm --path 'phi:accountSecurityElsewhere[3]'")


def test_organization_config_cannot_be_enabled_elsewhere():
    (error,) = settings_errors(DEV | {"phi:accountSecurityElsewhere": '["organizationConfig"]'})
    assert "must be one of publicAccessBlock, guardDuty, malwareProtection, macie, config" in error


def test_malware_protection_needs_guardduty_here_or_elsewhere():
    services = {"phi:accountSecurityServices": '["malwareProtection"]'}
    (error,) = settings_errors(DEV | services)
    assert "malwareProtection without guardDuty" in error
    assert error.endswith("pulumi config set --path 'phi:accountSecurityServices[1]' guardDuty")
    load_settings(DEV | services | {"phi:accountSecurityElsewhere": '["guardDuty"]'})


def test_regional_services_are_all_but_the_public_access_block():
    settings = Settings(environment="prod", region="us-east-1", account_security_services=REQUIRED_SECURITY_SERVICES)
    assert settings.regional_security_services == ("guardDuty", "malwareProtection", "macie", "config")


def test_fix_of_a_replica_in_the_stacks_region_is_another_region():
    (error,) = settings_errors(PROD | {"aws:region": "us-west-2", "phi:replicaRegion": "us-west-2"})
    assert error.endswith("pulumi config set phi:replicaRegion us-east-1")


def test_load_settings_reports_all_errors_together():
    config = {f"phi:{key}": text for key, text, _ in INVALID}
    config |= {"phi:retentoinDays": "2555", "aws:defaultTags": "[]", "aws:region": "x"}
    message = "\n".join(settings_errors(config))
    assert [key for key in config if key not in message] == []


@pytest.mark.parametrize(
    "config",
    [
        {"phi:password": "hunter2"},
        {"phi:alertSubscribers": '["http://alerts.example.com/hook?token=hunter2"]'},
        {"phi:alertSubscribers": json.dumps([HOOK, HOOK + " "])},
        {"phi:alertSubscribers": json.dumps({"hook": HOOK})},
        {"phi:alertSubscribers": f"[{HOOK}]"},
        {"phi:bucketAdministrators": '["hunter2"]'},
        {"phi:accountSecurityServices": '["hunter2"]'},
        {"phi:applicationTrust": '{"account": "hunter2"}'},
        {"phi:applicationTrust": '{"account": "444455556666", "externalID": "hunter2"}'},
        {"phi:applicationTrust": '{"account": "444455556666", "externalId": ["hunter2"]}'},
        {"aws:defaultTags": '"hunter2"'},
    ],
)
def test_errors_do_not_show_values_that_may_be_secrets(config):
    assert "hunter2" not in "\n".join(settings_errors(DEV | config))


# The schema and the stack files


def field_name(key: str) -> str:
    """Return the name of a setting's field: `backup_days` for `backupDays`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)


def test_pulumi_yaml_declares_the_same_settings_and_defaults():
    schema = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    (error,) = settings_errors(DEV | {"phi:zzz": ""})
    known_keys = error.partition("the settings are ")[2].partition(".")[0].split(", ")
    assert [f"phi:{key}" for key in schema] == known_keys
    schema_types = {str: "string", bool: "boolean", int: "integer", list: "array", dict: "object"}
    defaults = Settings(environment="dev", region="")
    for key, declared in schema.items():
        assert declared["description"].endswith("."), key
        if key == "environment":
            assert (declared["type"], "default" in declared) == ("string", False)
            continue
        default = declared["default"]
        assert declared["type"] == schema_types[type(default)], key
        settings = load_settings(DEV | {f"phi:{key}": default if isinstance(default, str) else json.dumps(default)})
        assert getattr(settings, field_name(key)) == getattr(defaults, field_name(key)), key


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_stack_file_is_valid_and_contains_only_config(stack):
    content = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())
    assert set(content) == {"config"}  # no secrets provider and no salt, because no value is a secret
    assert load_settings(stack_config(stack)).environment == stack
    assert content["config"]["aws:defaultTags"]["tags"] == {"Project": "phi", "Environment": stack}


def test_prod_has_a_replica_backups_and_six_years_of_object_lock():
    settings = load_settings(stack_config("prod"))
    assert (settings.replica_region, settings.object_lock_days, settings.backup_enabled) == ("us-west-2", 2192, True)
