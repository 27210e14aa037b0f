"""The policy pack's config file as the audit reads it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from hipaa_controls.model.data_class import DataClass
from phi_buckets.audit import pack_config
from phi_buckets.errors import ConfigurationError
from sandbox.folder import ROOT

TODAY = date(2026, 11, 24)
EXEMPTION = {
    "resource": "arn:aws:s3:::importer",
    "reason": "The importer's vendor needs it until its next release.",
    "approver": "security officer",
    "expires": "2027-03-31",
    "compensatingControl": "Nightly copies to the vault.",
}


def parse(content: dict) -> pack_config.PackConfig:
    return pack_config.parse(content, TODAY)


def test_load_without_a_file_returns_the_packs_defaults():
    config = pack_config.load(None, TODAY)
    assert [name for name, control in config.control_configs.items() if control.relaxations] == []
    assert config.disabled == ()
    assert "s3-bucket-key" in config.advisory
    assert "s3-versioning" not in config.advisory
    assert "s3-no-force-destroy" not in config.control_configs  # a property of Pulumi, which AWS doesn't have


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_load_accepts_the_packs_own_files(stack):
    path = ROOT / "policy" / "config" / f"{stack}.json"
    config = pack_config.load(path, TODAY)
    assert config.errors == ()
    days = json.loads(path.read_text()).get("s3-object-lock", {}).get("days")
    assert days is None or config.control_configs["s3-object-lock"].options["days"] == days


def test_parse_reads_options_and_exemptions():
    config = parse({"s3-object-lock": {"days": 1, "exemptions": [EXEMPTION]}})
    control_config = config.control_configs["s3-object-lock"]
    assert control_config.options["days"] == 1
    assert [exemption.approver for exemption in control_config.exemptions] == ["security officer"]
    assert control_config.relaxations == ("days is 1",)


def test_parse_reads_levels():
    config = parse({"s3-versioning": "advisory", "s3-tls-only": {"enforcementLevel": "disabled"}})
    assert "s3-versioning" in config.advisory
    assert config.disabled == ("s3-tls-only",)
    assert "s3-tls-only" not in config.control_configs


def test_parse_prefers_a_controls_own_level_to_the_level_for_all():
    config = parse({"all": "advisory", "s3-versioning": "mandatory"})
    assert "s3-versioning" not in config.advisory
    assert "s3-tls-only" in config.advisory


def test_parse_reports_invalid_options_and_keeps_the_defaults():
    config = parse({"s3-object-lock": {"days": "many"}, "kms-rotation": {"dais": 3}})
    assert len(config.errors) == 2
    assert config.control_configs["s3-object-lock"].options["days"] > 1


def test_data_class_follows_the_options_of_the_control():
    config = parse({"s3-data-class-tag": {"tag": "Sensitivity", "untaggedAs": "other"}})
    assert config.data_class_tag.name == "Sensitivity"
    assert config.data_class_tag.data_class_of({}, ()) is DataClass.OTHER
    assert config.data_class_tag.data_class_of({"Sensitivity": "PHI"}, ()) is DataClass.PHI


@pytest.mark.parametrize(
    ("content", "level"),
    [
        ({}, "advisory"),
        ({"pack-notice": {"report": "report.json"}}, "advisory"),
        ({"pack-notice": "mandatory"}, "advisory"),  # the level of the notice itself
        ({"pack-notice": {"notJudged": "advisory"}}, "advisory"),
        ({"pack-notice": {"notJudged": "mandatory"}}, "mandatory"),
    ],
)
def test_not_judged_level_is_the_option_of_the_notice(content, level):
    config = parse(content)
    assert (config.not_judged_level, config.errors) == (level, ())


@pytest.mark.parametrize("value", ["mandatroy", True, ["mandatory"], None])
def test_invalid_not_judged_level_is_an_error(value):
    assert parse({"pack-notice": {"notJudged": value}}).errors == (
        "pack-notice: the value of notJudged can't be used: advisory or mandatory",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "is not a JSON object"),
        ("{", "can't read .* as JSON"),
        ('{"s3-versioning": "sometimes"}', "s3-versioning: unknown enforcement level"),
        ('{"s3-versioning": 3}', "s3-versioning: must be an enforcement level or an object"),
        ('{"all": null}', "all: must be an enforcement level or an object"),
        ('{"s3-versioning": "mandatroy"}', "s3-versioning: unknown enforcement level; the nearest is mandatory"),
        ('{"s3-versioning": {"enforcementLevel": "Mandatory"}}', "enforcement level; the nearest is mandatory"),
        ('{"s3-versioning": {"enforcementLevel": 3}}', "s3-versioning: unknown enforcement level; write one of"),
        ('{"all": "advisroy"}', "all: unknown enforcement level; the nearest is advisory"),
        ('{"all": {"enforcementLevel": "advisory", "days": 3}}', "all: has options"),
        ('{"s3-versionning": "mandatory"}', "unknown control; the nearest is s3-versioning"),
        ('{"s3-versionning": {}}', "unknown control; the nearest is s3-versioning"),
        ('{"hunter2": {"hunter2": "hunter2"}}', "unknown control; rename or remove"),
        ('{"kms-rotation": {"dais": 3}}', "kms-rotation: unknown option; the nearest is days"),
        ('{"kms-rotation": {"days": "many"}}', "kms-rotation: the value of days can't be used"),
        ('{"kms-rotation": {"days": Infinity}}', "kms-rotation: the value of days can't be used"),
        ('{"kms-rotation": {"days": NaN}}', "kms-rotation: the value of days can't be used"),
        ('{"s3-no-force-destroy": {"protct": true}}', "s3-no-force-destroy: unknown option; the nearest is protect"),
        ('{"s3-tls-only": {"enforcementLevel": "disabled", "dais": 3}}', "s3-tls-only: unknown option"),
        ('{"pack-notice": {"reprot": "x"}}', "pack-notice: unknown option; the nearest is report"),
        ('{"environments": ["app/prod"]}', "environments: the audit can't read Pulumi ESC"),
        ("[" * 100_000, "can't read .* as JSON"),
        ('{"s3-retention": {"days": 3000}, "s3-retention": {"logDays": 3000}}', "has a name twice"),
        ('{"s3-retention": {"days": 3000, "days": 30}}', "has a name twice"),
        ('{"s3-no-external-access": {"accounts": ["123456789012\\n"]}}', "the value of accounts can't be used"),
        ('{"s3-no-external-access": {"ids": ["\\u001b[2K"]}}', "the value of ids can't be used"),
        ('{"s3-no-external-access": {"accounts": ["\\u0661\\u0662345678901\\u0662"]}}', "can't be used"),
        ('{"pack-coverage": {"hunter2": 1}}', "pack-coverage: unknown option; remove it: there are no options"),
        ('{"s3-versioning": "mandatory",\n hunter2}', "as JSON: fix line 2"),
    ],
)
def test_load_rejects_an_invalid_file(tmp_path: Path, text, message):
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=message) as caught:
        pack_config.load(path, TODAY)
    assert "hunter2" not in str(caught.value)


def test_load_reports_all_errors_together(tmp_path: Path):
    path = tmp_path / "config.json"
    exemption = EXEMPTION | {"resource": "*"}
    path.write_text(
        json.dumps({"s3-tls": "advisory", "kms-rotation": {"days": 0}, "s3-versioning": {"exemptions": [exemption]}})
    )
    with pytest.raises(ConfigurationError) as caught:
        pack_config.load(path, TODAY)
    for text in ("unknown control", "kms-rotation: the value", "s3-versioning: exemption 1"):
        assert str(caught.value).count(text) == 1


def test_load_with_an_invalid_exemption_reports_it_as_an_error_of_the_config(tmp_path: Path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"s3-versioning": {"exemptions": [EXEMPTION | {"expires": "2026-01-31"}]}}))
    [error] = pack_config.load(path, TODAY).errors
    assert "expired" in error


def test_load_rejects_a_missing_file(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="FileNotFoundError"):
        pack_config.load(tmp_path / "none.json", TODAY)
