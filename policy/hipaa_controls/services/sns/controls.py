"""Controls for SNS topics."""

from hipaa_controls.model.control import Control, Severity, addressed_by, required_by
from hipaa_controls.model.options import ACCOUNTS, TRUSTED_PARTIES
from hipaa_controls.model.rule import FactRule
from hipaa_controls.services.sns import rules
from hipaa_controls.services.sns.facts import Topic, TopicPolicy

CONTROLS = (
    Control(
        id="sns-customer-managed-key",
        title="SNS topics use a customer managed KMS key",
        statement=(
            "Every topic is encrypted with a customer managed KMS key that the services publishing to it may use."
        ),
        rationale=(
            "Alerts name buckets, roles and object keys, and a key policy limits which principals can decrypt them. If "
            "a service may not use the key, its alert is lost and the incident goes unnoticed."
        ),
        requirement=(
            "kmsMasterKeyId is a customer managed key of the stack's account or of a trusted one ({accounts}), whose "
            "policy allows each publishing service kms:Decrypt and kms:GenerateDataKey"
        ),
        paragraphs=addressed_by("312(a)(2)(iv)"),
        severity=Severity.MEDIUM,
        remediation=(
            'aws.sns.Topic("alerts", kms_master_key_id=key.arn), and in the key policy {"Effect": "Allow", '
            '"Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": ["kms:Decrypt", "kms:GenerateDataKey*"], '
            '"Resource": "*", "Condition": {"StringEquals": {"aws:SourceAccount": account_id}}}; likewise for each '
            "other service that publishes"
        ),
        options=(ACCOUNTS,),
        rule=FactRule((Topic,), rules.customer_managed_key),
    ),
    Control(
        id="sns-private",
        title="SNS topics are private and require TLS",
        statement=(
            "A topic policy grants access only to the stack's own account, to trusted accounts and organizations, and "
            "to AWS services acting for them, and denies plain HTTP."
        ),
        rationale=(
            "An external publisher could hide a real alert among false ones, and an external subscriber would read the "
            "details of every incident. Over plain HTTP, alerts travel in clear text."
        ),
        requirement=(
            "each Allow is for the stack's account, trusted accounts ({accounts}) or organizations ({organizations}), "
            "for a service with a condition that limits it to them, such as aws:SourceAccount or aws:SourceArn, or for "
            "callers from a trusted network ({networks}) or endpoint ({endpoints}) or with a trusted ID ({ids}); "
            "and a Deny for all principals of sns:Publish and of every action that the policy allows, where "
            "aws:SecureTransport is false"
        ),
        paragraphs=(*required_by("312(a)(1)", own_mapping=True), *required_by("312(e)(1)", own_mapping=True)),
        severity=Severity.HIGH,
        remediation=(
            'name principals of the account in each Allow: "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"}; '
            'for a service add "Condition": {"StringEquals": {"aws:SourceAccount": account_id}}; and add to the '
            'Statement of the topic policy: {"Effect": "Deny", "Principal": "*", "Action": ["sns:Publish", '
            '"sns:Subscribe", "sns:ListSubscriptionsByTopic", "sns:GetTopicAttributes", "sns:SetTopicAttributes", '
            '"sns:AddPermission", "sns:RemovePermission", "sns:DeleteTopic"], "Resource": topic.arn, "Condition": '
            '{"Bool": {"aws:SecureTransport": "false"}}}'
        ),
        options=TRUSTED_PARTIES,
        rule=FactRule((TopicPolicy,), rules.private),
        verified_before_creation=True,
    ),
)
