"""CloudWatch Logs: the log groups that hold audit records."""

from hipaa.controls.model import Control, Option, Severity, Tightens, addressable, required

CONTROLS = (
    Control(
        id="logs-customer-key",
        title="A customer managed key encrypts audit logs",
        statement="A log group that holds audit records is encrypted with a customer managed key.",
        required="kmsKeyId is a customer managed key",
        paragraphs=addressable("312(a)(2)(iv)"),
        severity=Severity.MEDIUM,
        remedy="aws.cloudwatch.LogGroup(…, kms_key_id=key.arn)",
    ),
    Control(
        id="logs-retention",
        title="Audit logs are kept",
        statement="A log group that holds audit records keeps them long enough.",
        required="retentionInDays is {days} or more, or isn't given, which keeps them for ever",
        paragraphs=required("312(b)", "316(b)(2)(i)", ours=True),
        severity=Severity.MEDIUM,
        remedy="aws.cloudwatch.LogGroup(…, retention_in_days=2192)",
        options=(
            Option(
                "days",
                "Days that audit logs are kept at least: six years (164.316(b)(2)(i)).",
                2192,
                Tightens.UP,
            ),
        ),
    ),
)
