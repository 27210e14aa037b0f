"""S3 Access Grants and the other kinds of access points of a live account.

Moto has Multi-Region Access Points. It has neither Access Grants nor Object Lambda, so their responses are given here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.verdict import Status
from hipaa_controls.services.s3.facts import AccessGrant, AccessGrantsLocation, AccessPoint, AccessPointBuckets
from phi_buckets.audit.calls import Call
from phi_buckets.audit.calls import s3 as calls
from phi_buckets.audit.reader import strip_account_prefix
from phi_buckets.audit.scope import Scope
from tests.phi_buckets.audit.sample_buckets import (
    ACCESS_POINT,
    ACCOUNT,
    PHI,
    REGION,
    SampleAccount,
    audit,
    session_failing,
)

FOREIGN = "999988887777"
EXTERNAL, LOCATION, PRIVATE, PUBLIC, DESTINATION = (
    "s3-no-external-access",
    "s3-access-grants-location",
    "s3-access-point-private",
    "s3-no-public-grant",
    "s3-no-external-destinations",
)
JUDGED = {EXTERNAL, LOCATION, PRIVATE, PUBLIC, DESTINATION}
INSTANCE = f"arn:aws:s3:{REGION}:{ACCOUNT}:access-grants/default"
OBJECT_LAMBDA = f"arn:aws:s3-object-lambda:{REGION}:{ACCOUNT}:accesspoint/redacted"
OWN_ROLE, FOREIGN_ROLE = (f"arn:aws:iam::{account}:role/app" for account in (ACCOUNT, FOREIGN))


@pytest.fixture
def account(endpoint: str) -> SampleAccount:
    account = SampleAccount(boto3.Session(region_name=REGION))
    account.s3.create_bucket(Bucket=PHI)
    account.put_tags(PHI, DataClass="PHI")
    account.create_access_point()
    return account


def policy(principal: Any, action: str, resource: str) -> str:
    allow = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})


def session_responding(responses: Mapping[Call, Mapping[str, Any]]) -> boto3.Session:
    """Return a session in which calls in the account's first region return these responses, or these errors."""
    by_name = {(call.service, call.operation.replace("_", "")): response for call, response in responses.items()}

    def respond(model: Any, context: Mapping[str, Any], **_: Any) -> tuple[AWSResponse, Mapping[str, Any]] | None:
        requested = (model.service_model.service_name, model.name.lower())
        if requested not in by_name or context["client_region"] != REGION:
            return None
        response = deepcopy(by_name[requested])
        return AWSResponse("", 404 if "Error" in response else 200, {}, None), response

    session = boto3.Session(region_name=REGION)
    session.events.register("before-call", respond)
    return session


NO_POLICY = {"Error": {"Code": "AccessGrantsInstanceResourcePolicyNotExists"}}


def grant(grantee: str = OWN_ROLE, kind: str = "IAM", scope: str = f"s3://{PHI}/reports*") -> dict[str, Any]:
    return {
        "AccessGrantArn": f"{INSTANCE}/grant/one",
        "Grantee": {"GranteeType": kind, "GranteeIdentifier": grantee},
        "Permission": "READ",
        "GrantScope": scope,
    }


def with_access_grants(
    *grants: dict[str, Any], scope: str = f"s3://{PHI}/*", resource_policy: str | None = None
) -> dict[Call, Mapping[str, Any]]:
    location = {"AccessGrantsLocationArn": f"{INSTANCE}/location/one", "LocationScope": scope, "IAMRoleArn": OWN_ROLE}
    return {
        calls.LIST_ACCESS_GRANTS_INSTANCES: {"AccessGrantsInstancesList": [{"AccessGrantsInstanceArn": INSTANCE}]},
        calls.GET_ACCESS_GRANTS_POLICY: {"Policy": resource_policy} if resource_policy else NO_POLICY,
        calls.LIST_ACCESS_GRANTS: {"AccessGrantsList": list(grants)},
        calls.LIST_ACCESS_GRANTS_LOCATIONS: {"AccessGrantsLocationsList": [location]},
    }


def blocking(session: boto3.Session, scope: Scope | None = None) -> set[tuple[str, str]]:
    result = audit(session, scope) if scope else audit(session)
    return {finding for finding in result.blocking if finding[0] in JUDGED}


