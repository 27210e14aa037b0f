"""Tables of AWS::SQS::Queue and its policies.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SQS.html
"""

from __future__ import annotations

from crossguard.cloudformation.tables import READ_ONLY, TAGS, Irrelevant, ResourceTable, To

DELIVERY = Irrelevant("it says when messages are delivered, and in which order")
DEAD_LETTERS = Irrelevant("a dead-letter queue belongs to the same account, and is judged itself")
QUEUE_POLICY = "aws:sqs/queuePolicy:QueuePolicy"
TABLES = {
    "AWS::SQS::Queue": ResourceTable(
        "aws:sqs/queue:Queue",
        {
            "QueueName": To("name"),
            "KmsMasterKeyId": To("kmsMasterKeyId"),
            "SqsManagedSseEnabled": To("sqsManagedSseEnabled"),
            "Tags": TAGS,
            # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
            "RedrivePolicy": DEAD_LETTERS,
            "RedriveAllowPolicy": DEAD_LETTERS,
            "KmsDataKeyReusePeriodSeconds": Irrelevant("it only says how often SQS requests a new data key from KMS"),
            "ContentBasedDeduplication": DELIVERY,
            "DeduplicationScope": DELIVERY,
            "DelaySeconds": DELIVERY,
            "FifoQueue": DELIVERY,
            "FifoThroughputLimit": DELIVERY,
            "MaximumMessageSize": DELIVERY,
            "MessageRetentionPeriod": DELIVERY,
            "ReceiveMessageWaitTimeSeconds": DELIVERY,
            "VisibilityTimeout": DELIVERY,
            "Arn": READ_ONLY,
            "QueueUrl": READ_ONLY,
        },
        {"arn": "Arn", "id": "QueueUrl", "name": "QueueName", "sqsManagedSseEnabled": "SqsManagedSseEnabled"},
    ),
    "AWS::SQS::QueuePolicy": ResourceTable(
        QUEUE_POLICY,
        {"PolicyDocument": To("policy"), "Queues": To("queueUrl"), "Id": READ_ONLY},
        one_for_each="queueUrl",
    ),
    "AWS::SQS::QueueInlinePolicy": ResourceTable(
        QUEUE_POLICY, {"PolicyDocument": To("policy"), "Queue": To("queueUrl")}
    ),
}
