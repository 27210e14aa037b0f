"""Calls to SNS."""

from __future__ import annotations

from phi_buckets.audit.calls import Call, ResourceType

LIST_TOPICS = Call("sns", "list_topics", "sns:ListTopics", ResourceType.ANY)
GET_TOPIC_ATTRIBUTES = Call(
    "sns", "get_topic_attributes", "sns:GetTopicAttributes", ResourceType.TOPIC, not_found_errors=("NotFound",)
)
# ListSubscriptions doesn't return the subscriptions that other accounts have made.
LIST_SUBSCRIPTIONS_BY_TOPIC = Call(
    "sns",
    "list_subscriptions_by_topic",
    "sns:ListSubscriptionsByTopic",
    ResourceType.TOPIC,
    not_found_errors=("NotFound",),
)
CALLS = (LIST_TOPICS, GET_TOPIC_ATTRIBUTES, LIST_SUBSCRIPTIONS_BY_TOPIC)