def test_access_grants_within_the_account_pass(account: SampleAccount):
    own = policy({"AWS": ACCOUNT}, "s3:GetDataAccess", INSTANCE)
    result = audit(session_responding(with_access_grants(grant(), resource_policy=own)))
    assert {finding for finding in result.blocking if finding[0] in JUDGED} == set()
    assert result.failed_calls == ()
    assert {(EXTERNAL, f"{INSTANCE}/grant/one"), (EXTERNAL, INSTANCE)} <= result.findings(Status.PASS)
    assert (LOCATION, f"{INSTANCE}/location/one") in result.findings(Status.PASS)


def test_grant_or_policy_for_another_account_fails(account: SampleAccount):
    foreign = policy({"AWS": FOREIGN}, "s3:GetDataAccess", INSTANCE)
    session = session_responding(with_access_grants(grant(FOREIGN_ROLE), resource_policy=foreign))
    result = audit(session)
    assert {finding for finding in result.findings(Status.FAIL) if finding[0] in JUDGED} == {
        (EXTERNAL, INSTANCE),
        (EXTERNAL, f"{INSTANCE}/grant/one"),
    }


def test_grant_to_a_directory_identity_is_unverified(account: SampleAccount):
    result = audit(session_responding(with_access_grants(grant("a1b2c3d4-0000", "DIRECTORY_GROUP"))))
    assert (EXTERNAL, f"{INSTANCE}/grant/one") in result.findings(Status.UNVERIFIED)


def test_location_of_every_bucket_fails(account: SampleAccount):
    responses = with_access_grants(grant(), scope="s3://")
    assert blocking(session_responding(responses)) == {(LOCATION, f"{INSTANCE}/location/one")}


def test_stack_scope_leaves_out_grants_and_locations_for_other_buckets(account: SampleAccount):
    stack = Scope({PHI: REGION})
    for scope, expected in ((f"s3://{PHI}*", 1), (f"s3://{PHI}/a/*", 1), ("s3://", 1), ("s3://other/*", 0)):
        result = audit(session_responding(with_access_grants(grant(scope=scope), scope=scope)), stack)
        for fact_type in (AccessGrant, AccessGrantsLocation):
            assert len(result.stack.facts_of_type(fact_type)) == expected, scope


def test_instance_of_another_account_is_left_out(account: SampleAccount):
    shared = {"AccessGrantsInstanceArn": INSTANCE.replace(ACCOUNT, FOREIGN)}
    responses = {calls.LIST_ACCESS_GRANTS_INSTANCES: {"AccessGrantsInstancesList": [shared]}}
    result = audit(session_responding(responses))
    assert calls.LIST_ACCESS_GRANTS not in result.call_counts
    assert blocking(session_responding(responses)) == set()


@pytest.mark.parametrize(
    ("call", "unverified"),
    [
        (calls.GET_ACCESS_GRANTS_POLICY, {(EXTERNAL, INSTANCE)}),
        (calls.LIST_ACCESS_GRANTS, {(EXTERNAL, f"{INSTANCE}/grant/*")}),
        (calls.LIST_ACCESS_GRANTS_LOCATIONS, {(LOCATION, f"{INSTANCE}/location/*")}),
        (
            calls.LIST_ACCESS_GRANTS_INSTANCES,
            {(EXTERNAL, INSTANCE), (EXTERNAL, f"{INSTANCE}/grant/*"), (LOCATION, f"{INSTANCE}/location/*")},
        ),
    ],
    ids=lambda value: getattr(value, "action", ""),
)
def test_denied_access_grants_call_is_unverified_and_names_the_permission(account: SampleAccount, call, unverified):
    denied = {call: {"Error": {"Code": "AccessDenied"}}}
    result = audit(session_responding(with_access_grants(grant()) | denied))
    assert {finding for finding in result.blocking if finding[0] in JUDGED} == unverified
    assert {failed.call for failed in result.failed_calls} == {call}
    for control, resource in unverified:
        assert any(
            f"{call.action} failed with AccessDenied" in text for text in result.finding_texts(control, resource)
        )


