"""Checks of topics: their encryption, who may publish and subscribe, and where SNS sends their messages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipaa_controls import evaluator
from hipaa_controls.access import external_access
from hipaa_controls.access.destinations import check_destination, check_host
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.access.policy_queries import (
    Allowed,
    NotAllowed,
    ParsedPolicy,
    Undetermined,
    may_allow,
    parse_resource_policy,
)
from hipaa_controls.access.policy_size import KEY_POLICY, TOPIC_POLICY
from hipaa_controls.access.transport import check_policy_of_another_resource, insecure_transport_findings
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.values import StackResource, Unknown
from hipaa_controls.model.verdict import Finding, failed, not_applicable, passed, unverified, worst_finding
from hipaa_controls.services.kms.customer_managed_keys import check_customer_managed_key
from hipaa_controls.services.kms.facts import KeyPolicy
from hipaa_controls.services.sns.facts import Subscription, Topic, TopicPolicy

# The actions that a publisher to an encrypted topic needs:
# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
PUBLISHER_KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")
# https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html (Protocol)
URL_PROTOCOLS = ("http", "https")
PERSONAL_PROTOCOLS = ("email", "email-json", "sms")
TOPIC_ENCRYPTION_CONTEXT = "kms:EncryptionContext:aws:sns:topicArn"


def customer_managed_key(topic: Topic, context: RuleContext) -> Finding:
    finding = check_customer_managed_key(topic.kms_key, topic, context)
    key_is_declared = isinstance(topic.kms_key, StackResource) and context.stack.complete
    publishers = _publisher_findings(topic, context) if key_is_declared else ()
    return worst_finding([finding, *publishers], finding.text)


def _publisher_findings(topic: Topic, context: RuleContext) -> Iterator[Finding]:
    """Check that each service that publishes to the topic may use its key. Otherwise AWS drops the messages."""
    policies = [
        policy for policy in context.stack.facts_of_type(KeyPolicy) if policy.key == topic.kms_key and policy.document
    ]
    for service in topic.publishers:
        if isinstance(service, Unknown):
            yield unverified(service)
            continue
        if not policies:
            yield failed(f"its key has AWS's default key policy, so {service} can't publish to the topic")
        for policy in policies:
            parsed = parse_resource_policy(policy.document, KEY_POLICY) if policy.document else failed("")
            if not isinstance(parsed, ParsedPolicy):
                yield parsed
                continue
            for action in PUBLISHER_KEY_ACTIONS:
                yield _check_key_use(parsed, policy, topic, service, action)


def _check_key_use(parsed: ParsedPolicy, policy: KeyPolicy, topic: Topic, service: str, action: str) -> Finding:
    context = {TOPIC_ENCRYPTION_CONTEXT: topic.arn} if isinstance(topic.arn, str) else {}
    arn = policy.arn if isinstance(policy.arn, str) else evaluator.ANY
    request = evaluator.Request(action, arn, evaluator.Principal("Service", service), context)
    match may_allow(parsed, request):
        case NotAllowed():
            return failed(f"its key policy doesn't grant {action} to {service}, so it can't publish to the topic")
        case Undetermined(unknowns):
            return unverified(*unknowns)
        case Allowed():
            return passed("")


def private(policy: TopicPolicy, context: RuleContext) -> Finding:
    if policy.document is None:
        # If no other resource declares one either, the topic has AWS's default policy, which allows plain HTTP.
        targets = (other.topic for other in context.stack.facts_of_type(TopicPolicy) if other.document)
        return check_policy_of_another_resource(policy.resource, targets, context)
    parsed = parse_resource_policy(policy.document, TOPIC_POLICY)
    if not isinstance(parsed, ParsedPolicy):
        return parsed
    arn = _topic_arn(policy, parsed)
    trusted = TrustedParties.from_options(context.options, policy.location, policy.resource)
    findings = (
        *external_access.untrusted_access_findings(parsed, [arn], trusted),
        *insecure_transport_findings(parsed, arn, "sns", "sns:Publish"),
    )
    return worst_finding(findings, "the policy grants access only to trusted accounts and their services, over TLS")


def _topic_arn(policy: TopicPolicy, parsed: ParsedPolicy) -> str:
    """Return the topic's ARN; while it isn't known, the only ARN that the policy names, because SNS accepts no other.

    https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
    """
    if isinstance(policy.arn, str):
        return policy.arn
    arns = {
        resource
        for statement in parsed.statements
        for resource in statement.resources or ()
        if resource.startswith("arn:")
    }
    arn = arns.pop() if len(arns) == 1 else "*"
    return evaluator.ANY if re.search(r"[*?$]", arn) else arn


def subscription_tls(subscription: Subscription, _: RuleContext) -> Finding:
    if isinstance(subscription.protocol, Unknown):
        return unverified(subscription.protocol)
    if subscription.protocol == "http":
        return failed("its protocol is http")
    return passed("its protocol isn't http")


def no_external_subscription(subscription: Subscription, context: RuleContext) -> Finding:
    """Check the owner of the endpoint. The owner of an email address or a phone number can't be determined.

    Nothing in an address says whether its owner belongs to the workforce. SNS has that person confirm the subscription.
    https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html
    """
    content, protocol, endpoint = "messages are sent", subscription.protocol, subscription.endpoint
    if isinstance(protocol, Unknown):
        return unverified(protocol)
    if protocol in PERSONAL_PROTOCOLS:
        return not_applicable("an email address or a phone number doesn't show who owns it")
    if protocol in URL_PROTOCOLS:
        return check_host(content, endpoint, context.options["hosts"])
    trusted = TrustedParties.from_options(context.options, subscription.location, subscription.resource)
    return check_destination(content, endpoint, trusted)
