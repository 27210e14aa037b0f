"""Topics, their policies, and the services that publish to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crossguard.graph import KEYS, Graph, get, items, text
from crossguard.resources import Resource
from hipaa.model.stack import Fact
from hipaa.model.values import StackResource, Text, Unknown
from hipaa.services.sns.facts import Topic, TopicPolicy

TOPIC = "aws:sns/topic:Topic"
ALARM_ACTIONS = ("alarmActions", "okActions", "insufficientDataActions")
# Each service that publishes to a topic, with the resources that have it do so and the properties that name topics.
PUBLISHERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "cloudwatch.amazonaws.com": {
        "aws:cloudwatch/metricAlarm:MetricAlarm": ALARM_ACTIONS,
        "aws:cloudwatch/compositeAlarm:CompositeAlarm": ALARM_ACTIONS,
    },
    "events.amazonaws.com": {"aws:cloudwatch/eventTarget:EventTarget": ("arn",)},
    "s3.amazonaws.com": {"aws:s3/bucketNotification:BucketNotification": ("topics",)},
}


def _topic(topic: Resource, graph: Graph) -> list[Fact]:
    key = graph.resolve(topic, topic.inputs.get("kmsMasterKeyId"), "kmsMasterKeyId", KEYS)
    publishers = tuple(service for service in PUBLISHERS if _publishes(service, topic, graph))
    document = None if topic.inputs.get("policy") in (None, "") else graph.document(topic, "policy", "topicPolicy")
    place, arn = graph.place(topic), _arn(topic, graph)
    return [
        Topic(topic.urn, arn, key, publishers, place),
        TopicPolicy(topic.urn, StackResource(topic.urn), arn, document, place),
    ]


def _publishes(service: str, topic: Resource, graph: Graph) -> bool:
    """Whether one of its resources names the topic, or names one that may be it."""
    return any(
        topic.urn == ref.resource
        if isinstance(ref, StackResource)
        else isinstance(ref, Unknown) and topic.urn in ref.sources
        for token, props in PUBLISHERS[service].items()
        for publisher in graph.by_type.get(token, [])
        if publisher.inputs.get("roleArn") in (None, "")  # with one EventBridge publishes as that role, not as itself
        for prop in props
        for ref in (graph.resolve(publisher, value, prop, {TOPIC}) for value in _topics(publisher, prop))
    )


def _topics(publisher: Resource, prop: str) -> list[Any]:
    """What a property says of topics: one or a list of ARNs, or of objects that each have one."""
    every = items(publisher.inputs.get(prop))
    if isinstance(every, Unknown):
        return [every]
    return [get(each, "topicArn") if prop == "topics" else each for each in every]


def _arn(topic: Resource, graph: Graph) -> Text:
    """A topic's ARN, made from its name where AWS hasn't given it yet."""
    arn, name, place = text(topic.output("arn")), topic.inputs.get("name"), graph.place(topic)
    if isinstance(arn, str) or not (isinstance(name, str) and place.region and place.account):
        return arn
    return f"arn:{place.partition}:sns:{place.region}:{place.account}:{name}"


def _policy(policy: Resource, graph: Graph) -> list[Fact]:
    topic = graph.resolve(policy, policy.inputs.get("arn"), "arn", {TOPIC})
    found = graph.resource_for(topic)
    arn = _arn(found, graph) if found else text(policy.inputs.get("arn"))
    document = graph.document(policy, "policy", "topicPolicy")
    return [TopicPolicy(policy.urn, topic, arn, document, graph.place(policy))]


READERS: dict[str, Callable[[Resource, Graph], list[Fact]]] = {
    TOPIC: _topic,
    "aws:sns/topicPolicy:TopicPolicy": _policy,
}
