"""The AWS Config recorders of a live account: the findings, what they recorded, and recorders that can't be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from hipaa_controls.model.values import Unknown
from hipaa_controls.model.verdict import Status
from phi_buckets.audit.calls import config as calls
from phi_buckets.audit.collect import config
from phi_buckets.audit.collected import ResourceListing
from phi_buckets.audit.reader import AccountReader, AuditedAccount
from phi_buckets.audit.scope import WHOLE_ACCOUNT, Scope
from sandbox import moto_fixes
from tests.phi_buckets.audit.reader_helpers import (
    OTHER_REGION,
    AuditResult,
    assert_unverified,
    audit,
    session_denying,
    session_with_response,
)
from tests.phi_buckets.emulated_account import ACCOUNT, REGION

CONTROL = "config-recorder-enabled"
STACK = Scope({}, "phi-dev-")


@pytest.fixture(autouse=True)
def _count_resources(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let moto count what it records."""
    for owner, name, method in moto_fixes.config.FIXES:
        monkeypatch.setattr(owner, name, method, raising=False)


def recorder(region: str) -> str:
    return f"arn:aws:config:{region}:{ACCOUNT}:configuration-recorder/*"


def enable(session: boto3.Session, region: str) -> None:
    client: Any = session.client("config", region_name=region)
    role = f"arn:aws:iam::{ACCOUNT}:role/recorder"
    group = {"allSupported": True, "includeGlobalResourceTypes": True}
    client.put_configuration_recorder(
        ConfigurationRecorder={"name": "default", "roleARN": role, "recordingGroup": group}
    )
    session.client("s3", region_name=REGION).create_bucket(Bucket=f"settings-{region}")
    client.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": f"settings-{region}"})
    client.start_configuration_recorder(ConfigurationRecorderName="default")


@pytest.fixture
def recorded(session: boto3.Session) -> boto3.Session:
    """An account with a recorder in one region."""
    enable(session, REGION)
    return session


def audit_config(
    session: boto3.Session, regions: tuple[str, ...] = (REGION,), scope: Scope = WHOLE_ACCOUNT
) -> AuditResult:
    return audit(session, config.collect, [CONTROL], scope=scope, regions=regions)


def stop(session: boto3.Session) -> None:
    session.client("config").stop_configuration_recorder(ConfigurationRecorderName="default")


def delete(session: boto3.Session) -> None:
    session.client("config").delete_configuration_recorder(ConfigurationRecorderName="default")


def record_only_buckets(session: boto3.Session) -> None:
    client: Any = session.client("config")
    [current] = client.describe_configuration_recorders()["ConfigurationRecorders"]
    group = {"allSupported": False, "includeGlobalResourceTypes": False, "resourceTypes": ["AWS::S3::Bucket"]}
    client.put_configuration_recorder(
        ConfigurationRecorder={"name": "default", "roleARN": current["roleARN"], "recordingGroup": group}
    )


@pytest.mark.parametrize("scope", [WHOLE_ACCOUNT, STACK], ids=["account", "stack"])
def test_running_recorder_passes_for_an_account_and_for_a_stack(recorded, scope):
    result = audit_config(recorded, scope=scope)
    assert (result.blocking, result.failed_calls) == ({}, ())
    assert set(result.findings(Status.PASS)) == {CONTROL}
    assert set(result.call_counts) == set(calls.CALLS)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (stop, "AWS Config isn't recording"),
        (delete, "AWS Config isn't recording"),
        (record_only_buckets, "AWS Config doesn't record every supported resource type"),
    ],
    ids=["stopped", "deleted", "only buckets"],
)
def test_incomplete_recording_fails(recorded: boto3.Session, change: Callable[[boto3.Session], None], text: str):
    change(recorded)
    assert audit_config(recorded).blocking_texts == [(CONTROL, Status.FAIL, text)]


def test_each_region_needs_its_own_recorder(recorded):
    result = audit_config(recorded, (REGION, OTHER_REGION))
    assert result.findings(Status.FAIL) == {CONTROL: {recorder(OTHER_REGION)}}
    enable(recorded, OTHER_REGION)
    assert audit_config(recorded, (REGION, OTHER_REGION)).blocking == {}


@pytest.mark.parametrize(
    "call",
    [calls.DESCRIBE_CONFIGURATION_RECORDERS, calls.DESCRIBE_CONFIGURATION_RECORDER_STATUS],
    ids=lambda call: call.operation,
)
def test_denied_call_is_unverified_and_names_the_permission(recorded, call):
    assert_unverified(audit_config(session_denying(call)), call, {CONTROL})


