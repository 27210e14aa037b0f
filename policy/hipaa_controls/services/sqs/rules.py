"""Checks of queues: their encryption, and who may send and receive messages."""

from __future__ import annotations

from hipaa_controls import evaluator
from hipaa_controls.access import external_access
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.access.policy_queries import ParsedPolicy, parse_resource_policy
from hipaa_controls.access.policy_size import QUEUE_POLICY
from hipaa_controls.access.transport import check_policy_of_another_resource, insecure_transport_findings
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.values import Unknown
from hipaa_controls.model.verdict import Finding, Status, failed, passed, unverified, worst_finding
from hipaa_controls.services.kms.customer_managed_keys import check_customer_managed_key
from hipaa_controls.services.sqs.facts import Queue, QueuePolicy

# The actions that transfer messages. IAM may allow them where the queue policy says nothing about them.
MESSAGE_ACTIONS = ("sqs:SendMessage", "sqs:ReceiveMessage")


def encryption(queue: Queue, _: RuleContext) -> Finding:
    """Check that server-side encryption is on.

    SQS encrypts a new queue with SSE-SQS, unless the request turns it off or is made over plain HTTP:
    https://aws.amazon.com/blogs/compute/announcing-server-side-encryption-with-amazon-simple-queue-service-managed-encryption-keys-sse-sqs-by-default/
    """
    if queue.kms_key and not isinstance(queue.kms_key, Unknown):
        return passed("SSE-KMS is on")
    if queue.sse_sqs is None or queue.sse_sqs is True:
        return passed("SSE-SQS is on")
    unknowns = [value for value in (queue.kms_key, queue.sse_sqs) if isinstance(value, Unknown)]
    return unverified(*unknowns) if unknowns else failed("SSE-SQS is off, and there is no KMS key")


def customer_managed_key(queue: Queue, context: RuleContext) -> Finding:
    """Check the key. A failure is unverified if the tags aren't known, because the queue may not hold PHI."""
    finding = check_customer_managed_key(queue.kms_key, queue, context)
    if finding.status is Status.FAIL and isinstance(queue.tags, Unknown):
        return unverified(queue.tags)
    return finding


def no_external_access(policy: QueuePolicy, context: RuleContext) -> Finding:
    if policy.document is None:
        return passed("it declares no policy, so only IAM policies of its own account grant access")
    arn = policy.arn if isinstance(policy.arn, str) else evaluator.ANY
    trusted = TrustedParties.from_options(context.options, policy.location, policy.resource)
    parsed = parse_resource_policy(policy.document, QUEUE_POLICY)
    return external_access.only_trusted_access(parsed, [arn], trusted)


def tls_only(policy: QueuePolicy, context: RuleContext) -> Finding:
    if policy.document is None:
        targets = (other.queue for other in context.stack.facts_of_type(QueuePolicy) if other.document)
        return check_policy_of_another_resource(policy.resource, targets, context)
    parsed = parse_resource_policy(policy.document, QUEUE_POLICY)
    if not isinstance(parsed, ParsedPolicy):
        return parsed
    if isinstance(policy.arn, str):
        return _check_plain_http_is_denied(parsed, policy.arn)
    finding = _check_plain_http_is_denied(parsed, evaluator.ANY)
    if finding.status is not Status.FAIL:
        return finding
    # A Deny that names one queue is enough if it names this one.
    named_arns = {arn for statement in parsed.statements for arn in statement.resources or () if arn.startswith("arn:")}
    may_pass = any(_check_plain_http_is_denied(parsed, arn).status is not Status.FAIL for arn in named_arns)
    return unverified(policy.arn) if may_pass else finding


def _check_plain_http_is_denied(parsed: ParsedPolicy, arn: str) -> Finding:
    findings = insecure_transport_findings(parsed, arn, "sqs", *MESSAGE_ACTIONS)
    return worst_finding(findings, "the policy denies every request over plain HTTP")
