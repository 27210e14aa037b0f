"""The catalogue of controls: what must hold, for what, by which paragraphs, and how to mend it."""

from hipaa.controls import backup, cloudtrail, cloudwatch, iam, kms, logs, s3, sns
from hipaa.controls.model import Control, Duty, Option, Paragraph, Severity, Tightens

__all__ = ["CONTROLS", "Control", "Duty", "Option", "Paragraph", "Severity", "Tightens"]

CONTROLS = (
    *s3.CONTROLS,
    *kms.CONTROLS,
    *cloudtrail.CONTROLS,
    *logs.CONTROLS,
    *cloudwatch.CONTROLS,
    *sns.CONTROLS,
    *iam.CONTROLS,
    *backup.CONTROLS,
)
