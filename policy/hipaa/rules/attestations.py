"""What people answer for. None is ever assumed."""

from __future__ import annotations

from collections.abc import Callable

from hipaa.controls import attestations
from hipaa.facts import Attestation, Stack
from hipaa.rules.registry import Case, rule
from hipaa.verdicts import Finding, failed, passed


def _of(control: str) -> Callable[[Stack, Case], Finding]:
    def judge(stack: Stack, _: Case) -> Finding:
        attested = [each for each in stack.of(Attestation) if each.control == control]
        if not attested:
            return failed("nobody attests it")
        latest = max(attested, key=lambda each: each.days_left)
        if latest.days_left < 0:
            return failed(f"the attestation of {latest.owner} is stale since {_days(-latest.days_left)}")
        return passed(f"attested by {latest.owner}, for another {_days(latest.days_left)}")

    return judge


def _days(number: int) -> str:
    return f"{number} day{'' if number == 1 else 's'}"


for each in attestations.CONTROLS:
    rule(each.id, Stack, joins=True)(_of(each.id))
