"""The estimate counts the resources that the program declares, and reads settings by the program's own rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.account import Account
from components.alert_log_alarms import log_alarms
from components.alert_rules import event_rules
from components.phi_bucket import VersionLifecycle, lifecycle_rules
from phi_buckets.cost import billed_items, stack_file
from phi_buckets.errors import ConfigurationError
from phi_buckets.stack import settings

ROOT = Path(__file__).resolve().parents[3]
BUCKETS, ROLE = ["phi"], "arn:aws:iam::123456789012:role/break-glass"


@pytest.mark.parametrize(
    ("region", "rules"),
    [
        ("us-east-1", billed_items.EVENT_RULES + billed_items.GLOBAL_EVENT_RULES),
        ("us-west-2", billed_items.EVENT_RULES),
    ],
)
def test_alarm_counts_match_the_program(region, rules):
    account = Account("123456789012", region, "aws", "amazonaws.com", ROLE)
    assert len(log_alarms("phi-", BUCKETS, ROLE)) == billed_items.LOG_ALARMS
    assert len(event_rules(account, BUCKETS, ROLE)) == rules


def test_lifecycle_matches_the_program():
    tiered = settings.Settings(environment="prod", region="us-east-1", intelligent_tiering=True)
    noncurrent, current = lifecycle_rules(
        VersionLifecycle(tiered.noncurrent_archive_days, tiered.noncurrent_retention_days, tiered.intelligent_tiering)
    )
    assert noncurrent["noncurrent_version_transitions"] == [
        {"noncurrent_days": tiered.noncurrent_archive_days, "storage_class": "GLACIER"}
    ]
    assert noncurrent["noncurrent_version_expiration"] == {"noncurrent_days": tiered.noncurrent_retention_days}
    assert current["transitions"] == [{"days": 1, "storage_class": "INTELLIGENT_TIERING"}]


def test_default_settings_equal_the_production_file():
    prod = stack_file.load_settings(ROOT / "Pulumi.prod.yaml")
    for name in (
        "replica_region",
        "backup_enabled",
        "backup_days",
        "noncurrent_retention_days",
        "noncurrent_archive_days",
        "log_retention_days",
        "intelligent_tiering",
        "backup_copy_vault",
        "athena_enabled",
        "account_security_services",
    ):
        assert getattr(stack_file.DEFAULT_SETTINGS, name) == getattr(prod, name)


def test_dev_file_has_no_replica():
    assert stack_file.load_settings(ROOT / "Pulumi.dev.yaml").replica_region is None


def test_load_settings_accepts_values_of_every_type(tmp_path):
    path = tmp_path / "Pulumi.custom.yaml"
    path.write_text(
        "config:\n  aws:region: eu-west-1\n  phi:environment: prod\n  phi:replicaRegion: eu-central-1\n"
        "  phi:backupEnabled: false\n  phi:noncurrentRetentionDays: 3000\n  phi:noncurrentArchiveDays: '30'\n"
        "  phi:intelligentTiering: true\n  phi:accountSecurityServices: [guardDuty, macie]\n"
        "  phi:accountSecurityElsewhere: [publicAccessBlock, malwareProtection, config]\n",
        encoding="utf-8",
    )
    loaded = stack_file.load_settings(path)
    assert (loaded.region, loaded.replica_region, loaded.backup_enabled) == ("eu-west-1", "eu-central-1", False)
    assert (loaded.noncurrent_retention_days, loaded.noncurrent_archive_days) == (3000, 30)
    assert loaded.intelligent_tiering is True
    assert loaded.account_security_services == ("guardDuty", "macie")


def test_load_settings_reports_all_errors_together(tmp_path):
    path = tmp_path / "Pulumi.custom.yaml"
    path.write_text(
        "config:\n  phi:environment: prod\n  phi:noncurrentRetentionDays: -1\n  phi:backupEnabled: maybe\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigurationError) as error:
        stack_file.load_settings(path)
    for name in ("aws:region", "phi:noncurrentRetentionDays", "phi:backupEnabled"):
        assert name in str(error.value)


@pytest.mark.parametrize("text", ["", "config:", "- a", "config: [1]", "storage_gb: 5"])
def test_load_settings_rejects_a_file_without_config_section(tmp_path, text):
    path = tmp_path / "Pulumi.custom.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="not a stack's settings file"):
        stack_file.load_settings(path)
