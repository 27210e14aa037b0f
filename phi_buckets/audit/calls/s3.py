"""Calls to S3 and S3 Control, with the error codes that mean that a setting isn't configured.

Actions: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
Error codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

from phi_buckets.audit.calls import Call, ResourceType


def _bucket_call(operation: str, action: str, *not_found_errors: str) -> Call:
    return Call("s3", operation, action, ResourceType.BUCKET, not_found_errors)


LIST_BUCKETS = Call("s3", "list_buckets", "s3:ListAllMyBuckets", ResourceType.ANY)
GET_BUCKET_LOCATION = _bucket_call("get_bucket_location", "s3:GetBucketLocation", "NoSuchBucket")
# The first call for each bucket, since it succeeds for every bucket that exists.
GET_BUCKET_VERSIONING = _bucket_call("get_bucket_versioning", "s3:GetBucketVersioning", "NoSuchBucket")
GET_BUCKET_TAGGING = _bucket_call("get_bucket_tagging", "s3:GetBucketTagging", "NoSuchTagSet")
GET_PUBLIC_ACCESS_BLOCK = _bucket_call(
    "get_public_access_block", "s3:GetBucketPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration"
)
GET_BUCKET_OWNERSHIP_CONTROLS = _bucket_call(
    "get_bucket_ownership_controls", "s3:GetBucketOwnershipControls", "OwnershipControlsNotFoundError"
)
GET_BUCKET_ACL = _bucket_call("get_bucket_acl", "s3:GetBucketAcl")
GET_BUCKET_POLICY = _bucket_call("get_bucket_policy", "s3:GetBucketPolicy", "NoSuchBucketPolicy")
GET_BUCKET_ENCRYPTION = _bucket_call(
    "get_bucket_encryption", "s3:GetEncryptionConfiguration", "ServerSideEncryptionConfigurationNotFoundError"
)
GET_OBJECT_LOCK_CONFIGURATION = _bucket_call(
    "get_object_lock_configuration", "s3:GetBucketObjectLockConfiguration", "ObjectLockConfigurationNotFoundError"
)
GET_BUCKET_LIFECYCLE_CONFIGURATION = _bucket_call(
    "get_bucket_lifecycle_configuration", "s3:GetLifecycleConfiguration", "NoSuchLifecycleConfiguration"
)
GET_BUCKET_LOGGING = _bucket_call("get_bucket_logging", "s3:GetBucketLogging")
GET_BUCKET_REPLICATION = _bucket_call(
    "get_bucket_replication", "s3:GetReplicationConfiguration", "ReplicationConfigurationNotFoundError"
)
GET_BUCKET_WEBSITE = _bucket_call("get_bucket_website", "s3:GetBucketWebsite", "NoSuchWebsiteConfiguration")
GET_BUCKET_CORS = _bucket_call("get_bucket_cors", "s3:GetBucketCORS", "NoSuchCORSConfiguration")
LIST_BUCKET_METRICS_CONFIGURATIONS = _bucket_call("list_bucket_metrics_configurations", "s3:GetMetricsConfiguration")
LIST_BUCKET_INVENTORY_CONFIGURATIONS = _bucket_call(
    "list_bucket_inventory_configurations", "s3:GetInventoryConfiguration"
)
LIST_BUCKET_ANALYTICS_CONFIGURATIONS = _bucket_call(
    "list_bucket_analytics_configurations", "s3:GetAnalyticsConfiguration"
)
GET_BUCKET_NOTIFICATION_CONFIGURATION = _bucket_call(
    "get_bucket_notification_configuration", "s3:GetBucketNotification"
)

GET_ACCOUNT_PUBLIC_ACCESS_BLOCK = Call(
    "s3control",
    "get_public_access_block",
    "s3:GetAccountPublicAccessBlock",
    ResourceType.ANY,
    ("NoSuchPublicAccessBlockConfiguration",),
)
LIST_ACCESS_POINTS = Call("s3control", "list_access_points", "s3:ListAccessPoints", ResourceType.ANY)
# The action accepts no resource, unlike s3:GetAccessPointPolicy.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
GET_ACCESS_POINT = Call("s3control", "get_access_point", "s3:GetAccessPoint", ResourceType.ANY, ("NoSuchAccessPoint",))
GET_ACCESS_POINT_POLICY = Call(
    "s3control",
    "get_access_point_policy",
    "s3:GetAccessPointPolicy",
    ResourceType.ACCESS_POINT,
    ("NoSuchAccessPointPolicy",),
)
LIST_OBJECT_LAMBDA_ACCESS_POINTS = Call(
    "s3control", "list_access_points_for_object_lambda", "s3:ListAccessPointsForObjectLambda", ResourceType.ANY
)
GET_OBJECT_LAMBDA_CONFIGURATION = Call(
    "s3control",
    "get_access_point_configuration_for_object_lambda",
    "s3:GetAccessPointConfigurationForObjectLambda",
    ResourceType.OBJECT_LAMBDA_ACCESS_POINT,
    ("NoSuchAccessPoint",),
)
GET_OBJECT_LAMBDA_POLICY = Call(
    "s3control",
    "get_access_point_policy_for_object_lambda",
    "s3:GetAccessPointPolicyForObjectLambda",
    ResourceType.OBJECT_LAMBDA_ACCESS_POINT,
    ("NoSuchAccessPointPolicy", "NoSuchAccessPoint"),
)
LIST_MULTI_REGION_ACCESS_POINTS = Call(
    "s3control", "list_multi_region_access_points", "s3:ListMultiRegionAccessPoints", ResourceType.ANY
)
GET_MULTI_REGION_ACCESS_POINT_POLICY = Call(
    "s3control",
    "get_multi_region_access_point_policy",
    "s3:GetMultiRegionAccessPointPolicy",
    ResourceType.ACCESS_POINT,
    ("NoSuchMultiRegionAccessPoint", "NoSuchMultiRegionAccessPointPolicy"),
)

LIST_ACCESS_GRANTS_INSTANCES = Call(
    "s3control", "list_access_grants_instances", "s3:ListAccessGrantsInstances", ResourceType.ANY
)
GET_ACCESS_GRANTS_POLICY = Call(
    "s3control",
    "get_access_grants_instance_resource_policy",
    "s3:GetAccessGrantsInstanceResourcePolicy",
    ResourceType.ACCESS_GRANTS_INSTANCE,
    ("AccessGrantsInstanceResourcePolicyNotExists", "AccessGrantsInstanceNotExistsError"),
)
LIST_ACCESS_GRANTS = Call(
    "s3control",
    "list_access_grants",
    "s3:ListAccessGrants",
    ResourceType.ACCESS_GRANTS_INSTANCE,
    ("AccessGrantsInstanceNotExistsError",),
)
LIST_ACCESS_GRANTS_LOCATIONS = Call(
    "s3control",
    "list_access_grants_locations",
    "s3:ListAccessGrantsLocations",
    ResourceType.ACCESS_GRANTS_INSTANCE,
    ("AccessGrantsInstanceNotExistsError",),
)

CALLS = (
    LIST_BUCKETS,
    GET_BUCKET_LOCATION,
    GET_BUCKET_VERSIONING,
    GET_BUCKET_TAGGING,
    GET_PUBLIC_ACCESS_BLOCK,
    GET_BUCKET_OWNERSHIP_CONTROLS,
    GET_BUCKET_ACL,
    GET_BUCKET_POLICY,
    GET_BUCKET_ENCRYPTION,
    GET_OBJECT_LOCK_CONFIGURATION,
    GET_BUCKET_LIFECYCLE_CONFIGURATION,
    GET_BUCKET_LOGGING,
    GET_BUCKET_REPLICATION,
    GET_BUCKET_WEBSITE,
    GET_BUCKET_CORS,
    LIST_BUCKET_METRICS_CONFIGURATIONS,
    LIST_BUCKET_INVENTORY_CONFIGURATIONS,
    LIST_BUCKET_ANALYTICS_CONFIGURATIONS,
    GET_BUCKET_NOTIFICATION_CONFIGURATION,
    GET_ACCOUNT_PUBLIC_ACCESS_BLOCK,
    LIST_ACCESS_POINTS,
    GET_ACCESS_POINT,
    GET_ACCESS_POINT_POLICY,
    LIST_OBJECT_LAMBDA_ACCESS_POINTS,
    GET_OBJECT_LAMBDA_CONFIGURATION,
    GET_OBJECT_LAMBDA_POLICY,
    LIST_MULTI_REGION_ACCESS_POINTS,
    GET_MULTI_REGION_ACCESS_POINT_POLICY,
    LIST_ACCESS_GRANTS_INSTANCES,
    GET_ACCESS_GRANTS_POLICY,
    LIST_ACCESS_GRANTS,
    LIST_ACCESS_GRANTS_LOCATIONS,
)
