"""Calls to SQS."""

from __future__ import annotations

from phi_buckets.audit.calls import Call, ResourceType

# The first is the code that SQS has used since before it had a JSON protocol, and still returns to boto3.
_DELETED_SINCE_LISTED = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
LIST_QUEUES = Call("sqs", "list_queues", "sqs:ListQueues", ResourceType.ANY)
GET_QUEUE_ATTRIBUTES = Call(
    "sqs", "get_queue_attributes", "sqs:GetQueueAttributes", ResourceType.QUEUE, _DELETED_SINCE_LISTED
)
LIST_QUEUE_TAGS = Call("sqs", "list_queue_tags", "sqs:ListQueueTags", ResourceType.QUEUE, _DELETED_SINCE_LISTED)
CALLS = (LIST_QUEUES, GET_QUEUE_ATTRIBUTES, LIST_QUEUE_TAGS)
