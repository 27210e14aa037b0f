"""Controls for CloudWatch Logs log groups with audit logs."""

from hipaa_controls.model.control import Control, Option, Severity, StricterWhen, addressed_by, required_by
from hipaa_controls.model.options import ACCOUNTS
from hipaa_controls.model.retention import MIN_RETENTION_DAYS
from hipaa_controls.model.rule import FactRule
from hipaa_controls.services.logs import rules
from hipaa_controls.services.logs.facts import LogGroup

CONTROLS = (
    Control(
        id="logs-customer-managed-key",
        title="Audit log groups use a customer managed KMS key",
        statement="Log groups with audit logs are encrypted with a customer managed KMS key.",
        rationale=(
            "By default CloudWatch Logs encrypts with a key that the hospital neither controls nor can disable. "
            "Disabling a customer managed key makes the audit logs unreadable to an intruder."
        ),
        requirement="kmsKeyId is a customer managed key of the stack's account or of a trusted one ({accounts})",
        paragraphs=addressed_by("312(a)(2)(iv)"),
        severity=Severity.MEDIUM,
        remediation=(
            'aws.cloudwatch.LogGroup("audit", kms_key_id=audit_key.arn), and in the key policy {"Effect": "Allow", '
            '"Principal": {"Service": f"logs.{region}.amazonaws.com"}, "Action": ["kms:Encrypt*", "kms:Decrypt*", '
            '"kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"], "Resource": "*", "Condition": {"ArnLike": '
            '{"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{region}:{account_id}:*"}}}'
        ),
        options=(ACCOUNTS,),
        rule=FactRule((LogGroup,), rules.customer_managed_key),
    ),
    Control(
        id="logs-retention",
        title="Audit log groups retain events for six years",
        statement="Log groups with audit logs keep their events for the whole retention period.",
        rationale=(
            "A breach may be discovered years after it happened. If the logs have expired by then, the hospital can't "
            "show whose records were accessed."
        ),
        requirement="retentionInDays is {days} or more, or is 0 or not set, which keeps events forever",
        paragraphs=required_by("312(b)", "316(b)(2)(i)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation=f'aws.cloudwatch.LogGroup("audit", retention_in_days={MIN_RETENTION_DAYS})',
        options=(
            Option(
                "days",
                "Minimum retention of audit logs in days: six years (164.316(b)(2)(i)).",
                MIN_RETENTION_DAYS,
                StricterWhen.HIGHER,
            ),
        ),
        rule=FactRule((LogGroup,), rules.retention),
    ),
)
