"""Controls for CloudWatch Logs: log groups with audit logs, policies, and where log events are sent."""

from hipaa_controls.model.control import Control, Option, Severity, StricterWhen, addressed_by, required_by
from hipaa_controls.model.options import ACCOUNTS, BUCKETS, TRUSTED_PARTIES
from hipaa_controls.model.retention import MIN_RETENTION_DAYS
from hipaa_controls.model.rule import FactRule
from hipaa_controls.services.logs import rules
from hipaa_controls.services.logs.facts import LogDestination, LogGroup, LogsPolicy

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
    Control(
        id="logs-no-external-access",
        title="CloudWatch Logs policies grant access only to trusted accounts",
        statement=(
            "The resource policies of CloudWatch Logs and the policies of its destinations grant access only to the "
            "stack's own account, to trusted accounts and organizations, and to AWS services acting for them."
        ),
        rationale=(
            "An outsider that may write into a log group or a destination can hide what happened among false events. "
            "Without a source condition, any AWS customer can make the service write there."
        ),
        requirement=(
            "each Allow is for a service with a condition that limits it to the stack's account, trusted accounts "
            "({accounts}) or organizations ({organizations}), such as aws:SourceAccount or aws:SourceArn, or for "
            "principals of one of these, callers from a trusted network ({networks}) or endpoint ({endpoints}), or "
            "principals with a trusted ID ({ids})"
        ),
        paragraphs=(
            *addressed_by("308(a)(4)(ii)(B)", "308(a)(4)(ii)(C)", own_mapping=True),
            *required_by("312(a)(1)", own_mapping=True),
        ),
        severity=Severity.MEDIUM,
        remediation=(
            'add to the Allow for the service: "Condition": {"StringEquals": {"aws:SourceAccount": account_id}}; to '
            'the Allow for a whole organization: "Condition": {"StringEquals": {"aws:PrincipalOrgID": organization_id}}'
        ),
        options=TRUSTED_PARTIES,
        rule=FactRule((LogsPolicy,), rules.no_external_access),
        verified_before_creation=True,
    ),
    Control(
        id="logs-no-external-destinations",
        title="CloudWatch Logs sends log events only to trusted accounts",
        statement=(
            "Subscription filters, destinations and delivery destinations send log events only to resources of the "
            "stack's own account and of trusted accounts."
        ),
        rationale=(
            "A subscription filter sends every event of a log group as it arrives. Application logs may hold PHI, and "
            "audit logs show an outsider which records exist and who reads them."
        ),
        requirement=(
            "each destination is a resource of the stack, or belongs to the stack's account or a trusted one "
            "({accounts}), or is a bucket that the option buckets lists ({buckets})"
        ),
        paragraphs=required_by("312(a)(1)", "308(a)(4)(i)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            'aws.cloudwatch.LogSubscriptionFilter("audit", log_group=log_group.name, filter_pattern="", '
            "destination_arn=stream.arn, role_arn=role.arn) with a stream of the account; or list the account in the "
            "option accounts of logs-no-external-destinations"
        ),
        options=(ACCOUNTS, BUCKETS),
        rule=FactRule((LogDestination,), rules.no_external_destination),
    ),
)