def test_stopped_recorder_fails_even_if_its_resource_types_cant_be_read(recorded):
    stop(recorded)
    result = audit_config(session_denying(calls.DESCRIBE_CONFIGURATION_RECORDERS))
    assert result.findings(Status.FAIL) == {CONTROL: {recorder(REGION)}}


# Responses that moto doesn't return, as AWS documents them.


@pytest.mark.parametrize(
    ("group", "expected"),
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
def test_records_all_types_follows_the_recording_group(group, expected):
    assert config.records_all_types({"recordingGroup": group}) is expected


@pytest.mark.parametrize(
    ("status", "fails"),
    [
        ({"lastStatus": "Failure"}, True),
        ({"lastStatus": "Success"}, False),
        ({"lastStatus": "Pending"}, False),
        ({}, False),
    ],
)
def test_recorder_fails_if_its_last_delivery_failed(recorded, status, fails):
    response = {"ConfigurationRecordersStatus": [{"name": "default", "recording": True, **status}]}
    result = audit_config(session_with_response(calls.DESCRIBE_CONFIGURATION_RECORDER_STATUS, response))
    assert result.findings(Status.FAIL if fails else Status.PASS) == {CONTROL: {recorder(REGION)}}


# The resources that AWS Config has recorded, by type.


def listings(session: boto3.Session, regions: tuple[str, ...] = (REGION,)) -> list[ResourceListing]:
    with AccountReader(session, AuditedAccount(ACCOUNT, "aws", regions)) as reader:
        return list(config.collect(reader, STACK).listings)


def test_listing_counts_the_recorded_resources_of_each_region(recorded):
    assert listings(recorded, (REGION, OTHER_REGION)) == [
        ResourceListing("AWS Config", REGION, {"AWS::S3::Bucket": 1}),
        ResourceListing("AWS Config", OTHER_REGION, None, "isn't recording"),
    ]


def test_listing_of_a_recorder_of_only_some_types_says_so(recorded):
    record_only_buckets(recorded)
    [listing] = listings(recorded)
    assert listing.counts == {"AWS::S3::Bucket": 1}
    assert listing.limit == "isn't known to record every type that it supports"


@pytest.mark.parametrize(
    ("call", "counts", "limit"),
    [
        (calls.DESCRIBE_CONFIGURATION_RECORDERS, {"AWS::S3::Bucket": 1}, "isn't known to record every type"),
        (calls.DESCRIBE_CONFIGURATION_RECORDER_STATUS, None, ""),
        (calls.GET_DISCOVERED_RESOURCE_COUNTS, None, ""),
    ],
    ids=lambda value: getattr(value, "operation", None),
)
def test_listing_after_a_denied_call_is_never_empty(recorded, call, counts, limit):
    [listing] = listings(session_denying(call))
    if counts is None:
        assert isinstance(listing.counts, Unknown)
        assert listing.counts.reason == f"couldn't be read: {call.action} failed with AccessDenied"
    else:
        assert listing.counts == counts
    assert listing.limit.startswith(limit)


def test_denied_count_changes_no_finding(recorded):
    result = audit_config(session_denying(calls.GET_DISCOVERED_RESOURCE_COUNTS))
    assert set(result.findings(Status.PASS)) == {CONTROL}
    assert [failed.call for failed in result.failed_calls] == [calls.GET_DISCOVERED_RESOURCE_COUNTS]


def test_listing_has_the_types_of_all_pages(recorded):
    pages = {
        None: {"resourceCounts": [{"resourceType": "AWS::RDS::DBInstance", "count": 2}], "nextToken": "second"},
        "second": {"resourceCounts": [{"resourceType": "AWS::EC2::Volume", "count": 7}]},
    }

    def respond(body: Any) -> Any:
        return pages[json.loads(body or b"{}").get("nextToken")]

    [listing] = listings(session_with_response(calls.GET_DISCOVERED_RESOURCE_COUNTS, respond))
    assert listing.counts == {"AWS::RDS::DBInstance": 2, "AWS::EC2::Volume": 7}


def test_listing_with_a_repeated_page_token_is_unknown(recorded):
    response = {"resourceCounts": [{"resourceType": "AWS::RDS::DBInstance", "count": 2}], "nextToken": "again"}
    [listing] = listings(session_with_response(calls.GET_DISCOVERED_RESOURCE_COUNTS, response))
    assert isinstance(listing.counts, Unknown)
