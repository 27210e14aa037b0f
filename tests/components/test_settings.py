"""Settings: what is accepted, and that every fault is told at once, by its key and with its fix."""

from __future__ import annotations

import pytest
import yaml

from components.settings import Settings, SettingsError, load
from sandbox.folder import ROOT

GOOD = {"phi:environment": "dev", "aws:region": "eu-west-1"}


def faults(values: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as error:
        load(values)
    return str(error.value).splitlines()[1:]


def test_defaults():
    assert load(GOOD) == Settings("dev", "eu-west-1", 2555, 90, 2192)


def test_values_given():
    values = {
        "phi:environment": "prod",
        "phi:retentionDays": "3650",
        "phi:archiveAfterDays": "30",
        "phi:logRetentionDays": "2557",
        "aws:region": "us-west-2",
    }
    assert load(values) == Settings("prod", "us-west-2", 3650, 30, 2557)


@pytest.mark.parametrize(("environment", "keeps"), [("dev", False), ("staging", True), ("prod", True)])
def test_only_dev_lets_its_data_go(environment, keeps):
    assert load(GOOD | {"phi:environment": environment}).keeps_data is keeps


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"phi:retentionDays": "30"}, "phi:retentionDays is 30; PHI is kept at least 2192 days"),
        ({"phi:retentionDays": "2191"}, "phi:retentionDays is 2191;"),
        ({"phi:retentionDays": "99999"}, "phi:retentionDays is 99999;"),
        ({"phi:retentionDays": "seven years"}, "phi:retentionDays is 'seven years'; it is a whole number of days"),
        ({"phi:retentionDays": "-1"}, "phi:retentionDays is '-1'"),
        ({"phi:retentionDays": "2555.5"}, "phi:retentionDays is '2555.5'"),
        ({"phi:retentionDays": "٢٥٥٥"}, "phi:retentionDays is '٢٥٥٥'"),
        ({"phi:retentionDays": ""}, "phi:retentionDays is ''"),
        ({"phi:logRetentionDays": "365"}, "phi:logRetentionDays is 365; access logs are kept at least 2192 days"),
        ({"phi:archiveAfterDays": "0"}, "phi:archiveAfterDays is 0;"),
        ({"phi:archiveAfterDays": "2466"}, "phi:archiveAfterDays is 2466, less than 90 days before phi:retentionDays"),
        ({"phi:environment": "production"}, "phi:environment is 'production'; it is one of dev, staging, prod."),
        ({"phi:retentionDay": "2555"}, "phi:retentionDay isn't a setting; did you mean phi:retentionDays?"),
        ({"phi:zzz": "secret"}, "phi:zzz isn't a setting; the settings are"),
    ],
)
def test_a_fault_names_its_key_and_the_fix(values, told):
    (fault,) = faults(GOOD | values)
    assert fault.startswith(f"  - {told}")
    assert "pulumi config" in fault


def test_the_boundaries_are_good():
    edge = GOOD | {"phi:retentionDays": "2192", "phi:archiveAfterDays": "2102", "phi:logRetentionDays": "2192"}
    assert load(edge).archive_after_days == 2102


def test_every_fault_at_once():
    told = faults({"phi:retentionDays": "x", "phi:logRetentionDays": "1", "phi:retentoinDays": "2555"})
    keys = {line.split()[1] for line in told}
    assert keys == {
        "aws:region",
        "phi:environment",
        "phi:retentionDays",
        "phi:logRetentionDays",
        "phi:retentoinDays",
    }


def test_an_unknown_settings_value_is_not_shown():
    assert "hunter2" not in "".join(faults(GOOD | {"phi:password": "hunter2"}))


def test_the_schema_declares_the_same_settings_and_defaults():
    schema = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    defaults = {key: setting.get("default") for key, setting in schema.items()}
    settings = load(GOOD)
    assert defaults == {
        "environment": None,
        "retentionDays": settings.retention_days,
        "archiveAfterDays": settings.archive_after_days,
        "logRetentionDays": settings.log_retention_days,
    }
    assert all(setting["description"] and setting["type"] in {"string", "integer"} for setting in schema.values())
