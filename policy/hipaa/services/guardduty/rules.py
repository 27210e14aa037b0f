"""Rules about GuardDuty."""

from __future__ import annotations

from hipaa.model.property_checks import all_required
from hipaa.model.rule import RuleContext
from hipaa.model.verdict import Finding
from hipaa.services.guardduty.facts import ThreatDetection


def threats(guard: ThreatDetection, _: RuleContext) -> Finding:
    return all_required(
        [(guard.enabled, "GuardDuty isn't enabled"), (guard.s3, "GuardDuty doesn't look at how objects are used")],
        "GuardDuty looks at how objects are used",
    )
