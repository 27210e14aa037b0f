"""What guards a live account: GuardDuty, Macie, AWS Config, and how anybody can be root."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from hipaa.model.verdict import Status
from hipaa.services.guardduty.facts import GuardDutyDetector
from hipaa.services.iam.facts import RootUser
from phi.audit.calls import Call
from phi.audit.collect import account
from phi.audit.scope import WHOLE_ACCOUNT, Scope
from tests.phi.audit.reader_helpers import AuditResult, session_with_response, assert_unverified, audit, session_denying
from tests.phi.conftest import ACCOUNT, REGION

GUARDDUTY, MACIE, CONFIG, ROOT = CONTROLS = (
    "guardduty-s3-protection",
    "macie-enabled",
    "config-recorder-enabled",
    "iam-root-mfa",
)
ELSEWHERE = "us-west-2"
STACK = Scope({}, "phi-dev-")
SESSION = f"arn:aws:macie2:{REGION}:{ACCOUNT}:session"
RECORDER = f"arn:aws:config:{REGION}:{ACCOUNT}:configuration-recorder/*"
DETECTORS = f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/*"
ROOT_ARN = f"arn:aws:iam::{ACCOUNT}:root"
SAFE = {"AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0, "AccountSigningCertificatesPresent": 0}
S3_EVENTS = {"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}


@pytest.fixture
def world(session: boto3.Session) -> boto3.Session:
    """An account of which one region is guarded. Macie is on in moto; root's MFA nobody can switch on there."""
    guard(session, REGION)
    return safe()


def guard(session: boto3.Session, region: str) -> None:
    session.client("guardduty", region_name=region).create_detector(Enable=True, Features=[S3_EVENTS])
    record(session, region, allSupported=True, includeGlobalResourceTypes=True)


def record(session: boto3.Session, region: str = REGION, **group: Any) -> None:
    config: Any = session.client("config", region_name=region)
    role = f"arn:aws:iam::{ACCOUNT}:role/recorder"
    config.put_configuration_recorder(
        ConfigurationRecorder={"name": "default", "roleARN": role, "recordingGroup": group}
    )
    session.client("s3", region_name=REGION).create_bucket(Bucket=f"settings-{region}")
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": f"settings-{region}"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")


def safe(**change: int) -> boto3.Session:
    return session_with_response(account.GET_ACCOUNT_SUMMARY, {"SummaryMap": SAFE | change})


def judged(session: boto3.Session, regions: tuple[str, ...] = (REGION,), scope: Scope = WHOLE_ACCOUNT) -> AuditResult:
    return audit(session, account.collect, CONTROLS, scope=scope, regions=regions)


def detector(session: boto3.Session) -> tuple[Any, str]:
    client: Any = session.client("guardduty")
    return client, client.list_detectors()["DetectorIds"][0]


def undetected(session: boto3.Session) -> None:
    client, id_ = detector(session)
    client.delete_detector(DetectorId=id_)


def paused(session: boto3.Session) -> None:
    client, id_ = detector(session)
    client.update_detector(DetectorId=id_, Enable=False, Features=[S3_EVENTS])


def blind(session: boto3.Session) -> None:
    client, id_ = detector(session)
    client.update_detector(DetectorId=id_, Enable=True, Features=[S3_EVENTS | {"Status": "DISABLED"}])


def stopped(session: boto3.Session) -> None:
    session.client("config").stop_configuration_recorder(ConfigurationRecorderName="default")


def unrecorded(session: boto3.Session) -> None:
    session.client("config").delete_configuration_recorder(ConfigurationRecorderName="default")


def buckets_alone(session: boto3.Session) -> None:
    client: Any = session.client("config")
    [recorder] = client.describe_configuration_recorders()["ConfigurationRecorders"]
    group = {"allSupported": False, "includeGlobalResourceTypes": False, "resourceTypes": ["AWS::S3::Bucket"]}
    client.put_configuration_recorder(
        ConfigurationRecorder={"name": "default", "roleARN": recorder["roleARN"], "recordingGroup": group}
    )


