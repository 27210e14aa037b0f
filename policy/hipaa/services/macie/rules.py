"""Rules about Macie."""

from __future__ import annotations

from hipaa.model.property_checks import all_required
from hipaa.model.rule import RuleContext
from hipaa.model.verdict import Finding
from hipaa.services.macie.facts import DataDiscovery


def discovery(guard: DataDiscovery, _: RuleContext) -> Finding:
    return all_required([(guard.enabled, "Macie isn't enabled")], "Macie is enabled")
