"""Which accounts are read, in whose name, and where."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from phi.audit import accounts
from phi.errors import AccessDeniedError, ConfigurationError

OTHER = "210987654321"
ROLE = f"arn:aws:iam::{OTHER}:role/auditor"


def file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "accounts.yaml"
    path.write_text(text)
    return path


def test_the_account_of_these_credentials(session):
    entered = accounts.open_account(session, ("us-west-2", "us-east-1"))
    assert (entered.account.id, entered.account.partition) == ("123456789012", "aws")
    assert entered.principal.startswith("arn:aws:sts::123456789012:")
    # The session's own region is asked for what has no region.
    assert entered.account.regions == ("us-east-1", "us-west-2")


def test_a_region_that_isnt_asked_for_isnt_read(session):
    assert accounts.open_account(session, ("eu-west-1",)).account.regions == ("eu-west-1",)


def test_without_one_every_enabled_region_is_read(session):
    enabled = {each["RegionName"] for each in session.client("ec2").describe_regions()["Regions"]}
    assert set(accounts.open_account(session, ()).account.regions) == enabled
    assert len(enabled) > 10


def test_where_the_regions_cant_be_read_they_must_be_named(session):
    def refuse(**_):
        response = type("R", (), {"status_code": 403, "headers": {}, "content": b"", "text": ""})()
        return response, {
            "Error": {"Code": "UnauthorizedOperation", "Message": ""},
            "ResponseMetadata": {"HTTPStatusCode": 403},
        }

    session.events.register("before-call.ec2.DescribeRegions", refuse)
    with pytest.raises(accounts.RequestRejectedError, match="name them with --region"):
        accounts.open_account(session, ())


def test_without_any_region(endpoint, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(ConfigurationError, match="AWS_REGION"):
        accounts.open_account(boto3.Session(), ())


def test_another_account_through_its_role(session):
    entered = accounts.assume_role(session, accounts.AccountEntry(role_arn=ROLE, external_id="abc", regions=("us-east-1",)))
    assert entered.account.id == OTHER
    assert entered.principal == f"arn:aws:sts::{OTHER}:assumed-role/auditor/phi-audit"


def test_one_that_cant_be_entered_is_told(session, monkeypatch):
    def refuse(*_):
        raise AccessDeniedError("sts:AssumeRole: AWS refuses it")

    monkeypatch.setattr(accounts, "assume", refuse)
    assert accounts.try_assume_role(session, accounts.AccountEntry(role_arn=ROLE)) == accounts.InaccessibleAccount(
        OTHER, ROLE, "sts:AssumeRole: AWS refuses it"
    )


def test_the_accounts_file(tmp_path):
    text = f"accounts:\n- role_arn: {ROLE}\n  external_id: abc\n  regions: [us-east-1, us-gov-west-1]\n"
    assert accounts.load(file(tmp_path, text)) == (
        accounts.AccountEntry(role_arn=ROLE, external_id="abc", regions=("us-east-1", "us-gov-west-1")),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Input should be"),
        ("accounts: []", "names no account"),
        ("accounts: [{role_arn: auditor}]", "accounts.0.role_arn"),
        (f"accounts: [{{role_arn: '{ROLE}', region: x}}]", "accounts.0.region: unknown property"),
        (f"accounts: [{{role_arn: '{ROLE}', regions: [nowhere]}}]", "accounts.0.regions.0"),
        (f"accounts: [{{role_arn: '{ROLE}'}}, {{role_arn: '{ROLE}'}}]", f"twice: {OTHER}"),
        ("accounts: [", "can't be read as YAML"),
    ],
)
def test_a_file_that_cant_be_used(tmp_path, text, told):
    with pytest.raises(ConfigurationError, match=told):
        accounts.load(file(tmp_path, text))


def test_every_fault_of_it_is_told_at_once(tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        accounts.load(file(tmp_path, "accounts: [{role_arn: a}, {role_arn: b}]"))
    assert "accounts.0.role_arn" in str(caught.value)
    assert "accounts.1.role_arn" in str(caught.value)


def test_a_file_that_isnt_there(tmp_path):
    with pytest.raises(ConfigurationError, match="FileNotFoundError"):
        accounts.load(tmp_path / "none.yaml")
