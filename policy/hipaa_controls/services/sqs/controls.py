"""Controls for SQS queues."""

from hipaa_controls.model.control import EVERY_DATA_CLASS, Control, Severity, addressed_by, required_by
from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.options import ACCOUNTS, ONLY_TRUSTED_PARTIES, TRUSTED_PARTIES
from hipaa_controls.model.rule import FactRule
from hipaa_controls.services.sqs import rules
from hipaa_controls.services.sqs.facts import Queue, QueuePolicy

WITH_KEY = 'aws.sqs.Queue("results", kms_master_key_id=key.arn)'

CONTROLS = (
    Control(
        id="sqs-encryption",
        title="SQS queues encrypt messages at rest",
        statement="Every queue has server-side encryption: SSE-SQS or SSE-KMS.",
        rationale=(
            "A message may wait in a queue for up to 14 days. PHI that isn't encrypted counts as unsecured, so losing "
            "a copy of it is presumed to be a reportable breach."
        ),
        requirement="sqsManagedSseEnabled isn't false (SQS turns SSE-SQS on by default), or kmsMasterKeyId is set",
        data_classes=EVERY_DATA_CLASS,
        paragraphs=addressed_by("312(a)(2)(iv)", "312(e)(2)(ii)"),
        severity=Severity.CRITICAL,
        remediation=f'{WITH_KEY}, or aws.sqs.Queue("results", sqs_managed_sse_enabled=True)',
        rule=FactRule((Queue,), rules.encryption),
    ),
    Control(
        id="sqs-customer-managed-key",
        title="SQS queues with PHI use a customer managed KMS key",
        statement="Queues with PHI or replicas are encrypted with a customer managed KMS key.",
        rationale=(
            "With SSE-SQS, a principal that may receive a message can also decrypt it. The policy of a customer "
            "managed key is a second access check, and disabling the key stops access to PHI in an incident."
        ),
        requirement="kmsMasterKeyId is a customer managed key of the stack's account or of a trusted one ({accounts})",
        data_classes=frozenset({DataClass.PHI, DataClass.REPLICA}),
        paragraphs=addressed_by("312(a)(2)(iv)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=f'{WITH_KEY}; for a queue without PHI, tags={{"DataClass": "Internal"}}',
        options=(ACCOUNTS,),
        rule=FactRule((Queue,), rules.customer_managed_key),
    ),
    Control(
        id="sqs-no-external-access",
        title="SQS queue policies grant access only to trusted accounts",
        statement=(
            "A queue policy grants access only to the stack's own account, to trusted accounts and organizations, and "
            "to AWS services acting for them."
        ),
        rationale=(
            "An external principal could read messages, and delete them before the application reads them, or could "
            "put false records into the workflow."
        ),
        requirement=ONLY_TRUSTED_PARTIES,
        data_classes=EVERY_DATA_CLASS,
        paragraphs=(
            *addressed_by("308(a)(4)(ii)(B)", "308(a)(4)(ii)(C)", own_mapping=True),
            *required_by("312(a)(1)", own_mapping=True),
        ),
        severity=Severity.HIGH,
        remediation=(
            'name principals of the account in each Allow: "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"}; '
            'for a service add "Condition": {"StringEquals": {"aws:SourceAccount": account_id}}'
        ),
        options=TRUSTED_PARTIES,
        rule=FactRule((QueuePolicy,), rules.no_external_access),
        verified_before_creation=True,
    ),
    Control(
        id="sqs-tls-only",
        title="SQS queues deny plain HTTP",
        statement="Every queue policy denies all requests over plain HTTP, from every principal.",
        rationale=(
            "SQS has endpoints for plain HTTP. A client with an http:// endpoint sends messages in clear text through "
            "every network on the way."
        ),
        requirement=(
            "a Deny for all principals of sqs:SendMessage, of sqs:ReceiveMessage and of every action that the policy "
            "allows, where aws:SecureTransport is false"
        ),
        data_classes=EVERY_DATA_CLASS,
        paragraphs=(*required_by("312(e)(1)"), *addressed_by("312(e)(2)(i)", "312(e)(2)(ii)")),
        severity=Severity.HIGH,
        remediation=(
            'add to the Statement of the queue policy: {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", '
            '"Resource": queue.arn, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}'
        ),
        rule=FactRule((QueuePolicy,), rules.tls_only),
    ),
)
