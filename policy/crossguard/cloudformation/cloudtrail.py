"""Table of AWS::CloudTrail::Trail.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudtrail-trail.html
"""

from __future__ import annotations

from crossguard.cloudformation.tables import ONLY_NAMES, READ_ONLY, TAGS, Irrelevant, ResourceTable, Table, To

EVENT_SELECTOR: Table = {
    "ReadWriteType": To("readWriteType"),
    "IncludeManagementEvents": To("includeManagementEvents"),
    "ExcludeManagementEventSources": To("excludeManagementEventSources"),
    "DataResources": To("dataResources", {"Type": To("type"), "Values": To("values")}),
}
FIELD_SELECTOR: Table = {
    "Field": To("field"),
    "Equals": To("equals"),
    "NotEquals": To("notEquals"),
    "StartsWith": To("startsWiths"),
    "NotStartsWith": To("notStartsWiths"),
    "EndsWith": To("endsWiths"),
    "NotEndsWith": To("notEndsWiths"),
}
TABLES = {
    "AWS::CloudTrail::Trail": ResourceTable(
        "aws:cloudtrail/trail:Trail",
        {
            "TrailName": To("name"),
            "IsLogging": To("enableLogging"),
            "IsMultiRegionTrail": To("isMultiRegionTrail"),
            "IsOrganizationTrail": To("isOrganizationTrail"),
            "IncludeGlobalServiceEvents": To("includeGlobalServiceEvents"),
            "EnableLogFileValidation": To("enableLogFileValidation"),
            "KMSKeyId": To("kmsKeyId"),
            "CloudWatchLogsLogGroupArn": To("cloudWatchLogsGroupArn"),
            "CloudWatchLogsRoleArn": To("cloudWatchLogsRoleArn"),
            "S3BucketName": To("s3BucketName"),
            "S3KeyPrefix": To("s3KeyPrefix"),
            "SnsTopicName": To("snsTopicName"),
            "EventSelectors": To("eventSelectors", EVENT_SELECTOR),
            "AdvancedEventSelectors": To(
                "advancedEventSelectors",
                {"Name": ONLY_NAMES, "FieldSelectors": To("fieldSelectors", FIELD_SELECTOR)},
            ),
            "InsightSelectors": Irrelevant("it only adds events about unusual activity"),
            "AggregationConfigurations": Irrelevant("it only adds summaries of the recorded events"),
            "Tags": TAGS,
            "Arn": READ_ONLY,
            "SnsTopicArn": READ_ONLY,
        },
        {"arn": "Arn", "name": "TrailName"},
    ),
}
