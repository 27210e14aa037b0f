"""Readers of S3 Access Grants. An instance without grants, locations and a policy gives no access."""

from __future__ import annotations

from collections.abc import Mapping

from crossguard.graph import FactReader, Graph
from crossguard.property_values import as_text, get_property
from crossguard.resource_types import IAM_ROLE
from crossguard.resources import PulumiResource
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Unknown
from hipaa_controls.services.s3.facts import AccessGrant, AccessGrantsLocation, AccessGrantsPolicy

IAM_USER = "aws:iam/user:User"


def _grant(grant: PulumiResource, graph: Graph) -> list[Fact]:
    grantee = grant.inputs.get("grantee")
    identifier = get_property(grantee, "granteeIdentifier")
    ref = graph.resolve_arn(grant, identifier, "grantee", {IAM_ROLE, IAM_USER})
    kind = as_text(get_property(grantee, "granteeType"))
    return [AccessGrant(grant.urn, kind, ref, graph.location_of(grant))]


def _location(location: PulumiResource, _: Graph) -> list[Fact]:
    return [AccessGrantsLocation(location.urn, as_text(location.inputs.get("locationScope")))]


def _policy(policy: PulumiResource, graph: Graph) -> list[Fact]:
    location = graph.location_of(policy)
    arn: str | Unknown = Unknown(f"the ARN of the instance of {policy.name}")
    if location.region and location.account:
        arn = f"arn:{location.partition}:s3:{location.region}:{location.account}:access-grants/default"
    document = graph.policy_document(policy, "policy", "accessGrantsPolicy")
    return [AccessGrantsPolicy(policy.urn, arn, document, location)]


READERS: Mapping[str, FactReader] = {
    "aws:s3control/accessGrant:AccessGrant": _grant,
    "aws:s3control/accessGrantsLocation:AccessGrantsLocation": _location,
    "aws:s3control/accessGrantsInstanceResourcePolicy:AccessGrantsInstanceResourcePolicy": _policy,
}
