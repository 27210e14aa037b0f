"""The config that the pack takes at preview holds for the audit too."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from hipaa.model.data_class import DataClass
from phi.audit import config
from phi.errors import ConfigurationError
from sandbox.folder import ROOT

TODAY = date(2026, 11, 24)
EXEMPTION = {
    "resource": "arn:aws:s3:::importer",
    "reason": "The importer's vendor needs it until its next release.",
    "approver": "security officer",
    "expires": "2027-03-31",
    "compensatingControl": "Nightly copies to the vault.",
}


def of(given: dict) -> config.PackConfig:
    return config.parse(given, TODAY)


def test_without_a_file_every_control_is_judged_as_the_pack_does_by_itself():
    told = config.load(None, TODAY)
    assert {name for name, terms in told.control_configs.items() if terms.loosened} == set()
    assert told.disabled == ()
    assert "s3-bucket-key" in told.advisory
    assert "s3-versioning" not in told.advisory
    assert "s3-no-force-destroy" not in told.control_configs  # Pulumi's own, of which AWS knows nothing


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_packs_own_files_can_be_used(stack):
    path = ROOT / "policy" / "config" / f"{stack}.json"
    told = config.load(path, TODAY)
    assert told.errors == ()
    wanted = json.loads(path.read_text()).get("s3-object-lock", {}).get("days")
    assert wanted is None or told.control_configs["s3-object-lock"].options["days"] == wanted


def test_options_and_exemptions_are_taken():
    told = of({"s3-object-lock": {"days": 1, "exemptions": [EXEMPTION]}})
    terms = told.control_configs["s3-object-lock"]
    assert terms.options["days"] == 1
    assert [each.approver for each in terms.exemptions] == ["security officer"]
    assert terms.loosened == ("days is 1",)


def test_levels():
    told = of({"s3-versioning": "advisory", "s3-tls-only": {"enforcementLevel": "disabled"}})
    assert "s3-versioning" in told.advisory
    assert told.disabled == ("s3-tls-only",)
    assert "s3-tls-only" not in told.control_configs


def test_a_level_for_all_yields_to_one_of_its_own():
    told = of({"all": "advisory", "s3-versioning": "mandatory"})
    assert "s3-versioning" not in told.advisory
    assert "s3-tls-only" in told.advisory


def test_what_is_wrong_within_a_control_is_a_fault_and_the_default_holds():
    told = of({"s3-object-lock": {"days": "many"}, "kms-rotation": {"dais": 3}})
    assert len(told.errors) == 2
    assert told.control_configs["s3-object-lock"].options["days"] > 1


def test_how_a_buckets_role_is_told():
    told = of({"s3-data-class-tag": {"tag": "Sensitivity", "untaggedAs": "other"}})
    assert told.data_class.name == "Sensitivity"
    assert told.data_class.data_class_of({}, ()) is DataClass.OTHER
    assert told.data_class.data_class_of({"Sensitivity": "PHI"}, ()) is DataClass.PHI


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "holds no object"),
        ("{", "can't be read as JSON"),
        ('{"s3-versioning": "sometimes"}', "s3-versioning: no level"),
        ('{"s3-versioning": 3}', "s3-versioning: neither a level nor an object"),
    ],
)
def test_a_file_that_is_no_config(tmp_path: Path, text, told):
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=told):
        config.load(path, TODAY)


def test_a_file_that_isnt_there(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="FileNotFoundError"):
        config.load(tmp_path / "none.json", TODAY)
