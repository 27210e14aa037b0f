"""The accounts that an audit reads: credentials, regions and the accounts file."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from phi_buckets.audit import accounts
from phi_buckets.errors import AccessDeniedError, ConfigurationError, RequestRejectedError

OTHER_ACCOUNT = "210987654321"
ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/auditor"


def accounts_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "accounts.yaml"
    path.write_text(text)
    return path


def test_open_account_returns_the_account_of_the_credentials(session):
    opened = accounts.open_account(session, ("us-west-2", "us-east-1"))
    assert (opened.account.id, opened.account.partition) == ("123456789012", "aws")
    assert opened.principal.startswith("arn:aws:sts::123456789012:")
    # The session's region comes first: calls to global services go there.
    assert opened.account.regions == ("us-east-1", "us-west-2")


def test_open_account_reads_only_the_named_regions(session):
    assert accounts.open_account(session, ("eu-west-1",)).account.regions == ("eu-west-1",)


def test_open_account_without_regions_reads_every_enabled_region(session):
    enabled = {region["RegionName"] for region in session.client("ec2").describe_regions()["Regions"]}
    assert set(accounts.open_account(session, ()).account.regions) == enabled
    assert len(enabled) > 10


def test_open_account_raises_if_the_enabled_regions_cant_be_listed(session):
    def deny(**_):
        response = type("R", (), {"status_code": 403, "headers": {}, "content": b"", "text": ""})()
        return response, {
            "Error": {"Code": "UnauthorizedOperation", "Message": ""},
            "ResponseMetadata": {"HTTPStatusCode": 403},
        }

    session.events.register("before-call.ec2.DescribeRegions", deny)
    with pytest.raises(
        RequestRejectedError,
        match=r"ec2:DescribeRegions failed with UnauthorizedOperation.* with --region or in the accounts file",
    ):
        accounts.open_account(session, ())


def test_open_account_without_any_region_raises(endpoint, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(ConfigurationError, match="AWS_REGION"):
        accounts.open_account(boto3.Session(), ())


def test_assume_role_opens_the_account_of_the_role(session):
    entry = accounts.AccountEntry(role_arn=ROLE, external_id="abc", regions=("us-east-1",))
    opened = accounts.assume_role(session, entry)
    assert opened.account.id == OTHER_ACCOUNT
    assert opened.principal == f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/auditor/phi-audit"


def test_try_assume_role_returns_the_reason_if_the_role_cant_be_assumed(session, monkeypatch):
    def deny(*_):
        raise AccessDeniedError("sts:AssumeRole: access denied")

    monkeypatch.setattr(accounts, "assume_role", deny)
    result = accounts.try_assume_role(session, accounts.AccountEntry(role_arn=ROLE))
    assert result == accounts.InaccessibleAccount(OTHER_ACCOUNT, ROLE, "sts:AssumeRole: access denied")


def test_load_returns_the_entries(tmp_path):
    text = f"accounts:\n- role_arn: {ROLE}\n  external_id: abc\n  regions: [us-east-1, us-gov-west-1]\n"
    assert accounts.load(accounts_file(tmp_path, text)) == (
        accounts.AccountEntry(role_arn=ROLE, external_id="abc", regions=("us-east-1", "us-gov-west-1")),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a valid accounts file: must be an object"),
        ("accounts: [auditor]", "accounts.0: must be an object"),
        ("accounts: []", "lists no accounts"),
        ("accounts: [{role_arn: auditor}]", "accounts.0.role_arn"),
        (f"accounts: [{{role_arn: '{ROLE}', region: x}}]", "accounts.0.region: unknown property"),
        (f"accounts: [{{role_arn: '{ROLE}', regions: [nowhere]}}]", "accounts.0.regions.0"),
        (f"accounts: [{{role_arn: '{ROLE}'}}, {{role_arn: '{ROLE}'}}]", f"more than once: {OTHER_ACCOUNT}"),
        ("accounts: [", "can't read .* as YAML"),
    ],
)
def test_load_rejects_an_invalid_file(tmp_path, text, message):
    with pytest.raises(ConfigurationError, match=message):
        accounts.load(accounts_file(tmp_path, text))


def test_load_reports_all_errors_together(tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        accounts.load(accounts_file(tmp_path, "accounts: [{role_arn: a}, {role_arn: b}]"))
    assert "accounts.0.role_arn" in str(caught.value)
    assert "accounts.1.role_arn" in str(caught.value)


def test_load_rejects_a_missing_file(tmp_path):
    with pytest.raises(ConfigurationError, match="FileNotFoundError"):
        accounts.load(tmp_path / "none.yaml")
