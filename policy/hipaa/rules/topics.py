"""Topics: what encrypts their messages, and who publishes and subscribes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hipaa import iam
from hipaa.documents import Parsed, lets_in, must_be_denied, read_resource_policy
from hipaa.facts import Here, KeyPolicy, Topic, TopicPolicy, Unknown
from hipaa.rules import strangers
from hipaa.rules.customer_keys import encrypted
from hipaa.rules.registry import Case, rule
from hipaa.verdicts import Finding, failed, passed, unverified

# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
USES = ("kms:Decrypt", "kms:GenerateDataKey")
CONTEXT = "kms:EncryptionContext:aws:sns:topicArn"


@rule("sns-customer-key", Topic)
def customer_key(topic: Topic, case: Case) -> Finding:
    finding = encrypted(topic.key)
    publishers = _publishers(topic, case) if isinstance(topic.key, Here) and case.stack.whole else ()
    return strangers.worst([finding, *publishers], finding.found)


def _publishers(topic: Topic, case: Case) -> Iterator[Finding]:
    """Whether the services that publish may use the key: AWS drops what they publish where they may not."""
    policies = [each for each in case.stack.of(KeyPolicy) if each.key == topic.key and each.document]
    for service in topic.publishers:
        if isinstance(service, Unknown):
            yield unverified(service)
            continue
        if not policies:
            yield failed(f"its key has AWS's default policy, by which {service} can't publish to it")
        for policy in policies:
            parsed = read_resource_policy(policy.document) if policy.document else failed("")
            if not isinstance(parsed, Parsed):
                yield parsed
                continue
            for action in USES:
                yield _may_use(parsed, policy, topic, service, action)


def _may_use(parsed: Parsed, policy: KeyPolicy, topic: Topic, service: str, action: str) -> Finding:
    context = {CONTEXT: topic.arn} if isinstance(topic.arn, str) else {}
    arn = policy.arn if isinstance(policy.arn, str) else iam.ANY
    request = iam.Request(action, arn, iam.Principal("Service", service), context)
    match lets_in(parsed, request):
        case None:
            return failed(f"its key's policy doesn't let {service} use {action}, so it can't publish to it")
        case tuple(unknown):
            return unverified(*unknown)
        case _:
            return passed("")


@rule("sns-private", TopicPolicy)
def private(policy: TopicPolicy, case: Case) -> Finding:
    if policy.document is None:
        return _of_another(policy, case)
    parsed = read_resource_policy(policy.document)
    if not isinstance(parsed, Parsed):
        return parsed
    arn = _arn(policy, parsed)
    trusted = strangers.Trusted.by(case.options, policy.place, policy.resource)
    findings = (
        strangers.public(parsed, [arn]),
        strangers.external(parsed, [arn], trusted),
        strangers.services(parsed, [arn], trusted),
        *_over_plain_http(parsed, arn),
    )
    return strangers.worst(findings, "only the account and services that act for it are let in, over TLS")


def _of_another(topic: TopicPolicy, case: Case) -> Finding:
    """What a topic that declares no policy has: one of its own resource, else AWS's default, which takes plain HTTP."""
    if not case.stack.whole:
        return passed("its policy may be declared elsewhere")
    others = [each for each in case.stack.of(TopicPolicy) if each.document]
    if any(each.topic == Here(topic.resource) for each in others):
        return passed("its policy is declared as a resource of its own")
    unknown = [each.topic for each in others if isinstance(each.topic, Unknown)]
    return unverified(*unknown) if unknown else failed("no policy is declared, so plain HTTP isn't denied")


def _over_plain_http(parsed: Parsed, arn: str) -> Iterator[Finding]:
    allowed = [re.sub(r"\*+", iam.ANY, action) for each in parsed.allows for action in _actions(each)]
    for action in dict.fromkeys(("sns:Publish", *allowed)):
        request = iam.Request(action, arn, iam.ANYONE, {"aws:SecureTransport": "false"})
        yield must_be_denied(parsed, request, "some request over plain HTTP isn't denied")


def _actions(statement: iam.Statement) -> tuple[str, ...]:
    """What it is about, of what SNS has; a NotAction is about whatever it doesn't name."""
    return ("sns:*",) if statement.not_actions or "*" in statement.actions else statement.actions


def _arn(policy: TopicPolicy, parsed: Parsed) -> str:
    """The topic's ARN. While AWS hasn't given it one, the only one that the policy names: SNS takes no other.

    https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
    """
    if isinstance(policy.arn, str):
        return policy.arn
    named = {resource for each in parsed.statements for resource in each.resources or () if resource.startswith("arn:")}
    sole = named.pop() if len(named) == 1 else "*"
    return iam.ANY if re.search(r"[*?$]", sole) else sole
