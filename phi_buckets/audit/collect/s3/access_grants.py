"""Collects S3 Access Grants: the policy, the grants and the locations of the account's instance in each region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Document, Location
from hipaa_controls.services.s3.facts import AccessGrant, AccessGrantsLocation, AccessGrantsPolicy
from phi_buckets.audit.calls import s3 as calls
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.scope import Scope


def collect_access_grants(reader: AccountReader, scope: Scope, regions: Sequence[str]) -> Collected:
    """Collect what grants access to the buckets in scope.

    Args:
        reader: The account's reader.
        scope: The scope of the audit.
        regions: The regions of the buckets. A grant is for buckets in the region of its instance.
    """
    read = reader.map(regions, lambda region: _instance(reader, scope, region))
    return Collected(tuple(fact for facts in read for fact in facts))


def _instance(reader: AccountReader, scope: Scope, region: str) -> list[Fact]:
    """Return the facts of a region, where an account has one instance at most."""
    account, location = reader.account, reader.account.location(region)
    instance = account.arn("s3", region, "access-grants/default")
    parameters = {"AccountId": account.id}
    listed = reader.list_all(
        calls.LIST_ACCESS_GRANTS_INSTANCES, "AccessGrantsInstancesList", instance, region, **parameters
    )
    if isinstance(listed, FailedCall):
        unknown = listed.unknown
        return [
            AccessGrantsPolicy(instance, instance, Document(unknown), location),
            AccessGrant(f"{instance}/grant/*", unknown, unknown, location),
            AccessGrantsLocation(f"{instance}/location/*", unknown),
        ]
    # Instances of other accounts that this one may use are listed too:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-instance-list.html
    if not any(entry.get("AccessGrantsInstanceArn") == instance for entry in listed):
        return []
    facts: list[Fact] = []
    policy = reader.call(calls.GET_ACCESS_GRANTS_POLICY, instance, region, **parameters)
    if isinstance(policy, FailedCall):
        facts.append(AccessGrantsPolicy(instance, instance, Document(policy.unknown), location))
    elif policy and policy.get("Policy"):
        facts.append(AccessGrantsPolicy(instance, instance, Document(policy["Policy"]), location))
    grants = reader.list_all(calls.LIST_ACCESS_GRANTS, "AccessGrantsList", instance, region, **parameters)
    if isinstance(grants, FailedCall):
        facts.append(AccessGrant(f"{instance}/grant/*", grants.unknown, grants.unknown, location))
    else:
        in_scope = (grant for grant in grants if _concerns(grant.get("GrantScope"), scope))
        facts += [_grant(grant, location) for grant in in_scope]
    key = "AccessGrantsLocationsList"
    locations = reader.list_all(calls.LIST_ACCESS_GRANTS_LOCATIONS, key, instance, region, **parameters)
    if isinstance(locations, FailedCall):
        facts.append(AccessGrantsLocation(f"{instance}/location/*", locations.unknown))
    else:
        facts += [
            AccessGrantsLocation(entry["AccessGrantsLocationArn"], entry.get("LocationScope"))
            for entry in locations
            if _concerns(entry.get("LocationScope"), scope)
        ]
    return facts


def _concerns(s3_uri: str | None, scope: Scope) -> bool:
    """Return whether an S3 URI, such as `s3://bucket/prefix*`, may contain objects of a bucket in scope."""
    pattern = (s3_uri or "").lower().removeprefix("s3://").partition("/")[0]
    return scope.buckets is None or not pattern or any(fnmatchcase(name, pattern) for name in scope.buckets)


def _grant(grant: Mapping[str, Any], location: Location) -> AccessGrant:
    grantee = grant.get("Grantee", {})
    return AccessGrant(grant["AccessGrantArn"], grantee.get("GranteeType"), grantee.get("GranteeIdentifier"), location)
