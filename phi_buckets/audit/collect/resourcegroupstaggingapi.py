"""Counts the tagged resources of each region by type.

The API lists what is tagged or was once tagged, of the types that support it; IAM users and roles don't. For some time
it also lists resources that were deleted. It lists the resources of global services in one region.
https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html
https://github.com/aws/aws-sdk/issues/581 (IAM), https://github.com/aws/aws-sdk/issues/676 (deleted resources)
"""

from __future__ import annotations

from collections import Counter

from phi_buckets.audit.calls.resourcegroupstaggingapi import GET_RESOURCES
from phi_buckets.audit.collected import Collected, ResourceListing
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.scope import Scope
from phi_buckets.audit.type_names import type_in_arn

SOURCE = "Resource Groups Tagging API"
MAX_RESOURCES_PER_PAGE = 100
# https://github.com/cloud-custodian/cloud-custodian/pull/2729
GLOBAL_REGION = "us-east-1"
NO_GLOBAL_RESOURCES = f"lists the resources of global services, such as CloudFront, only in {GLOBAL_REGION}"


def collect(reader: AccountReader, _: Scope) -> Collected:
    """Count the tagged resources of each region, also those outside the audited stack: perhaps no audit covers them."""
    return Collected(listings=tuple(reader.map(reader.account.regions, lambda region: _listing(reader, region))))


def _listing(reader: AccountReader, region: str) -> ResourceListing:
    resources = reader.list_all(
        GET_RESOURCES, "ResourceTagMappingList", "", region, ResourcesPerPage=MAX_RESOURCES_PER_PAGE
    )
    if isinstance(resources, FailedCall):
        return ResourceListing(SOURCE, region, resources.unknown)
    counts = Counter(type_in_arn(resource["ResourceARN"]) for resource in resources)
    limit = "" if GLOBAL_REGION in reader.account.regions else NO_GLOBAL_RESOURCES
    return ResourceListing(SOURCE, region, counts, limit)