@pytest.mark.parametrize("scope", [WHOLE_ACCOUNT, STACK])
def test_what_is_right_passes_of_a_stack_too(world, scope):
    found = judged(world, scope=scope)
    assert (found.blocking, found.failed_calls) == ({}, ())
    assert set(found.findings(Status.PASS)) == set(CONTROLS)
    assert set(found.call_counts) == set(account.CALLS)


@pytest.mark.parametrize(
    ("change", "control", "found"),
    [
        (undetected, GUARDDUTY, "GuardDuty isn't enabled"),
        (paused, GUARDDUTY, "GuardDuty isn't enabled"),
        (blind, GUARDDUTY, "GuardDuty doesn't look at how objects are used"),
        (lambda session: session.client("macie2").disable_macie(), MACIE, "Macie isn't enabled"),
        (stopped, CONFIG, "AWS Config records nothing"),
        (unrecorded, CONFIG, "AWS Config records nothing"),
        (buckets_alone, CONFIG, "AWS Config doesn't record every type of resource that it supports"),
    ],
)
def test_each_guard_that_is_off_fails_its_own_control(
    world: boto3.Session, change: Callable[[boto3.Session], None], control: str, found: str
):
    change(world)
    wrong = [each for each in judged(world).verdicts if each.blocks]
    assert [(each.control, each.status, each.finding.text) for each in wrong] == [(control, Status.FAIL, found)]


def test_each_region_is_guarded_by_itself(session, world):
    found = judged(world, (REGION, ELSEWHERE))
    assert found.findings(Status.FAIL) == {
        GUARDDUTY: {DETECTORS.replace(REGION, ELSEWHERE)},
        CONFIG: {RECORDER.replace(REGION, ELSEWHERE)},
    }
    assert found.findings(Status.PASS)[MACIE] == {SESSION, SESSION.replace(REGION, ELSEWHERE)}
    guard(session, ELSEWHERE)
    assert judged(world, (REGION, ELSEWHERE)).blocking == {}


@pytest.mark.parametrize(
    ("call", "control"),
    [
        (account.LIST_DETECTORS, GUARDDUTY),
        (account.GET_DETECTOR, GUARDDUTY),
        (account.GET_MACIE_SESSION, MACIE),
        (account.DESCRIBE_CONFIGURATION_RECORDERS, CONFIG),
        (account.DESCRIBE_CONFIGURATION_RECORDER_STATUS, CONFIG),
        (account.GET_ACCOUNT_SUMMARY, ROOT),
    ],
    ids=lambda each: each.operation if isinstance(each, Call) else "",
)
def test_what_cant_be_read_is_unverified_and_names_the_permission(session, call, control):
    guard(session, REGION)
    found = audit(session_denying(call), account.collect, set(CONTROLS) - ({ROOT} - {control}))
    assert_unverified(found, call, {control})


def test_a_recorder_that_is_surely_stopped_fails_whatever_it_would_record(world):
    stopped(world)
    found = audit(session_denying(account.DESCRIBE_CONFIGURATION_RECORDERS), account.collect, [CONFIG])
    assert found.findings(Status.FAIL) == {CONFIG: {RECORDER}}


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("Macie is not enabled.", Status.FAIL),
        ("Macie is not enabled", Status.FAIL),
        (
            "User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: macie2:GetMacieSession",
            Status.UNVERIFIED,
        ),
        ("You may not ask whether Macie is not enabled.", Status.UNVERIFIED),
        ("", Status.UNVERIFIED),
    ],
)
def test_macie_says_that_it_is_off_by_refusing(world, message, status):
    found = audit(session_denying(account.GET_MACIE_SESSION, "AccessDeniedException", message), account.collect, [MACIE])
    assert found.findings(status) == {MACIE: {SESSION}}
    assert len(found.failed_calls) == (status is Status.UNVERIFIED)


