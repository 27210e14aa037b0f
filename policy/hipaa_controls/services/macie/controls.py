"""Controls for Macie."""

from __future__ import annotations

from hipaa_controls.model.control import LIVE_ONLY, Control, Severity, required_by
from hipaa_controls.model.rule import FactRule
from hipaa_controls.services.macie import rules
from hipaa_controls.services.macie.facts import MacieSession

CONTROLS = (
    Control(
        id="macie-enabled",
        title="Macie is enabled",
        statement="Macie is enabled in every audited region.",
        rationale=(
            "Exports and test data carry copies of PHI into buckets that were never meant for it. Macie finds "
            "sensitive data in S3, and reports buckets that are public, unencrypted or shared."
        ),
        requirement="the Macie status is ENABLED",
        paragraphs=required_by("308(a)(1)(ii)(A)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation="add macie to phi:accountSecurityServices, or run: aws macie2 enable-macie",
        stages=LIVE_ONLY,
        rule=FactRule((MacieSession,), rules.session_enabled),
    ),
)
