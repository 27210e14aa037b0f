"""Tables of AWS::SNS::Topic and its policies.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SNS.html
"""

from __future__ import annotations

from crossguard.cloudformation.tables import ONLY_NAMES, READ_ONLY, TAGS, Irrelevant, NotRead, ResourceTable, To

DELIVERY = Irrelevant("it says how messages are delivered, not to which endpoint")
TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
TABLES = {
    "AWS::SNS::Topic": ResourceTable(
        "aws:sns/topic:Topic",
        {
            "TopicName": To("name"),
            "KmsMasterKeyId": To("kmsMasterKeyId"),
            "Tags": TAGS,
            "Subscription": NotRead(harmless=([],)),
            "ArchivePolicy": Irrelevant("the topic's key encrypts archived messages too"),
            "DataProtectionPolicy": Irrelevant("it only restricts what a message may contain"),
            "DeliveryStatusLogging": DELIVERY,
            "DisplayName": ONLY_NAMES,
            "FifoTopic": DELIVERY,
            "FifoThroughputScope": DELIVERY,
            "ContentBasedDeduplication": DELIVERY,
            "MaximumMessageSize": DELIVERY,
            "SignatureVersion": DELIVERY,
            "TracingConfig": DELIVERY,
            "TopicArn": READ_ONLY,
        },
        {"arn": "TopicArn", "name": "TopicName"},
    ),
    "AWS::SNS::TopicPolicy": ResourceTable(
        TOPIC_POLICY,
        {"PolicyDocument": To("policy"), "Topics": To("arn"), "Id": READ_ONLY},
        one_for_each="arn",
    ),
    "AWS::SNS::TopicInlinePolicy": ResourceTable(TOPIC_POLICY, {"PolicyDocument": To("policy"), "TopicArn": To("arn")}),
}
