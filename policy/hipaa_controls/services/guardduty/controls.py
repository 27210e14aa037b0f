"""Controls for GuardDuty."""

from __future__ import annotations

from hipaa_controls.model.control import LIVE_ONLY, Control, Severity, required_by
from hipaa_controls.model.rule import FactRule
from hipaa_controls.services.guardduty import rules
from hipaa_controls.services.guardduty.facts import GuardDutyDetector

CONTROLS = (
    Control(
        id="guardduty-s3-protection",
        title="GuardDuty S3 Protection is enabled",
        statement="GuardDuty is enabled with S3 Protection in every audited region.",
        rationale=(
            "Theft with valid credentials looks like normal use. S3 Protection reports unusual access to objects, such "
            "as reads from an unfamiliar network."
        ),
        requirement="an enabled detector with the feature S3_DATA_EVENTS enabled",
        paragraphs=(
            *required_by("308(a)(1)(ii)(D)", own_mapping=True),
            *required_by("308(a)(6)(ii)", own_mapping=True),
        ),
        severity=Severity.MEDIUM,
        remediation=(
            "add guardDuty to phi:accountSecurityServices, or run: aws guardduty create-detector --enable --features "
            "Name=S3_DATA_EVENTS,Status=ENABLED; where a detector exists: aws guardduty update-detector --detector-id "
            "DETECTOR_ID --enable --features Name=S3_DATA_EVENTS,Status=ENABLED"
        ),
        stages=LIVE_ONLY,
        rule=FactRule((GuardDutyDetector,), rules.s3_protection),
    ),
)
