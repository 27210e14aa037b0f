"""Readers of RAM's resource shares, of what is shared, and of the principals that it is shared with."""

from __future__ import annotations

from collections.abc import Mapping

from crossguard.graph import FactReader, Graph
from crossguard.property_values import as_flag, as_text
from crossguard.resources import PulumiResource
from hipaa_controls.model.stack import Fact
from hipaa_controls.services.ram.facts import ResourceShare, SharedResource, SharePrincipal

SHARE = "aws:ram/resourceShare:ResourceShare"


def _share(share: PulumiResource, _: Graph) -> list[Fact]:
    return [ResourceShare(share.urn, as_flag(share.inputs.get("allowExternalPrincipals")))]


def _principal(association: PulumiResource, graph: Graph) -> list[Fact]:
    principal = as_text(association.inputs.get("principal"))
    return [SharePrincipal(association.urn, principal, graph.location_of(association))]


def _shared_resource(association: PulumiResource, graph: Graph) -> list[Fact]:
    share = graph.resolve(association, association.inputs.get("resourceShareArn"), "resourceShareArn", {SHARE})
    return [SharedResource(association.urn, share)]


READERS: Mapping[str, FactReader] = {
    SHARE: _share,
    "aws:ram/principalAssociation:PrincipalAssociation": _principal,
    "aws:ram/resourceAssociation:ResourceAssociation": _shared_resource,
}
