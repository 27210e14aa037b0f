"""Calls to AWS Resource Access Manager."""

from __future__ import annotations

from phi_buckets.audit.calls import Call, ResourceType

GET_RESOURCE_SHARES = Call("ram", "get_resource_shares", "ram:GetResourceShares", ResourceType.ANY)
GET_RESOURCE_SHARE_ASSOCIATIONS = Call(
    "ram", "get_resource_share_associations", "ram:GetResourceShareAssociations", ResourceType.ANY
)
CALLS = (GET_RESOURCE_SHARES, GET_RESOURCE_SHARE_ASSOCIATIONS)
