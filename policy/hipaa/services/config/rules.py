"""Rules about AWS Config."""

from __future__ import annotations

from hipaa.model.property_checks import all_required, negated
from hipaa.model.rule import RuleContext
from hipaa.model.verdict import Finding
from hipaa.services.config.facts import ConfigurationRecorder


def recorder_enabled(guard: ConfigurationRecorder, _: RuleContext) -> Finding:
    return all_required(
        [
            (guard.recording, "AWS Config records nothing"),
            (guard.records_all_types, "AWS Config doesn't record every type of resource that it supports"),
            (negated(guard.delivery_failing), "AWS Config failed to deliver what it recorded last"),
        ],
        "AWS Config records every type of resource",
    )
