"""Checks of AWS Config recorders."""

from __future__ import annotations

from hipaa_controls.model.property_checks import negated, require_all
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.verdict import Finding
from hipaa_controls.services.config.facts import ConfigurationRecorder


def recorder_enabled(recorder: ConfigurationRecorder, _: RuleContext) -> Finding:
    return require_all(
        [
            (recorder.recording, "AWS Config isn't recording"),
            (recorder.records_all_types, "AWS Config doesn't record every supported resource type"),
            (negated(recorder.delivery_failing), "AWS Config failed to deliver its last recording"),
        ],
        "AWS Config records every supported resource type",
    )
