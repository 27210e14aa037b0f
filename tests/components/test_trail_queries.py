"""The saved queries of the trail: what they find in CloudTrail events, and who may run them.

The Athena queries run on DuckDB, over a table with the columns that the program declares. No emulator runs the queries
of CloudWatch Logs Insights, so for these the test checks that each field is one of an event.
"""

from __future__ import annotations

import json
import re
from typing import Any

import duckdb
import pytest
import sqlglot

from components.trail_athena import EVENT_COLUMNS, FIRST_DAY
from components.trail_queries import COLUMNS, OBJECT_KEY, PRINCIPAL_ARN, TRAIL_QUERIES
from sandbox import folder
from tests.components.mocked_stack import ACCOUNT_ID, run_main
from tests.components.policy_requests import (
    ALLOWED,
    EXPLICIT_DENY,
    IMPLICIT_DENY,
    ROOT,
    request_outcome,
    role,
)

KEY = "3f/9a0c"
APPLICATION_ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/phi-prod-application"
USER = f"arn:aws:iam::{ACCOUNT_ID}:user/ann"
SESSION = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/phi-prod-application/task"
ASSUMED_ROLE = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLE:task",
    "arn": SESSION,
    "accountId": ACCOUNT_ID,
    "invokedBy": None,
    "sessionContext": {"sessionIssuer": {"type": "Role", "arn": APPLICATION_ROLE, "accountId": ACCOUNT_ID}},
}


def event(id_: str, name: str, time: str = "2026-11-30T10:00:00Z", **fields: Any) -> dict[str, Any]:
    """Return a data event of S3 with the fields that the queries read.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html
    """
    return {
        "eventID": id_,
        "eventName": name,
        "eventTime": time,
        "eventSource": "s3.amazonaws.com",
        "eventCategory": "Data",
        "userIdentity": ASSUMED_ROLE,
        "sourceIPAddress": "198.51.100.7",
        "vpcEndpointId": "vpce-0a1b",
        "userAgent": "[Boto3]",
        "errorCode": None,
        "requestParameters": {"bucketName": "phi", "key": KEY, "versionId": "v1"},
    } | fields


READ = event("read", "GetObject")
COPY = event(
    "copy",
    "CopyObject",
    "2026-11-30T11:00:00Z",
    requestParameters={"bucketName": "exports", "key": "copy", "x-amz-copy-source": f"phi/{KEY}"},
)
OTHER_KEY = event("other-key", "GetObject", requestParameters={"bucketName": "phi", "key": "3f/9a0d"})
BY_USER = event("by-user", "PutObject", "2026-11-30T10:30:00Z", userIdentity={"type": "IAMUser", "arn": USER})
REFUSED = event(
    "refused",
    "GetObject",
    "2026-11-30T09:00:00Z",
    errorCode="AccessDenied",
    userIdentity={"type": "AWSAccount", "principalId": "AIDAEXAMPLE", "accountId": "444455556666"},
)
MANAGEMENT = event("management", "PutBucketPolicy", eventCategory="Management", requestParameters={"bucketName": "phi"})
OTHER_SERVICE = event("other-service", "Decrypt", eventSource="kms.amazonaws.com", errorCode="AccessDenied")
WITHOUT_PARAMETERS = event("without-parameters", "GetObject", requestParameters=None)
TOO_EARLY = event("too-early", "GetObject", "2026-10-31T10:00:00Z")
EVENTS = (READ, COPY, OTHER_KEY, BY_USER, REFUSED, MANAGEMENT, OTHER_SERVICE, WITHOUT_PARAMETERS, TOO_EARLY)
QUERIES = {query.name: query for query in TRAIL_QUERIES}
NOVEMBER = ["2026/11/01", "2026/11/30"]


@pytest.fixture(scope="module")
def table():
    """Return a database with the table of events, as the program declares its columns."""
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA trail")
    columns = EVENT_COLUMNS | {"region": "string", "day": "string"}
    types = {name: sqlglot.exp.DataType.build(text, dialect="athena").sql("duckdb") for name, text in columns.items()}
    connection.execute(f"CREATE TABLE trail.events ({', '.join(f'{name} {text}' for name, text in types.items())})")
    for event in EVENTS:
        row = {name.lower(): column_value(name, value) for name, value in event.items()}
        row |= {"region": "us-east-1", "day": event["eventTime"][:10].replace("-", "/")}
        placeholders = ", ".join("?" * len(row))
        connection.execute(
            f"INSERT INTO trail.events ({', '.join(row)}) VALUES ({placeholders})",
            list(row.values()),
        )
    return connection


