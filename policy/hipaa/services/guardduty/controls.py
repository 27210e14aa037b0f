"""GuardDuty."""

from __future__ import annotations

from hipaa.model.control import LIVE_ONLY, Control, Severity, required_by
from hipaa.model.rule import FactRule
from hipaa.services.guardduty import rules
from hipaa.services.guardduty.facts import GuardDutyDetector

CONTROLS = (
    Control(
        id="guardduty-s3-protection",
        title="Threats to the objects are looked for",
        statement="GuardDuty is on in each region, and looks at how objects in S3 are used.",
        requirement="an enabled detector with the feature S3_DATA_EVENTS enabled",
        paragraphs=(
            *required_by("308(a)(1)(ii)(D)", own_mapping=True),
            *required_by("308(a)(6)(ii)", own_mapping=True),
        ),
        severity=Severity.MEDIUM,
        remediation="the stack's phi:accountSecurityServices with guardDuty, or: aws guardduty update-detector --detector-id … --enable "
        "--features Name=S3_DATA_EVENTS,Status=ENABLED",
        stages=LIVE_ONLY,
        rule=FactRule((GuardDutyDetector,), rules.s3_protection),
    ),
)
