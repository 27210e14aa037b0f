"""Collects the Macie session of each region."""

from __future__ import annotations

from hipaa_controls.services.macie.facts import MacieSession
from phi_buckets.audit.calls.macie import GET_MACIE_SESSION
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.scope import Scope


def collect(reader: AccountReader, _: Scope) -> Collected:
    """Collect the session of each region. An audit of one stack includes them, because they protect its resources."""
    return Collected(tuple(reader.map(reader.account.regions, lambda region: _session(reader, region))))


def _session(reader: AccountReader, region: str) -> MacieSession:
    arn = reader.account.arn("macie2", region, "session")  # an identifier in ARN form: AWS defines no ARN for a session
    response = reader.call(GET_MACIE_SESSION, arn, region)
    if isinstance(response, FailedCall):
        return MacieSession(arn, response.unknown)
    return MacieSession(arn, response is not None and response.get("status") == "ENABLED")
