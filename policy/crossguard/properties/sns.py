"""The properties of SNS topics and their policies."""

from __future__ import annotations

from collections.abc import Mapping

from crossguard.properties.type_properties import TypeProperties
from crossguard.resource_types import TOPIC

PROPERTIES: Mapping[str, TypeProperties] = {
    TOPIC: TypeProperties(
        read=("kmsMasterKeyId", "policy"),
        irrelevant={
            "text for people": ("displayName",),
            # https://docs.aws.amazon.com/sns/latest/dg/sns-topic-attributes.html
            "the delivery status goes to log groups of the topic's account": (
                "applicationFailureFeedbackRoleArn",
                "applicationSuccessFeedbackRoleArn",
                "applicationSuccessFeedbackSampleRate",
                "firehoseFailureFeedbackRoleArn",
                "firehoseSuccessFeedbackRoleArn",
                "firehoseSuccessFeedbackSampleRate",
                "httpFailureFeedbackRoleArn",
                "httpSuccessFeedbackRoleArn",
                "httpSuccessFeedbackSampleRate",
                "lambdaFailureFeedbackRoleArn",
                "lambdaSuccessFeedbackRoleArn",
                "lambdaSuccessFeedbackSampleRate",
                "sqsFailureFeedbackRoleArn",
                "sqsSuccessFeedbackRoleArn",
                "sqsSuccessFeedbackSampleRate",
            ),
            "how messages are ordered, sized and tried again": (
                "contentBasedDeduplication",
                "deliveryPolicy",
                "fifoThroughputScope",
                "fifoTopic",
                "maximumMessageSize",
            ),
            "the topic keeps messages under its own key": ("archivePolicy",),
            "how a subscriber checks that a message is from SNS": ("signatureVersion",),
            "X-Ray traces don't contain messages": ("tracingConfig",),
        },
    ),
    "aws:sns/topicSubscription:TopicSubscription": TypeProperties(
        read=("endpoint", "protocol"),
        irrelevant={
            "the subscription is judged for whichever topic it has": ("topic",),
            "which messages are sent, and in which form": (
                "filterPolicy",
                "filterPolicyScope",
                "rawMessageDelivery",
                "replayPolicy",
            ),
            "how often a delivery is tried again, and the endpoint confirmed": (
                "confirmationTimeoutInMinutes",
                "deliveryPolicy",
                "endpointAutoConfirms",
            ),
            "SNS puts messages into a delivery stream as this role": ("subscriptionRoleArn",),
            # https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
            "SNS accepts a dead-letter queue only of the subscription's own account": ("redrivePolicy",),
        },
    ),
    "aws:sns/topicPolicy:TopicPolicy": TypeProperties(read=("policy",)),
}
