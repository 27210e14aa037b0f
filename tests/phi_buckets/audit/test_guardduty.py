"""The GuardDuty detectors of a live account: the findings, and detectors that can't be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from hipaa_controls.model.verdict import Status
from hipaa_controls.services.guardduty.facts import GuardDutyDetector
from phi_buckets.audit.calls import guardduty as calls
from phi_buckets.audit.collect import guardduty
from phi_buckets.audit.scope import WHOLE_ACCOUNT, Scope
from tests.phi_buckets.audit.reader_helpers import OTHER_REGION, AuditResult, assert_unverified, audit, session_denying
from tests.phi_buckets.emulated_account import ACCOUNT, REGION

CONTROL = "guardduty-s3-protection"
STACK = Scope({}, "phi-dev-")
S3_EVENTS = {"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}


def all_detectors(region: str) -> str:
    return f"arn:aws:guardduty:{region}:{ACCOUNT}:detector/*"


def enable(session: boto3.Session, region: str) -> None:
    session.client("guardduty", region_name=region).create_detector(Enable=True, Features=[S3_EVENTS])


@pytest.fixture
def protected(session: boto3.Session) -> boto3.Session:
    """An account with GuardDuty in one region."""
    enable(session, REGION)
    return session


def audit_guardduty(
    session: boto3.Session, regions: tuple[str, ...] = (REGION,), scope: Scope = WHOLE_ACCOUNT
) -> AuditResult:
    return audit(session, guardduty.collect, [CONTROL], scope=scope, regions=regions)


def detector(session: boto3.Session) -> tuple[Any, str]:
    """Return a GuardDuty client and the ID of the detector."""
    client: Any = session.client("guardduty")
    return client, client.list_detectors()["DetectorIds"][0]


def delete(session: boto3.Session) -> None:
    client, id_ = detector(session)
    client.delete_detector(DetectorId=id_)


def suspend(session: boto3.Session) -> None:
    client, id_ = detector(session)
    client.update_detector(DetectorId=id_, Enable=False, Features=[S3_EVENTS])


def disable_s3_protection(session: boto3.Session) -> None:
    client, id_ = detector(session)
    client.update_detector(DetectorId=id_, Enable=True, Features=[S3_EVENTS | {"Status": "DISABLED"}])


@pytest.mark.parametrize("scope", [WHOLE_ACCOUNT, STACK], ids=["account", "stack"])
def test_enabled_detector_passes_for_an_account_and_for_a_stack(protected, scope):
    result = audit_guardduty(protected, scope=scope)
    assert (result.blocking, result.failed_calls) == ({}, ())
    assert set(result.findings(Status.PASS)) == {CONTROL}
    assert set(result.call_counts) == set(calls.CALLS)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (delete, "GuardDuty isn't enabled"),
        (suspend, "GuardDuty isn't enabled"),
        (disable_s3_protection, "S3 Protection isn't enabled in GuardDuty"),
    ],
    ids=["no detector", "suspended", "without S3 protection"],
)
def test_missing_protection_fails(protected: boto3.Session, change: Callable[[boto3.Session], None], text: str):
    change(protected)
    assert audit_guardduty(protected).blocking_texts == [(CONTROL, Status.FAIL, text)]


def test_each_region_needs_its_own_detector(protected):
    result = audit_guardduty(protected, (REGION, OTHER_REGION))
    assert result.findings(Status.FAIL) == {CONTROL: {all_detectors(OTHER_REGION)}}
    enable(protected, OTHER_REGION)
    assert audit_guardduty(protected, (REGION, OTHER_REGION)).blocking == {}


@pytest.mark.parametrize("call", calls.CALLS, ids=lambda call: call.operation)
def test_denied_call_is_unverified_and_names_the_permission(protected, call):
    assert_unverified(audit_guardduty(session_denying(call)), call, {CONTROL})


# Responses that moto doesn't return, as AWS documents them.


@pytest.mark.parametrize(
    ("response", "s3_protection"),
    [
        ({"Features": [S3_EVENTS]}, True),
        ({"Features": [{"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED"}]}, False),
        ({"DataSources": {"S3Logs": {"Status": "ENABLED"}}}, True),
        ({"DataSources": {"S3Logs": {"Status": "ENABLED"}}, "Features": [S3_EVENTS | {"Status": "DISABLED"}]}, False),
        ({}, False),
        ({"Features": None, "DataSources": None}, False),
    ],
)
def test_parse_detector_prefers_features_to_data_sources(response, s3_protection):
    """https://docs.aws.amazon.com/guardduty/latest/ug/guardduty-feature-object-api-changes-march2023.html"""
    expected = GuardDutyDetector("arn", enabled=True, s3_protection=s3_protection)
    assert guardduty.parse_detector("arn", {"Status": "ENABLED", **response}) == expected