def column_value(name: str, value: Any) -> Any:
    """Return a field of an event as Athena reads it: parameters as JSON text, other names in lower case."""
    return json.dumps(value) if value and name == "requestParameters" else in_lower_case(value)


def in_lower_case(value: Any) -> Any:
    return {name.lower(): in_lower_case(item) for name, item in value.items()} if isinstance(value, dict) else value


def run(table: Any, query: str, *parameters: str) -> list[dict[str, Any]]:
    """Return the rows of an Athena query of November."""
    [sql] = sqlglot.transpile(QUERIES[query].sql("trail.events"), read="athena", write="duckdb")
    result = table.execute(sql, [*NOVEMBER, *parameters])
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def found(rows: list[dict[str, Any]]) -> list[str]:
    return [row["event_id"] for row in rows]


# The Athena queries.


def test_object_access_query_finds_every_request_for_the_key_in_order(table):
    """It also finds a copy of the object, whose own key is another."""
    assert found(run(table, "object-access", KEY)) == ["refused", "read", "by-user", "copy"]


def test_object_access_query_finds_who_when_and_from_where(table):
    [row] = [row for row in run(table, "object-access", KEY) if row["event_id"] == "read"]
    assert row == {
        "time": "2026-11-30T10:00:00Z",
        "event": "GetObject",
        "bucket": "phi",
        "object_key": KEY,
        "version_id": "v1",
        "principal_type": "AssumedRole",
        "principal": SESSION,
        "principal_id": "AROAEXAMPLE:task",
        "account": ACCOUNT_ID,
        "role": APPLICATION_ROLE,
        "service": None,
        "source_address": "198.51.100.7",
        "vpc_endpoint": "vpce-0a1b",
        "user_agent": "[Boto3]",
        "error": None,
        "event_id": "read",
    }


@pytest.mark.parametrize("query", ["object-access", "denied-access"])
def test_queries_find_the_account_of_a_request_from_another_account(table, query):
    rows = run(table, query, *([KEY] if query == "object-access" else []))
    [row] = [row for row in rows if row["event_id"] == "refused"]
    assert (row["principal"], row["principal_id"], row["account"]) == (None, "AIDAEXAMPLE", "444455556666")


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        (APPLICATION_ROLE, {"read", "copy", "other-key", "without-parameters"}),
        (SESSION, {"read", "copy", "other-key", "without-parameters"}),
        (USER, {"by-user"}),
        (f"{APPLICATION_ROLE}-2", set()),
    ],
)
def test_principal_access_query_finds_the_requests_of_a_role_a_session_and_a_user(table, principal, expected):
    assert set(found(run(table, "principal-access", principal))) == expected


def test_refused_access_query_finds_only_refused_requests_to_s3(table):
    assert found(run(table, "denied-access")) == ["refused"]


# The CloudWatch Logs Insights queries.

FIELD = re.compile(r"(?<![\w@.])(?:event[A-Z]|userIdentity|errorCode)[\w.]*")


def flattened(value: Any, prefix: str = "") -> set[str]:
    """Return the paths of an event's fields, as Insights discovers them."""
    if not isinstance(value, dict):
        return {prefix}
    return {path for name, item in value.items() for path in flattened(item, f"{prefix}.{name}" if prefix else name)}


@pytest.mark.parametrize("query", TRAIL_QUERIES, ids=QUERIES)
def test_insights_query_reads_fields_of_an_event_and_shows_the_columns_of_the_athena_query(query):
    fields, *commands = query.insights.splitlines()
    assert [command.split()[1] for command in commands] == ["filter", "sort", "limit"]
    shown = dict(reversed(column.split(" as ")) for column in fields.removeprefix("fields ").split(", "))
    assert set(FIELD.findall(commands[0])) | set(shown.values()) <= flattened(READ)
    athena = sqlglot.parse_one(query.sql("trail.events"), read="athena")
    assert list(shown) == athena.named_selects == [name for name, *_ in COLUMNS]


def test_insights_queries_have_a_placeholder_for_each_parameter_of_the_athena_queries():
    placeholders = {
        name: (query.insights.count(OBJECT_KEY), query.insights.count(PRINCIPAL_ARN)) for name, query in QUERIES.items()
    }
    assert placeholders == {"object-access": (1, 0), "principal-access": (0, 2), "denied-access": (0, 0)}
    parameters = {name: query.sql("trail.events").count("?") - len(NOVEMBER) for name, query in QUERIES.items()}
    assert parameters == {"object-access": 1, "principal-access": 1, "denied-access": 0}


# The program.

