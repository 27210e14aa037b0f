"""AWS Config."""

from __future__ import annotations

from hipaa.model.control import LIVE_ONLY, Control, Severity, required_by
from hipaa.model.rule import FactRule
from hipaa.services.config import rules
from hipaa.services.config.facts import ConfigurationRecorder

CONTROLS = (
    Control(
        id="config-recorder-enabled",
        title="Every change of a setting is recorded",
        statement="AWS Config records how resources of every type are set, and were, in each region.",
        requirement="a recorder of all supported types of resources that is switched on, and delivers",
        paragraphs=(*required_by("308(a)(1)(ii)(D)", own_mapping=True), *required_by("308(a)(8)", own_mapping=True)),
        severity=Severity.MEDIUM,
        remediation="the stack's phi:accountSecurityServices with config, or: aws configservice put-configuration-recorder and "
        "start-configuration-recorder",
        stages=LIVE_ONLY,
        rule=FactRule((ConfigurationRecorder,), rules.recorder_enabled),
    ),
)