def test_macie_that_is_paused_looks_for_nothing(world):
    assert judged(session_with_response(account.GET_MACIE_SESSION, {"status": "PAUSED"})).findings(Status.FAIL)[MACIE] == {SESSION}


# What moto doesn't tell, as AWS documents it.


@pytest.mark.parametrize(
    ("told", "s3"),
    [
        ({"Features": [S3_EVENTS]}, True),
        ({"Features": [{"Name": "EKS_AUDIT_LOGS", "Status": "ENABLED"}]}, False),
        ({"DataSources": {"S3Logs": {"Status": "ENABLED"}}}, True),
        ({"DataSources": {"S3Logs": {"Status": "ENABLED"}}, "Features": [S3_EVENTS | {"Status": "DISABLED"}]}, False),
        ({}, False),
        ({"Features": None, "DataSources": None}, False),
    ],
)
def test_a_feature_tells_before_a_data_source(told, s3):
    """https://docs.aws.amazon.com/guardduty/latest/ug/guardduty-feature-object-api-changes-march2023.html"""
    expected = GuardDutyDetector("arn", enabled=True, s3_protection=s3)
    assert account.parse_detector("arn", {"Status": "ENABLED", **told}) == expected


@pytest.mark.parametrize(
    ("group", "everything"),
    [
        ({"allSupported": True}, True),
        ({"recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"}}, True),
        ({"recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"}}, False),
        (
            {"recordingStrategy": {"useOnly": "INCLUSION_BY_RESOURCE_TYPES"}, "resourceTypes": ["AWS::S3::Bucket"]},
            False,
        ),
        ({}, False),
    ],
)
def test_what_a_recorder_records(group, everything):
    assert account.records_everything({"recordingGroup": group}) is everything


@pytest.mark.parametrize(
    ("told", "failing"),
    [
        ({"lastStatus": "Failure"}, True),
        ({"lastStatus": "Success"}, False),
        ({"lastStatus": "Pending"}, False),
        ({}, False),
    ],
)
def test_a_recorder_that_cant_deliver_records_nothing_of_use(world, told, failing):
    recording = {"ConfigurationRecordersStatus": [{"name": "default", "recording": True, **told}]}
    found = audit(session_with_response(account.DESCRIBE_CONFIGURATION_RECORDER_STATUS, recording), account.collect, [CONFIG])
    assert found.findings(Status.FAIL if failing else Status.PASS) == {CONFIG: {RECORDER}}


@pytest.mark.parametrize(
    ("summary", "found", "status"),
    [
        ({}, "root has MFA and no access key", Status.PASS),
        ({"AccountMFAEnabled": 0}, "root has no MFA", Status.FAIL),
        ({"AccountAccessKeysPresent": 1}, "root has an access key", Status.FAIL),
        ({"AccountMFAEnabled": 0, "AccountPasswordPresent": 1}, "root has no MFA", Status.FAIL),
        ({"AccountMFAEnabled": 0, "AccountPasswordPresent": 0}, "root has nothing to sign in with", Status.PASS),
        (
            {"AccountMFAEnabled": 0, "AccountPasswordPresent": 0, "AccountAccessKeysPresent": 1},
            "root has an access key",
            Status.FAIL,
        ),
        (
            {"AccountMFAEnabled": 0, "AccountPasswordPresent": 0, "AccountSigningCertificatesPresent": 1},
            "root has no MFA",
            Status.FAIL,
        ),
    ],
)
def test_root(endpoint, summary, found, status):
    [verdict] = audit(safe(**summary), account.collect, [ROOT]).verdicts
    assert (verdict.resource, verdict.status, verdict.finding.text) == (ROOT_ARN, status, found)


def test_of_what_the_summary_doesnt_tell_nothing_is_assumed(endpoint):
    assert account.parse_root_user("arn", {}) == RootUser("arn", None, None, None, None)
    found = audit(session_with_response(account.GET_ACCOUNT_SUMMARY, {"SummaryMap": {}}), account.collect, [ROOT])
    assert found.findings(Status.FAIL) == {ROOT: {ROOT_ARN}}