RESULTS = f"arn:aws:s3:::phi-prod-query-results-{ACCOUNT_ID}-us-east-1"
AUDIT_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/audit-key"
ATHENA, GLUE = (f"arn:aws:{service}:us-east-1:{ACCOUNT_ID}" for service in ("athena", "glue"))
AUDITOR, ADMIN = role("phi-prod-auditor"), role("admin")


@pytest.fixture(scope="module")
def prod():
    return run_main("prod", athenaEnabled="true")


def permissions(stack: Any, name: str) -> dict[str, Any]:
    return stack.resource("RolePolicy", f"access-{name}-permissions").policy


def test_insights_queries_are_saved_for_the_trails_log_group_without_a_setting():
    stack = run_main("dev")
    definitions = {item.inputs["name"]: item.inputs for item in stack.resources_of_type("QueryDefinition")}
    assert set(definitions) == {f"phi-dev-trail/{name}" for name in QUERIES}
    assert {tuple(item["logGroupNames"]) for item in definitions.values()} == {("/audit/phi-dev-trail",)}
    assert stack.resources_of_type("Workgroup") == []


def test_workgroup_enforces_encrypted_results_in_the_results_bucket(prod):
    workgroup = prod.resource("Workgroup", "trail-athena").inputs
    configuration = workgroup["configuration"]
    assert configuration["enforceWorkgroupConfiguration"] is True
    assert configuration["bytesScannedCutoffPerQuery"] == 1024**4
    assert configuration["publishCloudwatchMetricsEnabled"] is True
    assert configuration["resultConfiguration"] == {
        "outputLocation": f"s3://{RESULTS.rpartition(':')[2]}/",
        "expectedBucketOwner": ACCOUNT_ID,
        "encryptionConfiguration": {"encryptionOption": "SSE_KMS", "kmsKeyArn": AUDIT_KEY},
    }


def test_table_has_the_folders_of_the_trail_by_region_and_day(prod):
    table = prod.resource("CatalogTable", "trail-athena-events").inputs
    location = f"s3://phi-prod-trail-{ACCOUNT_ID}-us-east-1/AWSLogs/{ACCOUNT_ID}/CloudTrail"
    assert table["storageDescriptor"]["location"] == f"{location}/"
    parameters = table["parameters"]
    assert parameters["storage.location.template"] == f"{location}/${{region}}/${{day}}"
    assert parameters["projection.region.values"] == "us-east-1,us-west-2"
    assert [key["name"] for key in table["partitionKeys"]] == ["region", "day"]
    assert {f"projection.{name}.type" for name in ("region", "day")} <= set(parameters)


def test_named_queries_name_the_table_and_the_workgroup(prod):
    queries = {item.inputs["name"]: item.inputs for item in prod.resources_of_type("NamedQuery")}
    assert {name: item["query"] for name, item in queries.items()} == {
        name: query.sql("phi_prod_trail.events") for name, query in QUERIES.items()
    }
    assert {(item["workgroup"], item["database"]) for item in queries.values()} == {
        ("phi-prod-trail", "phi_prod_trail")
    }


AUDITOR_REQUESTS = [
    ("athena:StartQueryExecution", f"{ATHENA}:workgroup/phi-prod-trail", {}),
    ("athena:GetQueryResults", f"{ATHENA}:workgroup/phi-prod-trail", {}),
    ("athena:GetNamedQuery", f"{ATHENA}:workgroup/phi-prod-trail", {}),
    ("glue:GetTable", f"{GLUE}:table/phi_prod_trail/events", {}),
    ("glue:GetDatabase", f"{GLUE}:catalog", {}),
    ("s3:PutObject", f"{RESULTS}/1.csv", {}),
    ("s3:GetObject", f"{RESULTS}/1.csv", {}),
    ("s3:GetBucketLocation", RESULTS, {}),
    (
        "kms:GenerateDataKey",
        AUDIT_KEY,
        {"kms:ViaService": ["s3.us-east-1.amazonaws.com"], "kms:EncryptionContext:aws:s3:arn": [RESULTS]},
    ),
]


