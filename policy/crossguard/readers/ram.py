"""Readers of RAM's resource shares, and of the principals that they are shared with."""

from __future__ import annotations

from collections.abc import Mapping

from crossguard.graph import FactReader, Graph
from crossguard.property_values import as_flag, as_text
from crossguard.resources import PulumiResource
from hipaa_controls.model.stack import Fact
from hipaa_controls.services.ram.facts import ResourceShare, SharePrincipal


def _share(share: PulumiResource, _: Graph) -> list[Fact]:
    return [ResourceShare(share.urn, as_flag(share.inputs.get("allowExternalPrincipals")))]


def _principal(association: PulumiResource, graph: Graph) -> list[Fact]:
    principal = as_text(association.inputs.get("principal"))
    return [SharePrincipal(association.urn, principal, graph.location_of(association))]


READERS: Mapping[str, FactReader] = {
    "aws:ram/resourceShare:ResourceShare": _share,
    "aws:ram/principalAssociation:PrincipalAssociation": _principal,
}
