"""The properties of SQS queues and their policies."""

from __future__ import annotations

from collections.abc import Mapping

from crossguard.properties.type_properties import TypeProperties
from crossguard.resource_types import QUEUE

PROPERTIES: Mapping[str, TypeProperties] = {
    QUEUE: TypeProperties(
        read=("kmsMasterKeyId", "policy", "sqsManagedSseEnabled", "tags"),
        irrelevant={
            "how messages are ordered, sized, delayed and kept": (
                "contentBasedDeduplication",
                "deduplicationScope",
                "delaySeconds",
                "fifoQueue",
                "fifoThroughputLimit",
                "maxMessageSize",
                "messageRetentionSeconds",
                "receiveWaitTimeSeconds",
                "visibilityTimeoutSeconds",
            ),
            "SQS reuses a data key for 24 hours at most": ("kmsDataKeyReusePeriodSeconds",),
            # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
            "a dead-letter queue is one of the same account, with its own controls": (
                "redriveAllowPolicy",
                "redrivePolicy",
            ),
        },
    ),
    "aws:sqs/queuePolicy:QueuePolicy": TypeProperties(read=("policy", "queueUrl")),
}
