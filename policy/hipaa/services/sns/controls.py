"""Controls for SNS topics."""

from hipaa.model.control import Control, Severity, addressed_by, required_by
from hipaa.model.options import ACCOUNTS, ORGANIZATIONS
from hipaa.model.rule import FactRule
from hipaa.services.sns import rules
from hipaa.services.sns.facts import Topic, TopicPolicy

CONTROLS = (
    Control(
        id="sns-customer-managed-key",
        title="SNS topics use a customer managed KMS key",
        statement=(
            "Every topic is encrypted with a customer managed KMS key that the services publishing to it may "
            "use."
        ),
        rationale=(
            "Alerts name buckets, roles and object keys, and a key policy limits which principals can decrypt them. If "
            "a publisher may not use the key, its alert is lost and the incident goes unnoticed."
        ),
        requirement=(
            "kmsMasterKeyId is a customer managed key whose policy allows each publishing service kms:Decrypt and "
            "kms:GenerateDataKey"
        ),
        paragraphs=addressed_by("312(a)(2)(iv)"),
        severity=Severity.MEDIUM,
        remediation=(
            'aws.sns.Topic("alerts", kms_master_key_id=key.id), and in the key policy {"Effect": "Allow", "Principal": '
            '{"Service": "cloudwatch.amazonaws.com"}, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": '
            '"*", "Condition": {"StringEquals": {"aws:SourceAccount": account_id}}}'
        ),
        rule=FactRule((Topic,), rules.customer_managed_key),
    ),
    Control(
        id="sns-private",
        title="SNS topics are private and require TLS",
        statement=(
            "A topic policy grants access only to trusted accounts and to AWS services acting for them, and denies "
            "plain HTTP."
        ),
        rationale=(
            "An outside publisher could hide a real alert among false ones, and an outside subscriber would read the "
            "details of every incident."
        ),
        requirement=(
            "each Allow is for the stack's account, trusted accounts ({accounts}) or organizations ({organizations}), "
            "or for a service with a condition on aws:SourceAccount or aws:SourceArn; and a Deny for all principals of "
            "sns:Publish and of every allowed action, where aws:SecureTransport is false"
        ),
        paragraphs=(*required_by("312(a)(1)", own_mapping=True), *required_by("312(e)(1)", own_mapping=True)),
        severity=Severity.HIGH,
        remediation=(
            'add to the Statement of the topic policy: {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", '
            '"Resource": topic.arn, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}'
        ),
        options=(ACCOUNTS, ORGANIZATIONS),
        rule=FactRule((TopicPolicy,), rules.private),
    ),
)
