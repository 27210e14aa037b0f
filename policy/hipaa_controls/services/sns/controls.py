"""Controls for SNS topics."""

from hipaa_controls.model.control import Control, Severity, addressed_by, required_by
from hipaa_controls.model.options import ACCOUNTS, HOSTS, ONLY_TRUSTED_PARTIES, TRUSTED_PARTIES
from hipaa_controls.model.rule import FactRule
from hipaa_controls.services.sns import rules
from hipaa_controls.services.sns.facts import Subscription, Topic, TopicPolicy

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
            f"{ONLY_TRUSTED_PARTIES}; "
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
    Control(
        id="sns-subscription-tls",
        title="SNS subscriptions require TLS",
        statement="No topic sends its messages to an endpoint over plain HTTP.",
        rationale=(
            "SNS decrypts a message before it sends it. Over plain HTTP, anyone on the network path to the endpoint "
            "can read the message, and can change or suppress an alert."
        ),
        requirement="the protocol is not http",
        paragraphs=(*required_by("312(e)(1)"), *addressed_by("312(e)(2)(i)", "312(e)(2)(ii)")),
        severity=Severity.HIGH,
        remediation=(
            'aws.sns.TopicSubscription("on-call", topic=topic.arn, protocol="https", '
            'endpoint="https://alerts.example.com/hook")'
        ),
        rule=FactRule((Subscription,), rules.subscription_tls),
    ),
    Control(
        id="sns-no-external-subscriptions",
        title="SNS topics send messages only to trusted endpoints",
        statement=(
            "The queues, functions and other resources that subscribe to a topic belong to the stack's own account or "
            "to trusted accounts, and the https endpoints to trusted hosts."
        ),
        rationale=(
            "Every message goes to every subscriber. A queue in a former vendor's account receives all of them, and so "
            "does a webhook whose owner has signed no business associate agreement."
        ),
        requirement=(
            "each endpoint is a resource of the stack, or belongs to the stack's account or a trusted one "
            "({accounts}), or is an https URL of a trusted host ({hosts}); email addresses and phone numbers aren't "
            "checked, because they don't show who owns them"
        ),
        paragraphs=required_by("312(a)(1)", "308(a)(4)(i)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            'aws.sns.TopicSubscription("results", topic=topic.arn, protocol="sqs", endpoint=queue.arn); or list the '
            "account or the host in the options of sns-no-external-subscriptions, as in "
            '{"sns-no-external-subscriptions": {"hosts": ["alerts.example.com"]}}'
        ),
        options=(ACCOUNTS, HOSTS),
        rule=FactRule((Subscription,), rules.no_external_subscription),
    ),
)
