"""Topics: what encrypts their messages, and who publishes and subscribes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipaa import evaluator
from hipaa.access import external_access
from hipaa.access.policy_queries import ParsedPolicy, may_allow, require_denied, parse_resource_policy
from hipaa.model.rule import RuleContext
from hipaa.model.values import StackResource, Unknown
from hipaa.model.verdict import Finding, failed, passed, unverified
from hipaa.services.kms.customer_managed_keys import check_customer_managed_key
from hipaa.services.kms.facts import KeyPolicy
from hipaa.services.sns.facts import Topic, TopicPolicy

# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
USES = ("kms:Decrypt", "kms:GenerateDataKey")
CONTEXT = "kms:EncryptionContext:aws:sns:topicArn"


def customer_managed_key(topic: Topic, context: RuleContext) -> Finding:
    finding = check_customer_managed_key(topic.kms_key)
    publishers = _publishers(topic, context) if isinstance(topic.kms_key, StackResource) and context.stack.complete else ()
    return external_access.worst_finding([finding, *publishers], finding.text)


def _publishers(topic: Topic, context: RuleContext) -> Iterator[Finding]:
    """Whether the services that publish may use the key: AWS drops what they publish where they may not."""
    policies = [each for each in context.stack.facts_of_type(KeyPolicy) if each.key == topic.kms_key and each.document]
    for service in topic.publishers:
        if isinstance(service, Unknown):
            yield unverified(service)
            continue
        if not policies:
            yield failed(f"its key has AWS's default policy, by which {service} can't publish to it")
        for policy in policies:
            parsed = parse_resource_policy(policy.document) if policy.document else failed("")
            if not isinstance(parsed, ParsedPolicy):
                yield parsed
                continue
            for action in USES:
                yield _may_use(parsed, policy, topic, service, action)


def _may_use(parsed: ParsedPolicy, policy: KeyPolicy, topic: Topic, service: str, action: str) -> Finding:
    context = {CONTEXT: topic.arn} if isinstance(topic.arn, str) else {}
    arn = policy.arn if isinstance(policy.arn, str) else evaluator.ANY
    request = evaluator.Request(action, arn, evaluator.Principal("Service", service), context)
    match may_allow(parsed, request):
        case None:
            return failed(f"its key's policy doesn't let {service} use {action}, so it can't publish to it")
        case tuple(unknown):
            return unverified(*unknown)
        case _:
            return passed("")


def private(policy: TopicPolicy, context: RuleContext) -> Finding:
    if policy.document is None:
        return _of_another(policy, context)
    parsed = parse_resource_policy(policy.document)
    if not isinstance(parsed, ParsedPolicy):
        return parsed
    arn = _arn(policy, parsed)
    trusted = external_access.TrustedParties.from_options(context.options, policy.location, policy.resource)
    findings = (
        external_access.public_access(parsed, [arn]),
        external_access.external_principals(parsed, [arn], trusted),
        external_access.service_access(parsed, [arn], trusted),
        *_over_plain_http(parsed, arn),
    )
    return external_access.worst_finding(findings, "only the account and services that act for it are let in, over TLS")


def _of_another(topic: TopicPolicy, context: RuleContext) -> Finding:
    """What a topic that declares no policy has: one of its own resource, else AWS's default, which takes plain HTTP."""
    if not context.stack.complete:
        return passed("its policy may be declared elsewhere")
    others = [each for each in context.stack.facts_of_type(TopicPolicy) if each.document]
    if any(each.topic == StackResource(topic.resource) for each in others):
        return passed("its policy is declared as a resource of its own")
    unknown = [each.topic for each in others if isinstance(each.topic, Unknown)]
    return unverified(*unknown) if unknown else failed("no policy is declared, so plain HTTP isn't denied")


def _over_plain_http(parsed: ParsedPolicy, arn: str) -> Iterator[Finding]:
    allowed = [re.sub(r"\*+", evaluator.ANY, action) for each in parsed.possible_allows for action in _actions(each)]
    for action in dict.fromkeys(("sns:Publish", *allowed)):
        request = evaluator.Request(action, arn, evaluator.ANYONE, {"aws:SecureTransport": "false"})
        yield require_denied(parsed, request, "some request over plain HTTP isn't denied")


def _actions(statement: evaluator.Statement) -> tuple[str, ...]:
    """What it is about, of what SNS has; a NotAction is about whatever it doesn't name."""
    return ("sns:*",) if statement.not_actions or "*" in statement.actions else statement.actions


def _arn(policy: TopicPolicy, parsed: ParsedPolicy) -> str:
    """The topic's ARN. While AWS hasn't given it one, the only one that the policy names: SNS takes no other.

    https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
    """
    if isinstance(policy.arn, str):
        return policy.arn
    named = {resource for each in parsed.statements for resource in each.resources or () if resource.startswith("arn:")}
    sole = named.pop() if len(named) == 1 else "*"
    return evaluator.ANY if re.search(r"[*?$]", sole) else sole
