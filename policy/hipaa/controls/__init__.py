"""The catalogue of controls: what must hold, for what, by which paragraphs, and how to mend it."""

from hipaa.controls import account, attestations, backup, cloudtrail, cloudwatch, iam, kms, logs, s3, sns
from hipaa.controls.model import Control, Duty, Option, Paragraph, Severity, Tightens, Where

__all__ = [
    "AUDITED",
    "CONTROLS",
    "PREVIEWED",
    "Control",
    "Duty",
    "Option",
    "Paragraph",
    "Severity",
    "Tightens",
    "Where",
]

CONTROLS = (
    *s3.CONTROLS,
    *kms.CONTROLS,
    *cloudtrail.CONTROLS,
    *logs.CONTROLS,
    *cloudwatch.CONTROLS,
    *sns.CONTROLS,
    *iam.CONTROLS,
    *backup.CONTROLS,
    *account.CONTROLS,
    *attestations.CONTROLS,
)
PREVIEWED = tuple(control for control in CONTROLS if Where.PREVIEW in control.where)
AUDITED = tuple(control for control in CONTROLS if Where.LIVE in control.where)
