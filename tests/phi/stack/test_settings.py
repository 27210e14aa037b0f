"""Settings: what is accepted, and that every fault is told at once, by its key and with its fix."""

from __future__ import annotations

import json

import pytest
import yaml

from phi.stack.application_trust import ApplicationTrust
from phi.stack.settings import Settings, SettingsError, load_settings
from sandbox.folder import ROOT
from tests.components.mocked_stack import stack_config

DEV = {"phi:environment": "dev", "aws:region": "eu-west-1"}
PROD = {"phi:environment": "prod", "aws:region": "us-east-1"}
ROLE = "arn:aws:iam::111122223333:role/team/admin"
BOUNDARY = "arn:aws:iam::111122223333:policy/boundary"
HOOK = "https://alerts.example.com/hook?token=hunter2"


def faults(values: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as error:
        load_settings(values)
    first, *lines = str(error.value).splitlines()
    assert first == "the stack's settings can't be used:"
    return [line.removeprefix("  - ") for line in lines]


def test_defaults():
    assert load_settings(DEV) == Settings(environment="dev", region="eu-west-1")


def test_an_empty_text_is_one_that_is_not_set():
    """Pulumi.yaml has no other default for it."""
    empty = dict.fromkeys(("phi:replicaRegion", "phi:organizationId", "phi:permissionsBoundary"), "")
    assert load_settings(DEV | empty) == load_settings(DEV)


@pytest.mark.parametrize(
    ("key", "text", "name", "value"),
    [
        ("environment", "staging", "environment", "staging"),
        ("replicaRegion", "us-west-2", "replica_region", "us-west-2"),
        ("backup", "true", "backup", True),
        ("backupDays", "1", "backup_days", 1),
        ("retentionDays", "2192", "retention_days", 2192),
        ("retentionDays", "36525", "retention_days", 36_525),
        ("archiveAfterDays", "1", "archive_after_days", 1),
        ("archiveAfterDays", "2465", "archive_after_days", 2465),
        ("logRetentionDays", "3653", "log_retention_days", 3653),
        ("lockMode", "COMPLIANCE", "lock_mode", "COMPLIANCE"),
        ("lockDays", "2192", "lock_days", 2192),
        ("intelligentTiering", "true", "intelligent_tiering", True),
        ("administrators", json.dumps([ROLE, ROLE]), "administrators", (ROLE,)),
        ("administrators", '["arn:aws-us-gov:iam::111122223333:user/a"]', "administrators", ...),
        ("organizationId", "o-abcdefghij", "organization", "o-abcdefghij"),
        ("applicationTrust", "{}", "application_trust", ApplicationTrust()),
        ("applicationTrust", '{"account": "444455556666"}', "application_trust", ApplicationTrust("account", "444455556666")),
        ("permissionsBoundary", BOUNDARY, "permissions_boundary", BOUNDARY),
        ("subscribers", json.dumps(["a@b.example", HOOK]), "subscribers", ("a@b.example", HOOK)),
        ("accountGuards", '["guardDuty", "malwareProtection"]', "account_guards", ("guardDuty", "malwareProtection")),
        ("accountGuards", '["publicAccessBlock", "macie", "config"]', "account_guards", ...),
    ],
)
def test_a_setting_is_read(key, text, name, value):
    """`...`: the list as it is written."""
    read = getattr(load_settings(PROD | {f"phi:{key}": text}), name)
    assert read == (tuple(json.loads(text)) if value is ... else value)


def test_a_list_and_the_default_tags_are_read_as_pulumi_gives_them():
    assert load_settings(DEV | {"aws:defaultTags": '{"tags": {"Project": "phi"}}'}).default_tags == {"Project": "phi"}


def test_without_backup_where_there_is_a_replica():
    assert load_settings(PROD | {"phi:backupEnabled": "false", "phi:replicaRegion": "us-west-2"}).backup_enabled is False


@pytest.mark.parametrize(("environment", "keeps"), [("dev", False), ("staging", True), ("prod", True)])
def test_only_dev_lets_its_data_go(environment, keeps):
    assert load_settings(DEV | {"phi:environment": environment}).keeps_data is keeps


@pytest.mark.parametrize(("environment", "least"), [("dev", 1), ("staging", 2192), ("prod", 2192)])
def test_only_dev_locks_for_less_than_six_years(environment, least):
    assert load_settings(DEV | {"phi:environment": environment, "phi:objectLockDays": str(least)}).object_lock_days == least
    (fault,) = faults(DEV | {"phi:environment": environment, "phi:objectLockDays": str(least - 1)})
    assert fault.startswith(f"phi:objectLockDays is {least - 1}; a version is locked at least {least} days")


DAYS = ("backupDays", "retentionDays", "archiveAfterDays", "logRetentionDays", "lockDays")
FLAGS = ("backup", "intelligentTiering")
LISTS = ("administrators", "subscribers", "accountGuards")
NOT_DAYS = ("six years", "-1", "2555.5", "٢٥٥٥", "", "0x10")
WRONG = [
    ("environment", "production", "is 'production'; it is one of dev, staging, prod."),
    ("environment", "", "is ''; it is one of"),
    ("lockMode", "governance", "is 'governance'; it is one of GOVERNANCE, COMPLIANCE."),
    *((key, text, f"is '{text}'; it is a whole number of days") for key in DAYS for text in NOT_DAYS),
    *((key, "36526", "is 36526; more than 36525 days, a century, is a mistake") for key in DAYS),
    *((key, text, f"is '{text}'; it is true or false") for key in FLAGS for text in ("True", "yes", "1", "")),
    ("backupDays", "0", "is 0; a backup is kept a day at least"),
    ("retentionDays", "2191", "is 2191; PHI is kept at least 2192 days (45 CFR 164.316(b)(2)(i))"),
    ("archiveAfterDays", "0", "is 0; a version is archived a day after"),
    ("logRetentionDays", "2191", "is 2191; logs are kept at least 2192 days (45 CFR 164.316(b)(2)(i))"),
    ("replicaRegion", "Oregon", "is 'Oregon', not an AWS region"),
    ("organizationId", "acme", "is 'acme', not an AWS organization"),
    ("permissionsBoundary", ROLE, f"is '{ROLE}', not the ARN of an IAM policy"),
    *((key, text, "isn't a list") for key in LISTS for text in ("", "word", "{}", '"word"', "[")),
    ("administrators", json.dumps([ROLE, "*"]), "[1] isn't the ARN of an IAM role or user"),
    ("administrators", '["arn:aws:iam::111122223333:root"]', "[0] isn't the ARN of an IAM role or user"),
    ("administrators", '["arn:aws:iam::111122223333:role/*"]', "[0] isn't the ARN of an IAM role or user"),
    ("administrators", "[1]", "[0] isn't the ARN of an IAM role or user"),
    ("subscribers", '["http://example.com"]', "[0] isn't an email address or an https URL"),
    ("subscribers", '["somebody"]', "[0] isn't an email address or an https URL"),
    ("accountGuards", '["guardDuty", "guardduty"]', "[1] isn't one of publicAccessBlock, guardDuty,"),
    *(("applicationTrust", text, "isn't an object") for text in ("", "ecs", "[]")),
    ("applicationTrust", '{"account": "*"}', "names no account"),
    ("applicationTrust", '{"lambda": "a"}', "names one of service, account, oidcProvider"),
]


@pytest.mark.parametrize(("key", "text", "told"), WRONG)
def test_a_fault_names_its_key_what_is_wrong_and_the_fix(key, text, told):
    (fault,) = faults(PROD | {f"phi:{key}": text})
    assert fault.startswith(f"phi:{key}{told}" if told.startswith("[") else f"phi:{key} {told}")
    assert f"pulumi config set phi:{key}" in fault or f"pulumi config set --path 'phi:{key}" in fault


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"aws:region": ""}, "aws:region is missing; set it with: pulumi config set aws:region us-east-1"),
        ({"aws:region": "Ireland"}, "aws:region is 'Ireland', not an AWS region; set it with: pulumi config set"),
        ({"aws:defaultTags": "[]"}, "aws:defaultTags isn't an object with tags. Set it with: pulumi config set"),
        ({"aws:defaultTags": '{"tags": []}'}, "aws:defaultTags isn't an object with tags."),
        (
            {"phi:retentionDay": "2555"},
            "phi:retentionDay isn't a setting; did you mean phi:noncurrentRetentionDays? Remove it",
        ),
        ({"phi:zzz": "1"}, "phi:zzz isn't a setting; the settings are phi:environment, phi:replicaRegion,"),
    ],
)
def test_so_does_one_of_the_provider_or_of_no_setting(values, told):
    (fault,) = faults(DEV | values)
    assert fault.startswith(told)
    assert "pulumi config " in fault


