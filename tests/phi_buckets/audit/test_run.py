"""A whole audit on moto: what wasn't looked at is in its evidence, and fails it only if the config says so."""

from __future__ import annotations

from datetime import date
from typing import Any

import boto3
import pytest

from phi_buckets.audit import pack_config
from phi_buckets.audit.accounts import InaccessibleAccount, OpenAccount
from phi_buckets.audit.calls.resourcegroupstaggingapi import GET_RESOURCES
from phi_buckets.audit.reader import AuditedAccount
from phi_buckets.audit.run import NO_ATTESTATIONS, audit
from phi_buckets.audit.scope import WHOLE_ACCOUNT
from phi_buckets.evidence.model import NotJudged, Report
from tests.phi_buckets.audit.reader_helpers import session_denying
from tests.phi_buckets.emulated_account import ACCOUNT, REGION

# Only controls that pass in an empty account.
CONFIG = {"all": "disabled", "sqs-encryption": "mandatory"}
MANDATORY = CONFIG | {"pack-notice": {"notJudged": "mandatory"}}


def run(session: boto3.Session, config: dict[str, Any], *others: InaccessibleAccount) -> Report:
    account = OpenAccount(session, AuditedAccount(ACCOUNT, "aws", (REGION,)), f"arn:aws:iam::{ACCOUNT}:role/auditor")
    settings = pack_config.parse(config, date(2026, 11, 24))
    return audit([account, *others], WHOLE_ACCOUNT, settings, NO_ATTESTATIONS)


@pytest.fixture
def with_secret(session: boto3.Session) -> boto3.Session:
    tags = [{"Key": "Owner", "Value": "records"}]
    session.client("secretsmanager").create_secret(Name="records", SecretString="x", Tags=tags)
    return session


@pytest.mark.parametrize(("config", "passes"), [(CONFIG, True), (MANDATORY, False)], ids=["notice", "mandatory"])
def test_type_that_nothing_looked_at_is_in_the_evidence_and_fails_only_if_mandatory(with_secret, config, passes):
    report = run(with_secret, config)
    assert report.coverage.not_judged == (
        NotJudged(account=ACCOUNT, region=REGION, type="AWS::SecretsManager::Secret", count=1),
    )
    assert report.passed == passes
    assert report.blocking_controls == ()
    assert report.digest_matches


@pytest.mark.parametrize("config", [CONFIG, MANDATORY], ids=["notice", "mandatory"])
def test_account_of_judged_types_passes_at_each_level(session, config):
    session.client("sqs").create_queue(QueueName="results", tags={"Owner": "records"})
    report = run(session, config)
    assert [(entry.type, entry.count) for entry in report.coverage.judged] == [("AWS::SQS::Queue", 1)]
    assert report.coverage.gaps == ()
    assert report.passed


@pytest.mark.parametrize(("config", "passes"), [(CONFIG, True), (MANDATORY, False)], ids=["notice", "mandatory"])
def test_account_without_a_list_says_that_it_is_not_known(session, config, passes):
    report = run(session_denying(GET_RESOURCES), config)
    [gap] = report.coverage.gaps
    assert gap.text == (
        "it isn't known what wasn't looked at: AWS Config isn't recording; Resource Groups Tagging API couldn't be "
        "read: tag:GetResources failed with AccessDenied"
    )
    assert "tag:GetResources" in {call.permission for call in report.failed_calls}
    assert report.passed == passes


def test_inaccessible_account_is_not_known(session):
    other = InaccessibleAccount("210987654321", "arn:aws:iam::210987654321:role/auditor", "AccessDenied")
    assert run(session, CONFIG, other).coverage.unlisted == ("210987654321",)
