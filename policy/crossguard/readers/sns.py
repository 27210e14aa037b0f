"""Readers of SNS topics, their policies and subscriptions, and the services that publish to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossguard.graph import FactReader, Graph
from crossguard.property_values import as_list, as_text, get_property
from crossguard.resource_types import (
    COMPOSITE_ALARM,
    EVENT_TARGET,
    FIREHOSE,
    FUNCTION,
    KMS_KEYS,
    METRIC_ALARM,
    QUEUE,
    TOPIC,
)
from crossguard.resources import PulumiResource
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import StackResource, Text, Unknown
from hipaa_controls.services.sns.facts import Subscription, Topic, TopicPolicy

ALARM_ACTIONS = ("alarmActions", "okActions", "insufficientDataActions")
# By service that publishes to topics: the resources that make it publish, and their properties that name topics.
PUBLISHERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "cloudwatch.amazonaws.com": {METRIC_ALARM: ALARM_ACTIONS, COMPOSITE_ALARM: ALARM_ACTIONS},
    "events.amazonaws.com": {EVENT_TARGET: ("arn",)},
    "s3.amazonaws.com": {"aws:s3/bucketNotification:BucketNotification": ("topics",)},
}


def _topic(topic: PulumiResource, graph: Graph) -> list[Fact]:
    kms_key = graph.resolve(topic, topic.inputs.get("kmsMasterKeyId"), "kmsMasterKeyId", KMS_KEYS)
    publishers = tuple(service for service in PUBLISHERS if _may_publish(service, topic, graph))
    has_policy = topic.inputs.get("policy") not in (None, "")
    document = graph.policy_document(topic, "policy", "topicPolicy") if has_policy else None
    arn, location = _topic_arn(topic, graph), graph.location_of(topic)
    return [
        Topic(topic.urn, arn, kms_key, publishers, location),
        TopicPolicy(topic.urn, StackResource(topic.urn), arn, document, location),
    ]


def _may_publish(service: str, topic: PulumiResource, graph: Graph) -> bool:
    """Return whether a resource of the service names the topic, or an unknown topic that may be this one."""
    for token, props in PUBLISHERS[service].items():
        for publisher in graph.by_type.get(token, []):
            if publisher.inputs.get("roleArn") not in (None, ""):
                continue  # EventBridge publishes as that role, not as the service
            refs = [
                graph.resolve(publisher, value, prop, {TOPIC}) for prop in props for value in _topics(publisher, prop)
            ]
            if StackResource(topic.urn) in refs:
                return True
            if any(isinstance(ref, Unknown) and topic.urn in ref.sources for ref in refs):
                return True
    return False


def _topics(publisher: PulumiResource, prop: str) -> list[Any]:
    """Return the topic ARNs in a property, which holds one ARN, a list of ARNs, or objects with one ARN each."""
    entries = as_list(publisher.inputs.get(prop))
    if isinstance(entries, Unknown):
        return [entries]
    return [get_property(entry, "topicArn") if prop == "topics" else entry for entry in entries]


def _topic_arn(topic: PulumiResource, graph: Graph) -> Text:
    """Return the topic's ARN, built from its name until AWS has returned it."""
    arn, name, location = as_text(topic.output("arn")), topic.inputs.get("name"), graph.location_of(topic)
    if isinstance(arn, str) or not (isinstance(name, str) and location.region and location.account):
        return arn
    return f"arn:{location.partition}:sns:{location.region}:{location.account}:{name}"


def _topic_policy(policy: PulumiResource, graph: Graph) -> list[Fact]:
    topic_ref = graph.resolve(policy, policy.inputs.get("arn"), "arn", {TOPIC}, same_place=True)
    topic = graph.resource_for(topic_ref)
    arn = _topic_arn(topic, graph) if topic else as_text(policy.inputs.get("arn"))
    document = graph.policy_document(policy, "policy", "topicPolicy")
    return [TopicPolicy(policy.urn, topic_ref, arn, document, graph.location_of(policy))]


def _subscription(subscription: PulumiResource, graph: Graph) -> list[Fact]:
    inputs = subscription.inputs
    endpoint = graph.resolve_arn(subscription, inputs.get("endpoint"), "endpoint", {QUEUE, FUNCTION, FIREHOSE})
    return [Subscription(subscription.urn, as_text(inputs.get("protocol")), endpoint, graph.location_of(subscription))]


READERS: Mapping[str, FactReader] = {
    TOPIC: _topic,
    "aws:sns/topicPolicy:TopicPolicy": _topic_policy,
    "aws:sns/topicSubscription:TopicSubscription": _subscription,
}
