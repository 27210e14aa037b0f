"""Checks of event buses: the principals that may put events, and the destinations of events."""

from __future__ import annotations

from hipaa_controls import evaluator
from hipaa_controls.access import external_access
from hipaa_controls.access.destinations import check_destination, check_host
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.access.policy_queries import parse_resource_policy
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.verdict import Finding, failed, worst_finding
from hipaa_controls.services.events.facts import ApiDestination, EventBusPolicy, EventTarget

_CONTENT = "events are sent"


def no_external_access(policy: EventBusPolicy, context: RuleContext) -> Finding:
    trusted = TrustedParties.from_options(context.options, policy.location, policy.resource)
    return external_access.only_trusted_access(parse_resource_policy(policy.document), [evaluator.ANY], trusted)


def no_external_target(fact: EventTarget | ApiDestination, context: RuleContext) -> Finding:
    if isinstance(fact, ApiDestination):
        if isinstance(fact.endpoint, str) and not fact.endpoint.casefold().startswith("https://"):
            return failed("its endpoint isn't an https URL")
        return check_host(_CONTENT, fact.endpoint, context.options["hosts"])
    trusted = TrustedParties.from_options(context.options, fact.location, fact.resource)
    findings = (check_destination(_CONTENT, destination, trusted) for destination in fact.destinations)
    return worst_finding(findings, "events are sent only to trusted accounts")
