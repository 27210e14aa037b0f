"""SNS: the topics that alerts go to."""

from hipaa.controls.model import Control, Severity, addressable, required
from hipaa.controls.options import ACCOUNTS, ORGANIZATIONS

CONTROLS = (
    Control(
        id="sns-customer-key",
        title="Alerts are encrypted with a customer managed key",
        statement="A topic is encrypted with a customer managed key, which the services that publish to it may use.",
        required="kmsMasterKeyId is a customer managed key, whose policy lets each publishing service use kms:Decrypt "
        "and kms:GenerateDataKey",
        paragraphs=addressable("312(a)(2)(iv)"),
        severity=Severity.MEDIUM,
        remedy="aws.sns.Topic(…, kms_master_key_id=key.id) with a key whose policy allows kms:Decrypt and "
        'kms:GenerateDataKey* to {"Service": "cloudwatch.amazonaws.com"}',
    ),
    Control(
        id="sns-private",
        title="Topics are private",
        statement="A topic's policy lets in only its own account, and services that act for it, over TLS.",
        required="each Allow is for the stack's account, trusted accounts ({accounts}) or organizations "
        "({organizations}), or a service bound by aws:SourceAccount or aws:SourceArn; and a Deny to everyone, of all "
        "that is allowed and of sns:Publish, where aws:SecureTransport is false",
        paragraphs=(*required("312(a)(1)", ours=True), *required("312(e)(1)", ours=True)),
        severity=Severity.HIGH,
        remedy='aws.sns.TopicPolicy(…, arn=topic.arn, policy=…) with a statement {"Effect": "Deny", "Principal": "*", '
        '"Action": "sns:Publish", "Resource": topic_arn, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}',
        options=(ACCOUNTS, ORGANIZATIONS),
    ),
)
