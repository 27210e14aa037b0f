"""Calls to Macie."""

from __future__ import annotations

from phi.audit.calls import Call, ResourceType

GET_MACIE_SESSION = Call(
    "macie2",
    "get_macie_session",
    "macie2:GetMacieSession",
    ResourceType.ANY,
    # Where Macie was never enabled, it denies access with this message.
    not_found_errors=("ResourceNotFoundException", "AccessDeniedException: Macie is not enabled"),
)
CALLS = (GET_MACIE_SESSION,)