def with_object_lambda(
    resource_policy: str | None = None, supporting: str = ACCESS_POINT, function_account: str = ACCOUNT
) -> dict[Call, Mapping[str, Any]]:
    function = f"arn:aws:lambda:{REGION}:{function_account}:function:redact"
    transformation = {"Actions": ["GetObject"], "ContentTransformation": {"AwsLambda": {"FunctionArn": function}}}
    configuration = {"SupportingAccessPoint": supporting, "TransformationConfigurations": [transformation]}
    entry = {"Name": "redacted", "ObjectLambdaAccessPointArn": OBJECT_LAMBDA}
    missing = {"Error": {"Code": "NoSuchAccessPointPolicy"}}
    return {
        calls.LIST_OBJECT_LAMBDA_ACCESS_POINTS: {"ObjectLambdaAccessPointList": [entry]},
        calls.GET_OBJECT_LAMBDA_CONFIGURATION: {"Configuration": configuration},
        calls.GET_OBJECT_LAMBDA_POLICY: {"Policy": resource_policy} if resource_policy else missing,
    }


def test_object_lambda_access_point_within_the_account_passes(account: SampleAccount):
    result = audit(session_responding(with_object_lambda()))
    assert {finding for finding in result.blocking if finding[0] in JUDGED} == set()
    assert {(PRIVATE, OBJECT_LAMBDA), (DESTINATION, OBJECT_LAMBDA)} <= result.findings(Status.PASS)


def test_object_lambda_access_point_for_another_account_fails(account: SampleAccount):
    for principal, controls in (({"AWS": FOREIGN}, {PRIVATE}), ("*", {PRIVATE, PUBLIC})):
        text = policy(principal, "s3-object-lambda:GetObject", OBJECT_LAMBDA)
        session = session_responding(with_object_lambda(text))
        assert blocking(session) == {(control, OBJECT_LAMBDA) for control in controls}
    session = session_responding(with_object_lambda(function_account=FOREIGN))
    assert blocking(session) == {(DESTINATION, OBJECT_LAMBDA)}


def test_object_lambda_access_point_has_the_data_class_and_scope_of_its_bucket(account: SampleAccount):
    elsewhere = ACCESS_POINT.replace("phi-dev-point", "elsewhere")
    for supporting, data_class, in_stack in ((ACCESS_POINT, DataClass.OTHER, 1), (elsewhere, DataClass.PHI, 0)):
        account.put_tags(PHI, DataClass="Other")
        session = session_responding(with_object_lambda(supporting=supporting))
        points = [point for point in audit(session).stack.facts_of_type(AccessPoint) if point.arn == OBJECT_LAMBDA]
        assert [point.data_class for point in points] == [data_class]
        within = audit(session, Scope({PHI: REGION})).stack.facts_of_type(AccessPoint)
        assert len([point for point in within if point.arn == OBJECT_LAMBDA]) == in_stack


@pytest.mark.parametrize(
    ("call", "unverified"),
    [
        (
            calls.LIST_OBJECT_LAMBDA_ACCESS_POINTS,
            {(control, OBJECT_LAMBDA.replace("redacted", "*")) for control in (PRIVATE, PUBLIC, DESTINATION)},
        ),
        (calls.GET_OBJECT_LAMBDA_CONFIGURATION, {(DESTINATION, OBJECT_LAMBDA)}),
        (calls.GET_OBJECT_LAMBDA_POLICY, {(PRIVATE, OBJECT_LAMBDA), (PUBLIC, OBJECT_LAMBDA)}),
    ],
    ids=lambda value: getattr(value, "action", ""),
)
def test_denied_object_lambda_call_is_unverified(account: SampleAccount, call, unverified):
    denied = {call: {"Error": {"Code": "AccessDenied"}}}
    result = audit(session_responding(with_object_lambda() | denied))
    assert {finding for finding in result.blocking if finding[0] in JUDGED} == unverified
    assert result.findings(Status.UNVERIFIED) >= unverified


def test_object_lambda_access_point_whose_bucket_is_not_known_may_belong_to_the_stack(account: SampleAccount):
    denied = {calls.GET_OBJECT_LAMBDA_CONFIGURATION: {"Error": {"Code": "AccessDenied"}}}
    session = session_responding(with_object_lambda() | denied)
    assert blocking(session, Scope({PHI: REGION})) == {(DESTINATION, OBJECT_LAMBDA)}


def test_object_lambda_access_point_deleted_since_it_was_listed_is_left_out(account: SampleAccount):
    deleted = {calls.GET_OBJECT_LAMBDA_CONFIGURATION: {"Error": {"Code": "NoSuchAccessPoint"}}}
    result = audit(session_responding(with_object_lambda() | deleted))
    assert OBJECT_LAMBDA not in {fact.resource for fact in result.stack.facts}


