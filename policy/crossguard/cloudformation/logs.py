"""Table of AWS::Logs::LogGroup.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html
"""

from __future__ import annotations

from crossguard.cloudformation.tables import READ_ONLY, TAGS, Irrelevant, NotRead, ResourceTable, To

TABLES = {
    "AWS::Logs::LogGroup": ResourceTable(
        "aws:cloudwatch/logGroup:LogGroup",
        {
            "LogGroupName": To("name"),
            "KmsKeyId": To("kmsKeyId"),
            "RetentionInDays": To("retentionInDays"),
            # CloudWatch keeps the events of the class DELIVERY for one day, whatever RetentionInDays says.
            # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
            "LogGroupClass": NotRead(harmless=("STANDARD", "INFREQUENT_ACCESS")),
            "Tags": TAGS,
            "ResourcePolicyDocument": NotRead(),
            "BearerTokenAuthenticationEnabled": NotRead(harmless=(False, "false")),
            "DeletionProtectionEnabled": Irrelevant("it only keeps the log group from being deleted"),
            "DataProtectionPolicy": Irrelevant("it only masks what events contain"),
            "FieldIndexPolicies": Irrelevant("it only makes queries faster"),
            "Arn": READ_ONLY,
        },
        {"arn": "Arn", "name": "LogGroupName"},
    ),
}