@pytest.mark.parametrize(
    ("values", "told", "fix"),
    [
        (
            {"archiveAfterDays": "2466"},
            "less than 90 days before phi:noncurrentRetentionDays (2555)",
            "set phi:noncurrentArchiveDays",
        ),
        ({"lockDays": "2193"}, "longer than phi:logRetentionDays (2192)", "set phi:objectLockDays 2192"),
        (
            {"lockDays": "2600", "logRetentionDays": "2600"},
            "longer than phi:noncurrentRetentionDays (2555)",
            "set phi:objectLockDays 2555",
        ),
        ({"replicaRegion": "us-east-1"}, "the stack's own region", "set phi:replicaRegion us-west-2"),
        ({"replicaRegion": "us-gov-west-1"}, "of another partition than us-east-1", "rm phi:replicaRegion"),
        ({"replicaRegion": "cn-north-1"}, "of another partition than us-east-1", "rm phi:replicaRegion"),
        ({"backup": "false"}, "phi:replicaRegion isn't set; PHI is recoverable", "set phi:backupEnabled true"),
        ({"accountGuards": '["malwareProtection"]'}, "malwareProtection without guardDuty", "guardDuty"),
    ],
)
def test_settings_that_are_right_one_by_one_and_wrong_together(values, told, fix):
    (fault,) = faults(PROD | {f"phi:{key}": text for key, text in values.items()})
    assert told in fault
    assert "pulumi config " in fault
    assert fault.endswith(fix) or f"config {fix}" in fault