@pytest.fixture
def multi_region_arn(account: SampleAccount) -> str:
    return create_multi_region(account)


def control_client(account: SampleAccount) -> Any:
    """Return a client for the region that answers for Multi-Region Access Points."""
    client = account.session.client("s3control", region_name="us-west-2")
    client.meta.events.register("before-sign.s3-control", strip_account_prefix)
    return client


def create_multi_region(account: SampleAccount, **block: bool) -> str:
    control = control_client(account)
    flags = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
    details = {"Name": "records", "PublicAccessBlock": flags | block, "Regions": [{"Bucket": PHI}]}
    control.create_multi_region_access_point(AccountId=ACCOUNT, ClientToken="one", Details=details)
    (entry,) = control.list_multi_region_access_points(AccountId=ACCOUNT)["AccessPoints"]
    return f"arn:aws:s3::{ACCOUNT}:accesspoint/{entry['Alias']}"


def test_multi_region_access_point_is_collected_in_any_region(account: SampleAccount, multi_region_arn: str):
    for regions in ((REGION,), ("eu-west-1",)):
        result = audit(account.session, regions=regions)
        (point,) = [point for point in result.stack.facts_of_type(AccessPoint) if point.arn == multi_region_arn]
        assert (point.data_class, point.document) == (DataClass.PHI, None)
        assert (PRIVATE, multi_region_arn) in result.findings(Status.PASS)
        buckets = result.stack.fact(multi_region_arn, AccessPointBuckets)
        assert buckets is not None
        assert buckets.data_class is DataClass.PHI


def test_multi_region_access_point_with_a_flag_off_fails(account: SampleAccount):
    arn = create_multi_region(account, BlockPublicPolicy=False)
    assert blocking(account.session) == {(PRIVATE, arn)}


def test_multi_region_access_point_policy_for_another_account_fails(account: SampleAccount, multi_region_arn: str):
    control = control_client(account)
    for principal, controls in (({"AWS": ACCOUNT}, set()), ({"AWS": FOREIGN}, {PRIVATE}), ("*", {PRIVATE, PUBLIC})):
        text = policy(principal, "s3:GetObject", f"{multi_region_arn}/object/*")
        details = {"Name": "records", "Policy": text}
        control.put_multi_region_access_point_policy(AccountId=ACCOUNT, ClientToken="two", Details=details)
        assert blocking(account.session) == {(control_id, multi_region_arn) for control_id in controls}


def test_multi_region_access_point_with_a_bucket_of_another_account_fails(
    account: SampleAccount, multi_region_arn: str
):
    session = boto3.Session(region_name=REGION)
    session.events.register(
        "after-call.s3-control.ListMultiRegionAccessPoints",
        lambda parsed, **_: [entry["Regions"][0].update(BucketAccountId=FOREIGN) for entry in parsed["AccessPoints"]],
    )
    assert blocking(session) == {(DESTINATION, multi_region_arn)}


def test_multi_region_access_point_of_other_buckets_is_not_in_the_scope_of_a_stack(
    account: SampleAccount, multi_region_arn: str
):
    for scope, expected in ((Scope({PHI: REGION}), True), (Scope({"phi-dev-logs": REGION}), False)):
        buckets = audit(account.session, scope).stack.fact(multi_region_arn, AccessPointBuckets)
        assert (buckets is not None) is expected


def test_denied_multi_region_call_is_unverified(account: SampleAccount, multi_region_arn: str):
    everything = f"arn:aws:s3::{ACCOUNT}:accesspoint/*.mrap"
    for call, unverified in (
        (
            calls.LIST_MULTI_REGION_ACCESS_POINTS,
            {(control, everything) for control in (PRIVATE, PUBLIC, DESTINATION)},
        ),
        (
            calls.GET_MULTI_REGION_ACCESS_POINT_POLICY,
            {(control, multi_region_arn) for control in (PRIVATE, PUBLIC)},
        ),
    ):
        result = audit(session_failing(call))
        assert {finding for finding in result.blocking if finding[0] in JUDGED} == unverified
        assert {(failed.call, failed.region) for failed in result.failed_calls} == {(call, "us-west-2")}
