"""Turns verdicts into the results of controls, as the evidence shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hipaa_controls.catalogue import judge
from hipaa_controls.model.control import Control
from hipaa_controls.model.control_config import ControlConfig
from hipaa_controls.model.exemption import Exemption
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.verdict import Verdict
from phi_buckets.audit.arns import region_of
from phi_buckets.audit.pack_config import PackConfig
from phi_buckets.evidence.model import Citation, ControlResult, ExemptionRecord, Observation, Outcome, worst_outcome


@dataclass(frozen=True)
class AccountFacts:
    """The facts of one account.

    Attributes:
        account_id: The account ID.
        stack: The facts; None if the account is inaccessible.
        reason: Why it is inaccessible.
    """

    account_id: str
    stack: Stack | None
    reason: str = ""


def control_results(
    accounts: Iterable[AccountFacts], organization: AccountFacts, config: PackConfig
) -> tuple[ControlResult, ...]:
    """Return the result of every live control.

    Args:
        accounts: The accounts, on each of which a control is evaluated.
        organization: The attestations. Controls that need an attestation are evaluated once, on these facts only.
        config: The configuration of the controls.
    """
    audited = list(accounts)
    return tuple(
        _result(
            control_config,
            [organization] if control_config.control.service == "attest" else audited,
            advisory=control_id in config.advisory,
        )
        for control_id, control_config in config.control_configs.items()
    )


def unused_exemptions(results: Iterable[ControlResult], config: PackConfig) -> list[str]:
    """Return an error for each exemption of a live resource that matches no finding.

    The pack does the same for the exemptions of a program's resources.
    """
    findings = [
        (result.id, observation.resource)
        for result in results
        for observation in result.observations
        if observation.outcome in (Outcome.EXEMPTED, Outcome.FAIL, Outcome.UNVERIFIED)
    ]
    return [
        f"{exemption.control}: exemption {exemption.position} matches no finding in the audited accounts: remove it"
        for control_config in config.control_configs.values()
        for exemption in control_config.exemptions
        if exemption.for_audit and not any(exemption.matches(control, resource) for control, resource in findings)
    ]


def _result(control_config: ControlConfig, accounts: list[AccountFacts], *, advisory: bool) -> ControlResult:
    control = control_config.control
    observations = [observation for account in accounts for observation in _observations(control_config, account)]
    blocking = {Outcome.FAIL} if control_config.allows_unverified else {Outcome.FAIL, Outcome.UNVERIFIED}
    return ControlResult(
        id=control.id,
        title=control.title,
        statement=control.statement,
        rationale=control.rationale,
        citations=_citations(control),
        severity=control.severity.value,
        requirement=control.requirement_text(control_config.options),
        remediation=control.remediation,
        outcome=worst_outcome(observation.outcome for observation in observations),
        level="advisory" if advisory else "mandatory",
        blocks=not advisory and any(observation.outcome in blocking for observation in observations),
        relaxations=control_config.relaxations,
        observations=tuple(observations),
    )


def _citations(control: Control) -> tuple[Citation, ...]:
    return tuple(
        Citation(
            paragraph=f"164.{paragraph.number}",
            specification=paragraph.specification.value,
            own_mapping=paragraph.own_mapping,
        )
        for paragraph in control.paragraphs
    )


def _observations(control_config: ControlConfig, account: AccountFacts) -> list[Observation]:
    if account.stack is None:
        inaccessible = Observation(
            account=account.account_id,
            region=None,
            resource=account.account_id,
            outcome=Outcome.UNVERIFIED,
            text=account.reason,
        )
        return [inaccessible]
    verdicts = judge(control_config.control, RuleContext(account.stack, control_config.options))
    return [_observation(control_config, verdict, account.account_id) for verdict in verdicts]


def _observation(control_config: ControlConfig, verdict: Verdict, account_id: str) -> Observation:
    exemption = control_config.exemption_for(verdict) if verdict.blocks_by_default else None
    return Observation(
        account=account_id,
        region=region_of(verdict.resource) or None,
        resource=verdict.resource,
        outcome=Outcome.EXEMPTED if exemption else Outcome(verdict.status.value),
        text=verdict.finding.text,
        witness=dict(verdict.finding.witness.details) if verdict.finding.witness else None,
        exemption=_exemption_record(exemption) if exemption else None,
    )


def _exemption_record(exemption: Exemption) -> ExemptionRecord:
    return ExemptionRecord(
        reason=exemption.reason,
        approver=exemption.approver,
        expires=exemption.expires,
        compensating_control=exemption.compensating_control,
    )
