"""Calls to Macie."""

from __future__ import annotations

from phi_buckets.audit.calls import Call, ResourceType

GET_MACIE_SESSION = Call(
    "macie2",
    "get_macie_session",
    "macie2:GetMacieSession",
    ResourceType.ANY,
    # In a region where Macie was never enabled, the call is denied with this message.
    not_found_errors=("ResourceNotFoundException", "AccessDeniedException: Macie is not enabled"),
)
CALLS = (GET_MACIE_SESSION,)
