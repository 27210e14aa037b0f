"""SNS: the topics that alerts go to."""

from hipaa.model.control import Control, Severity, addressed_by, required_by
from hipaa.model.options import ACCOUNTS, ORGANIZATIONS
from hipaa.model.rule import FactRule
from hipaa.services.sns import rules
from hipaa.services.sns.facts import Topic, TopicPolicy

CONTROLS = (
    Control(
        id="sns-customer-managed-key",
        title="Alerts are encrypted with a customer managed key",
        statement="A topic is encrypted with a customer managed key, which the services that publish to it may use.",
        requirement="kmsMasterKeyId is a customer managed key, whose policy lets each publishing service use kms:Decrypt "
        "and kms:GenerateDataKey",
        paragraphs=addressed_by("312(a)(2)(iv)"),
        severity=Severity.MEDIUM,
        remediation="aws.sns.Topic(…, kms_master_key_id=key.id) with a key whose policy allows kms:Decrypt and "
        'kms:GenerateDataKey* to {"Service": "cloudwatch.amazonaws.com"}',
        rule=FactRule((Topic,), rules.customer_managed_key),
    ),
    Control(
        id="sns-private",
        title="Topics are private",
        statement="A topic's policy lets in only its own account, and services that act for it, over TLS.",
        requirement="each Allow is for the stack's account, trusted accounts ({accounts}) or organizations "
        "({organizations}), or a service bound by aws:SourceAccount or aws:SourceArn; and a Deny to everyone, of all "
        "that is allowed and of sns:Publish, where aws:SecureTransport is false",
        paragraphs=(*required_by("312(a)(1)", own_mapping=True), *required_by("312(e)(1)", own_mapping=True)),
        severity=Severity.HIGH,
        remediation='aws.sns.TopicPolicy(…, arn=topic.arn, policy=…) with a statement {"Effect": "Deny", "Principal": "*", '
        '"Action": "sns:Publish", "Resource": topic_arn, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}',
        options=(ACCOUNTS, ORGANIZATIONS),
        rule=FactRule((TopicPolicy,), rules.private),
    ),
)
