"""What is counted is what the program declares, by the program's own settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from components import alert_patterns
from components.phi_bucket import VersionLifecycle, lifecycle_rules
from phi.cost import billed_items, stack_file
from phi.errors import ConfigurationError
from phi.stack import settings

ROOT = Path(__file__).resolve().parents[3]
BUCKETS, ROLE = ["phi"], "arn:aws:iam::123456789012:role/break-glass"


def test_alarms_are_those_of_the_program():
    assert len(alert_patterns.log_alarms(BUCKETS, ROLE)) == billed_items.LOG_ALARMS
    assert len(alert_patterns.event_rules(BUCKETS, ROLE)) == billed_items.EVENT_RULES


def test_the_lifecycle_is_the_programs():
    tiered = settings.Settings(environment="prod", region="us-east-1", intelligent_tiering=True)
    earlier, current = lifecycle_rules(
        VersionLifecycle(
            tiered.noncurrent_archive_days, tiered.noncurrent_retention_days, tiered.intelligent_tiering
        )
    )
    assert earlier["noncurrent_version_transitions"] == [
        {"noncurrent_days": tiered.noncurrent_archive_days, "storage_class": "GLACIER"}
    ]
    assert earlier["noncurrent_version_expiration"] == {"noncurrent_days": tiered.noncurrent_retention_days}
    assert current["transitions"] == [{"days": 1, "storage_class": "INTELLIGENT_TIERING"}]


def test_without_a_file_it_is_as_in_prod():
    prod = stack_file.load_settings(ROOT / "Pulumi.prod.yaml")
    for name in (
        "replica_region",
        "backup_enabled",
        "backup_days",
        "noncurrent_retention_days",
        "noncurrent_archive_days",
        "log_retention_days",
        "intelligent_tiering",
        "account_security_services",
    ):
        assert getattr(stack_file.DEFAULT_SETTINGS, name) == getattr(prod, name)


def test_the_projects_dev_has_no_replica():
    assert stack_file.load_settings(ROOT / "Pulumi.dev.yaml").replica_region is None


def test_settings_of_every_kind(tmp_path):
    path = tmp_path / "Pulumi.own.yaml"
    path.write_text(
        "config:\n  aws:region: eu-west-1\n  phi:environment: prod\n  phi:replicaRegion: eu-central-1\n"
        "  phi:backupEnabled: false\n  phi:noncurrentRetentionDays: 3000\n  phi:noncurrentArchiveDays: '30'\n"
        "  phi:intelligentTiering: true\n  phi:accountSecurityServices: [guardDuty, macie]\n",
        encoding="utf-8",
    )
    found = stack_file.load_settings(path)
    assert (found.region, found.replica_region, found.backup_enabled) == ("eu-west-1", "eu-central-1", False)
    assert (found.noncurrent_retention_days, found.noncurrent_archive_days, found.intelligent_tiering) == (3000, 30, True)
    assert found.account_security_services == ("guardDuty", "macie")


def test_faults_of_settings_are_told_at_once(tmp_path):
    path = tmp_path / "Pulumi.own.yaml"
    path.write_text(
        "config:\n  phi:environment: prod\n  phi:noncurrentRetentionDays: -1\n  phi:backupEnabled: maybe\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigurationError) as error:
        stack_file.load_settings(path)
    for name in ("aws:region", "phi:noncurrentRetentionDays", "phi:backupEnabled"):
        assert name in str(error.value)


@pytest.mark.parametrize("text", ["", "config:", "- a", "config: [1]", "storage_gb: 5"])
def test_no_settings_file(tmp_path, text):
    path = tmp_path / "Pulumi.own.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="no settings file of a stack"):
        stack_file.load_settings(path)
