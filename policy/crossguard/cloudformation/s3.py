"""Tables of AWS::S3::Bucket, its policy and access points.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
"""

from __future__ import annotations

import re
from typing import Any

from crossguard.cloudformation.tables import (
    ONLY_NAMES,
    READ_ONLY,
    TAGS,
    Irrelevant,
    NotRead,
    Part,
    ResourceTable,
    Table,
    To,
)
from hipaa_controls.model.values import Unknown

STORAGE_CLASS = Irrelevant("it chooses storage classes, all of which the bucket's settings protect alike")
DELIVERY = Irrelevant("it says what is delivered, and when; the target is read")


def _canned_acl(value: Any, _: str) -> Any:
    """Return a canned ACL in S3's own spelling: `PublicRead` is `public-read`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", value).lower() if isinstance(value, str) else value


def _is_set(value: Any, _: str) -> bool | Unknown:
    """Return True for a configuration that is there, even if it is empty."""
    return value if isinstance(value, Unknown) else True


TAG: Table = {"Key": To("key"), "Value": To("value")}
PUBLIC_ACCESS_BLOCK: Table = {
    "BlockPublicAcls": To("blockPublicAcls"),
    "BlockPublicPolicy": To("blockPublicPolicy"),
    "IgnorePublicAcls": To("ignorePublicAcls"),
    "RestrictPublicBuckets": To("restrictPublicBuckets"),
}
ENCRYPTION_RULE: Table = {
    "ServerSideEncryptionByDefault": To(
        "applyServerSideEncryptionByDefault",
        {"SSEAlgorithm": To("sseAlgorithm"), "KMSMasterKeyID": To("kmsMasterKeyId")},
    ),
    "BucketKeyEnabled": To("bucketKeyEnabled"),
    "BlockedEncryptionTypes": To("", {"EncryptionType": To("blockedEncryptionTypes")}),
}
LIFECYCLE_RULE: Table = {
    "Id": ONLY_NAMES,
    "Status": To("status"),
    "Prefix": To("prefix"),
    "TagFilters": To("filter.tags", TAG),
    "ObjectSizeGreaterThan": To("filter.objectSizeGreaterThan"),
    "ObjectSizeLessThan": To("filter.objectSizeLessThan"),
    "ExpirationInDays": To("expiration.days"),
    "ExpirationDate": To("expiration.date"),
    "ExpiredObjectDeleteMarker": To("expiration.expiredObjectDeleteMarker"),
    "NoncurrentVersionExpiration": To(
        "noncurrentVersionExpiration",
        {"NoncurrentDays": To("noncurrentDays"), "NewerNoncurrentVersions": To("newerNoncurrentVersions")},
    ),
    "NoncurrentVersionExpirationInDays": To("noncurrentVersionExpiration.noncurrentDays"),
    "AbortIncompleteMultipartUpload": To(
        "abortIncompleteMultipartUpload", {"DaysAfterInitiation": To("daysAfterInitiation")}
    ),
    "Transition": STORAGE_CLASS,
    "Transitions": STORAGE_CLASS,
    "NoncurrentVersionTransition": STORAGE_CLASS,
    "NoncurrentVersionTransitions": STORAGE_CLASS,
}
REPLICATION_FILTER: Table = {
    "Prefix": To("prefix"),
    "TagFilter": To("tag", TAG),
    "And": To("and", {"Prefix": To("prefix"), "TagFilters": To("tags", TAG)}),
}
REPLICATION_RULE: Table = {
    "Id": ONLY_NAMES,
    "Priority": Irrelevant("it chooses between rules for the same destination, and each rule is checked"),
    "Status": To("status"),
    "Prefix": To("prefix"),
    "Filter": To("filter", REPLICATION_FILTER),
    "DeleteMarkerReplication": To("deleteMarkerReplication", {"Status": To("status")}),
    "SourceSelectionCriteria": To(
        "sourceSelectionCriteria",
        {
            "SseKmsEncryptedObjects": To("sseKmsEncryptedObjects", {"Status": To("status")}),
            "ReplicaModifications": To("replicaModifications", {"Status": To("status")}),
        },
    ),
    "Destination": To(
        "destination",
        {
            "Bucket": To("bucket"),
            "Account": To("account"),
            "AccessControlTranslation": To("accessControlTranslation", {"Owner": To("owner")}),
            "EncryptionConfiguration": To("encryptionConfiguration", {"ReplicaKmsKeyID": To("replicaKmsKeyId")}),
            "StorageClass": STORAGE_CLASS,
            "Metrics": Irrelevant("it only measures the replication"),
            "ReplicationTime": Irrelevant("it only limits the time that the replication takes"),
        },
    ),
}
DELIVERY_TARGET: Table = {
    "BucketArn": To("bucketArn"),
    "BucketAccountId": To("accountId"),
    "Format": DELIVERY,
    "Prefix": DELIVERY,
}
INVENTORY: Table = {
    "Id": To("name"),
    "Enabled": To("enabled"),
    "Destination": To("destination.bucket", DELIVERY_TARGET),
    "IncludedObjectVersions": DELIVERY,
    "OptionalFields": DELIVERY,
    "Prefix": DELIVERY,
    "ScheduleFrequency": DELIVERY,
}
ANALYTICS_TARGET: Table = {
    "BucketArn": To("bucketArn"),
    "BucketAccountId": To("bucketAccountId"),
    "Format": DELIVERY,
    "Prefix": DELIVERY,
}
ANALYTICS: Table = {
    "Id": To("name"),
    "Prefix": DELIVERY,
    "TagFilters": DELIVERY,
    "StorageClassAnalysis": To(
        "storageClassAnalysis",
        {
            "DataExport": To(
                "dataExport",
                {
                    "Destination": To("destination.s3BucketDestination", ANALYTICS_TARGET),
                    "OutputSchemaVersion": DELIVERY,
                },
            )
        },
    ),
}
METRICS: Table = {
    "Id": To("name"),
    "AccessPointArn": To("filter.accessPoint"),
    "Prefix": To("filter.prefix"),
    "TagFilters": To("filter.tags", TAG),
}
CORS_RULE: Table = {
    "AllowedOrigins": To("allowedOrigins"),
    "AllowedMethods": To("allowedMethods"),
    "AllowedHeaders": To("allowedHeaders"),
    "ExposedHeaders": To("exposeHeaders"),
    "MaxAge": To("maxAgeSeconds"),
    "Id": ONLY_NAMES,
}
NOTIFICATIONS: Table = {
    "TopicConfigurations": To("topics", {"Topic": To("topicArn"), "Event": DELIVERY, "Filter": DELIVERY}),
    "QueueConfigurations": To("queues", {"Queue": To("queueArn"), "Event": DELIVERY, "Filter": DELIVERY}),
    "LambdaConfigurations": To(
        "lambdaFunctions", {"Function": To("lambdaFunctionArn"), "Event": DELIVERY, "Filter": DELIVERY}
    ),
    "EventBridgeConfiguration": To("", {"EventBridgeEnabled": To("eventbridge")}),
}
LOGGING: Table = {
    "DestinationBucketName": To("targetBucket"),
    "LogFilePrefix": To("targetPrefix"),
    "TargetObjectKeyFormat": DELIVERY,
}
OBJECT_LOCK: Table = {
    "ObjectLockEnabled": To("objectLockEnabled"),
    "Rule": To(
        "rule",
        {
            "DefaultRetention": To(
                "defaultRetention",
                {
                    "Mode": To("mode"),
                    "Days": To("days"),
                    "Years": To("years"),
                    "DefaultEventHold": NotRead(),
                },
            )
        },
    ),
}

BUCKET = ResourceTable(
    "aws:s3/bucket:Bucket",
    {
        "BucketName": To("bucket"),
        "BucketNamePrefix": To("bucketPrefix"),
        "BucketNamespace": ONLY_NAMES,
        "Tags": TAGS,
        "AccessControl": To("acl", convert=_canned_acl),
        "ObjectLockEnabled": To("objectLockEnabled"),
        "WebsiteConfiguration": To("website", convert=_is_set),
        "PublicAccessBlockConfiguration": Part(
            "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", PUBLIC_ACCESS_BLOCK
        ),
        "OwnershipControls": To(
            "",
            {
                "Rules": Part(
                    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
                    {"ObjectOwnership": To("rule.objectOwnership")},
                    each=True,
                )
            },
        ),
        "BucketEncryption": Part(
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
            {"ServerSideEncryptionConfiguration": To("rules", ENCRYPTION_RULE)},
        ),
        "VersioningConfiguration": Part(
            "aws:s3/bucketVersioning:BucketVersioning", {"Status": To("versioningConfiguration.status")}
        ),
        "ObjectLockConfiguration": Part(
            "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration", OBJECT_LOCK
        ),
        "LifecycleConfiguration": Part(
            "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
            {"Rules": To("rules", LIFECYCLE_RULE), "TransitionDefaultMinimumObjectSize": STORAGE_CLASS},
        ),
        "LoggingConfiguration": Part("aws:s3/bucketLogging:BucketLogging", LOGGING),
        "ReplicationConfiguration": Part(
            "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
            {"Role": To("role"), "Rules": To("rules", REPLICATION_RULE)},
        ),
        "CorsConfiguration": Part(
            "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration", {"CorsRules": To("corsRules", CORS_RULE)}
        ),
        "InventoryConfigurations": Part("aws:s3/inventory:Inventory", INVENTORY, each=True),
        "AnalyticsConfigurations": Part("aws:s3/analyticsConfiguration:AnalyticsConfiguration", ANALYTICS, each=True),
        "MetricsConfigurations": Part("aws:s3/bucketMetric:BucketMetric", METRICS, each=True),
        "NotificationConfiguration": Part("aws:s3/bucketNotification:BucketNotification", NOTIFICATIONS),
        # With it, the bucket's tags decide access, and any principal that may tag the bucket can change them.
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
        "AbacStatus": NotRead(harmless=("Disabled",)),
        # Both write the names of all objects to a table, which has its own encryption and policy.
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/metadata-tables-overview.html
        "MetadataConfiguration": NotRead(),
        "MetadataTableConfiguration": NotRead(),
        "AccelerateConfiguration": Irrelevant("requests to that endpoint need the same permissions, and TLS"),
        "IntelligentTieringConfigurations": STORAGE_CLASS,
        "Arn": READ_ONLY,
        "DomainName": READ_ONLY,
        "DualStackDomainName": READ_ONLY,
        "RegionalDomainName": READ_ONLY,
        "WebsiteURL": READ_ONLY,
    },
    {"arn": "Arn", "bucket": "BucketName"},
)
BUCKET_POLICY = ResourceTable(
    "aws:s3/bucketPolicy:BucketPolicy", {"Bucket": To("bucket"), "PolicyDocument": To("policy")}
)
ACCESS_POINT = ResourceTable(
    "aws:s3/accessPoint:AccessPoint",
    {
        "Bucket": To("bucket"),
        "BucketAccountId": To("bucketAccountId"),
        "Name": To("name"),
        "Policy": To("policy"),
        "PublicAccessBlockConfiguration": To("publicAccessBlockConfiguration", PUBLIC_ACCESS_BLOCK),
        "VpcConfiguration": To("vpcConfiguration", {"VpcId": To("vpcId")}),
        "Tags": TAGS,
        "Alias": READ_ONLY,
        "Arn": READ_ONLY,
        "NetworkOrigin": READ_ONLY,
    },
    {"arn": "Arn", "name": "Name"},
)
TABLES = {
    "AWS::S3::Bucket": BUCKET,
    "AWS::S3::BucketPolicy": BUCKET_POLICY,
    "AWS::S3::AccessPoint": ACCESS_POINT,
}
