"""Controls for AWS Config."""

from __future__ import annotations

from hipaa_controls.model.control import LIVE_ONLY, Control, Severity, required_by
from hipaa_controls.model.rule import FactRule
from hipaa_controls.services.config import rules
from hipaa_controls.services.config.facts import ConfigurationRecorder

CONTROLS = (
    Control(
        id="config-recorder-enabled",
        title="AWS Config records all resource types",
        statement=(
            "AWS Config records every supported resource type in every audited region, and delivers what it records."
        ),
        rationale=(
            "A change by hand never passes a preview. Without the recorder there is no history of when a bucket's "
            "protection was turned off, and Config rules can't report it."
        ),
        requirement="a recorder for all supported resource types that is recording, and whose last delivery succeeded",
        paragraphs=(*required_by("308(a)(1)(ii)(D)", own_mapping=True), *required_by("308(a)(8)", own_mapping=True)),
        severity=Severity.MEDIUM,
        remediation=(
            "add config to phi:accountSecurityServices, or run: aws configservice put-configuration-recorder "
            "--configuration-recorder name=default,roleARN=ROLE_ARN --recording-group allSupported=true; aws "
            "configservice put-delivery-channel --delivery-channel name=default,s3BucketName=BUCKET; aws configservice "
            "start-configuration-recorder --configuration-recorder-name default"
        ),
        stages=LIVE_ONLY,
        rule=FactRule((ConfigurationRecorder,), rules.recorder_enabled),
    ),
)
