"""What people answer for. None is ever assumed."""

from __future__ import annotations

from collections.abc import Callable

from hipaa.attestations.facts import Attestation
from hipaa.model.rule import RuleContext
from hipaa.model.stack import Stack
from hipaa.model.verdict import Finding, failed, passed


def attested(control: str) -> Callable[[Stack, RuleContext], Finding]:
    def judge(stack: Stack, _: RuleContext) -> Finding:
        attested = [each for each in stack.facts_of_type(Attestation) if each.control_id == control]
        if not attested:
            return failed("nobody attests it")
        latest = max(attested, key=lambda each: each.days_left)
        if latest.days_left < 0:
            return failed(f"the attestation of {latest.owner} is stale since {_days(-latest.days_left)}")
        return passed(f"attested by {latest.owner}, for another {_days(latest.days_left)}")

    return judge


def _days(number: int) -> str:
    return f"{number} day{'' if number == 1 else 's'}"
