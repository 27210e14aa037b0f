"""What S3 is asked, and how it says that there is none.

Actions: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
Error codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

from phi.audit.calls import Call, ResourceType


def _of_bucket(operation: str, action: str, *absent: str) -> Call:
    return Call("s3", operation, action, ResourceType.BUCKET, absent)


LIST_BUCKETS = Call("s3", "list_buckets", "s3:ListAllMyBuckets", ResourceType.ANY)
LOCATION = _of_bucket("get_bucket_location", "s3:GetBucketLocation", "NoSuchBucket")
# The first that a bucket is asked, since every one that there is answers it.
VERSIONING = _of_bucket("get_bucket_versioning", "s3:GetBucketVersioning", "NoSuchBucket")
TAGS = _of_bucket("get_bucket_tagging", "s3:GetBucketTagging", "NoSuchTagSet")
PUBLIC_ACCESS_BLOCK = _of_bucket(
    "get_public_access_block", "s3:GetBucketPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration"
)
OWNERSHIP = _of_bucket(
    "get_bucket_ownership_controls", "s3:GetBucketOwnershipControls", "OwnershipControlsNotFoundError"
)
ACL = _of_bucket("get_bucket_acl", "s3:GetBucketAcl")
POLICY = _of_bucket("get_bucket_policy", "s3:GetBucketPolicy", "NoSuchBucketPolicy")
ENCRYPTION = _of_bucket(
    "get_bucket_encryption", "s3:GetEncryptionConfiguration", "ServerSideEncryptionConfigurationNotFoundError"
)
LOCK = _of_bucket(
    "get_object_lock_configuration", "s3:GetBucketObjectLockConfiguration", "ObjectLockConfigurationNotFoundError"
)
LIFECYCLE = _of_bucket(
    "get_bucket_lifecycle_configuration", "s3:GetLifecycleConfiguration", "NoSuchLifecycleConfiguration"
)
LOGGING = _of_bucket("get_bucket_logging", "s3:GetBucketLogging")
REPLICATION = _of_bucket(
    "get_bucket_replication", "s3:GetReplicationConfiguration", "ReplicationConfigurationNotFoundError"
)
WEBSITE = _of_bucket("get_bucket_website", "s3:GetBucketWebsite", "NoSuchWebsiteConfiguration")
CORS = _of_bucket("get_bucket_cors", "s3:GetBucketCORS", "NoSuchCORSConfiguration")
METRICS = _of_bucket("list_bucket_metrics_configurations", "s3:GetMetricsConfiguration")
INVENTORIES = _of_bucket("list_bucket_inventory_configurations", "s3:GetInventoryConfiguration", "NoSuchBucket")
NOTIFICATIONS = _of_bucket("get_bucket_notification_configuration", "s3:GetBucketNotification", "NoSuchBucket")

ACCOUNT_BLOCK = Call(
    "s3control",
    "get_public_access_block",
    "s3:GetAccountPublicAccessBlock",
    ResourceType.ANY,
    ("NoSuchPublicAccessBlockConfiguration",),
)
LIST_ACCESS_POINTS = Call("s3control", "list_access_points", "s3:ListAccessPoints", ResourceType.ANY)
ACCESS_POINT = Call("s3control", "get_access_point", "s3:GetAccessPoint", ResourceType.ACCESS_POINT, ("NoSuchAccessPoint",))
ACCESS_POINT_POLICY = Call(
    "s3control",
    "get_access_point_policy",
    "s3:GetAccessPointPolicy",
    ResourceType.ACCESS_POINT,
    ("NoSuchAccessPointPolicy",),
)

CALLS = (
    LIST_BUCKETS,
    LOCATION,
    VERSIONING,
    TAGS,
    PUBLIC_ACCESS_BLOCK,
    OWNERSHIP,
    ACL,
    POLICY,
    ENCRYPTION,
    LOCK,
    LIFECYCLE,
    LOGGING,
    REPLICATION,
    WEBSITE,
    CORS,
    METRICS,
    INVENTORIES,
    NOTIFICATIONS,
    ACCOUNT_BLOCK,
    LIST_ACCESS_POINTS,
    ACCESS_POINT,
    ACCESS_POINT_POLICY,
)
