"""CloudWatch Logs: the log groups that hold audit records."""

from hipaa.model.control import Control, Option, Severity, StricterWhen, addressed_by, required_by
from hipaa.model.rule import FactRule
from hipaa.services.logs import rules
from hipaa.services.logs.facts import LogGroup

CONTROLS = (
    Control(
        id="logs-customer-managed-key",
        title="A customer managed key encrypts audit logs",
        statement="A log group that holds audit records is encrypted with a customer managed key.",
        requirement="kmsKeyId is a customer managed key",
        paragraphs=addressed_by("312(a)(2)(iv)"),
        severity=Severity.MEDIUM,
        remediation="aws.cloudwatch.LogGroup(…, kms_key_id=key.arn)",
        rule=FactRule((LogGroup,), rules.customer_managed_key),
    ),
    Control(
        id="logs-retention",
        title="Audit logs are kept",
        statement="A log group that holds audit records keeps them long enough.",
        requirement="retentionInDays is {days} or more, or isn't given, which keeps them for ever",
        paragraphs=required_by("312(b)", "316(b)(2)(i)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation="aws.cloudwatch.LogGroup(…, retention_in_days=2192)",
        options=(
            Option(
                "days",
                "Days that audit logs are kept at least: six years (164.316(b)(2)(i)).",
                2192,
                StricterWhen.HIGHER,
            ),
        ),
        rule=FactRule((LogGroup,), rules.retention),
    ),
)
