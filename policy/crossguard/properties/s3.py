"""The properties of S3 buckets, their companions, and access points.

A bucket's own properties have the names of pulumi-aws 7 (`versioning`) and of 6's BucketV2 (`versionings`).
"""

from __future__ import annotations

from collections.abc import Mapping

from crossguard.properties.type_properties import TypeProperties
from crossguard.resource_types import BUCKET, BUCKET_METRIC

PUBLIC_ACCESS_BLOCK = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
RETENTION = ("days", "mode", "years")
ACL_GRANT = "may give access to another account, which an id or an email address doesn't show"
WEBSITE = "any website fails"
STORAGE_CLASS = "the storage class changes neither who can read an object nor how long it is kept"
REPLICA_OPTIONS = "how soon, and into which storage class, S3 copies"
PRIORITY = "it decides between rules of the same destination, each of which is read"
REPLICATION_ROLE = "S3 copies as this role, which gives no one access to a replica"
OWN_ACCOUNT = {"S3 refuses an account that isn't the caller's": ("accountId",)}
REPLICA_OWNER = "the account that owns the destination is read"
DELETE_MARKERS = "a delete marker deletes no version"
CORS = "which requests the origins may make, which are read"
LABELS = "names of rules and prefixes"

PROPERTIES: Mapping[str, TypeProperties] = {
    BUCKET: TypeProperties(
        read=(
            "acl",
            "corsRules.allowedOrigins",
            "forceDestroy",
            "grants.uri",
            "lifecycleRules.abortIncompleteMultipartUploadDays",
            "lifecycleRules.enabled",
            "lifecycleRules.expiration.date",
            "lifecycleRules.expiration.days",
            "lifecycleRules.expirations.date",
            "lifecycleRules.expirations.days",
            "lifecycleRules.noncurrentVersionExpiration.days",
            "lifecycleRules.noncurrentVersionExpirations.days",
            "lifecycleRules.prefix",
            "lifecycleRules.tags",
            "logging.targetBucket",
            "loggings.targetBucket",
            *(f"objectLockConfiguration.rule.defaultRetention.{name}" for name in RETENTION),
            *(f"objectLockConfiguration.rules.defaultRetentions.{name}" for name in RETENTION),
            "objectLockEnabled",
            "policy",
            "replicationConfiguration.rules.destination.accountId",
            "replicationConfiguration.rules.destination.bucket",
            "replicationConfiguration.rules.destination.replicaKmsKeyId",
            "replicationConfiguration.rules.filter",
            "replicationConfiguration.rules.prefix",
            "replicationConfiguration.rules.sourceSelectionCriteria.sseKmsEncryptedObjects.enabled",
            "replicationConfiguration.rules.status",
            "replicationConfigurations.rules.destinations.accountId",
            "replicationConfigurations.rules.destinations.bucket",
            "replicationConfigurations.rules.destinations.replicaKmsKeyId",
            "replicationConfigurations.rules.filters",
            "replicationConfigurations.rules.prefix",
            "replicationConfigurations.rules.sourceSelectionCriterias.sseKmsEncryptedObjects.enabled",
            "replicationConfigurations.rules.status",
            "serverSideEncryptionConfiguration.rule.applyServerSideEncryptionByDefault.kmsMasterKeyId",
            "serverSideEncryptionConfiguration.rule.applyServerSideEncryptionByDefault.sseAlgorithm",
            "serverSideEncryptionConfiguration.rule.blockedEncryptionTypes",
            "serverSideEncryptionConfiguration.rule.bucketKeyEnabled",
            "serverSideEncryptionConfigurations.rules.applyServerSideEncryptionByDefaults.kmsMasterKeyId",
            "serverSideEncryptionConfigurations.rules.applyServerSideEncryptionByDefaults.sseAlgorithm",
            "serverSideEncryptionConfigurations.rules.blockedEncryptionTypes",
            "serverSideEncryptionConfigurations.rules.bucketKeyEnabled",
            "tags",
            "versioning.enabled",
            "versionings.enabled",
        ),
        irrelevant={
            LABELS: (
                "bucketNamespace",
                "bucketPrefix",
                "lifecycleRules.id",
                "logging.targetPrefix",
                "loggings.targetPrefix",
                "replicationConfiguration.rules.id",
                "replicationConfigurations.rules.id",
            ),
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html
            "who pays for a request, and how fast it is": ("accelerationStatus", "requestPayer"),
            CORS: (
                "corsRules.allowedHeaders",
                "corsRules.allowedMethods",
                "corsRules.exposeHeaders",
                "corsRules.maxAgeSeconds",
            ),
            "a grant to everyone fails, whatever it allows": ("grants.permissions", "grants.type"),
            STORAGE_CLASS: ("lifecycleRules.noncurrentVersionTransitions", "lifecycleRules.transitions"),
            DELETE_MARKERS: (
                "lifecycleRules.expiration.expiredObjectDeleteMarker",
                "lifecycleRules.expirations.expiredObjectDeleteMarker",
                "replicationConfiguration.rules.deleteMarkerReplicationStatus",
                "replicationConfigurations.rules.deleteMarkerReplicationStatus",
            ),
            "a default retention, which is read, needs it": ("objectLockConfiguration.objectLockEnabled",),
            REPLICATION_ROLE: ("replicationConfiguration.role", "replicationConfigurations.role"),
            REPLICA_OWNER: (
                "replicationConfiguration.rules.destination.accessControlTranslation",
                "replicationConfigurations.rules.destinations.accessControlTranslations",
            ),
            REPLICA_OPTIONS: (
                "replicationConfiguration.rules.destination.metrics",
                "replicationConfiguration.rules.destination.replicationTime",
                "replicationConfiguration.rules.destination.storageClass",
                "replicationConfigurations.rules.destinations.metrics",
                "replicationConfigurations.rules.destinations.replicationTimes",
                "replicationConfigurations.rules.destinations.storageClass",
            ),
            PRIORITY: ("replicationConfiguration.rules.priority", "replicationConfigurations.rules.priority"),
            "deletion that requires MFA is only stricter": ("versioning.mfaDelete", "versionings.mfaDelete"),
            "AWS chooses them (pulumi-aws 6)": ("hostedZoneId", "websiteDomain", "websiteEndpoint"),
            WEBSITE: ("website", "websites"),
        },
        unjudged={ACL_GRANT: ("grants.id",)},
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": TypeProperties(
        read=PUBLIC_ACCESS_BLOCK,
        irrelevant={"it only keeps the block when Pulumi deletes the resource": ("skipDestroy",)},
    ),
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock": TypeProperties(
        read=PUBLIC_ACCESS_BLOCK, irrelevant=OWN_ACCOUNT
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": TypeProperties(read=("rule.objectOwnership",)),
    "aws:s3/bucketAcl:BucketAcl": TypeProperties(
        read=("accessControlPolicy.grants.grantee.uri", "acl"),
        irrelevant={
            "S3 accepts only the bucket's owner": ("accessControlPolicy.owner",),
            "a grant to everyone fails, whatever it allows": (
                "accessControlPolicy.grants.grantee.displayName",
                "accessControlPolicy.grants.grantee.type",
                "accessControlPolicy.grants.permission",
            ),
        },
        unjudged={
            ACL_GRANT: ("accessControlPolicy.grants.grantee.emailAddress", "accessControlPolicy.grants.grantee.id")
        },
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": TypeProperties(
        read=(
            "rules.applyServerSideEncryptionByDefault.kmsMasterKeyId",
            "rules.applyServerSideEncryptionByDefault.sseAlgorithm",
            "rules.blockedEncryptionTypes",
            "rules.bucketKeyEnabled",
        ),
    ),
    "aws:s3/bucketVersioning:BucketVersioning": TypeProperties(
        read=("versioningConfiguration.status",),
        irrelevant={
            "deletion that requires MFA is only stricter": ("mfa", "versioningConfiguration.mfaDelete"),
        },
    ),
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": TypeProperties(
        read=tuple(f"rule.defaultRetention.{name}" for name in RETENTION),
        irrelevant={"a default retention, which is read, needs them": ("objectLockEnabled", "token")},
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": TypeProperties(
        read=(
            "rules.abortIncompleteMultipartUpload.daysAfterInitiation",
            "rules.expiration.date",
            "rules.expiration.days",
            "rules.filter",
            "rules.noncurrentVersionExpiration.noncurrentDays",
            "rules.prefix",
            "rules.status",
        ),
        irrelevant={
            LABELS: ("rules.id",),
            STORAGE_CLASS: (
                "rules.noncurrentVersionTransitions",
                "rules.transitions",
                "transitionDefaultMinimumObjectSize",
            ),
            DELETE_MARKERS: ("rules.expiration.expiredObjectDeleteMarker",),
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
            "versions that are kept longer than noncurrentDays": (
                "rules.noncurrentVersionExpiration.newerNoncurrentVersions",
            ),
        },
    ),
    "aws:s3/bucketLogging:BucketLogging": TypeProperties(
        read=("targetBucket",),
        irrelevant={LABELS: ("targetPrefix", "targetObjectKeyFormat")},
        unjudged={"may give access to the logs to another account": ("targetGrants",)},
    ),
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": TypeProperties(
        read=(
            "rules.destination.account",
            "rules.destination.bucket",
            "rules.destination.encryptionConfiguration.replicaKmsKeyId",
            "rules.filter",
            "rules.prefix",
            "rules.sourceSelectionCriteria.sseKmsEncryptedObjects.status",
            "rules.status",
        ),
        irrelevant={
            LABELS: ("rules.id",),
            REPLICATION_ROLE: ("role",),
            REPLICA_OWNER: ("rules.destination.accessControlTranslation",),
            REPLICA_OPTIONS: (
                "rules.destination.metrics",
                "rules.destination.replicationTime",
                "rules.destination.storageClass",
            ),
            PRIORITY: ("rules.priority",),
            DELETE_MARKERS: ("rules.deleteMarkerReplication",),
            "changes of a replica's tags, ACL and lock, and objects that are older than the rule": (
                "rules.existingObjectReplication",
                "rules.sourceSelectionCriteria.replicaModifications",
            ),
            "it lets S3 replicate a bucket with Object Lock": ("token",),
        },
    ),
    "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration": TypeProperties(
        irrelevant={
            WEBSITE: (
                "errorDocument",
                "indexDocument",
                "redirectAllRequestsTo",
                "routingRuleDetails",
                "routingRules",
            ),
        }
    ),
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": TypeProperties(
        read=("corsRules.allowedOrigins",),
        irrelevant={
            CORS: (
                "corsRules.allowedHeaders",
                "corsRules.allowedMethods",
                "corsRules.exposeHeaders",
                "corsRules.maxAgeSeconds",
            ),
            LABELS: ("corsRules.id",),
        },
    ),
    BUCKET_METRIC: TypeProperties(read=("filter",)),
    "aws:s3/inventory:Inventory": TypeProperties(
        read=("destination.bucket.accountId", "destination.bucket.bucketArn"),
        irrelevant={
            "what the inventory lists, and when": (
                "enabled",
                "filter",
                "includedObjectVersions",
                "optionalFields",
                "schedule",
            ),
            LABELS: ("destination.bucket.format", "destination.bucket.prefix"),
            "S3 encrypts the inventory in either case, and it names objects without holding any": (
                "destination.bucket.encryption",
            ),
        },
    ),
    "aws:s3/analyticsConfiguration:AnalyticsConfiguration": TypeProperties(
        read=(
            "storageClassAnalysis.dataExport.destination.s3BucketDestination.bucketAccountId",
            "storageClassAnalysis.dataExport.destination.s3BucketDestination.bucketArn",
        ),
        irrelevant={
            "which objects are analyzed": ("filter",),
            LABELS: (
                "storageClassAnalysis.dataExport.destination.s3BucketDestination.format",
                "storageClassAnalysis.dataExport.destination.s3BucketDestination.prefix",
                "storageClassAnalysis.dataExport.outputSchemaVersion",
            ),
        },
    ),
    "aws:s3/bucketNotification:BucketNotification": TypeProperties(
        read=("lambdaFunctions.lambdaFunctionArn", "queues.queueArn", "topics.topicArn"),
        irrelevant={
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
            "events that go to EventBridge stay in the bucket's account": ("eventbridge",),
            "which events a target receives": (
                "lambdaFunctions.events",
                "lambdaFunctions.filterPrefix",
                "lambdaFunctions.filterSuffix",
                "queues.events",
                "queues.filterPrefix",
                "queues.filterSuffix",
                "topics.events",
                "topics.filterPrefix",
                "topics.filterSuffix",
            ),
            LABELS: ("lambdaFunctions.id", "queues.id", "topics.id"),
        },
    ),
    "aws:s3/bucketPolicy:BucketPolicy": TypeProperties(read=("policy",)),
    "aws:s3/accessPoint:AccessPoint": TypeProperties(
        read=("policy", *(f"publicAccessBlockConfiguration.{name}" for name in PUBLIC_ACCESS_BLOCK)),
        irrelevant={
            **OWN_ACCOUNT,
            "it only limits the networks that have access": ("vpcConfiguration",),
        },
    ),
    "aws:s3control/accessPointPolicy:AccessPointPolicy": TypeProperties(read=("accessPointArn", "policy")),
}
