"""Macie."""

from __future__ import annotations

from hipaa.model.control import LIVE_ONLY, Control, Severity, required_by
from hipaa.model.rule import FactRule
from hipaa.services.macie import rules
from hipaa.services.macie.facts import MacieSession

CONTROLS = (
    Control(
        id="macie-enabled",
        title="Sensitive data is looked for",
        statement="Macie is on in each region: it tells which buckets hold sensitive data, and how they are guarded.",
        requirement="Macie's status is ENABLED",
        paragraphs=required_by("308(a)(1)(ii)(A)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation="the stack's phi:accountSecurityServices with macie, or: aws macie2 enable-macie",
        stages=LIVE_ONLY,
        rule=FactRule((MacieSession,), rules.session_enabled),
    ),
)
