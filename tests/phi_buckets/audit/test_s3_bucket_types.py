"""The directory buckets, table buckets and Storage Lens exports of a live account."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from hipaa_controls.model.retention import MIN_RETENTION_DAYS
from hipaa_controls.model.verdict import Status
from hipaa_controls.services.s3.bucket_types import SpecialBucket
from phi_buckets.audit.calls import Call
from phi_buckets.audit.calls import s3_bucket_types as calls
from phi_buckets.audit.collect import COLLECTORS, s3_bucket_types
from phi_buckets.audit.reader import strip_account_prefix
from phi_buckets.audit.scope import WHOLE_ACCOUNT, Scope
from tests.phi_buckets.audit.reader_helpers import AuditResult, assert_unverified, audit
from tests.phi_buckets.emulated_account import ACCOUNT, REGION

FOREIGN = "999988887777"
NAME = "fast--use1-az4--x-s3"
DIRECTORY = f"arn:aws:s3express:{REGION}:{ACCOUNT}:bucket/{NAME}"
TABLES = f"arn:aws:s3tables:{REGION}:{ACCOUNT}:bucket/records"
TABLE = f"{TABLES}/table/0b9e1c2d"
LENS = f"arn:aws:s3:{REGION}:{ACCOUNT}:storage-lens/lens"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/12345678-1234-1234-1234-123456789012"
CONTROLS = (
    "s3-data-class-tag",
    "s3-public-access-block",
    "s3-acls-disabled",
    "s3-no-public-grant",
    "s3-no-external-access",
    "s3-encryption-at-rest",
    "s3-customer-managed-key",
    "s3-tls-only",
    "s3-retention",
    "s3-recoverable-bucket-type",
    "s3-no-external-destinations",
)
Responses = Mapping[Call, Mapping[str, Any]]


def policy(action: str, resource: str, account: str = ACCOUNT) -> str:
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def default_encryption(**default: str) -> dict[str, Any]:
    return {"ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}}


def error(code: str) -> dict[str, Any]:
    return {"Error": {"Code": code, "Message": ""}}


def table_encryption(**configuration: str) -> dict[str, Any]:
    return {"encryptionConfiguration": configuration}


def replicated_to(arn: str) -> dict[str, Any]:
    return {"configuration": {"role": "r", "rules": [{"destinations": [{"destinationTableBucketARN": arn}]}]}}


def snapshots(hours: int, status: str = "enabled") -> dict[str, Any]:
    settings = {"icebergSnapshotManagement": {"minSnapshotsToKeep": 1, "maxSnapshotAgeHours": hours}}
    return {"configuration": {"icebergSnapshotManagement": {"status": status, "settings": settings}}}


def exported_to(account: str, *, enabled: bool = True, name: str = "DataExport") -> dict[str, Any]:
    destination = {"S3BucketDestination": {"Arn": "arn:aws:s3:::metrics", "AccountId": account}}
    return {"StorageLensConfiguration": {"Id": "lens", "IsEnabled": enabled, name: destination}}


DIRECTORY_BUCKETS: Responses = {
    calls.LIST_DIRECTORY_BUCKETS: {"Buckets": [{"Name": NAME}]},
    calls.LIST_DIRECTORY_BUCKET_TAGS: {"Tags": [{"Key": "DataClass", "Value": "Replica"}]},
    calls.GET_DIRECTORY_BUCKET_ENCRYPTION: default_encryption(SSEAlgorithm="aws:kms", KMSMasterKeyID=KEY),
    calls.GET_DIRECTORY_BUCKET_POLICY: {"Policy": policy("s3express:CreateSession", DIRECTORY)},
    calls.GET_DIRECTORY_BUCKET_LIFECYCLE: error("NoSuchLifecycleConfiguration"),
    calls.LIST_DIRECTORY_BUCKET_INVENTORIES: {"InventoryConfigurationList": []},
}
TABLE_BUCKETS: Responses = {
    calls.LIST_TABLE_BUCKETS: {"tableBuckets": [{"arn": TABLES, "name": "records", "type": "customer"}]},
    calls.LIST_TABLES_TAGS: {"tags": {"DataClass": "PHI"}},
    calls.GET_TABLE_BUCKET_ENCRYPTION: table_encryption(sseAlgorithm="aws:kms", kmsKeyArn=KEY),
    calls.GET_TABLE_BUCKET_POLICY: {"resourcePolicy": policy("s3tables:GetTableData", f"{TABLES}/table/*")},
    calls.GET_TABLE_BUCKET_REPLICATION: replicated_to(TABLES.replace(REGION, "us-west-2")),
    calls.LIST_TABLES: {"tables": [{"namespace": ["ehr"], "name": "visits", "tableARN": TABLE}]},
    calls.GET_TABLE_ENCRYPTION: table_encryption(sseAlgorithm="aws:kms", kmsKeyArn=KEY),
    calls.GET_TABLE_POLICY: error("NotFoundException"),
    calls.GET_TABLE_MAINTENANCE_CONFIGURATION: snapshots(24 * MIN_RETENTION_DAYS),
    calls.GET_TABLE_REPLICATION: error("NotFoundException"),
}
STORAGE_LENS: Responses = {
    calls.LIST_STORAGE_LENS_CONFIGURATIONS: {
        "StorageLensConfigurationList": [{"Id": "lens", "StorageLensArn": LENS, "IsEnabled": True}]
    },
    calls.GET_STORAGE_LENS_CONFIGURATION: exported_to(ACCOUNT),
}
NONE: Responses = {
    calls.LIST_DIRECTORY_BUCKETS: {},
    calls.LIST_TABLE_BUCKETS: {"tableBuckets": []},
    calls.LIST_STORAGE_LENS_CONFIGURATIONS: {},
}
COMPLIANT: Responses = {**DIRECTORY_BUCKETS, **TABLE_BUCKETS, **STORAGE_LENS}


def session_with(responses: Responses) -> boto3.Session:
    """Return a session in which these calls return fixed responses. moto has no directory buckets or table policies."""
    by_operation = {(call.service, call.operation.replace("_", "")): response for call, response in responses.items()}

    def respond(model: Any, **_: Any) -> tuple[AWSResponse, Mapping[str, Any]] | None:
        response = by_operation.get((model.service_model.service_name, model.name.lower()))
        if response is None:
            return None
        return AWSResponse("", 400 if "Error" in response else 200, {}, None), deepcopy(response)

    session = boto3.Session(region_name=REGION)
    session.events.register("before-call", respond)
    return session


def audit_responses(responses: Responses, scope: Scope = WHOLE_ACCOUNT) -> AuditResult:
    return audit(session_with(responses), s3_bucket_types.collect, CONTROLS, scope=scope)


def test_audit_includes_the_collector():
    assert s3_bucket_types.collect in COLLECTORS


def test_emulated_account_without_such_buckets_has_no_findings(session):
    session.client("s3").create_bucket(Bucket="plain")  # moto lists it as a directory bucket
    result = audit(session, s3_bucket_types.collect, CONTROLS)
    assert (result.stack.facts, result.failed_calls) == ((), ())


def test_audit_of_one_stack_makes_no_call(session):
    result = audit_responses(COMPLIANT, Scope({}, "phi-dev-"))
    assert (result.stack.facts, result.call_counts) == ((), {})


def test_compliant_account_passes(session):
    result = audit_responses(COMPLIANT)
    assert (result.blocking, result.failed_calls) == ({}, ())
    passing = result.findings(Status.PASS)
    assert passing["s3-no-external-access"] == {DIRECTORY, TABLES}
    assert passing["s3-customer-managed-key"] == {DIRECTORY, TABLES, TABLE}
    assert passing["s3-recoverable-bucket-type"] == {TABLES}
    assert passing["s3-retention"] == {TABLE}
    assert passing["s3-no-external-destinations"] == {TABLES, LENS}
    assert set(result.call_counts) == set(calls.CALLS)


EXPIRING = {"Rules": [{"ID": "old", "Status": "Enabled", "Expiration": {"Days": 30}}]}
WEAK: list[tuple[Responses, dict[str, set[str]]]] = [
    (
        {calls.LIST_DIRECTORY_BUCKET_TAGS: {"Tags": [{"Key": "DataClass", "Value": "PHI"}]}},
        {"s3-recoverable-bucket-type": {DIRECTORY}},
    ),
    (
        {calls.LIST_DIRECTORY_BUCKET_TAGS: {"Tags": []}},
        {"s3-recoverable-bucket-type": {DIRECTORY}, "s3-data-class-tag": {DIRECTORY}},
    ),
    (
        {calls.GET_DIRECTORY_BUCKET_ENCRYPTION: default_encryption(SSEAlgorithm="AES256")},
        {"s3-customer-managed-key": {DIRECTORY}},
    ),
    (
        {calls.GET_DIRECTORY_BUCKET_POLICY: {"Policy": policy("s3express:CreateSession", DIRECTORY, FOREIGN)}},
        {"s3-no-external-access": {DIRECTORY}},
    ),
    ({calls.GET_DIRECTORY_BUCKET_LIFECYCLE: EXPIRING}, {"s3-retention": {DIRECTORY}}),
    (
        {calls.GET_TABLE_BUCKET_ENCRYPTION: table_encryption(sseAlgorithm="AES256")},
        {"s3-customer-managed-key": {TABLES}},
    ),
    ({calls.GET_TABLE_ENCRYPTION: error("NotFoundException")}, {"s3-customer-managed-key": {TABLE}}),
    (
        {calls.GET_TABLE_BUCKET_POLICY: {"resourcePolicy": policy("s3tables:*", f"{TABLES}/table/*", FOREIGN)}},
        {"s3-no-external-access": {TABLES}},
    ),
    (
        {calls.GET_TABLE_POLICY: {"resourcePolicy": policy("s3tables:GetTableData", TABLE, FOREIGN)}},
        {"s3-no-external-access": {TABLE}},
    ),
    ({calls.GET_TABLE_BUCKET_REPLICATION: error("NotFoundException")}, {"s3-recoverable-bucket-type": {TABLES}}),
    ({calls.GET_TABLE_BUCKET_REPLICATION: replicated_to(TABLES)}, {"s3-recoverable-bucket-type": {TABLES}}),
    (
        {calls.GET_TABLE_REPLICATION: replicated_to(f"arn:aws:s3tables:us-west-2:{FOREIGN}:bucket/records")},
        {"s3-no-external-destinations": {TABLE}},
    ),
    ({calls.GET_TABLE_MAINTENANCE_CONFIGURATION: snapshots(120)}, {"s3-retention": {TABLE}}),
    ({calls.GET_TABLE_MAINTENANCE_CONFIGURATION: {"configuration": {}}}, {"s3-retention": {TABLE}}),
    ({calls.GET_TABLE_MAINTENANCE_CONFIGURATION: snapshots(120, "disabled")}, {}),
    ({calls.GET_STORAGE_LENS_CONFIGURATION: exported_to(FOREIGN)}, {"s3-no-external-destinations": {LENS}}),
    (
        {calls.GET_STORAGE_LENS_CONFIGURATION: exported_to(FOREIGN, name="ExpandedPrefixesDataExport")},
        {"s3-no-external-destinations": {LENS}},
    ),
    ({calls.GET_STORAGE_LENS_CONFIGURATION: exported_to(FOREIGN, enabled=False)}, {}),
    ({calls.GET_STORAGE_LENS_CONFIGURATION: error("NoSuchConfiguration")}, {}),
]


@pytest.mark.parametrize(("responses", "expected"), WEAK, ids=[f"{i}" for i in range(len(WEAK))])
def test_weak_setting_fails_only_its_control(session, responses, expected):
    result = audit_responses({**COMPLIANT, **responses})
    assert result.findings(Status.FAIL) == expected
    assert result.findings(Status.UNVERIFIED) == {}


def test_storage_lens_export_is_read_from_the_emulated_account(session):
    client: Any = session.client("s3control")
    export = exported_to(FOREIGN)["StorageLensConfiguration"] | {"AccountLevel": {"BucketLevel": {}}}
    export["DataExport"]["S3BucketDestination"] |= {"Format": "CSV", "OutputSchemaVersion": "V_1"}
    client.meta.events.register("before-sign.s3-control", strip_account_prefix)
    client.put_storage_lens_configuration(AccountId=ACCOUNT, ConfigId="lens", StorageLensConfiguration=export)
    result = audit(session, s3_bucket_types.collect, CONTROLS)
    assert result.blocking == {"s3-no-external-destinations": {LENS}}


OF_A_BUCKET = {
    "s3-data-class-tag",
    "s3-no-public-grant",
    "s3-no-external-access",
    "s3-encryption-at-rest",
    "s3-customer-managed-key",
    "s3-recoverable-bucket-type",
    "s3-no-external-destinations",
}
POLICY_CONTROLS = {"s3-no-public-grant", "s3-no-external-access"}
KEY_CONTROLS = {"s3-encryption-at-rest", "s3-customer-managed-key"}
DENIED: dict[Call, set[str]] = {
    calls.LIST_DIRECTORY_BUCKETS: {*OF_A_BUCKET, "s3-retention"},
    calls.GET_DIRECTORY_BUCKET_ENCRYPTION: KEY_CONTROLS,
    calls.GET_DIRECTORY_BUCKET_POLICY: POLICY_CONTROLS,
    calls.GET_DIRECTORY_BUCKET_LIFECYCLE: {"s3-retention"},
    calls.LIST_DIRECTORY_BUCKET_INVENTORIES: {"s3-no-external-destinations"},
    calls.LIST_TABLE_BUCKETS: OF_A_BUCKET,
    calls.GET_TABLE_BUCKET_ENCRYPTION: KEY_CONTROLS,
    calls.GET_TABLE_BUCKET_POLICY: POLICY_CONTROLS,
    calls.GET_TABLE_BUCKET_REPLICATION: {"s3-recoverable-bucket-type", "s3-no-external-destinations"},
    calls.LIST_TABLES: {*POLICY_CONTROLS, *KEY_CONTROLS, "s3-retention", "s3-no-external-destinations"},
    calls.GET_TABLE_ENCRYPTION: KEY_CONTROLS,
    calls.GET_TABLE_POLICY: POLICY_CONTROLS,
    calls.GET_TABLE_MAINTENANCE_CONFIGURATION: {"s3-retention"},
    calls.GET_TABLE_REPLICATION: {"s3-no-external-destinations"},
    calls.LIST_TABLES_TAGS: {"s3-data-class-tag"},
    calls.LIST_STORAGE_LENS_CONFIGURATIONS: {"s3-no-external-destinations"},
    calls.GET_STORAGE_LENS_CONFIGURATION: {"s3-no-external-destinations"},
}


@pytest.mark.parametrize("call", DENIED, ids=lambda call: call.action)
def test_denied_call_is_unverified_and_names_the_permission(session, call):
    assert_unverified(audit_responses({**COMPLIANT, call: error("AccessDenied")}), call, DENIED[call])


def test_directory_bucket_whose_tags_cannot_be_read_counts_as_phi(session):
    result = audit_responses({**COMPLIANT, calls.LIST_DIRECTORY_BUCKET_TAGS: error("AccessDenied")})
    assert result.findings(Status.FAIL) == {"s3-recoverable-bucket-type": {DIRECTORY}}
    assert result.findings(Status.UNVERIFIED) == {"s3-data-class-tag": {DIRECTORY}}


def test_every_call_is_denied_once():
    assert {*DENIED, calls.LIST_DIRECTORY_BUCKET_TAGS} == set(calls.CALLS)


def test_table_bucket_that_aws_manages_is_left_out(session):
    managed = {"tableBuckets": [{"arn": TABLES.replace("records", "aws-s3"), "name": "aws-s3", "type": "aws"}]}
    result = audit_responses({**NONE, calls.LIST_TABLE_BUCKETS: managed})
    assert result.stack.facts_of_type(SpecialBucket) == []
