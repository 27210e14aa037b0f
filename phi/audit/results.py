"""From verdicts to what the evidence says of each control."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hipaa.catalogue import judge
from hipaa.model.control import Control
from hipaa.model.control_config import ControlConfig
from hipaa.model.exemption import Exemption as Accepted
from hipaa.model.rule import RuleContext
from hipaa.model.stack import Stack
from hipaa.model.verdict import Status, Verdict
from phi.audit.config import Config
from phi.evidence.model import Citation, ControlResult, Exemption, Observation, Outcome, worst

OUTCOMES = {
    Status.PASS: Outcome.PASS,
    Status.FAIL: Outcome.FAIL,
    Status.UNVERIFIED: Outcome.UNVERIFIED,
    Status.NOT_APPLICABLE: Outcome.NOT_APPLICABLE,
}


@dataclass(frozen=True)
class Seen:
    """An account as it was read; stack is None where it couldn't be entered, for the reason why."""

    account: str
    stack: Stack | None
    why: str = ""


def results(accounts: Iterable[Seen], people: Seen, config: Config) -> tuple[ControlResult, ...]:
    """Every control that is judged live, over all accounts; what people attest is asked of them, once."""
    every = list(accounts)
    return tuple(
        _result(terms, [people] if terms.control.service == "attest" else every, name in config.advisory)
        for name, terms in config.terms.items()
    )


def unused(results: Iterable[ControlResult], config: Config) -> list[str]:
    """Exemptions of live resources that excuse nothing, as the pack's gate tells of its own."""
    wrong = [
        (result.id, each.resource)
        for result in results
        for each in result.observations
        if each.outcome in (Outcome.EXEMPTED, Outcome.FAIL, Outcome.UNVERIFIED)
    ]
    return [
        f"{exemption.control}: exemption {position} excuses nothing here: take it out"
        for terms in config.terms.values()
        for position, exemption in enumerate(terms.exemptions, 1)
        if exemption.for_audit and not any(exemption.matches(control, resource) for control, resource in wrong)
    ]


def _result(terms: ControlConfig, seen: list[Seen], advisory: bool) -> ControlResult:
    control = terms.control
    found = [each for one in seen for each in _observed(terms, one)]
    blocking = {Outcome.FAIL} if terms.allows_unverified else {Outcome.FAIL, Outcome.UNVERIFIED}
    return ControlResult(
        id=control.id,
        title=control.title,
        statement=control.statement,
        citations=_citations(control),
        severity=control.severity.value,
        required=control.requirement_text(terms.options),
        remedy=control.remediation,
        outcome=worst(each.outcome for each in found),
        level="advisory" if advisory else "mandatory",
        blocks=not advisory and any(each.outcome in blocking for each in found),
        loosened=terms.relaxations,
        observations=tuple(found),
    )


def _citations(control: Control) -> tuple[Citation, ...]:
    return tuple(
        Citation(paragraph=f"164.{each.number}", duty=each.specification.value, ours=each.own_mapping)
        for each in control.paragraphs
    )


def _observed(terms: ControlConfig, seen: Seen) -> list[Observation]:
    if seen.stack is None:
        told = Observation(
            account=seen.account, region=None, resource=seen.account, outcome=Outcome.UNVERIFIED, found=seen.why
        )
        return [told]
    return [
        _observation(terms, each, seen.account) for each in judge(terms.control, RuleContext(seen.stack, terms.options))
    ]


def _observation(terms: ControlConfig, verdict: Verdict, account: str) -> Observation:
    exemption = terms.exemption_for(verdict) if verdict.blocks else None
    return Observation(
        account=account,
        region=_region(verdict.resource),
        resource=verdict.resource,
        outcome=Outcome.EXEMPTED if exemption else OUTCOMES[verdict.status],
        found=verdict.finding.text,
        exemption=_told(exemption) if exemption else None,
    )


def _told(exemption: Accepted) -> Exemption:
    return Exemption(
        reason=exemption.reason,
        approver=exemption.approver,
        expires=exemption.expires,
        compensating_control=exemption.compensating_control,
    )


def _region(arn: str) -> str | None:
    """The region in an ARN; None of what is global, or in whose ARN there is none."""
    parts = arn.split(":", 5)
    return (parts[3] or None) if len(parts) == 6 else None