def test_the_fix_of_a_replica_in_its_own_region_is_another():
    (fault,) = faults(PROD | {"aws:region": "us-west-2", "phi:replicaRegion": "us-west-2"})
    assert fault.endswith("pulumi config set phi:replicaRegion us-east-1")


def test_every_fault_at_once():
    wrong = {f"phi:{key}": text for key, text, _ in WRONG}
    told = "\n".join(faults(wrong | {"phi:retentoinDays": "2555", "aws:defaultTags": "[]", "aws:region": "x"}))
    missed = [key for key in (*wrong, "phi:retentoinDays", "aws:defaultTags", "aws:region") if key not in told]
    assert missed == []


@pytest.mark.parametrize(
    "values",
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
def test_what_may_be_a_secret_is_not_shown(values):
    assert "hunter2" not in "\n".join(faults(DEV | values))


# The schema and the stack files.

NAMES = {"organizationId": "organization"}
"""What a setting is called in the program where the schema has another word."""


def snake(key: str) -> str:
    return NAMES.get(key) or "".join(f"_{each.lower()}" if each.isupper() else each for each in key)


def test_the_schema_declares_the_same_settings_and_defaults():
    schema = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    (unknown,) = faults(DEV | {"phi:zzz": ""})
    known = unknown.partition("the settings are ")[2].partition(".")[0].split(", ")
    assert [f"phi:{key}" for key in schema] == known
    types = {str: "string", bool: "boolean", int: "integer", list: "array", dict: "object"}
    settings = Settings(environment="dev", region="")
    for key, declared in schema.items():
        assert declared["description"].endswith("."), key
        if key == "environment":
            assert (declared["type"], "default" in declared) == ("string", False)
            continue
        assert declared["type"] == types[type(declared["default"])], key
        texts = {f"phi:{key}": default if isinstance(default := declared["default"], str) else json.dumps(default)}
        assert getattr(load_settings(DEV | texts), snake(key)) == getattr(settings, snake(key)), key


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_stack_files_load_and_hold_values_alone(stack):
    content = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())
    assert set(content) == {"config"}  # no secrets provider, no salt: nothing there is a secret
    assert load_settings(stack_config(stack)).environment == stack
    assert content["config"]["aws:defaultTags"]["tags"] == {"Project": "phi", "Environment": stack}


def test_prod_keeps_copies_in_another_region_and_locks_for_six_years():
    settings = load_settings(stack_config("prod"))
    assert (settings.replica_region, settings.object_lock_days, settings.backup_enabled) == ("us-west-2", 2192, True)
