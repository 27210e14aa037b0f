"""Collects the resource shares of RAM, and the principals that they are shared with."""

from __future__ import annotations

from collections.abc import Iterator

from hipaa_controls.model.stack import Fact
from hipaa_controls.services.ram.facts import ResourceShare, SharePrincipal
from phi_buckets.audit.calls.ram import GET_RESOURCE_SHARE_ASSOCIATIONS, GET_RESOURCE_SHARES
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.scope import Scope

# The statuses of a share, and of a principal of one, that give no access. RAM still lists both.
# https://docs.aws.amazon.com/ram/latest/APIReference/API_ResourceShare.html
# https://docs.aws.amazon.com/ram/latest/APIReference/API_ResourceShareAssociation.html
ENDED = ("DELETED", "FAILED", "DISASSOCIATED")


def collect(reader: AccountReader, scope: Scope) -> Collected:
    regions = reader.account.regions
    facts_by_region = reader.map(regions, lambda region: tuple(_facts(reader, scope, region)))
    return Collected(tuple(fact for facts in facts_by_region for fact in facts))


def _facts(reader: AccountReader, scope: Scope, region: str) -> Iterator[Fact]:
    """Yield the shares of a region that are in scope, and their principals.

    An association has no ARN, so it is identified by its share's ARN followed by the principal.
    """
    all_shares, location = reader.account.arn("ram", region, "resource-share/*"), reader.account.location(region)
    shares = reader.list_all(GET_RESOURCE_SHARES, "resourceShares", all_shares, region, resourceOwner="SELF")
    ended = set()
    if isinstance(shares, FailedCall):
        yield ResourceShare(all_shares, shares.unknown)
    else:
        ended = {share["resourceShareArn"] for share in shares if share["status"] in ENDED}
        for share in shares:
            if scope.includes(share["name"]) and share["resourceShareArn"] not in ended:
                yield ResourceShare(share["resourceShareArn"], share["allowExternalPrincipals"])
    associations = reader.list_all(
        GET_RESOURCE_SHARE_ASSOCIATIONS,
        "resourceShareAssociations",
        all_shares,
        region,
        associationType="PRINCIPAL",
    )
    if isinstance(associations, FailedCall):
        yield SharePrincipal(f"{all_shares}:principal:*", associations.unknown, location)
        return
    for association in associations:
        arn, principal = association["resourceShareArn"], association["associatedEntity"]
        is_active = arn not in ended and association["status"] not in ENDED
        if is_active and scope.includes(association["resourceShareName"]):
            yield SharePrincipal(f"{arn}:principal:{principal}", principal, location)
