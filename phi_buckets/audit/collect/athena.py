"""Collects Athena workgroups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipaa_controls.model.values import Ref, Unknown
from hipaa_controls.services.athena.facts import Workgroup
from phi_buckets.audit.arns import region_of
from phi_buckets.audit.calls.athena import (
    GET_WORK_GROUP,
    LIST_QUERY_EXECUTIONS,
    LIST_TAGS_FOR_RESOURCE,
    LIST_WORK_GROUPS,
)
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.scope import Scope

# AWS creates it in every region. Until a query has run in it, there are no results that it could protect.
# https://docs.aws.amazon.com/athena/latest/ug/workgroups-manage-queries-control-costs.html
PRIMARY = "primary"


def collect(reader: AccountReader, scope: Scope) -> Collected:
    account = reader.account
    listed = reader.map(account.regions, lambda region: _list_names(reader, region))
    unknown_workgroups = [
        _unknown_workgroup(reader, result.resource, result.unknown, result.unknown)
        for result in listed
        if isinstance(result, FailedCall)
    ]
    arns = [
        account.arn("athena", region, f"workgroup/{name}")
        for region, result in zip(account.regions, listed, strict=True)
        if not isinstance(result, FailedCall)
        for name in result
        if scope.includes(name)
    ]
    workgroups = reader.map(arns, lambda arn: _read(reader, arn))
    return Collected((*(workgroup for workgroup in workgroups if workgroup), *unknown_workgroups))


def _list_names(reader: AccountReader, region: str) -> list[str] | FailedCall:
    all_workgroups = reader.account.arn("athena", region, "workgroup/*")
    workgroups = reader.list_all(LIST_WORK_GROUPS, "WorkGroups", all_workgroups, region)
    return workgroups if isinstance(workgroups, FailedCall) else [workgroup["Name"] for workgroup in workgroups]


def _read(reader: AccountReader, arn: str) -> Workgroup | None:
    """Return a workgroup; None for one that was deleted since it was listed, and for a primary one without queries."""
    region, name = region_of(arn), arn.rpartition("/")[2]
    if name == PRIMARY:
        queries = reader.call(LIST_QUERY_EXECUTIONS, arn, region, WorkGroup=name, MaxResults=1)
        if not isinstance(queries, FailedCall) and not (queries or {}).get("QueryExecutionIds"):
            return None
    response = reader.call(GET_WORK_GROUP, arn, region, WorkGroup=name)
    tags = reader.call(LIST_TAGS_FOR_RESOURCE, arn, region, ResourceARN=arn)
    if response is None or tags is None:
        return None
    own_tags = (
        tags.unknown
        if isinstance(tags, FailedCall)
        else {tag["Key"]: tag.get("Value", "") for tag in tags.get("Tags", ())}
    )
    if isinstance(response, FailedCall):
        return _unknown_workgroup(reader, arn, response.unknown, own_tags)
    configuration = response["WorkGroup"].get("Configuration", {})
    results = configuration.get("ResultConfiguration", {})
    url = results.get("OutputLocation")
    return Workgroup(
        arn,
        configuration.get("EnforceWorkGroupConfiguration"),
        results_key(configuration),
        reader.account.bucket_arn(url.removeprefix("s3://").partition("/")[0]) if url else None,
        results.get("ExpectedBucketOwner"),
        tags=own_tags,
        location=reader.account.location(region),
    )


def results_key(configuration: Mapping[str, Any]) -> Ref:
    """Return the key of the results that Athena stores itself, or of those in a bucket.

    https://docs.aws.amazon.com/athena/latest/APIReference/API_WorkGroupConfiguration.html
    """
    managed = configuration.get("ManagedQueryResultsConfiguration", {})
    results = managed if managed.get("Enabled") else configuration.get("ResultConfiguration", {})
    key: str | None = results.get("EncryptionConfiguration", {}).get("KmsKey")
    return key


def _unknown_workgroup(
    reader: AccountReader, arn: str, unknown: Unknown, tags: Mapping[str, Any] | Unknown
) -> Workgroup:
    location = reader.account.location(region_of(arn))
    return Workgroup(arn, unknown, unknown, unknown, unknown, tags=tags, location=location)
