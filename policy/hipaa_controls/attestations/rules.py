"""The check that a control is attested, and that the attestation hasn't expired."""

from __future__ import annotations

from collections.abc import Callable

from hipaa_controls.attestations.facts import Attestation
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.verdict import Finding, failed, passed


def attested(control: str) -> Callable[[Stack, RuleContext], Finding]:
    """Return a check that a control has an attestation, and that the latest one hasn't expired."""

    def check(stack: Stack, _: RuleContext) -> Finding:
        attestations = [
            attestation for attestation in stack.facts_of_type(Attestation) if attestation.control_id == control
        ]
        if not attestations:
            return failed("there is no attestation")
        latest = max(attestations, key=lambda attestation: attestation.days_left)
        if latest.days_left < 0:
            return failed(f"the attestation by {latest.owner} expired {_days(-latest.days_left)} ago")
        return passed(f"attested by {latest.owner}, valid for another {_days(latest.days_left)}")

    return check


def _days(number: int) -> str:
    return f"{number} day{'' if number == 1 else 's'}"
