"""Assertions that the tests of GuardDuty, Macie and AWS Config share."""

from __future__ import annotations

from hipaa.model.verdict import Status
from tests.phi.audit.reader_helpers import AuditResult

OTHER_REGION = "us-west-2"


def blocking_findings(result: AuditResult) -> list[tuple[str, Status, str]]:
    """Return control, status and text of each finding that blocks."""
    return [(verdict.control, verdict.status, verdict.finding.text) for verdict in result.verdicts if verdict.blocks]
