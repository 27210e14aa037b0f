"""The tagged resources of a live account: their number by type and region, and lists that can't be read."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from hipaa_controls.model.values import Unknown
from phi_buckets.audit.calls.resourcegroupstaggingapi import GET_RESOURCES
from phi_buckets.audit.collect import COLLECTORS, resourcegroupstaggingapi
from phi_buckets.audit.collected import ResourceListing
from phi_buckets.audit.reader import AccountReader, AuditedAccount
from phi_buckets.audit.scope import WHOLE_ACCOUNT, Scope
from tests.phi_buckets.audit.reader_helpers import OTHER_REGION, session_denying, session_with_response
from tests.phi_buckets.emulated_account import ACCOUNT, REGION

SOURCE = "Resource Groups Tagging API"
TAGS = [{"Key": "Patient", "Value": "Jane"}]


def listings(
    session: boto3.Session, regions: tuple[str, ...] = (REGION,), scope: Scope = WHOLE_ACCOUNT
) -> tuple[ResourceListing, ...]:
    with AccountReader(session, AuditedAccount(ACCOUNT, "aws", regions)) as reader:
        return resourcegroupstaggingapi.collect(reader, scope).listings


def create_secret(session: boto3.Session, region: str, name: str) -> None:
    session.client("secretsmanager", region_name=region).create_secret(Name=name, SecretString="x", Tags=TAGS)


def test_audit_runs_the_collector():
    assert resourcegroupstaggingapi.collect in COLLECTORS


@pytest.mark.parametrize("scope", [WHOLE_ACCOUNT, Scope({}, "phi-dev-")], ids=["account", "stack"])
def test_listing_counts_the_tagged_resources_of_each_region_by_type(session, scope):
    create_secret(session, REGION, "one")
    create_secret(session, REGION, "two")
    create_secret(session, OTHER_REGION, "three")
    session.client("sns").create_topic(Name="alerts", Tags=TAGS)
    session.client("sns").create_topic(Name="untagged")
    assert listings(session, (REGION, OTHER_REGION), scope) == (
        ResourceListing(SOURCE, REGION, {"AWS::SecretsManager::Secret": 2, "AWS::SNS::Topic": 1}),
        ResourceListing(SOURCE, OTHER_REGION, {"AWS::SecretsManager::Secret": 1}),
    )


def test_listing_without_the_region_of_global_services_says_so(session):
    [listing] = listings(session, (OTHER_REGION,))
    assert listing.limit == "lists the resources of global services, such as CloudFront, only in us-east-1"


def test_listing_counts_the_resources_of_all_pages(session):
    for number in range(201):
        create_secret(session, REGION, f"secret-{number}")
    [listing] = listings(session)
    assert listing.counts == {"AWS::SecretsManager::Secret": 201}


def test_listing_after_a_denied_call_is_unknown_in_its_region_only(session):
    create_secret(session, OTHER_REGION, "one")
    denied = session_denying(GET_RESOURCES, "AccessDeniedException", region=REGION)
    first, second = listings(denied, (REGION, OTHER_REGION))
    assert isinstance(first.counts, Unknown)
    assert first.counts.reason == "couldn't be read: tag:GetResources failed with AccessDeniedException"
    assert second.counts == {"AWS::SecretsManager::Secret": 1}


def test_listing_is_unknown_if_a_later_page_is_denied(session):
    def respond(body: Any) -> Any:
        if json.loads(body).get("PaginationToken"):
            return {"Error": {"Code": "PaginationTokenExpiredException", "Message": ""}}
        arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:records"
        return {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": []}], "PaginationToken": "second"}

    # botocore takes a response as an error if its status is an error.
    session = session_with_response(GET_RESOURCES, respond)
    session.events.register("after-call.resource-groups-tagging-api", fail_on_error)
    [listing] = listings(session)
    assert isinstance(listing.counts, Unknown)


def fail_on_error(http_response: Any, parsed: Any, **_: Any) -> None:
    if "Error" in parsed:
        http_response.status_code = 400


def test_listing_never_contains_a_name(session):
    """Names and tags of resources may be PHI."""
    create_secret(session, REGION, "jane-doe")
    session.client("sns").create_topic(Name="jane-doe", Tags=TAGS)
    assert "jane" not in repr(listings(session)).lower()
