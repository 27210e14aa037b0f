"""The Athena workgroups of a live account: the facts, the findings, and workgroups that can't be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
import pytest

from hipaa_controls.model.values import Location
from hipaa_controls.model.verdict import Status
from hipaa_controls.services.athena.facts import Workgroup
from phi_buckets.audit.calls import athena as calls
from phi_buckets.audit.collect import COLLECTORS, athena
from phi_buckets.audit.scope import WHOLE_ACCOUNT, Scope
from tests.phi_buckets.audit.reader_helpers import (
    OTHER_REGION,
    AuditResult,
    assert_unverified,
    audit,
    session_denying,
    session_with_response,
)
from tests.phi_buckets.emulated_account import ACCOUNT, REGION

KEY, ENFORCED, EXTERNAL = "athena-customer-managed-key", "athena-settings-enforced", "athena-no-external-results"
CONTROLS = (KEY, ENFORCED, EXTERNAL)
NAME = "phi-dev-trail"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"
RESULTS = {
    "OutputLocation": "s3://results/athena/",
    "ExpectedBucketOwner": ACCOUNT,
    "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": KEY_ARN},
}
RIGHT = {"EnforceWorkGroupConfiguration": True, "ResultConfiguration": RESULTS}


def workgroup_arn(name: str = NAME, region: str = REGION) -> str:
    return f"arn:aws:athena:{region}:{ACCOUNT}:workgroup/{name}"


def create_workgroup(
    session: boto3.Session,
    name: str = NAME,
    region: str = REGION,
    configuration: Mapping[str, Any] = RIGHT,
    data_class: str = "AuditLog",
) -> None:
    client: Any = session.client("athena", region_name=region)
    tags = [{"Key": "DataClass", "Value": data_class}]
    client.create_work_group(Name=name, Configuration=dict(configuration), Tags=tags)


def audit_workgroups(
    session: boto3.Session, scope: Scope = WHOLE_ACCOUNT, regions: tuple[str, ...] = (REGION,)
) -> AuditResult:
    return audit(session, athena.collect, CONTROLS, scope=scope, regions=regions)


def test_audit_includes_the_athena_collector():
    assert athena.collect in COLLECTORS


@pytest.mark.parametrize("scope", [WHOLE_ACCOUNT, Scope({}, "phi-dev-")], ids=["account", "stack"])
def test_workgroup_is_collected_with_its_settings_and_passes(session, scope):
    create_workgroup(session)
    result = audit_workgroups(session, scope)
    assert (result.blocking, result.failed_calls) == ({}, ())
    assert result.findings(Status.PASS) == {control: {workgroup_arn()} for control in CONTROLS}
    assert list(result.stack.facts_of_type(Workgroup)) == [
        Workgroup(
            workgroup_arn(),
            True,
            KEY_ARN,
            "arn:aws:s3:::results",
            ACCOUNT,
            tags={"DataClass": "AuditLog"},
            location=Location("aws", REGION, ACCOUNT),
        )
    ]


@pytest.mark.parametrize(
    ("configuration", "failed", "unverified"),
    [
        (RIGHT | {"EnforceWorkGroupConfiguration": False}, {ENFORCED}, set()),
        (RIGHT | {"ResultConfiguration": RESULTS | {"ExpectedBucketOwner": "444455556666"}}, {EXTERNAL}, set()),
        (
            RIGHT | {"ResultConfiguration": {k: v for k, v in RESULTS.items() if k != "ExpectedBucketOwner"}},
            set(),
            {EXTERNAL},
        ),
        (
            RIGHT | {"ResultConfiguration": RESULTS | {"EncryptionConfiguration": {"EncryptionOption": "SSE_S3"}}},
            {KEY},
            set(),
        ),
        ({"EnforceWorkGroupConfiguration": True, "ResultConfiguration": {}}, {KEY}, set()),
    ],
    ids=["overridden", "another account", "any owner", "SSE-S3", "no settings"],
)
def test_weak_setting_fails_only_its_control(session, configuration, failed, unverified):
    create_workgroup(session, configuration=configuration)
    result = audit_workgroups(session)
    assert result.findings(Status.FAIL) == {control: {workgroup_arn()} for control in failed}
    assert result.findings(Status.UNVERIFIED) == {control: {workgroup_arn()} for control in unverified}


@pytest.mark.parametrize(("managed", "fails"), [({"EncryptionConfiguration": {"KmsKey": KEY_ARN}}, False), ({}, True)])
def test_results_that_athena_stores_itself_need_a_key(session, managed, fails):
    configuration = {"ManagedQueryResultsConfiguration": {"Enabled": True} | managed}
    create_workgroup(session)
    responding = session_with_response(
        calls.GET_WORK_GROUP, {"WorkGroup": {"Name": NAME, "Configuration": configuration}}
    )
    assert audit_workgroups(responding).findings(Status.FAIL) == ({KEY: {workgroup_arn()}} if fails else {})


def test_data_class_decides_whether_a_key_is_required(session):
    create_workgroup(session, configuration={"ResultConfiguration": {}}, data_class="Internal")
    assert KEY in audit_workgroups(session).findings(Status.NOT_APPLICABLE)


def test_primary_workgroup_is_judged_once_a_query_has_run_in_it(session):
    """AWS creates one in every region, and its settings protect nothing."""
    assert audit_workgroups(session).verdicts == ()
    session.client("athena").start_query_execution(
        QueryString="SELECT 1", WorkGroup="primary", ResultConfiguration={"OutputLocation": "s3://results/"}
    )
    responding = session_with_response(calls.LIST_TAGS_FOR_RESOURCE, {"Tags": []})
    assert set(audit_workgroups(responding).findings(Status.FAIL)) == {KEY, ENFORCED}


@pytest.mark.parametrize("call", [calls.LIST_WORK_GROUPS, calls.GET_WORK_GROUP])
def test_denied_call_is_unverified_and_names_the_permission(session, call):
    create_workgroup(session)
    assert_unverified(audit_workgroups(session_denying(call), Scope({}, "phi-dev-")), call, CONTROLS)


def test_denied_tags_are_unverified_unless_the_key_is_customer_managed(session):
    denied = session_denying(calls.LIST_TAGS_FOR_RESOURCE)
    create_workgroup(session)
    assert audit_workgroups(denied).blocking == {}
    create_workgroup(session, "other", configuration={"ResultConfiguration": {}})
    assert_unverified(audit_workgroups(denied), calls.LIST_TAGS_FOR_RESOURCE, {KEY})


@pytest.mark.parametrize("call", [calls.GET_WORK_GROUP, calls.LIST_TAGS_FOR_RESOURCE])
def test_workgroup_deleted_since_it_was_listed_is_left_out(session, call):
    create_workgroup(session)
    deleted = session_denying(call, "InvalidRequestException", "WorkGroup phi-dev-trail is not found.")
    result = audit_workgroups(deleted)
    assert (result.verdicts, result.failed_calls) == ((), ())


def test_invalid_request_for_another_reason_is_unverified(session):
    create_workgroup(session)
    result = audit_workgroups(session_denying(calls.GET_WORK_GROUP, "InvalidRequestException", "Malformed"))
    assert set(result.findings(Status.UNVERIFIED)) == set(CONTROLS)


def test_each_region_has_its_own_workgroups(session):
    create_workgroup(session)
    create_workgroup(session, region=OTHER_REGION)
    regions = (REGION, OTHER_REGION)
    both = {workgroup_arn(), workgroup_arn(region=OTHER_REGION)}
    assert audit_workgroups(session, regions=regions).findings(Status.PASS) == dict.fromkeys(CONTROLS, both)


def test_stack_scope_includes_workgroups_by_name(session):
    create_workgroup(session)
    create_workgroup(session, "other", configuration={"EnforceWorkGroupConfiguration": False})
    assert audit_workgroups(session, Scope({}, "phi-dev-")).blocking == {}
    assert audit_workgroups(session).findings(Status.FAIL)[ENFORCED] == {workgroup_arn("other")}