@pytest.mark.parametrize(("action", "resource", "context"), AUDITOR_REQUESTS)
def test_only_the_auditor_may_run_athena_queries(prod, action, resource, context):
    outcomes = {
        name: request_outcome(permissions(prod, name), role(f"phi-prod-{name}"), action, resource, context)
        for name in ("auditor", "application", "break-glass")
    }
    assert outcomes == {"auditor": ALLOWED, "application": IMPLICIT_DENY, "break-glass": IMPLICIT_DENY}


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("athena:StartQueryExecution", f"{ATHENA}:workgroup/primary"),
        ("athena:UpdateWorkGroup", f"{ATHENA}:workgroup/phi-prod-trail"),
        ("athena:CreateNamedQuery", f"{ATHENA}:workgroup/phi-prod-trail"),
        ("glue:GetTable", f"{GLUE}:table/other/events"),
        ("glue:UpdateTable", f"{GLUE}:table/phi_prod_trail/events"),
        ("s3:DeleteObject", f"{RESULTS}/1.csv"),
        ("kms:GenerateDataKey", AUDIT_KEY),
    ],
)
def test_auditor_may_neither_use_another_workgroup_nor_change_anything(prod, action, resource):
    assert request_outcome(permissions(prod, "auditor"), AUDITOR, action, resource) is IMPLICIT_DENY


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"])
def test_results_bucket_policy_denies_every_principal_but_the_auditor(prod, action):
    policy = prod.resource("BucketPolicy", "query-results-policy").policy
    outcomes = {
        principal: request_outcome(policy, principal, action, f"{RESULTS}/1.csv")
        for principal in (AUDITOR, ADMIN, ROOT, role("deployer"))
    }
    assert outcomes.pop(AUDITOR) is IMPLICIT_DENY  # IAM allows it
    assert set(outcomes.values()) == {EXPLICIT_DENY}


def test_results_bucket_policy_denies_results_with_another_key(prod):
    policy = prod.resource("BucketPolicy", "query-results-policy").policy
    headers = {
        "s3:x-amz-server-side-encryption": ["aws:kms"],
        "s3:x-amz-server-side-encryption-aws-kms-key-id": [AUDIT_KEY],
    }
    assert request_outcome(policy, AUDITOR, "s3:PutObject", f"{RESULTS}/1.csv", headers) is IMPLICIT_DENY
    other_key = headers | {"s3:x-amz-server-side-encryption-aws-kms-key-id": [f"{AUDIT_KEY}-2"]}
    assert request_outcome(policy, AUDITOR, "s3:PutObject", f"{RESULTS}/1.csv", other_key) is EXPLICIT_DENY


@pytest.mark.parametrize(
    ("athena", "bucket", "expected"),
    [("true", RESULTS, ALLOWED), ("true", f"{RESULTS}-2", IMPLICIT_DENY), ("false", RESULTS, IMPLICIT_DENY)],
)
def test_audit_key_encrypts_results_only_through_s3_for_the_results_bucket(athena, bucket, expected):
    policy = run_main("prod", athenaEnabled=athena).resource("Key", "audit-key").policy
    context = {
        "kms:CallerAccount": [ACCOUNT_ID],
        "kms:ViaService": ["s3.us-east-1.amazonaws.com"],
        "kms:EncryptionContext:aws:s3:arn": [bucket],
    }
    assert request_outcome(policy, AUDITOR, "kms:GenerateDataKey", AUDIT_KEY, context) is expected


def test_results_expire_after_a_week_and_their_bucket_logs_access(prod):
    [rule] = prod.resource("BucketLifecycleConfiguration", "query-results-lifecycle").inputs["rules"]
    assert (rule["expiration"], rule["noncurrentVersionExpiration"]) == ({"days": 7}, {"noncurrentDays": 1})
    logging = prod.resource("BucketLogging", "query-results-logging").inputs
    assert logging["targetBucket"] == f"phi-prod-access-logs-{ACCOUNT_ID}-us-east-1"
    log_policy = json.dumps(prod.resource("BucketPolicy", "access-logs-policy").policy)
    assert RESULTS in log_policy


def test_prod_keeps_the_results_bucket_and_dev_can_delete_it_with_results_in_it(prod):
    dev = run_main("dev", athenaEnabled="true").resource("Bucket", "query-results")
    kept = prod.resource("Bucket", "query-results")
    assert (kept.protect, kept.retain_on_delete, kept.inputs["forceDestroy"]) == (True, True, False)
    assert (dev.protect, dev.inputs["forceDestroy"]) == (False, True)
    assert RESULTS.rpartition(":")[2] in prod.exports["bucket_regions"]
    assert prod.exports["athena_workgroup_name"] == "phi-prod-trail"


def test_page_about_disclosures_names_every_query_column_and_output(prod):
    page = (folder.ROOT / "docs" / "accounting-of-disclosures.md").read_text()
    for name in (*QUERIES, *(name for name, *_ in COLUMNS), OBJECT_KEY, PRINCIPAL_ARN, FIRST_DAY[:4]):
        assert name in page
    outputs = set(re.findall(r"pulumi stack output (\w+)", page))
    assert outputs <= set(prod.exports)
