"""Turns verdicts into the results of controls, as the evidence shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hipaa.catalogue import judge
from hipaa.model import exemption as accepted_risk
from hipaa.model.control import Control
from hipaa.model.control_config import ControlConfig
from hipaa.model.rule import RuleContext
from hipaa.model.stack import Stack
from hipaa.model.verdict import Verdict
from phi.audit.arns import region_of
from phi.audit.pack_config import PackConfig
from phi.evidence.model import Citation, ControlResult, Exemption, Observation, Outcome, worst_outcome


@dataclass(frozen=True)
class AccountView:
    """The facts of one account.

    Attributes:
        account: the account ID.
        stack: the facts; None if the account is inaccessible.
        reason: why it is inaccessible.
    """

    account: str
    stack: Stack | None
    reason: str = ""


def control_results(
    accounts: Iterable[AccountView], organization: AccountView, config: PackConfig
) -> tuple[ControlResult, ...]:
    """Return the result of every live control.

    Args:
        accounts: the accounts, on each of which a control is evaluated.
        organization: the attestations. The controls that need them are evaluated once, on these only.
        config: the configuration of the controls.
    """
    views = list(accounts)
    return tuple(
        _result(
            control_config,
            [organization] if control_config.control.service == "attest" else views,
            advisory=control_id in config.advisory,
        )
        for control_id, control_config in config.control_configs.items()
    )


def unused_exemptions(results: Iterable[ControlResult], config: PackConfig) -> list[str]:
    """Return an error for each exemption of a live resource that matches no finding, as the pack does for its own."""
    findings = [
        (result.id, observation.resource)
        for result in results
        for observation in result.observations
        if observation.outcome in (Outcome.EXEMPTED, Outcome.FAIL, Outcome.UNVERIFIED)
    ]
    return [
        f"{exemption.control}: exemption {position} matches no finding in the audited accounts: remove it"
        for control_config in config.control_configs.values()
        for position, exemption in enumerate(control_config.exemptions, 1)
        if exemption.for_audit and not any(exemption.matches(control, resource) for control, resource in findings)
    ]


def _result(control_config: ControlConfig, views: list[AccountView], *, advisory: bool) -> ControlResult:
    control = control_config.control
    observations = [observation for view in views for observation in _observations(control_config, view)]
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


def _observations(control_config: ControlConfig, view: AccountView) -> list[Observation]:
    if view.stack is None:
        inaccessible = Observation(
            account=view.account, region=None, resource=view.account, outcome=Outcome.UNVERIFIED, text=view.reason
        )
        return [inaccessible]
    verdicts = judge(control_config.control, RuleContext(view.stack, control_config.options))
    return [_observation(control_config, verdict, view.account) for verdict in verdicts]


def _observation(control_config: ControlConfig, verdict: Verdict, account: str) -> Observation:
    exemption = control_config.exemption_for(verdict) if verdict.blocks else None
    return Observation(
        account=account,
        region=region_of(verdict.resource) or None,
        resource=verdict.resource,
        outcome=Outcome.EXEMPTED if exemption else Outcome(verdict.status.value),
        text=verdict.finding.text,
        exemption=_exemption(exemption) if exemption else None,
    )


def _exemption(exemption: accepted_risk.Exemption) -> Exemption:
    return Exemption(
        reason=exemption.reason,
        approver=exemption.approver,
        expires=exemption.expires,
        compensating_control=exemption.compensating_control,
    )
