"""Collects the Macie session of each region."""

from __future__ import annotations

from hipaa.services.macie.facts import MacieSession
from phi.audit.calls.macie import GET_MACIE_SESSION
from phi.audit.collected import Collected
from phi.audit.reader import AccountReader, FailedCall
from phi.audit.scope import Scope


def collect(reader: AccountReader, _: Scope) -> Collected:
    """Collect the sessions of all regions; of a stack's too, since they protect it whoever enabled them."""
    return Collected(tuple(reader.map(reader.account.regions, lambda region: _session(reader, region))))


def _session(reader: AccountReader, region: str) -> MacieSession:
    arn = reader.account.arn("macie2", region, "session")  # AWS defines no ARN for it
    response = reader.call(GET_MACIE_SESSION, arn, region)
    if isinstance(response, FailedCall):
        return MacieSession(arn, response.unknown)
    return MacieSession(arn, response is not None and response.get("status") == "ENABLED")
