"""Collects SNS topics, their policies and their subscriptions. The collectors of other services find the publishers."""

from __future__ import annotations

from collections.abc import Mapping

from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Document, Text, Unknown
from hipaa_controls.services.sns.facts import Subscription, Topic, TopicPolicy
from phi_buckets.audit.arns import region_of
from phi_buckets.audit.calls.sns import GET_TOPIC_ATTRIBUTES, LIST_SUBSCRIPTIONS_BY_TOPIC, LIST_TOPICS
from phi_buckets.audit.collect import kms
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.scope import Scope

# Absent if the topic has no key: https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
KEY_ATTRIBUTE = "KmsMasterKeyId"


def collect(reader: AccountReader, scope: Scope) -> Collected:
    account = reader.account
    listed = reader.map(
        account.regions,
        lambda region: reader.list_all(LIST_TOPICS, "Topics", account.arn("sns", region, "*"), region),
    )
    unknown_topics = [
        (
            *_facts(reader, result.resource, result.unknown, result.unknown),
            _unknown_subscription(reader, result.resource, result.unknown),
        )
        for result in listed
        if isinstance(result, FailedCall)
    ]
    arns = [
        topic["TopicArn"]
        for result in listed
        if not isinstance(result, FailedCall)
        for topic in result
        if scope.includes(topic["TopicArn"].rsplit(":", 1)[-1])
    ]
    attributes_by_topic = dict(zip(arns, reader.map(arns, lambda arn: _attributes(reader, arn)), strict=True))
    regions_with_keys = (
        region_of(arn)
        for arn, attributes in attributes_by_topic.items()
        if isinstance(attributes, Mapping) and KEY_ATTRIBUTE in attributes
    )
    aliases_by_region = kms.aliases_by_region(reader, scope, regions_with_keys)
    topics = [
        _topic(reader, arn, attributes, aliases_by_region)
        for arn, attributes in attributes_by_topic.items()
        if attributes is not None
    ]
    subscriptions = reader.map(arns, lambda arn: _subscriptions(reader, arn))
    return Collected(tuple(fact for facts in (*topics, *subscriptions, *unknown_topics) for fact in facts))


def _attributes(reader: AccountReader, arn: str) -> Mapping[str, str] | FailedCall | None:
    response = reader.call(GET_TOPIC_ATTRIBUTES, arn, region_of(arn), TopicArn=arn)
    return response["Attributes"] if isinstance(response, Mapping) else response


def _topic(
    reader: AccountReader,
    arn: str,
    attributes: Mapping[str, str] | FailedCall,
    aliases_by_region: Mapping[str, Mapping[str, str] | FailedCall],
) -> tuple[Fact, ...]:
    if isinstance(attributes, FailedCall):
        return _facts(reader, arn, attributes.unknown, attributes.unknown)
    region = region_of(arn)
    key = (
        kms.canonical_key(attributes[KEY_ATTRIBUTE], aliases_by_region[region], reader.account, region)
        if KEY_ATTRIBUTE in attributes
        else None
    )
    return _facts(reader, arn, key, attributes.get("Policy", ""))


def _facts(reader: AccountReader, arn: str, key: Text, policy: str | Unknown) -> tuple[Fact, ...]:
    location = reader.account.location(region_of(arn))
    return Topic(arn, arn, key, (), location), TopicPolicy(arn, arn, arn, Document(policy), location)


def _subscriptions(reader: AccountReader, topic: str) -> list[Subscription]:
    """Return the confirmed subscriptions of a topic. The others receive no messages, and have no ARN.

    https://docs.aws.amazon.com/sns/latest/dg/sns-create-subscribe-endpoint-to-topic.html
    """
    listed = reader.list_all(LIST_SUBSCRIPTIONS_BY_TOPIC, "Subscriptions", topic, region_of(topic), TopicArn=topic)
    if isinstance(listed, FailedCall):
        return [_unknown_subscription(reader, f"{topic}:*", listed.unknown)]
    location = reader.account.location(region_of(topic))
    return [
        Subscription(entry["SubscriptionArn"], entry["Protocol"], entry.get("Endpoint"), location)
        for entry in listed
        if entry["SubscriptionArn"].startswith("arn:")
    ]


def _unknown_subscription(reader: AccountReader, arn: str, unknown: Unknown) -> Subscription:
    return Subscription(arn, unknown, unknown, reader.account.location(region_of(arn)))
